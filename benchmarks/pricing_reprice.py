"""`pricing.reprice`: pricing a month of calls again while others come in, until every sum follows."""

import http.client
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.otlp_load import endless, templates
from benchmarks.result import Result, Size, at_least, at_most
from benchmarks.spans_fill import CHUNK
from benchmarks.stack import Lynex, prepared_lynex

CALLS_OF_SPANS = 0.56
"""The part of the filled spans that are calls with a price; the rest are agents, tools and retrievals."""
REQUESTS_PER_S = 50
SPANS_PER_REQUEST = 20
TIMEOUT_S = 600.0


def run(size: Size, seed: int) -> Iterator[Result]:
    """Seconds for a million calls, each of which gets another price, and what came in meanwhile."""
    calls = 1_000_000 if size == "full" else 3_000
    spans = int(calls / CALLS_OF_SPANS)
    with prepared_lynex() as lynex:
        lynex.start()
        project_id = lynex.get("/v1/me")["project_id"]
        lynex.stop()
        fill = [sys.executable, "-m", "benchmarks.spans_fill", f"{lynex.folder}/columnar", project_id]
        subprocess.run([*fill, str(spans)], check=True)
        _book(lynex, spans)
        lynex.start()
        with _load(lynex, seed) as sent:
            time.sleep(2)
            before, began = sent[0], time.monotonic()
            done = _reprice(lynex)
            seconds, during = time.monotonic() - began, sent[0] - before
        changed = done["changed"]
        yield at_least("pricing.reprice.changed", changed, "calls", calls * 0.9)
        yield at_most("pricing.reprice", seconds * 1_000_000 / changed, "s a million calls", 60)
        yield at_least("pricing.reprice.ingest_meanwhile", during / seconds, "spans/s", 500)
        yield at_most("pricing.reprice.error", _difference_nanousd(lynex, done), "nano-dollars", 0)


def _book(lynex: Lynex, spans: int) -> None:
    """Note the filled batches as booked, as those that came by the queue are."""
    batches = [*(f"fill-{first}" for first in range(0, spans, CHUNK)), "large"]
    with sqlite3.connect(lynex.folder / "lynex.db") as connection:
        rows = [(batch, time.time_ns() // 1000) for batch in batches]
        connection.executemany("INSERT INTO ledger_batches (batch_id, booked_at_us) VALUES (?, ?)", rows)
    connection.close()


def _reprice(lynex: Lynex) -> dict[str, Any]:
    """Ask for all of it, and wait until it is done."""
    asked = _post(lynex, "/v1/prices/reprice", {"from": "2020-01-01T00:00:00Z", "wait_s": 0})
    end = time.monotonic() + TIMEOUT_S
    while True:
        found: dict[str, Any] = lynex.get(f"/v1/prices/reprice/{asked['id']}")
        if found["state"] == "done":
            return found
        if found["state"] not in ("waiting", "running"):
            raise RuntimeError(f"the repricing ended: {found['state']} {found['error']}")
        if time.monotonic() > end:
            raise TimeoutError("the repricing takes too long")
        time.sleep(0.2)


def _difference_nanousd(lynex: Lynex, done: dict[str, Any]) -> float:
    """By how much pricing the same calls once more would still change them."""
    asked = _post(
        lynex,
        "/v1/prices/reprice",
        {"from": "2020-01-01T00:00:00Z", "to": done["to"], "dry_run": True, "wait_s": 0},
    )
    end = time.monotonic() + TIMEOUT_S
    while (again := lynex.get(f"/v1/prices/reprice/{asked['id']}"))["state"] != "done":
        if time.monotonic() > end:
            raise TimeoutError("the dry run takes too long")
        time.sleep(0.2)
    return float(abs(again["difference_nanousd"]))


def _post(lynex: Lynex, path: str, body: dict[str, object]) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", lynex.port, timeout=60)
    headers = {"Authorization": f"Bearer {lynex.api_key}", "Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    said: dict[str, str] = json.loads(answer.read())
    connection.close()
    if answer.status >= 300:
        raise RuntimeError(f"POST {path}: {answer.status} {said}")
    return said


@contextmanager
def _load(lynex: Lynex, seed: int) -> Iterator[list[int]]:
    """Send calls at a steady rate; the list's one number grows by the spans that are acknowledged."""
    stop, sent = threading.Event(), [0]
    built = templates(4, SPANS_PER_REQUEST, seed)

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", lynex.port, timeout=60)
        headers = {
            "Authorization": f"Bearer {lynex.api_key}",
            "Content-Type": "application/x-protobuf",
        }
        due = time.monotonic()
        for number, template in endless(built):
            if stop.is_set():
                break
            connection.request("POST", "/v1/traces", template.stamped(number), headers)
            answer = connection.getresponse()
            answer.read()
            sent[0] += template.spans if answer.status == 200 else 0
            due += 1 / REQUESTS_PER_S
            time.sleep(max(0.0, due - time.monotonic()))
        connection.close()

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join(30)
