"""Real engines that fail when they are told to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.columnar.protocol import Column
from lynex_server.engines.queue.protocol import Claim, Queue
from lynex_server.kernel.errors import Busy


class Flaky:
    """The columnar engine, with one fault at a chosen moment: before or after an insert took effect."""

    def __init__(self, columnar: ClickHouse) -> None:
        self._columnar = columnar
        self.fail_before: BaseException | None = None
        self.fail_after: BaseException | None = None
        self.refuse_marked: str | None = None

    def insert_columns(self, table: str, columns: Sequence[Column], token: str) -> None:
        if self.refuse_marked and any(self.refuse_marked in str(column.values) for column in columns):
            raise ValueError("the engine refuses this row")
        with self._faults():
            self._columnar.insert_columns(table, columns, token)

    def insert(self, *arguments: Any) -> None:
        with self._faults():
            self._columnar.insert(*arguments)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        if self.fail_before:
            error, self.fail_before = self.fail_before, None
            raise error
        yield
        if self.fail_after:
            error, self.fail_after = self.fail_after, None
            raise error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._columnar, name)


class AwayQueue:
    """A queue that is away for the next acknowledgements, however many are left of `away_for`."""

    def __init__(self, queue: Queue, away_for: int) -> None:
        self._queue = queue
        self.away_for = away_for

    def ack(self, claim: Claim) -> None:
        if self.away_for > 0:
            self.away_for -= 1
            raise Busy("the connection broke")
        self._queue.ack(claim)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)
