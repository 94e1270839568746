"""How the tests of the sender configure, record and wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from receiver import Receiver

import lynex

FAST = {"flush_interval_s": 0.05, "exit_timeout_s": 1.0}


def configure(receiver: Receiver | str, **settings: Any) -> None:
    url = receiver if isinstance(receiver, str) else receiver.url
    lynex.configure(ingest_url=url, **{"api_key": "lx_test", "enabled": True, **FAST, **settings})


def record(count: int = 1, start: int = 0, **fields: Any) -> None:
    for number in range(start, start + count):
        with lynex.span(f"span {number}", **fields):
            pass


def expected(count: int) -> list[str]:
    return [f"span {number}" for number in range(count)]


def wait_until(true: Callable[[], bool], timeout_s: float = 5.0) -> None:
    until = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < until, "did not come true in time"
        time.sleep(0.005)
