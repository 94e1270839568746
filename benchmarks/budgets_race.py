"""`budgets.race`: 64 callers with 1,000 calls each, against a budget that allows 500 of them.

What a call truly costs differs from what was set aside for it by up to a tenth, either way; so the limit
may be passed by that error of the calls in flight, and by no more. Half of the calls that are granted are
told by a settlement alone, a quarter by a settlement and a span, a quarter by a span alone.

Embedded: one Lynex, over HTTP. At scale: three processes on one PostgreSQL and one Redis, of which one is
killed (SIGKILL) half way, with money set aside in its hands. Everything it held must be free at the expiry,
and the budget's books must equal the ledger and the settlements whose span never came.
"""

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.budgets_race_at_scale import race_at_scale
from benchmarks.engines import NotInstalled
from benchmarks.http_load import Connection
from benchmarks.result import Result, Size, at_least, at_most
from benchmarks.stack import Lynex, running_lynex

CALLERS = 64
ALLOWED = 500
ESTIMATE_NANOUSD = 10_000_000
ERROR = 0.1
DRAIN_TIMEOUT_S = 60
NANOUSD_PER_USD = 1_000_000_000


@dataclass(slots=True)
class Told:
    """What the callers know: how many calls were granted and refused, and what they truly cost."""

    granted: int = 0
    refused: int = 0
    cost_nanousd: int = 0


def run(size: Size, seed: int) -> Iterator[Result]:
    """Money over the limit and difference of the books, embedded and at scale."""
    calls = 1000 if size == "full" else 10
    most_over = round(CALLERS * ESTIMATE_NANOUSD * ERROR)
    with running_lynex() as lynex:
        told, spent = asyncio.run(_race(lynex, calls, seed))
    over = max(0, spent - ALLOWED * ESTIMATE_NANOUSD)
    yield at_most("budgets.race.embedded.over", over, "nano-dollars", most_over)
    yield at_most("budgets.race.embedded.books_difference", abs(spent - told.cost_nanousd), "nano-dollars", 0)
    yield at_least("budgets.race.embedded.granted", told.granted, "calls", ALLOWED / (1 + ERROR))
    yield at_least("budgets.race.embedded.answered", told.granted + told.refused, "calls", CALLERS * calls)
    try:
        outcome = race_at_scale(CALLERS, calls, ALLOWED, ESTIMATE_NANOUSD, ERROR, seed)
    except NotInstalled as error:
        yield Result("budgets.race.scale.over", 0, "nano-dollars", f"not measured: no {error} here", True)
        return
    yield at_most("budgets.race.scale.over", outcome.over_nanousd, "nano-dollars", most_over)
    yield at_most("budgets.race.scale.held_after_expiry", outcome.held_nanousd, "nano-dollars", 0)
    yield at_most("budgets.race.scale.books_difference", outcome.difference_nanousd, "nano-dollars", 0)
    yield at_least("budgets.race.scale.granted", outcome.granted, "calls", ALLOWED / (1 + ERROR) - CALLERS)
    yield at_most("budgets.race.scale.stuck_processes", outcome.stuck, "processes", 0)


async def _race(lynex: Lynex, calls: int, seed: int) -> tuple[Told, int]:
    setup = Connection(lynex.port, lynex.api_key)
    limit = ALLOWED * ESTIMATE_NANOUSD / NANOUSD_PER_USD
    wanted = {"name": "race", "limit": limit, "period": "total", "action": "stop", "hard_stop": True}
    status, budget = await setup.ask("POST", "/v1/budgets", wanted)
    if status != 201:
        raise RuntimeError(f"no budget: {status} {budget}")
    told = Told()
    await asyncio.gather(
        *(
            _caller(Connection(lynex.port, lynex.api_key), calls, random.Random(f"{seed}-{number}"), told)
            for number in range(CALLERS)
        )
    )
    end_s = time.monotonic() + DRAIN_TIMEOUT_S
    while True:
        _, budget = await setup.ask("GET", f"/v1/budgets/{budget['id']}")
        _, state = await setup.ask("GET", "/v1/status")
        settled = not state["queue"]["entries"] and not budget["held"]
        if settled or time.monotonic() > end_s:
            return told, int(budget["spent_exact"])
        await asyncio.sleep(0.2)


async def _caller(connection: Connection, calls: int, rng: random.Random, told: Told) -> None:
    estimate_usd = ESTIMATE_NANOUSD / NANOUSD_PER_USD
    for _ in range(calls):
        status, said = await connection.ask("POST", "/v1/reservations", {"cost_usd": estimate_usd})
        if status == 402:
            told.refused += 1
            continue
        if status != 201:
            raise RuntimeError(f"{status} {said}")
        told.granted += 1
        cost = round(ESTIMATE_NANOUSD * rng.uniform(1 - ERROR, 1 + ERROR))
        told.cost_nanousd += cost
        way = rng.random()
        if way < 0.75:
            path = f"/v1/reservations/{said['id']}/settle"
            await _must(connection, path, {"cost_usd": cost / NANOUSD_PER_USD})
        if way >= 0.5:
            event = {
                "ts": time.time(),
                "provider": "openai",
                "model": "gpt-4o",
                "cost_usd": cost / NANOUSD_PER_USD,
                "latency_ms": 5,
                "attributes": {"lynex.reservation_id": said["id"]},
            }
            await _must(connection, "/v1/events", event)


async def _must(connection: Connection, path: str, body: object) -> None:
    status, said = await connection.ask("POST", path, body)
    if status not in (200, 207):
        raise RuntimeError(f"{path}: {status} {said}")
