"""Receive, redact, append: the way of a batch from a decoded request to the durable log."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from lynex_server.engines.queue.protocol import Appended, Entry, Queue
from lynex_server.ingest.decoded import Decoded, RejectedItem, Rejection
from lynex_server.ingest.limits import Limits
from lynex_server.ingest.redaction.redactor import Redactor
from lynex_server.ingest.redaction.service import Redaction
from lynex_server.ingest.settings import IngestSettings
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import InvalidInput
from lynex_server.kernel.ids import ProjectId
from lynex_server.spans.public import EventBatch, encode_batch

MAX_IDEMPOTENCY_KEY_CHARS = 255
LARGE_BATCHES_AT_ONCE = 4
"""More at a time would take memory, not be done sooner: the work is done by the processor."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a request. `accepted` lists (index, span id); `replayed`: it was known already."""

    accepted: Sequence[tuple[int, str]]
    points: int
    rejections: Sequence[Rejection]
    replayed: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch ready for the log: `body` is the queue entry, `admitted` tells what is in it, what not."""

    admitted: Decoded
    project_id: ProjectId
    received_at_us: int
    body: bytes


class IngestService:
    """Takes decoded requests in. It keeps nothing but its parts; every call stands alone.

    `large_batches` is held by who works on a large batch: it bounds how many are in memory, decompressed.
    """

    def __init__(self, queue: Queue, settings: IngestSettings, clock: Clock, redaction: Redaction) -> None:
        self.settings = settings
        self.redaction = redaction
        self.large_batches = asyncio.Semaphore(LARGE_BATCHES_AT_ONCE)
        self._queue = queue
        self._clock = clock

    def prepare(
        self, decoded: Decoded, project_id: ProjectId, api_key_id: str, redactor: Redactor
    ) -> Prepared:
        """What of `decoded` is within the limits, redacted and encoded. CPU work: nothing is waited for.

        `redactor` is the project's, of `redaction`.
        """
        now_us = self._clock.now_us()
        limits = Limits(self.settings, now_us)
        admitted = Decoded(rejections=list(decoded.rejections))
        for index, span in zip(decoded.span_indexes, decoded.spans, strict=True):
            try:
                limits.check_span(span)
            except RejectedItem as rejected:
                admitted.reject(index, str(rejected))
                continue
            redactor.redact_span(span)
            admitted.accept(index, span)
        for index, point in zip(decoded.point_indexes, decoded.points, strict=True):
            try:
                limits.check_point(point)
            except RejectedItem as rejected:
                admitted.reject(index, str(rejected))
                continue
            redactor.redact_point(point)
            admitted.accept_point(index, point)
        batch = EventBatch(
            project_id=project_id,
            api_key_id=api_key_id,
            received_at_us=now_us,
            spans=admitted.spans,
            points=admitted.points,
        )
        return Prepared(admitted, project_id, now_us, encode_batch(batch))

    async def append(self, prepared: Prepared, entry_id: str) -> Receipt:
        """Put the batch on the durable log, once per `entry_id`; it is on disk when this returns.

        A request of which nothing is left is not appended. Raises `Busy` when the log is full.
        """
        admitted = prepared.admitted
        replayed = False
        if admitted.spans or admitted.points:
            entry = Entry(
                id=entry_id,
                project_id=prepared.project_id,
                body=prepared.body,
                appended_at_us=prepared.received_at_us,
            )
            replayed = await self._queue.append(entry) is Appended.REPEATED
        accepted = list(zip(admitted.span_indexes, (span.span_id for span in admitted.spans), strict=True))
        return Receipt(accepted, len(admitted.points), admitted.rejections, replayed)


def entry_id_of(project_id: ProjectId, path: str, idempotency_key: str | None, raw_body: bytes) -> str:
    """What makes a retry a no-op: the client's key where it sent one, else the body as it was sent.

    Both are scoped to the project and the path. Raises `InvalidInput` for a key that is empty or too long.
    """
    digest = hashlib.sha256()  # processors have instructions for it: half the time of BLAKE2 on large bodies
    if idempotency_key is not None:
        if not 0 < len(idempotency_key) <= MAX_IDEMPOTENCY_KEY_CHARS:
            raise InvalidInput(
                f"idempotency-key: 1 to {MAX_IDEMPOTENCY_KEY_CHARS} characters expected",
                field="idempotency-key",
            )
        told, what = b"key", idempotency_key.encode("utf-8", "surrogateescape")
    else:
        told, what = b"body", raw_body
    for part in (project_id.encode(), path.encode(), told):
        digest.update(len(part).to_bytes(4, "big") + part)
    digest.update(what)
    return digest.hexdigest()
