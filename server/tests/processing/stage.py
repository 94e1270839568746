"""A processor on real engines, and how to look at what it did."""

from pathlib import Path
from typing import Any

from clocks import NOON_US, FixedClock
from processing.faults import Flaky
from span_factories import BOOK, a_batch, an_event

from lynex_server.engines.blob.folder import FolderBlob
from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.live.memory import MemoryLive
from lynex_server.engines.queue.protocol import Claim, Entry
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.kernel.ids import new_id
from lynex_server.pricing.public import PriceBook
from lynex_server.processing.batches import BatchProcessor
from lynex_server.processing.dead_letters import DeadLetters
from lynex_server.processing.ledger import booked_total
from lynex_server.spans.public import EventBatch, encode_batch


class Stage:
    """A processor on real engines, and how to look at what it did."""

    def __init__(
        self, columnar: ClickHouse, relational_url: str, folder: Path, book: PriceBook = BOOK
    ) -> None:
        self.project = new_id("prj")
        self.columnar = Flaky(columnar)
        self.database: Database = open_database(relational_url)
        self.live = MemoryLive()
        self.clock = FixedClock()
        self.dead_letters = DeadLetters(self.database, FolderBlob(folder / "blob"))
        self.processor = BatchProcessor(
            self.columnar, self.database, self.live, self.dead_letters, book, self.clock
        )

    def a_claim(self, *batches: EventBatch | bytes, attempt: int = 1) -> Claim:
        entries = [
            Entry(
                id=new_id("entry"),
                project_id=self.project,
                body=batch if isinstance(batch, bytes) else encode_batch(batch),
                appended_at_us=NOON_US,
            )
            for batch in batches
        ]
        return Claim(id=new_id("claim"), entries=tuple(entries), attempt=attempt)

    def a_batch(self, *numbers: int, **changes: Any) -> EventBatch:
        return a_batch(*(an_event(number, **changes) for number in numbers), project_id=self.project)

    def stored(self) -> tuple[int, int]:
        """Spans and nano-dollars in the raw table."""
        return self._sums("SELECT count(), sum(cost_nanousd) FROM spans WHERE project_id = {p:String}")

    def rolled_up(self, table: str = "spans_by_hour") -> tuple[int, int]:
        return self._sums(
            f"SELECT sum(spans), sum(cost_nanousd) FROM {table} WHERE project_id = {{p:String}}"
        )

    def booked(self) -> tuple[int, int]:
        total = booked_total(self.database, self.project)
        return total.spans, total.cost_nanousd

    def rows(self) -> list[dict[str, Any]]:
        """The stored spans, by span id, as far as counting them goes."""
        names = ("span_id", "source", "kind", "cost_nanousd", "input_tokens", "usage_other", "usage_flags")
        sql = f"SELECT {', '.join(names)} FROM spans WHERE project_id = {{p:String}} ORDER BY span_id"
        found = self.columnar.query(sql, {"p": self.project}).rows
        return [dict(zip(names, row, strict=True)) for row in found]

    def _sums(self, sql: str) -> tuple[int, int]:
        spans, cost = self.columnar.query(sql, {"p": self.project}).rows[0]
        return spans, cost or 0
