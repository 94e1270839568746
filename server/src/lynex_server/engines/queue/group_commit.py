"""Group commit: a group's steps run in one transaction, with one fsync for all of them.

A step is a function of the connection. Its answer is given after the commit: it means "on disk".

- A step refuses with a `LynexError` before it changes anything: its own caller is told, the rest stands.
- When the file cannot be written, none of the group happened and every caller is told `Busy`.
- When a step fails in any other way, the group is undone and each step is tried alone, so that the failure
  reaches its own caller only.
"""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from lynex_server.engines.queue.grouping import Ask, GroupBounds, Grouping
from lynex_server.kernel.errors import Busy, LynexError

T = TypeVar("T")
Step = Callable[[sqlite3.Connection], T]
# Steps of different results share a group; `GroupCommit.submit` keeps each one's type.
_AskedStep = Ask[Step[Any], Any]


class GroupCommit:
    """Owns the connection that writes.

    `after_commit` runs after each commit that changed something. `housekeeping` runs between groups, each of
    its statements as a transaction of its own; it answers whether it has more to do.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        after_commit: Callable[[], None],
        housekeeping: Step[bool],
        bounds: GroupBounds,
    ) -> None:
        self._connection = connection
        self._after_commit = after_commit
        self._housekeeping = housekeeping
        self._steps: Grouping[Step[Any], Any] = Grouping(self._commit, self._tidy, bounds)

    def submit(self, step: Step[T], size_bytes: int = 0) -> Future[T]:
        """Hand in a step that holds `size_bytes` of memory. Raises `Busy` like `Grouping.submit`."""
        return self._steps.submit(step, size_bytes)

    def close(self) -> None:
        """Commit what waits, then close the connection. Harmless when repeated."""
        self._steps.close()
        self._connection.close()

    def _commit(self, group: list[_AskedStep]) -> None:
        changes_before = self._connection.total_changes
        try:
            answers = self._in_transaction(lambda: [self._run(asked) for asked in group])
        except sqlite3.OperationalError as error:
            raise Busy(f"the queue's file cannot be written: {error}") from error
        except Exception:
            if len(group) == 1:
                raise
            self._commit_each_alone(group)
            return
        for answer in answers:
            answer()
        if self._connection.total_changes != changes_before:
            self._after_commit()

    def _commit_each_alone(self, group: list[_AskedStep]) -> None:
        for asked in group:
            try:
                self._commit([asked])
            except Exception as error:
                asked.answer.set_exception(error)

    def _run(self, asked: _AskedStep) -> Callable[[], None]:
        """Run the step; answer how to tell its caller once the group is committed."""
        try:
            result = asked.wish(self._connection)
        except LynexError as error:
            refusal = error
            return lambda: asked.answer.set_exception(refusal)
        return lambda: asked.answer.set_result(result)

    def _tidy(self) -> bool:
        try:
            return self._housekeeping(self._connection)
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
