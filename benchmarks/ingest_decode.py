"""Ingest's own work per span of about 3.2 KB: decode, map, judge, redact and encode, without HTTP and log.

Run as `python -m benchmarks.ingest_decode`.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.otlp_load import templates
from benchmarks.result import Result, Size, at_most, report
from lynex_server.engines.queue.protocol import QueueBounds
from lynex_server.engines.queue.sqlite import SqliteQueue
from lynex_server.engines.relational.database import open_database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.ingest.public import (
    IngestService,
    IngestSettings,
    Redaction,
    decode_otlp_traces,
    default_settings,
)
from lynex_server.kernel.clock import SystemClock
from lynex_server.kernel.ids import ProjectId
from lynex_server.safety.public import AuditLog

SPANS_PER_REQUEST = 100
TARGET_US = 40.0
_MICROS_PER_NANO = 1e-3


def run(size: Size, seed: int) -> Iterator[Result]:
    """Microseconds of one core a span, best of several rounds: what it takes when nothing disturbs it."""
    requests = 100 if size == "full" else 5
    bodies = [
        template.stamped(number)
        for number, template in enumerate(templates(requests, SPANS_PER_REQUEST, seed), 1)
    ]
    clock = SystemClock()
    settings = IngestSettings()
    with TemporaryDirectory() as folder:
        queue = SqliteQueue(Path(folder) / "queue.db", QueueBounds(), clock)
        database = open_database(f"sqlite:///{folder}/relational.db")
        migrate(database)
        redaction = Redaction(database, default_settings(settings), clock, AuditLog(database, clock))
        service = IngestService(queue, settings, clock, redaction)
        _round_us(service, bodies)
        yield at_most(
            "ingest.decode", min(_round_us(service, bodies) for _ in range(7)), "us a span", TARGET_US
        )
        queue.close()
        database.close()


def _round_us(service: IngestService, bodies: list[bytes]) -> float:
    """Processor time of this thread, so that neighbours on the machine count less."""
    project_id = ProjectId("bench")
    service.redaction.redactor(project_id)
    began_ns = time.thread_time_ns()
    for body in bodies:
        decoded = decode_otlp_traces(body, "application/x-protobuf", service.settings)
        prepared = service.prepare(
            decoded,
            project_id,
            "bench",
            service.redaction.remembered(project_id) or service.redaction.redactor(project_id),
        )
        assert len(prepared.admitted.spans) == SPANS_PER_REQUEST
    return (time.thread_time_ns() - began_ns) * _MICROS_PER_NANO / (len(bodies) * SPANS_PER_REQUEST)


def main() -> None:
    """Measure at full size and print the result as one JSON line."""
    for result in run("full", 1):
        print(report(result, "full", 1))


if __name__ == "__main__":
    main()
