"""Keeps an erased end user from coming back: what arrives late is stored without them.

What was used and what it cost stays counted, for the money was spent; everything that tells of a person goes:
ids, texts, labels, and the time within its hour. The new ids depend on the old ones and the project's salt
alone, so a batch that is processed again after a crash becomes the same rows.
"""

from collections.abc import Sequence

import msgspec

from lynex_server.engines.queue.protocol import Entry
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.privacy import storage
from lynex_server.privacy.model import subject_of
from lynex_server.spans.public import EventBatch, MetricPoint, SpanEvent, decode_batch, encode_batch

_HOUR_US = 3_600_000_000


class Shield:
    """See `processing.Shield`. Safe from any thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def over(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """The entries without erased end users. Raises `Busy`.

        Asked for each claim, not remembered: an erasure counts on every process from the moment it is asked
        for.
        """
        projects = {entry.project_id for entry in entries}
        with self._database.read() as connection:
            erased = storage.shielded(connection, projects, self._clock.now_us())
            salts = {project_id: storage.salt_of(connection, project_id) or "" for project_id in erased}
        if not erased:
            return tuple(entries)
        return tuple(
            _nameless_entry(entry, salts[entry.project_id], erased[entry.project_id])
            if entry.project_id in erased
            else entry
            for entry in entries
        )


def without_subjects(batch: EventBatch, salt: str, subjects: set[str]) -> EventBatch | None:
    """The batch with nameless spans and points in the place of those of `subjects`; None when it has none.

    Spans that name nobody but share a trace with one that does belong to them too.
    """
    ids = {span.end_user_id for span in batch.spans} | {point.end_user_id for point in batch.points}
    erased = {end_user_id for end_user_id in ids if end_user_id and subject_of(salt, end_user_id) in subjects}
    if not erased:
        return None
    traces = {span.trace_id for span in batch.spans if span.end_user_id in erased}
    return msgspec.structs.replace(
        batch,
        spans=[
            nameless(span, salt)
            if span.end_user_id in erased or (not span.end_user_id and span.trace_id in traces)
            else span
            for span in batch.spans
        ],
        points=[_nameless_point(point) if point.end_user_id in erased else point for point in batch.points],
    )


def nameless(span: SpanEvent, salt: str) -> SpanEvent:
    """What may stay of an erased end user's span: what was used, by which model, where and in which hour."""
    return msgspec.structs.replace(
        span,
        trace_id=subject_of(salt, f"trace {span.trace_id}")[:32],
        span_id=subject_of(salt, f"span {span.trace_id} {span.span_id}")[:16],
        parent_span_id="",
        session_id="",
        end_user_id="",
        start_time_us=span.start_time_us - span.start_time_us % _HOUR_US,
        name="",
        error_message="",
        prompt_name="",
        prompt_version="",
        input="",
        output="",
        tags=[],
        metadata={},
        attributes={},
    )


def _nameless_point(point: MetricPoint) -> MetricPoint:
    return msgspec.structs.replace(
        point, end_user_id="", session_id="", attributes={}, time_us=point.time_us - point.time_us % _HOUR_US
    )


def _nameless_entry(entry: Entry, salt: str, subjects: set[str]) -> Entry:
    try:
        batch = without_subjects(decode_batch(entry.body), salt, subjects)
    except ValueError:
        return entry  # what cannot be read becomes a dead letter, and an erasure removes such letters
    if batch is None:
        return entry
    return Entry(entry.id, entry.project_id, encode_batch(batch), entry.appended_at_us)
