"""`ingest.crash`: kill -9 at random moments under load; what was acknowledged is there, exactly once.

One server folder lives through every crash. After the last one the queue is drained and the books are
compared: every acknowledged span is stored once, no span is stored twice, and the ledger's sums are the
spans' sums. A request that was cut off by a crash is sent again with the same body, as a client would.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from benchmarks.ingest_otlp import Connection
from benchmarks.otlp_load import Template, endless, templates
from benchmarks.result import Result, Size, at_most
from benchmarks.stack import Lynex, prepared_lynex

SPANS_PER_REQUEST = 20
SENDERS = 3
DRAIN_TIMEOUT_S = 120


@dataclass(slots=True)
class Books:
    """What the senders know: requests that were acknowledged, and those that were only sent."""

    acknowledged: set[int] = field(default_factory=set)
    unanswered: dict[int, Template] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def run(size: Size, seed: int) -> Iterator[Result]:
    """Spans lost, spans doubled, and the difference of the books, over all crashes."""
    crashes = 200 if size == "full" else 2
    rng = random.Random(seed)
    books = Books()
    work = endless(templates(10, SPANS_PER_REQUEST, seed, input_characters=200, output_characters=100))
    with prepared_lynex() as lynex:
        for _ in range(crashes):
            lynex.start()
            _load_until_killed(lynex, books, work, rng.uniform(0.05, 1.2))
        lynex.start()
        _drain(lynex)
        stored = _stored(lynex)
        yield at_most("ingest.crash.lost", _lost(stored, books), "spans", 0)
        yield at_most("ingest.crash.doubled", stored.spans - len(stored.span_ids), "spans", 0)
        yield at_most(
            "ingest.crash.books_difference", _difference(lynex, stored), "nano-dollars and spans", 0
        )
        yield Result(
            "ingest.crash.acknowledged",
            len(books.acknowledged) * SPANS_PER_REQUEST,
            "spans",
            f"after {crashes} kills",
            True,
        )


def _load_until_killed(
    lynex: Lynex, books: Books, work: Iterator[tuple[int, Template]], seconds: float
) -> None:
    again = iter(dict(books.unanswered).items())

    def send() -> None:
        try:
            connection = Connection(lynex)
            while True:
                with books.lock:
                    number, template = next(again, None) or next(work)
                    body = template.stamped(number)
                    books.unanswered[number] = template
                connection.post(body)
                with books.lock:
                    del books.unanswered[number]
                    books.acknowledged.add(number)
        except OSError:
            return

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    lynex.kill()
    for thread in threads:
        thread.join()


def _drain(lynex: Lynex) -> None:
    deadline = time.monotonic() + DRAIN_TIMEOUT_S
    while lynex.get("/v1/status")["queue"]["entries"]:
        if time.monotonic() > deadline:
            raise TimeoutError("the queue did not drain")
        time.sleep(0.1)


@dataclass(slots=True)
class Stored:
    """What the columnar engine holds, read from an export of everything."""

    spans: int = 0
    cost_nanousd: int = 0
    per_request: Counter[int] = field(default_factory=Counter)
    span_ids: set[str] = field(default_factory=set)


def _stored(lynex: Lynex) -> Stored:
    stored = Stored()
    for row in lynex.export_rows():
        stored.spans += 1
        stored.cost_nanousd += int(row["cost_nanousd"] or 0)
        stored.per_request[int(row["trace_id"][14:], 16) >> 16] += 1
        stored.span_ids.add(row["span_id"])
    return stored


def _lost(stored: Stored, books: Books) -> int:
    return sum(max(0, SPANS_PER_REQUEST - stored.per_request[number]) for number in books.acknowledged)


def _difference(lynex: Lynex, stored: Stored) -> int:
    """|ledger - spans| and |rollups - spans|, in spans and nano-dollars, added up."""
    summary = lynex.get("/v1/metrics/summary", range="7d")
    engine = sa.create_engine(f"sqlite:///{lynex.folder}/lynex.db")
    with engine.connect() as connection:
        spans, cost = connection.execute(
            sa.text("SELECT sum(spans), sum(cost_nanousd) FROM ledger WHERE scope = 'project'")
        ).one()
    engine.dispose()
    difference: int = (
        abs(spans - stored.spans)
        + abs(cost - stored.cost_nanousd)
        + abs(summary["spans"] - stored.spans)
        + abs(summary["cost_nanousd"] - stored.cost_nanousd)
    )
    return difference
