"""Prices a stretch of history again, step by step; stopped anywhere, it goes on and changes nothing twice.

    begin step ─> read ─> price ─> write down (token: step) ─> read back ─> ledger (id: step) ─> spans ─> end

- A step is written down with its bounds before anything else, so it is the same one after a crash.
- What a step changes is one insert into `span_repricings`, from which the rollups get their corrections as
  they get spans; its token makes it happen once. What was written down is read back, and all else follows.
- The ledger is corrected under the step's id, once. Budgets count anew when all is done.
- The spans are changed last, by keys that cover their old price: a span that has the new one is not found.
- A step that fails is tried again a few times; then its repricing has failed. What it had written down is
  finished before the next repricing of the project begins, or the books would differ from the spans.
- Spans of a batch that is stored but not booked yet wait for it: its booking is by the price that is stored.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import msgspec
import structlog

from lynex_server.engines.columnar.protocol import Columnar
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock, datetime_from_us
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.ids import new_id
from lynex_server.prices import repricing_rows as rows
from lynex_server.prices import repricing_statements as statements
from lynex_server.prices.repricing import CHANGE_COLUMNS, Change, PricedSpan, encode_change, priced_again
from lynex_server.prices.repricing_failure import BACK_OFF_S, end_as_failed, reason_of
from lynex_server.prices.repricing_rows import ChunkRow, DifferenceLine, Repricing
from lynex_server.prices.repricing_statements import Chunk, Stretch
from lynex_server.prices.settings import PricesSettings
from lynex_server.pricing.public import PriceBook
from lynex_server.processing.public import booked_batches, correct
from lynex_server.safety.public import AuditLog

log = structlog.get_logger()

LEASE_S = 120
UNBOOKED_WAIT_S = 30.0
"""How long a step waits for batches that are stored and not booked. After that they are none of ours: brought
in by other means, or from before the ledger."""
_BOOKED_KEPT_US = 29 * 86_400_000_000  # a day less than the ledger remembers batches for
_encoder = msgspec.msgpack.Encoder()
_ARRAY_HEADER_BYTES = 3  # as in `encode_change`


class Repricer:
    """Works off repricings. Several processes may: each takes what no other holds."""

    def __init__(
        self,
        columnar: Columnar,
        database: Database,
        book: PriceBook,
        audit: AuditLog,
        clock: Clock,
        settings: PricesSettings,
        follow: Callable[[str], object] = lambda _project_id: None,
        rest: Callable[[float], bool | None] = time.sleep,
    ) -> None:
        """`follow` is told of each project whose history has other prices now: who keeps books besides the
        ledger counts them anew. It may be told more than once. `rest` waits for so many seconds, and says
        True when it is time to stop.
        """
        self._columnar = columnar
        self._database = database
        self._book = book
        self._audit = audit
        self._clock = clock
        self._settings = settings
        self._follow = follow
        self._rest = rest
        self._owner = new_id("repricer")

    def rest_with(self, rest: Callable[[float], bool | None]) -> None:
        """Rest that way from now on."""
        self._rest = rest

    def work_off_one(self) -> Repricing | None:
        """Take the next repricing and work until it is done or has failed; `None` when there is none.

        Raises `Busy` when an engine is away: its lease ends, and whoever is there goes on with it.
        """
        with self._database.begin() as connection:
            job = rows.take_next(connection, self._owner, self._clock.now_us(), LEASE_S * 1_000_000)
        if job is None:
            return None
        failures: Counter[ChunkRow | None] = Counter()
        while True:
            try:
                self._work_off(job)
                return job
            except Busy:
                raise
            except Exception as error:
                step = self._last_step(job)
                log.exception("prices.step_failed", id=job.id, step=step.number if step else None)
                if failures[step] == len(BACK_OFF_S):
                    self._fail(job, reason_of(error, step))
                    return job
            rest_s = BACK_OFF_S[failures[step]]
            failures[step] += 1
            if self._rest(rest_s) or not self._may_go_on(job):
                return job

    def _work_off(self, job: Repricing) -> None:
        """Work until it is done, is another's or was cancelled, or until it is time to stop."""
        if not job.dry_run:
            self._finish_what_was_left(job.stretch.project_id)
        if job.spans == 0:
            spans = statements.count_spans(self._columnar, job.stretch)
            with self._database.begin() as connection:
                rows.set_spans(connection, job.id, spans)
        while (chunk := self._next_chunk(job)) is not None:
            self.work_off_chunk(job, chunk)
            if self._rest(self._settings.reprice_pause_ms / 1000) or not self._may_go_on(job):
                return
        if not job.dry_run:
            self._follow(job.stretch.project_id)
        with self._database.begin() as connection:
            rows.end_repricing(connection, job.id, "done", self._clock.now_us())
        log.info("prices.repriced", id=job.id, dry_run=job.dry_run)

    def _fail(self, job: Repricing, reason: str) -> None:
        with self._database.begin() as connection:
            end_as_failed(connection, self._audit, job, reason, self._clock.now_us())
        log.error("prices.repricing_failed", id=job.id, reason=reason)
        if not job.dry_run:
            self._follow(job.stretch.project_id)  # what was changed stays

    def _finish_what_was_left(self, project_id: str) -> None:
        with self._database.read() as connection:
            left = rows.steps_left(connection, project_id)
        for ended, chunk in left:
            step = _step(ended, chunk)
            if statements.recorded_changes(self._columnar, step):
                self.work_off_chunk(ended, chunk)

    def work_off_chunk(self, job: Repricing, chunk: ChunkRow) -> None:
        """Do one step, or what is left of it."""
        step = _step(job, chunk)
        stretch = step.stretch
        if job.dry_run:
            spans, changes = self._changes(stretch)
            self._end(job, chunk.number, spans, _lines_of(changes))
            return
        self._wait_until_booked(stretch)
        recorded = statements.recorded_changes(self._columnar, step)
        if recorded:
            spans = statements.count_spans(self._columnar, stretch)
            encoded = [_encoder.encode(row)[_ARRAY_HEADER_BYTES:] for row in recorded]
        else:
            spans, changes = self._changes(stretch)
            encoded = [encode_change(each, stretch.project_id, job.id, chunk.number) for each in changes]
        if encoded:
            if not self._is_booked(step):
                # Also what was recorded: a crash may have come between the rows and a rollup behind them.
                self._columnar.insert("span_repricings", CHANGE_COLUMNS, encoded, step.token)
                self._correct_books(step)
            statements.apply_changes(self._columnar, step)
        lines = [DifferenceLine(*row) for row in statements.changed_lines(self._columnar, step)]
        self._end(job, chunk.number, spans, lines)

    def _changes(self, stretch: Stretch) -> tuple[int, list[Change]]:
        spans = statements.read_spans(self._columnar, stretch)
        found = (priced_again(span, stretch.project_id, self._book) for span in spans)
        return len(spans), [change for change in found if change is not None]

    def _is_booked(self, step: Chunk) -> bool:
        """Asked first, for the ledger remembers a step longer than the rollups remember its insert."""
        with self._database.read() as connection:
            return bool(booked_batches(connection, [step.token]))

    def _correct_books(self, step: Chunk) -> None:
        deltas = statements.joint_deltas(self._columnar, step)
        with self._database.begin() as connection:
            correct(self._database, connection, step.token, deltas, self._clock.now_us())

    def _wait_until_booked(self, stretch: Stretch) -> None:
        since_us = self._clock.now_us() - _BOOKED_KEPT_US
        batches = statements.batches_of(self._columnar, stretch, since_us)
        waited_s = 0.0
        while batches:
            with self._database.read() as connection:
                booked = booked_batches(connection, batches)
            batches = [batch for batch in batches if batch not in booked]
            if not batches or waited_s >= UNBOOKED_WAIT_S:
                break
            self._rest(0.25)
            waited_s += 0.25
        if batches:
            log.warning("prices.unbooked_batches", count=len(batches), first=batches[0])

    def _next_chunk(self, job: Repricing) -> ChunkRow | None:
        last = self._last_step(job)
        if last is not None and last.done_at_us is None:
            return last
        from_us = last.until_us if last else job.stretch.from_us
        if from_us >= job.stretch.until_us:
            return None
        rest = _part(job.stretch, from_us, job.stretch.until_us)
        until_us = statements.boundary_us(self._columnar, rest, self._settings.reprice_chunk_spans)
        chunk = ChunkRow(last.number + 1 if last else 0, from_us, until_us, 0, None)
        with self._database.begin() as connection:
            rows.begin_chunk(connection, job.id, chunk)
        return chunk

    def _last_step(self, job: Repricing) -> ChunkRow | None:
        with self._database.read() as connection:
            return rows.last_chunk(connection, job.id)

    def _end(self, job: Repricing, number: int, spans: int, lines: Sequence[DifferenceLine]) -> None:
        with self._database.begin() as connection:
            rows.end_chunk(connection, job.id, number, spans, lines, self._clock.now_us())

    def _may_go_on(self, job: Repricing) -> bool:
        with self._database.begin() as connection:
            until_us = self._clock.now_us() + LEASE_S * 1_000_000
            kept = rows.keep_lease(connection, job.id, self._owner, until_us)
        if not kept:
            self._follow(job.stretch.project_id)  # cancelled: what was changed stays
        return kept


def _step(job: Repricing, chunk: ChunkRow) -> Chunk:
    return Chunk(job.id, chunk.number, _part(job.stretch, chunk.from_us, chunk.until_us))


def _part(stretch: Stretch, from_us: int, until_us: int) -> Stretch:
    return Stretch(stretch.project_id, from_us, until_us, stretch.provider, stretch.model)


def _lines_of(changes: Sequence[Change]) -> list[DifferenceLine]:
    """The differences per day and model of changes that are only looked at."""
    sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for change in changes:
        line = sums[(_day_of(change.span), change.span.provider, change.span.model)]
        line[0] += 1
        line[1] += change.span.cost_nanousd or 0
        line[2] += change.cost_nanousd or 0
        line[3] += change.span.cost_source == "unpriced"
        line[4] += change.cost_source == "unpriced"
    return [DifferenceLine(*key, *line) for key, line in sorted(sums.items())]


def _day_of(span: PricedSpan) -> str:
    return datetime_from_us(span.start_us).date().isoformat()
