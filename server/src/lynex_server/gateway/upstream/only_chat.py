"""Providers that know OpenAI's chat and not its responses, as this process has found out.

It is found out by asking: a path that is not known answers 404 or 405. Whoever learns responses later is
asked again after a while, and at once when his settings change.
"""

import time
from typing import Final

from lynex_server.gateway.model import Provider
from lynex_server.gateway.operations import Operation

REMEMBERED_S: Final = 3_600.0
MAX_REMEMBERED: Final = 10_000


class OnlyChat:
    """One for the event loop. Bounded: at `MAX_REMEMBERED` it begins anew."""

    def __init__(self) -> None:
        self._until_s: dict[tuple[str, int], float] = {}

    def __contains__(self, provider: Provider) -> bool:
        return self._until_s.get(_named(provider), 0.0) > time.monotonic()

    def add(self, provider: Provider) -> None:
        """It answered as chat what it did not know as responses."""
        if len(self._until_s) >= MAX_REMEMBERED:
            self._until_s.clear()
        self._until_s[_named(provider)] = time.monotonic() + REMEMBERED_S


def may_know_only_chat(provider: Provider, operation: Operation) -> bool:
    """Whether not knowing the path may mean that: OpenAI itself and Azure know their own."""
    return operation.name == "responses" and provider.kind in ("openai_compatible", "ollama")


def _named(provider: Provider) -> tuple[str, int]:
    return provider.id, provider.updated_at_us
