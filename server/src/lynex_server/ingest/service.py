"""Receive, redact, append: the way of a batch from a decoded request to the durable log."""

import asyncio
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool

from lynex_server.engines.queue.protocol import Appended, Entry, Queue
from lynex_server.ingest.decoded import Decoded, RejectedItem, Rejection
from lynex_server.ingest.decoders import Decoders
from lynex_server.ingest.limits import Limits
from lynex_server.ingest.preparing import Prepared, Task, admit, prepare
from lynex_server.ingest.redaction.redactor import Redactor
from lynex_server.ingest.redaction.service import Redaction
from lynex_server.ingest.settings import IngestSettings
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.ids import KeyId, ProjectId
from lynex_server.spans.public import SpanEvent

LARGE_BATCHES_AT_ONCE = 4
"""More at a time would take memory, not be done sooner: the work is done by the processor."""

_IN_LOOP_BYTES = 32_000
"""Bodies up to this size are worked on in the event loop: well under a millisecond's work."""
_IN_PROCESS_BYTES = 100_000
"""Bodies from this size are worth the way to another process and back."""
_USUAL_COMPRESSION = 6
"""What a compressed body holds is not known yet; texts and their keys shrink about so much."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a request. `accepted` lists (index, span id); `replayed`: it was known already."""

    accepted: Sequence[tuple[int, str]]
    points: int
    rejections: Sequence[Rejection]
    replayed: bool


class IngestService:
    """Takes requests in. It keeps nothing but its parts; every call stands alone."""

    def __init__(self, queue: Queue, settings: IngestSettings, clock: Clock, redaction: Redaction) -> None:
        self.settings = settings
        self.redaction = redaction
        self.clock = clock
        self._large_batches = asyncio.Semaphore(LARGE_BATCHES_AT_ONCE)
        self._decoders = Decoders(settings)
        self._queue = queue

    async def prepare(self, task: Task, redactor: Redactor) -> Prepared:
        """Do the processor's part of a request where it holds up the least: see `preparing.prepare`."""
        weight = len(task.raw) * (_USUAL_COMPRESSION if task.encoding else 1)
        if weight <= _IN_LOOP_BYTES:
            return prepare(task, self.settings, redactor)
        async with self._large_batches:
            if weight >= _IN_PROCESS_BYTES and self.settings.decoder_processes:
                return await self._decoders.prepare(task, redactor.settings_json)
            return await run_in_threadpool(prepare, task, self.settings, redactor)

    async def record(
        self, project_id: ProjectId, api_key_id: KeyId, spans: Sequence[SpanEvent], entry_id: str
    ) -> None:
        """Take in spans that this process has made itself: redact, and append; on disk when this returns.

        None is rejected: one that is over a limit loses its texts, and says so in `lynex.content_dropped`.
        Raises `Busy` when the log is full.
        """
        redactor = self.redaction.remembered(project_id)
        if redactor is None:
            redactor = await run_in_threadpool(self.redaction.redactor, project_id)
        received_at_us = self.clock.now_us()
        weight = sum(len(span.input) + len(span.output) for span in spans)
        work = functools.partial(
            self._admit_own, entry_id, project_id, api_key_id, spans, received_at_us, redactor
        )
        prepared = work() if weight <= _IN_LOOP_BYTES else await run_in_threadpool(work)
        await self.append(prepared)

    def _admit_own(
        self,
        entry_id: str,
        project_id: ProjectId,
        api_key_id: KeyId,
        spans: Sequence[SpanEvent],
        received_at_us: int,
        redactor: Redactor,
    ) -> Prepared:
        limits = Limits(self.settings, received_at_us)
        decoded = Decoded()
        for index, span in enumerate(spans):
            try:
                limits.check_span(span)
            except RejectedItem as rejected:
                span.input = span.output = ""
                span.metadata, span.tags = {}, []
                kept = {name: value for name, value in span.attributes.items() if name.startswith("lynex.")}
                span.attributes = {**kept, "lynex.content_dropped": str(rejected)}
            decoded.accept(index, span)
        return admit(decoded, entry_id, project_id, api_key_id, received_at_us, self.settings, redactor)

    async def append(self, prepared: Prepared) -> Receipt:
        """Put the batch on the durable log, once per its entry id; it is on disk when this returns.

        A request of which nothing is left is not appended. Raises `Busy` when the log is full.
        """
        replayed = False
        if prepared.accepted or prepared.points:
            entry = Entry(
                id=prepared.entry_id,
                project_id=prepared.project_id,
                body=prepared.body,
                appended_at_us=prepared.received_at_us,
            )
            replayed = await self._queue.append(entry) is Appended.REPEATED
        return Receipt(prepared.accepted, prepared.points, prepared.rejections, replayed)

    async def close(self) -> None:
        """End the processes that decode."""
        await self._decoders.close()
