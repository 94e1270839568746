"""A project with spans on real engines, a price book, and a repricer at work on it."""

from pathlib import Path
from typing import Any

from clocks import NOON_US, FixedClock
from span_factories import a_batch, an_event

from lynex_server.engines.blob.folder import FolderBlob
from lynex_server.engines.columnar.protocol import Columnar
from lynex_server.engines.live.memory import MemoryLive
from lynex_server.engines.queue.protocol import Claim, Entry
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.ids import new_id
from lynex_server.prices import repricing_rows
from lynex_server.prices.repricer import Repricer
from lynex_server.prices.repricing_rows import DifferenceLine, Repricing
from lynex_server.prices.repricing_statements import Stretch
from lynex_server.prices.settings import PricesSettings
from lynex_server.pricing.public import Override, OverrideSet, PriceBook
from lynex_server.processing.public import BatchProcessor, DeadLetters, booked_total
from lynex_server.safety.public import AuditLog
from lynex_server.spans.public import SpanEvent, encode_batch

HOUR_US = 3_600_000_000
ROLLUPS = (
    "spans_by_minute",
    "spans_by_hour",
    "spans_by_day",
    "spans_by_dimension_hour",
    "spans_by_dimension_day",
)
USER_ROLLUPS = ("spans_by_end_user_hour", "spans_by_end_user_day")


class Stage:
    """What a test does with prices and spans, and how it looks at what came of it."""

    def __init__(
        self,
        columnar: Columnar,
        database: Database,
        folder: Path,
        *,
        chunk_spans: int = 100,
    ) -> None:
        self.project = new_id("prj")
        self.columnar = columnar
        self.database = database
        self.clock = FixedClock()
        self.book = PriceBook()
        self.version = 0
        self.settings = PricesSettings(reprice_chunk_spans=chunk_spans, reprice_pause_ms=0)
        self.audit = AuditLog(database, self.clock)
        self.rests_s: list[float] = []
        self.followed: list[str] = []
        self.repricer = self.a_repricer()
        letters = DeadLetters(database, FolderBlob(folder / "blob"))
        self.processor = BatchProcessor(columnar, database, MemoryLive(), letters, self.book, self.clock)

    def a_repricer(self, columnar: Columnar | None = None, book: PriceBook | None = None) -> Repricer:
        """Another process's, on the same engines."""
        return Repricer(
            columnar or self.columnar,
            self.database,
            book or self.book,
            self.audit,
            self.clock,
            self.settings,
            self.followed.append,
            rest=self.rests_s.append,
        )

    def store(self, *events: SpanEvent) -> None:
        """Take in what one request carried."""
        body = encode_batch(a_batch(*events, project_id=self.project))
        entry = Entry(id=new_id("entry"), project_id=self.project, body=body, appended_at_us=NOON_US)
        self.processor.process(Claim(id=new_id("claim"), entries=(entry,), attempt=1))

    def an_event(self, number: int = 1, **changes: Any) -> SpanEvent:
        """A call of gpt-4o, a second after the one before."""
        return an_event(number, **{"start_time_us": NOON_US + number * 1_000_000, **changes})

    def use(self, *overrides: Override) -> None:
        """Price with these from now on."""
        self.version += 1
        self.book.use_overrides(OverrideSet(self.version, overrides, lambda _project: "org_a"))

    def ask(self, *, dry_run: bool = False, **changes: Any) -> Repricing:
        """Ask for the day to be priced again."""
        values = {"from_us": NOON_US - 24 * HOUR_US, "until_us": NOON_US + 24 * HOUR_US, **changes}
        job = Repricing(
            id=new_id("rpr"),
            stretch=Stretch(self.project, **values),
            dry_run=dry_run,
            state="waiting",
            spans=0,
            created_by="ann",
            created_at_us=self.clock.now_us(),
            finished_at_us=None,
            error="",
        )
        with self.database.begin() as connection:
            repricing_rows.add_repricing(connection, job)
        self.clock.advance_us(3_000_000)
        return job

    def reprice(self, **changes: Any) -> Repricing:
        """Ask for it, and see it done."""
        job = self.ask(**changes)
        assert self.repricer.work_off_one() is not None
        return self.look(job)

    def look(self, job: Repricing) -> Repricing:
        """The repricing as it is now."""
        with self.database.read() as connection:
            found = repricing_rows.find_repricing(connection, job.id)
        assert found is not None
        return found

    def differences(self, job: Repricing) -> list[DifferenceLine]:
        """What it changed, or would."""
        with self.database.read() as connection:
            return repricing_rows.differences(connection, job.id, 1000)

    def sums(self) -> dict[str, tuple[int, int, int]]:
        """(spans, unpriced, nano-dollars) by every table that has them, and the ledger."""
        found = {"spans": self._sums("spans", "count()", "countIf(cost_source = 'unpriced')")}
        for table in (*ROLLUPS, *USER_ROLLUPS):
            found[table] = self._sums(table, "sum(spans)", "sum(unpriced)")
        total = booked_total(self.database, self.project)
        return found | {"ledger": (total.spans, total.unpriced, total.cost_nanousd)}

    def cost(self) -> int:
        """Nano-dollars of the stored spans, which every rollup and the ledger must agree with."""
        sums = self.sums()
        assert len(set(sums.values())) == 1, sums
        return sums["spans"][2]

    def _sums(self, table: str, spans: str, unpriced: str) -> tuple[int, int, int]:
        where = "project_id = {project:String}" + (" AND dimension = ''" if "dimension" in table else "")
        sql = f"SELECT {spans}, {unpriced}, sum(cost_nanousd) FROM {table} WHERE {where}"
        row = self.columnar.query(sql, {"project": self.project}).rows[0]
        return int(row[0]), int(row[1]), int(row[2] or 0)
