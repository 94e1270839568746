"""The gate that a call passes, or is stopped at, before it leaves the process.

From the cached state it costs a few microseconds. A call that a hard budget covers also costs one request,
unless an enclosing call or guard has set money aside that no call has taken yet.

    state stale:  fail="open" lets calls through, though what was known to stop them goes on to, until its
    own end;
                  fail="closed" stops them all
"""

from __future__ import annotations

import os
import time
import weakref
from typing import NamedTuple

from lynex._internal.config import Config
from lynex._internal.context import Ambient
from lynex._internal.enforcement.errors import CallBlocked, LynexUnreachable
from lynex._internal.enforcement.holds import Hold, untaken
from lynex._internal.enforcement.listener import Listener
from lynex._internal.enforcement.reserving import Estimate, Reserver, Unreserved
from lynex._internal.enforcement.rules import Call, Rule
from lynex._internal.report import warn_once

FIRST_STATE_S = 2.0
"""How long the first call waits to learn what holds: a process that is born under a kill switch is
stopped."""


FIRST_WAIT_S, MOST_WAIT_S = 0.25, 2.0
"""How long a call under a budget that slows down waits: the first, and at most; each call twice as long as
the one before."""


class Asked(NamedTuple):
    """What is asked of a call that may be made: to wait, and to use another model ("" to keep its own)."""

    wait_s: float
    model: str


class Gate:
    """Enforces by one configuration. Safe from any thread, and after a fork."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._closed = config.fail == "closed"
        self._reserver = Reserver(config)
        self._listener = Listener(config)
        self._ready = False
        self._slowed: dict[str, int] = {}
        _live_gates.add(self)

    def start(self) -> None:
        """Begin to listen, so that the first call need not wait."""
        self._listener.start()

    def stop(self) -> None:
        """End the ear."""
        self._listener.stop()

    def check(self, call: Call) -> None:
        """Return when the call may be made. Raises `CallBlocked`; in the mode `warn` it only says so."""
        if not self._ready:
            self._begin()
        if self._mode() == "off":
            return
        listener = self._listener
        for rule in listener.rules.stops:
            if rule.meets(call):
                self._refuse(rule)
        if self._closed and not listener.is_fresh():
            self._refuse(None)

    def asked(self, call: Call) -> Asked:
        """What budgets that are used up, and stop nothing, ask of this call. In the mode `warn` it only says
        so."""
        wait_s, model = 0.0, ""
        mode = self._mode()
        for rule in () if mode == "off" else self._listener.rules.asks:
            if not rule.meets(call):
                continue
            if mode == "warn":
                said = "slow calls down" if rule.action == "slow_down" else f"use {rule.downgrade_to}"
                warn_once(f"would ask:{rule.id}", f"lynex would {said}: {rule.reason}")
            elif rule.action == "slow_down":
                wait_s = max(wait_s, self._next_wait_s(rule.id))
            else:
                model = model or _same_provider(rule.downgrade_to, call.provider)
        return Asked(wait_s, "" if model == call.model else model)

    def _next_wait_s(self, budget_id: str) -> float:
        """How long the next call under a budget waits: each longer than the one before, up to a bound."""
        known = {rule.id for rule in self._listener.rules.asks}
        # A budget that is no longer used up begins anew.
        self._slowed = {name: calls for name, calls in self._slowed.items() if name in known}
        calls = self._slowed.get(budget_id, 0)
        self._slowed[budget_id] = calls + 1
        return min(FIRST_WAIT_S * (1 << min(calls, 10)), MOST_WAIT_S)

    def wants_hold(self, call: Call) -> bool:
        """Whether money must be set aside first: a hard budget covers the call, and nothing is offered."""
        return (
            self._mode() == "enforce"
            and any(scope.covers(call) for scope in self._listener.rules.reserve)
            and untaken() is None
        )

    def reserve(self, call: Call, estimate: Estimate) -> Hold | None:
        """Set money aside, with one request. None when Lynex cannot be asked and `fail` is open.

        Raises `CallBlocked`.
        """
        try:
            return self._reserver.reserve(call, estimate)
        except Unreserved as error:
            if self._closed:
                raise LynexUnreachable(f"Nothing could be set aside for this call: {error}") from error
            warn_once("reserve", f"lynex could not set money aside and lets calls through: {error}")
            return None

    def settle(self, hold: Hold, usage: dict[str, int], cost_usd: float | None) -> None:
        """Say what a call truly used."""
        try:
            self._reserver.settle(hold, usage, cost_usd)
        except Unreserved as error:
            warn_once(
                "settle", f"lynex could not settle a reservation; it counts when its span arrives: {error}"
            )

    def release(self, hold: Hold) -> None:
        """Give back what no call took."""
        try:
            self._reserver.release(hold)
        except Unreserved:
            return  # it expires

    def begin_anew(self) -> None:
        """In a forked child: the thread and the connections are the parent's; what was known stays."""
        rules, heard_at_s = self._listener.rules, self._listener.heard_at_s
        known = self._listener.known.is_set()
        self._listener = Listener(self._config)
        self._listener.rules, self._listener.heard_at_s = rules, heard_at_s
        if known:
            self._listener.known.set()
        self._reserver = Reserver(self._config)
        self._ready = False

    def _mode(self) -> str:
        """What is done: `off`, `warn` or `enforce`. A project that was never heard of is taken to enforce, so
        that `fail` alone decides of what becomes of calls then."""
        if self._config.enforce != "project":
            return self._config.enforce
        return self._listener.rules.mode or "enforce"

    def _begin(self) -> None:
        self._listener.start()
        self._listener.known.wait(FIRST_STATE_S)
        self._ready = True

    def _refuse(self, rule: Rule | None) -> None:
        if rule is None:
            age_s = time.monotonic() - self._listener.heard_at_s
            heard = f"for {age_s:.0f} s" if self._listener.heard_at_s else "yet"
            error: CallBlocked = LynexUnreachable(f"Lynex was not heard of {heard}")
        else:
            error = rule.error()
        if self._mode() == "enforce":
            raise error
        warn_once(f"would block:{rule.id if rule else ''}", f"lynex would stop calls: {error.reason}")


_PROVIDERS = frozenset({"openai", "anthropic", "google", "azure", "bedrock", "mistral", "cohere", "groq"})
"""What before a slash names a provider; model servers put other things there, such as an organisation."""
_live_gates: weakref.WeakSet[Gate] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for gate in list(_live_gates):
        gate.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def _same_provider(model: str, provider: str) -> str:
    """The model's name for a client of this provider; "" where it is another provider's."""
    named, slash, plain = model.partition("/")
    if not slash or not provider:
        return model
    if named == provider:
        return plain
    return "" if named in _PROVIDERS else model


def call_of(
    config: Config, ambient: Ambient, *, provider: str, model: str, route: str, tags: tuple[str, ...]
) -> Call:
    """A call with what holds around it."""
    return Call(
        provider=provider,
        model=model,
        route=route,
        environment=config.environment,
        end_user=ambient.end_user_id,
        session=ambient.session_id,
        tags=(*ambient.tags, *tags),
    )
