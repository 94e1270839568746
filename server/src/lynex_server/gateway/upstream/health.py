"""Whether a provider and its keys can be asked at the moment, as this process has found out.

- A circuit breaker per provider: after `breaker_failures` failures in a row nobody asks for `breaker_open_s`;
  then one call tries, and its outcome decides.
- A bound on the calls under way per provider.
- A key that was refused or told to slow down rests, while others of the provider work.

Bounded by the number of providers and keys; it lives in one event loop.
"""

import random
from dataclasses import dataclass

from lynex_server.gateway.model import Provider, ProviderKey
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock

FAULTS_OF_A_SERVER = 500
"""Statuses from here on are the provider's own failures."""
OF_THE_KEY = frozenset({401, 402, 403, 429})
"""What another key may not meet with: it is not known, not paid, not allowed, or has had enough."""
KEY_RESTS_S = 30
MAX_KEY_RESTS_S = 300


@dataclass(slots=True)
class _State:
    failures: int = 0
    open_until_us: int = 0
    trying: bool = False
    under_way: int = 0


class Health:
    """What is known of every provider. Forget nothing, wait for nothing: every call answers from memory."""

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance
        self._states: dict[str, _State] = {}
        self._resting: dict[str, int] = {}

    def enter(self, provider: Provider) -> str:
        """Begin a call: empty when it may go, else why not (`open`, `full`). Each is ended by `leave`."""
        state = self._states.setdefault(provider.id, _State())
        if provider.breaker_failures and state.failures >= provider.breaker_failures:
            if state.trying or self._clock.now_us() < state.open_until_us:
                return "open"
            state.trying = True
        if provider.max_concurrency and state.under_way >= provider.max_concurrency:
            state.trying = False
            return "full"
        state.under_way += 1
        return ""

    def leave(self, provider: Provider) -> None:
        """A call that had entered is over."""
        self._states[provider.id].under_way -= 1

    def answered(
        self, provider: Provider, key: ProviderKey | None, status: int, retry_after_s: float | None
    ) -> None:
        """What the status of an answer says of the provider, and of the key of ours that it was asked with.
        `retry_after_s` is how long it asks to be left alone."""
        if status >= FAULTS_OF_A_SERVER:
            self.failed(provider)
        else:
            self.worked(provider)
        if key is not None and status in OF_THE_KEY:
            self.rests(key, retry_after_s)

    def worked(self, provider: Provider) -> None:
        """The provider answered, be it with a refusal of the call itself."""
        state = self._states[provider.id]
        state.failures = 0
        state.trying = False

    def failed(self, provider: Provider) -> None:
        """The provider gave no usable answer."""
        state = self._states[provider.id]
        state.failures += 1
        state.trying = False
        state.open_until_us = self._clock.now_us() + round(provider.breaker_open_s * MICROS_PER_SECOND)

    def unsure(self, provider: Provider) -> None:
        """The call ended before the provider had a chance to answer."""
        self._states[provider.id].trying = False

    def key_for(self, provider: Provider) -> ProviderKey | None:
        """One of the provider's keys, by weight, resting ones last; None when it has none."""
        keys = [key for key in provider.keys if key.enabled and key.weight > 0]
        if len(keys) <= 1:
            return keys[0] if keys else None
        now_us = self._clock.now_us()
        awake = [key for key in keys if self._resting.get(key.id, 0) <= now_us] or keys
        return self._chance.choices(awake, [key.weight for key in awake])[0]

    def rests(self, key: ProviderKey, retry_after_s: float | None) -> None:
        """A key was refused, or is over its provider's limit."""
        rest_s = min(retry_after_s or KEY_RESTS_S, MAX_KEY_RESTS_S)
        self._resting[key.id] = self._clock.now_us() + round(rest_s * MICROS_PER_SECOND)

    def has_other_key(self, provider: Provider) -> bool:
        """Whether a key of the provider is awake."""
        now_us = self._clock.now_us()
        return any(
            key.enabled and key.weight and self._resting.get(key.id, 0) <= now_us for key in provider.keys
        )
