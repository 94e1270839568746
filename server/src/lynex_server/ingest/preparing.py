"""The processor's part of taking a request in: decompress, decode, judge, redact, encode, and name it.

Pure, and told everything by value, so that any thread or process can do it: see `decoders.py`.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from lynex_server.ingest.body import decompress
from lynex_server.ingest.decoded import Decoded, RejectedItem, Rejection
from lynex_server.ingest.events import decode_events
from lynex_server.ingest.limits import Limits
from lynex_server.ingest.otlp.logs import decode_otlp_logs
from lynex_server.ingest.otlp.metrics import decode_otlp_metrics
from lynex_server.ingest.otlp.traces import decode_otlp_traces
from lynex_server.ingest.redaction.redactor import Redactor
from lynex_server.ingest.settings import IngestSettings
from lynex_server.kernel.errors import InvalidInput
from lynex_server.spans.public import EventBatch, encode_batch

MAX_IDEMPOTENCY_KEY_CHARS = 255

Signal = Literal["events", "traces", "logs", "metrics"]

_OTLP: Mapping[Signal, Callable[[bytes, str, IngestSettings], Decoded]] = {
    "traces": decode_otlp_traces,
    "logs": decode_otlp_logs,
    "metrics": decode_otlp_metrics,
}


class Task(msgspec.Struct, frozen=True):
    """One request. `raw` is its body as sent; `project_names` is what an event's `project_id` may say."""

    signal: Signal
    path: str
    idempotency_key: str | None
    raw: bytes
    encoding: str
    content_type: str
    project_id: str
    api_key_id: str
    received_at_us: int
    project_names: tuple[str, ...] = ()


class Prepared(msgspec.Struct, frozen=True):
    """A batch ready for the log: `body` is the queue entry. `accepted` lists (index, span id)."""

    entry_id: str
    project_id: str
    received_at_us: int
    body: bytes
    accepted: list[tuple[int, str]]
    points: int
    rejections: list[Rejection]


def prepare(task: Task, settings: IngestSettings, redactor: Redactor) -> Prepared:
    """What of the request is readable and within the limits, redacted and encoded.

    Raises `InvalidInput` or `TooLarge` when the request as a whole cannot be taken.
    """
    entry_id = entry_id_of(task.project_id, task.path, task.idempotency_key, task.raw)
    body = decompress(task.raw, task.encoding, settings.max_decompressed_bytes)
    try:
        decoded = _decode(task, body, settings)
    except RecursionError as error:
        raise InvalidInput("body: nested too deep") from error
    return admit(decoded, entry_id, task.project_id, task.api_key_id, task.received_at_us, settings, redactor)


def admit(
    decoded: Decoded,
    entry_id: str,
    project_id: str,
    api_key_id: str,
    received_at_us: int,
    settings: IngestSettings,
    redactor: Redactor,
) -> Prepared:
    """What of `decoded` is within the limits, redacted and encoded. `redactor` is the project's."""
    limits = Limits(settings, received_at_us)
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
        received_at_us=received_at_us,
        spans=admitted.spans,
        points=admitted.points,
    )
    return Prepared(
        entry_id=entry_id,
        project_id=project_id,
        received_at_us=received_at_us,
        body=encode_batch(batch),
        accepted=list(zip(admitted.span_indexes, (span.span_id for span in admitted.spans), strict=True)),
        points=len(admitted.points),
        rejections=admitted.rejections,
    )


def _decode(task: Task, body: bytes, settings: IngestSettings) -> Decoded:
    if task.signal == "events":
        return decode_events(body, task.content_type, settings, task.project_names)
    return _OTLP[task.signal](body, task.content_type, settings)


def entry_id_of(project_id: str, path: str, idempotency_key: str | None, raw_body: bytes) -> str:
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
