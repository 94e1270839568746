"""Grouping: many callers, one thread that serves everything that waits at once.

What is expensive per round (an fsync, a trip over the network) is so paid once for all who wait.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from lynex_server.kernel.errors import Busy

A = TypeVar("A")
R = TypeVar("R")

IDLE_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class GroupBounds:
    """What may wait in memory, and what one group may hold.

    Something larger than a bound by itself passes when nothing else waits.
    """

    max_waiting_bytes: int = 64_000_000
    max_waiting: int = 10_000
    max_group_bytes: int = 16_000_000
    max_group: int = 500


@dataclass(frozen=True, slots=True)
class Ask(Generic[A, R]):
    """One caller's wish, the memory it holds, and where its answer goes."""

    wish: A
    bytes: int
    answer: Future[R] = field(default_factory=Future)


class Grouping(Generic[A, R]):
    """Owns the thread.

    `serve` settles every answer of its group; those left when it raises get its exception. `idle` runs after
    each group; when it answers True, it is run again after a short pause even if nobody asks.
    """

    def __init__(
        self,
        serve: Callable[[list[Ask[A, R]]], None],
        idle: Callable[[], bool],
        bounds: GroupBounds,
    ) -> None:
        self._serve = serve
        self._idle = idle
        self._bounds = bounds
        self._waiting: deque[Ask[A, R]] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="queue-writer", daemon=True)
        self._thread.start()

    def submit(self, wish: A, size_bytes: int = 0) -> Future[R]:
        """Hand in a wish that holds `size_bytes` of memory. Never blocks; its answer cannot be cancelled.

        Raises `Busy` when too much waits already, or after `close`.
        """
        ask: Ask[A, R] = Ask(wish, size_bytes)
        ask.answer.set_running_or_notify_cancel()
        with self._changed:
            if self._closing:
                raise Busy("the queue is closing")
            if self._waiting and (
                self._waiting_bytes + size_bytes > self._bounds.max_waiting_bytes
                or len(self._waiting) >= self._bounds.max_waiting
            ):
                raise Busy("the queue writes slower than entries come in", retry_after_s=1)
            self._waiting.append(ask)
            self._waiting_bytes += size_bytes
            self._changed.notify()
        return ask.answer

    def close(self) -> None:
        """Serve what waits, then end the thread. Harmless when repeated."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        idle_again = True
        while self._wait(IDLE_PAUSE_S if idle_again else None):
            if group := self._take_group():
                self._serve_all(group)
            idle_again = self._idle()

    def _wait(self, timeout_s: float | None) -> bool:
        """Until something waits or `timeout_s` passed; False once closed and nothing waits any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing, timeout_s)
            return bool(self._waiting) or not self._closing

    def _take_group(self) -> list[Ask[A, R]]:
        """Everything that waits, in order, within the bounds of a group."""
        group: list[Ask[A, R]] = []
        group_bytes = 0
        with self._changed:
            while self._waiting and len(group) < self._bounds.max_group:
                size_bytes = self._waiting[0].bytes
                if group and group_bytes + size_bytes > self._bounds.max_group_bytes:
                    break
                group.append(self._waiting.popleft())
                group_bytes += size_bytes
            self._waiting_bytes -= group_bytes
        return group

    def _serve_all(self, group: list[Ask[A, R]]) -> None:
        try:
            self._serve(group)
        except Exception as error:
            # The edge of the thread: if it ended here, everybody who asks would wait for ever.
            for ask in group:
                if not ask.answer.done():
                    ask.answer.set_exception(error)
