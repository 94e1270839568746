"""`query.panels`: what the dashboard asks for, over HTTP, at 10 million spans."""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.result import Result, Size, at_most, percentile
from benchmarks.spans_fill import LARGE_TRACE_ID, LARGE_TRACE_SPANS
from benchmarks.stack import Lynex, prepared_lynex

Ask = Callable[[random.Random], Any]


def run(size: Size, seed: int) -> Iterator[Result]:
    """The p95 of every panel, of the trace list, of one trace, and of a huge trace's first page."""
    spans, rounds = (10_000_000, 40) if size == "full" else (40_000, 1)
    with prepared_lynex() as lynex:
        lynex.start()  # makes the project, so that the spans have an owner
        project_id = lynex.get("/v1/me")["project_id"]
        lynex.stop()
        subprocess.run(
            [
                sys.executable,
                "-m",
                "benchmarks.spans_fill",
                f"{lynex.folder}/columnar",
                project_id,
                str(spans),
            ],
            check=True,
        )
        lynex.start()
        rng = random.Random(seed)
        traces = [item["trace_id"] for item in lynex.get("/v1/traces", range="30d", limit=50)["items"]]
        for name, ask in _panels(lynex).items():
            yield at_most(f"query.panels.{name}", _p95_ms(ask, rng, rounds), "ms p95", 150)
        for name, ask in _lists(lynex).items():
            yield at_most(f"query.traces.{name}", _p95_ms(ask, rng, rounds), "ms p95", 150)
        one = _p95_ms(lambda rng: lynex.get(f"/v1/traces/{rng.choice(traces)}"), rng, rounds)
        yield at_most("query.trace", one, "ms p95", 50)
        large = _p95_ms(lambda _: _first_page(lynex), rng, min(rounds, 10))
        yield at_most("query.large_trace_first_page", large, "ms p95", 1000)


def _panels(lynex: Lynex) -> dict[str, Ask]:
    def ask(path: str, **parameters: Any) -> Ask:
        return lambda rng: lynex.get(path, range=rng.choice(("24h", "7d", "30d")), **parameters)

    return {
        "summary": ask("/v1/metrics/summary", compare="true"),
        "series": ask("/v1/metrics/series"),
        "series_by_model": ask("/v1/metrics/series", group_by="model"),
        "models": ask("/v1/metrics/breakdown", by="model"),
        "routes": ask("/v1/metrics/breakdown", by="route"),
        "users": ask("/v1/metrics/breakdown", by="end_user"),
        "facets": ask("/v1/facets"),
        "filtered_series": ask("/v1/metrics/series", environment="production", model="gpt-4o"),
        "filtered_summary": ask("/v1/metrics/summary", route="/route-1", compare="true"),
        "latency_pctl": ask("/v1/metrics/latency-pctl", p="95"),
        "cost_by_model": ask("/v1/metrics/cost-by-model"),
    }


def _lists(lynex: Lynex) -> dict[str, Ask]:
    return {
        "newest": lambda _: lynex.get("/v1/traces", range="30d", limit=50),
        "by_model": lambda _: lynex.get("/v1/traces", range="30d", model="mistral-large", limit=50),
        "by_user": lambda rng: lynex.get(
            "/v1/traces", range="30d", user_id=f"user-{rng.randrange(2000)}", limit=50
        ),
        "errors": lambda _: lynex.get("/v1/traces", range="30d", status="error", limit=50),
        "spans": lambda _: lynex.get("/v1/spans", range="30d", limit=50),
        "search": lambda rng: lynex.get("/v1/spans", range="30d", q=str(rng.randrange(100_000)), limit=50),
    }


def _first_page(lynex: Lynex) -> None:
    page = lynex.get(f"/v1/traces/{LARGE_TRACE_ID}")
    assert page["summary"]["spans"] == LARGE_TRACE_SPANS


def _p95_ms(ask: Ask, rng: random.Random, rounds: int) -> float:
    ask(rng)  # the first one reads the files; a dashboard that is open has done that
    took: list[float] = []
    for _ in range(rounds):
        begun = time.monotonic()
        ask(rng)
        took.append((time.monotonic() - begun) * 1000)
    return percentile(took, 0.95)
