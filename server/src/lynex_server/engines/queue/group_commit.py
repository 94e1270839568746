"""Group commit: many callers, one writing thread, one fsync for all that wait.

A caller submits a step, a function of the connection. The thread takes every step that waits (within the
bounds of `GroupBounds`), runs them in order in one transaction, commits, and only then resolves their
futures: a resolved future means "on disk".

- A step refuses with a `LynexError` before it changes anything: its own caller is told, the rest stands.
- When the file cannot be written, none of the group happened and every caller is told `Busy`.
- When a step fails in any other way, the group is undone and each step is tried alone, so that the failure
  reaches its own caller only.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from lynex_server.kernel.errors import Busy, LynexError

T = TypeVar("T")
Step = Callable[[sqlite3.Connection], T]

HOUSEKEEPING_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class GroupBounds:
    """What may wait in memory for its commit, and what one transaction may hold.

    A step that is larger than a bound by itself passes when nothing else waits.
    """

    max_waiting_bytes: int = 64_000_000
    max_waiting_steps: int = 10_000
    max_group_bytes: int = 16_000_000
    max_group_steps: int = 500


@dataclass(slots=True)
class _Waiting(Generic[T]):
    run: Step[T]
    bytes: int
    future: Future[T]

    def settle(self, connection: sqlite3.Connection) -> Callable[[], None]:
        """Run the step; answer how to tell its caller once the group is committed."""
        try:
            result = self.run(connection)
        except LynexError as refusal:
            error = refusal
            return lambda: self.future.set_exception(error)
        return lambda: self.future.set_result(result)


class GroupCommit:
    """Owns the connection and the thread that writes through it.

    `after_commit` runs in the thread after each commit that changed something. `housekeeping` is a step run
    between groups; it answers whether it has more to do, and is then run again after a short pause even if
    nobody writes.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        after_commit: Callable[[], None],
        housekeeping: Step[bool],
        bounds: GroupBounds | None = None,
    ) -> None:
        self._connection = connection
        self._after_commit = after_commit
        self._housekeeping = housekeeping
        self._bounds = bounds or GroupBounds()
        # Steps of different results wait in one line; each keeps its own type through its future.
        self._waiting: deque[_Waiting[Any]] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="queue-writer", daemon=True)
        self._thread.start()

    def submit(self, step: Step[T], size_bytes: int = 0) -> Future[T]:
        """Hand in a step that holds `size_bytes` of memory. Never blocks.

        Raises `Busy` when too much waits already, or after `close`.
        """
        # A future that is already running cannot be cancelled: the writer alone settles it.
        waiting = _Waiting(step, size_bytes, Future[T]())
        waiting.future.set_running_or_notify_cancel()
        with self._changed:
            if self._closing:
                raise Busy("the queue is closing")
            if self._waiting and (
                self._waiting_bytes + size_bytes > self._bounds.max_waiting_bytes
                or len(self._waiting) >= self._bounds.max_waiting_steps
            ):
                raise Busy("the queue's disk is slower than what comes in", retry_after_s=1)
            self._waiting.append(waiting)
            self._waiting_bytes += size_bytes
            self._changed.notify()
        return waiting.future

    def close(self) -> None:
        """Commit what waits, then end the thread and close the connection. Harmless when repeated."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        more_to_tidy = True
        while self._wait(HOUSEKEEPING_PAUSE_S if more_to_tidy else None):
            if group := self._take_group():
                self._commit(group)
            more_to_tidy = self._tidy()
        self._connection.close()

    def _wait(self, timeout_s: float | None) -> bool:
        """Until something waits or `timeout_s` passed; False once closed and nothing waits any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing, timeout_s)
            return bool(self._waiting) or not self._closing

    def _take_group(self) -> list[_Waiting[Any]]:
        """Every step that waits, in order, within the bounds of a group."""
        group: list[_Waiting[Any]] = []
        group_bytes = 0
        with self._changed:
            while self._waiting and len(group) < self._bounds.max_group_steps:
                size_bytes = self._waiting[0].bytes
                if group and group_bytes + size_bytes > self._bounds.max_group_bytes:
                    break
                group.append(self._waiting.popleft())
                group_bytes += size_bytes
            self._waiting_bytes -= group_bytes
        return group

    def _commit(self, group: list[_Waiting[Any]]) -> None:
        changes_before = self._connection.total_changes
        try:
            answers = self._in_transaction(lambda: [waiting.settle(self._connection) for waiting in group])
        except sqlite3.OperationalError as error:
            for waiting in group:
                waiting.future.set_exception(Busy(f"the queue's file cannot be written: {error}"))
            return
        except Exception as error:
            # The edge of the thread: if it ended here, everybody who appends would wait for ever.
            if len(group) == 1:
                group[0].future.set_exception(error)
                return
            for waiting in group:
                self._commit([waiting])
            return
        for answer in answers:
            answer()
        if self._connection.total_changes != changes_before:
            self._after_commit()

    def _tidy(self) -> bool:
        try:
            return self._in_transaction(lambda: self._housekeeping(self._connection))
        except sqlite3.Error:
            # Housekeeping is never urgent: whatever hinders it is met again by the next group.
            return False

    def _in_transaction(self, work: Callable[[], T]) -> T:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            result = work()
            self._connection.execute("COMMIT")
            return result
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
