"""Ingest's own work per span of about 3.2 KB: decode, map, judge, redact and encode, without HTTP and log.

Run as `python -m benchmarks.ingest_decode`.
"""

import time
from collections.abc import Iterator

from benchmarks.otlp_load import templates
from benchmarks.result import Result, Size, at_most, report
from lynex_server.ingest.public import IngestSettings, Redactor, Task, default_settings, prepare
from lynex_server.kernel.clock import SystemClock

SPANS_PER_REQUEST = 100
TARGET_US = 40.0
_MICROS_PER_NANO = 1e-3


def run(size: Size, seed: int) -> Iterator[Result]:
    """Microseconds of one core a span, best of several rounds: what it takes when nothing disturbs it."""
    requests = 100 if size == "full" else 5
    tasks = [
        Task(
            signal="traces",
            path="/v1/traces",
            idempotency_key=None,
            raw=template.stamped(number),
            encoding="",
            content_type="application/x-protobuf",
            project_id="bench",
            api_key_id="bench",
            received_at_us=SystemClock().now_us(),
        )
        for number, template in enumerate(templates(requests, SPANS_PER_REQUEST, seed), 1)
    ]
    settings = IngestSettings()
    redactor = Redactor(default_settings(settings))
    _round_us(tasks, settings, redactor)
    yield at_most(
        "ingest.decode",
        min(_round_us(tasks, settings, redactor) for _ in range(7)),
        "us a span",
        TARGET_US,
    )


def _round_us(tasks: list[Task], settings: IngestSettings, redactor: Redactor) -> float:
    """Processor time of this thread, so that neighbours on the machine count less."""
    began_ns = time.thread_time_ns()
    for task in tasks:
        assert len(prepare(task, settings, redactor).accepted) == SPANS_PER_REQUEST
    return (time.thread_time_ns() - began_ns) * _MICROS_PER_NANO / (len(tasks) * SPANS_PER_REQUEST)


def main() -> None:
    """Measure at full size and print the result as one JSON line."""
    for result in run("full", 1):
        print(report(result, "full", 1))


if __name__ == "__main__":
    main()
