"""Answers remembered for a moment, so that a busy client does not cost a look-up per request."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from lynex_server.kernel.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """At most `max_entries` answers, none older than `max_age_us`. Safe from any thread.

    When it is full it forgets everything: cheaper than keeping order, and worth one look-up per entry.
    """

    def __init__(self, clock: Clock, max_age_us: int, max_entries: int) -> None:
        self._clock = clock
        self._max_age_us = max_age_us
        self._max_entries = max_entries
        self._entries: dict[K, tuple[int, V]] = {}
        self._being_renewed: set[K] = set()

    def get(self, key: K) -> V | None:
        """The answer, or None when there is none young enough (or the clock was set back)."""
        entry = self._entries.get(key)
        if entry is None or not 0 <= self._clock.now_us() - entry[0] <= self._max_age_us:
            return None
        return entry[1]

    def due(self, key: K) -> bool:
        """True, once, when an answer is past half of its age: who is told so asks anew, before somebody has
        to wait for it."""
        entry = self._entries.get(key)
        if entry is None or key in self._being_renewed:
            return False
        if self._clock.now_us() - entry[0] <= self._max_age_us // 2:
            return False
        self._being_renewed.add(key)
        return True

    def forget(self, key: K) -> None:
        """Forget one answer."""
        self._entries.pop(key, None)
        self._being_renewed.discard(key)

    def put(self, key: K, answer: V, asked_at_us: int) -> None:
        """Remember `answer`, whose age counts from when the question was asked."""
        self._being_renewed.discard(key)
        if len(self._entries) >= self._max_entries:
            self.clear()
        self._entries[key] = (asked_at_us, answer)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._being_renewed.clear()
