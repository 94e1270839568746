"""Settlements that come at the same time are booked together: one transaction, one wait for the disk.

Who comes first books for all who wait. The others wait for him, and find their own done; those who come
meanwhile are the next group. So nobody waits for more than the group before his own.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from lynex_server.budgets.books import Books, Settled
from lynex_server.budgets.mirror import Mirror
from lynex_server.engines.relational.database import Database

GROUP_AT_MOST = 200


@dataclass(slots=True)
class _Asked:
    settled: Settled
    answer: bool | Exception | None = None


class Settling:
    """Books settlements and ends their holds. Calls block and are safe from any thread."""

    def __init__(
        self, database: Database, books: Books, mirror: Mirror, tell: Callable[[set[str]], None]
    ) -> None:
        self._database = database
        self._books = books
        self._mirror = mirror
        self._tell = tell
        self._waiting: deque[_Asked] = deque()
        self._booking = threading.Lock()

    def book(self, settled: Settled) -> bool:
        """Book durably what a call used, then end its hold. False when it was booked before.

        Raises what the engines raise, such as `Busy`: to everyone of the group, of which nothing is booked
        then, or all of it while holds last on; settled again, both come right.
        """
        mine = _Asked(settled)
        self._waiting.append(mine)
        with self._booking:
            while mine.answer is None:
                self._book_group()
        if isinstance(mine.answer, Exception):
            raise mine.answer
        return mine.answer

    def _book_group(self) -> None:
        group = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_AT_MOST))]
        try:
            first = self._booked([each.settled for each in group])
        except Exception as error:
            for each in group:
                each.answer = error
            return
        told: set[str] = set()
        for each in group:
            # Of two that settle one reservation at once, one was first.
            each.answer = each.settled.name in first - told
            told.add(each.settled.name)

    def _booked(self, settled: list[Settled]) -> set[str]:
        names = {each.name: each for each in settled}
        with self._database.begin() as connection:
            first = self._books.book_settlements(connection, list(names.values()))
        self._mirror.catch_up(list(names))
        if first:
            self._tell({names[name].call.project_id for name in first})
        return first
