"""One claim of the queue becomes rows, ledger lines and news. The exactly-once part is here.

    claim ─> decode ─> count calls once ─> rows
      ─> insert (token = claim id) ─> book (batch id = claim id) ─> news ─> ack

Invariants:
- A claim has the same id and entries however often it is handed out, and everything that depends on it
  is a function of the claim and of prices; so inserting and booking under its id happens once.
- Which of two spans counts a call that both tell of is decided durably before the insert, and found again.
- Who is shielded, and prices, may change between two tries. What the first one stored stays, and is booked.
- A crash before the ack repeats steps that then change nothing; a crash after it leaves nothing to do.
- What cannot be processed is a dead letter before the claim is acknowledged: nothing is lost in silence.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import structlog

from lynex_server.engines.columnar.protocol import Columnar
from lynex_server.engines.live.protocol import Live
from lynex_server.engines.queue.protocol import Claim, Entry
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Busy, LynexError
from lynex_server.pricing.public import PriceBook
from lynex_server.processing import ledger
from lynex_server.processing.bookkeeper import Bookkeeper
from lynex_server.processing.counted_answers import CountedAnswers
from lynex_server.processing.dead_letters import DeadLetter, DeadLetters, body_prefix
from lynex_server.processing.points import POINT_COLUMNS, encode_point
from lynex_server.processing.rows import span_row
from lynex_server.processing.shield import Shield
from lynex_server.processing.stored import as_stored
from lynex_server.spans.public import (
    EventBatch,
    SpanRow,
    decode_batch,
    encode_batch,
    encode_news,
    live_channel,
    span_columns,
)

log = structlog.get_logger()


_STORED_BATCHES = """
SELECT DISTINCT batch_id FROM spans
WHERE batch_id = {batch_id:String} OR startsWith(batch_id, {part:String})
UNION DISTINCT
SELECT DISTINCT batch_id FROM metric_points
WHERE batch_id = {batch_id:String} OR startsWith(batch_id, {part:String})
"""


@dataclass(slots=True)
class Prepared:
    """What a claim became: rows and points ready to insert, and the dead letters among its entries."""

    rows: list[SpanRow] = field(default_factory=list)
    encoded_points: list[bytes] = field(default_factory=list)
    letters: list[tuple[DeadLetter, bytes]] = field(default_factory=list)


class BatchProcessor:
    """Turns claims into stored, booked and published spans. Safe to use from several threads."""

    def __init__(
        self,
        columnar: Columnar,
        database: Database,
        live: Live,
        dead_letters: DeadLetters,
        book: PriceBook,
        clock: Clock,
        bookkeepers: Sequence[Bookkeeper] = (),
        shield: Shield | None = None,
        gateway_addresses: Collection[str] = (),
    ) -> None:
        self._columnar = columnar
        self._database = database
        self._live = live
        self._dead_letters = dead_letters
        self._book = book
        self._clock = clock
        self._bookkeepers = tuple(bookkeepers)
        self._shield = shield
        self._answers = CountedAnswers(database, clock, gateway_addresses)
        self._begun: set[str] = set()  # batches whose insert was tried here; at most one per thread

    def process(self, claim: Claim, isolate: bool = False) -> None:
        """Do everything that `claim` asks for. When it returns, the claim may be acknowledged.

        Raises `Busy` when an engine cannot be reached, and whatever the columnar engine says of rows it
        refuses; both leave nothing half done that a repetition would do twice. With `isolate`, each entry
        is its own batch, and one that is refused becomes a dead letter instead of failing the claim.
        """
        if self._shield is not None:
            claim = replace(claim, entries=self._shield.over(claim.entries))
        if self._as_one_batch(claim, isolate):
            self._store(claim.id, self._prepare(claim, claim.entries, claim.id), claim.attempt > 1)
            return
        self._begun.discard(claim.id)
        for index, entry in enumerate(claim.entries):
            self._store_alone(claim, entry, f"{claim.id}.{index}")

    def _as_one_batch(self, claim: Claim, isolate: bool) -> bool:
        """Whether the claim is one batch. What an earlier try stored decides, not what this one would like:
        rows under the claim's id must not be inserted again under their entries' ids, nor the reverse."""
        if claim.attempt == 1 and not isolate:
            return True  # never tried in parts
        stored = self._stored_batches(claim.id)
        return claim.id in stored or not (stored or isolate)

    def _stored_batches(self, batch_id: str) -> set[str]:
        """Which of the batch itself and its parts have rows."""
        found = self._columnar.query(_STORED_BATCHES, {"batch_id": batch_id, "part": f"{batch_id}."})
        return {row[0] for row in found.rows}

    def tidy(self) -> None:
        """Forget what is too old to be needed. Called now and then."""
        ledger.forget_old_batches(self._database, self._clock.now_us())
        self._answers.forget_old()

    def _store_alone(self, claim: Claim, entry: Entry, batch_id: str) -> None:
        prepared = self._prepare(claim, [entry], batch_id)
        try:
            self._store(batch_id, prepared, claim.attempt > 1)
        except Busy:
            raise
        except Exception as error:  # whatever the engine has against it, its neighbours must get through
            if self._stored_batches(batch_id):
                raise  # the rows are in and only the answer was lost: tried again, the rest is done too
            log.warning("processing.dead_letter", batch_id=batch_id, stage="store", error=str(error))
            letter = self._letter(batch_id, claim.attempt, entry, "store", error, len(prepared.rows))
            self._dead_letters.add(letter, entry.body)

    def _prepare(self, claim: Claim, entries: Sequence[Entry], batch_id: str) -> Prepared:
        prepared = Prepared()
        decoded: list[tuple[int, Entry, EventBatch]] = []
        for index, entry in enumerate(entries):
            try:
                decoded.append((index, entry, decode_batch(entry.body)))
            except ValueError as error:
                letter_id = f"{batch_id}-{index}"
                letter = self._letter(letter_id, claim.attempt, entry, "decode", error, -1)
                prepared.letters.append((letter, entry.body))
        self._answers.count_once([batch for _, _, batch in decoded])
        for index, entry, batch in decoded:
            for position, event in enumerate(batch.spans):
                try:
                    prepared.rows.append(span_row(event, batch, batch_id, self._book))
                except Exception as error:  # one event that trips a rule must not take the others along
                    alone = encode_batch(msgspec.structs.replace(batch, spans=[event], points=[]))
                    letter_id = f"{batch_id}-{index}-{position}"
                    letter = self._letter(letter_id, claim.attempt, entry, "price", error, 1)
                    prepared.letters.append((letter, alone))
            prepared.encoded_points.extend(encode_point(point, batch, batch_id) for point in batch.points)
        return prepared

    def _store(self, batch_id: str, prepared: Prepared, again: bool) -> None:
        for letter, body in prepared.letters:
            log.warning("processing.dead_letter", id=letter.id, stage=letter.stage, reason=letter.reason)
            self._dead_letters.add(letter, body)
        again = again or batch_id in self._begun
        self._begun.add(batch_id)
        self._columnar.insert_columns("spans", span_columns(prepared.rows), batch_id)
        self._columnar.insert("metric_points", POINT_COLUMNS, prepared.encoded_points, batch_id)
        if prepared.rows:
            rows = as_stored(self._columnar, batch_id, prepared.rows) if again else prepared.rows
            ledger.book(self._database, batch_id, rows, self._clock.now_us(), self._bookkeepers)
            for bookkeeper in self._bookkeepers:
                bookkeeper.booked(rows)
            self._publish(rows)
        self._begun.discard(batch_id)

    def _publish(self, rows: Sequence[SpanRow]) -> None:
        by_project: defaultdict[str, list[SpanRow]] = defaultdict(list)
        for row in rows:
            by_project[row.project_id].append(row)
        for project_id, project_rows in by_project.items():
            self._live.publish(live_channel(project_id), encode_news(project_rows))

    def _letter(
        self, letter_id: str, attempt: int, entry: Entry, stage: str, error: Exception, spans: int
    ) -> DeadLetter:
        return DeadLetter(
            id=letter_id,
            project_id=entry.project_id,
            api_key_id=_api_key_id(entry),
            received_at_us=entry.appended_at_us,
            failed_at_us=self._clock.now_us(),
            stage=stage,
            reason=f"{_FAILED_AT[stage]}: {_said_of(error)}",
            spans=spans,
            bytes=len(entry.body),
            attempts=attempt,
            body_key=f"{body_prefix(entry.project_id)}{letter_id}.batch",
        )


_FAILED_AT = {
    "decode": "It cannot be read",
    "price": "It cannot be counted",
    "store": "The store does not take it",
}


def _said_of(error: Exception) -> str:
    """What an error says. Ours are sentences; of any other, its kind says more than its text may."""
    return str(error) if isinstance(error, ValueError | LynexError) else f"{type(error).__name__}: {error}"


def _api_key_id(entry: Entry) -> str:
    try:
        return decode_batch(entry.body).api_key_id
    except ValueError:
        return ""
