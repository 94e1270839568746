"""`server.footprint`: memory at rest, before and after work, and disk per span of 1.5 KB of text."""

import json
import time
from collections.abc import Iterator

from benchmarks.ingest_otlp import Connection, wait_until_stored
from benchmarks.otlp_load import endless, templates
from benchmarks.result import Result, Size, at_most
from benchmarks.stack import Lynex, running_lynex

SPANS_PER_REQUEST = 200
TEXT_CHARACTERS = (900, 600)
MEGABYTE = 1_000_000


def run(size: Size, seed: int) -> Iterator[Result]:
    """Resident memory when started and when idle again after the load; disk over raw JSON."""
    requests, rest_s = (500, 60) if size == "full" else (5, 1)
    with running_lynex() as lynex:
        time.sleep(rest_s / 10)
        yield at_most("server.footprint.rest", lynex.resident_bytes() / MEGABYTE, "MB resident", 600)
        raw_bytes = _load(lynex, requests, seed)
        time.sleep(rest_s)
        yield at_most(
            "server.footprint.rest_after_load", lynex.resident_bytes() / MEGABYTE, "MB resident", 600
        )
        lynex.stop()
        used = lynex.disk_bytes("columnar") + lynex.disk_bytes("blob")
        yield at_most("server.footprint.disk", used / raw_bytes, "x raw JSON", 0.35)


def _load(lynex: Lynex, requests: int, seed: int) -> int:
    """Send the spans, wait until they are stored; returns the bytes they have as JSON."""
    work = endless(templates(requests, SPANS_PER_REQUEST, seed, *TEXT_CHARACTERS))
    connection = Connection(lynex)
    for _ in range(requests):
        number, template = next(work)
        connection.post(template.stamped(number))
    spans = requests * SPANS_PER_REQUEST
    wait_until_stored(lynex, spans)
    sample = lynex.get("/v1/spans", range="1h", limit=100)["items"]
    details = [lynex.get(f"/v1/spans/{span['trace_id']}/{span['span_id']}") for span in sample[:20]]
    return round(sum(len(json.dumps(detail)) for detail in details) / len(details) * spans)
