"""`budgets.reserve`: how long a reservation takes over HTTP at 500 a second, load generator included.

Open loop: a reservation is due every two milliseconds whatever became of the last, and its time counts from
when it was due. Three budgets cover each call. Nothing is settled, so what is held grows as it would not in
real use.
"""

import asyncio
import gc
from collections.abc import Iterator

from benchmarks.engines import NotInstalled, running_redis
from benchmarks.http_load import Connection
from benchmarks.result import Result, Size, at_most, percentile
from benchmarks.stack import Lynex, running_lynex

RATE_PER_S = 500
CONNECTIONS = 16
WARM_UP_S = 2
CALL = {
    "provider": "openai",
    "model": "gpt-4o",
    "environment": "production",
    "route": "/chat",
    "usage": {"input_tokens": 1200, "output_tokens": 400},
}
BUDGETS: tuple[dict[str, str], ...] = (
    {},
    {"model": "gpt-*"},
    {"environment": "production", "route": "/chat"},
)


def run(size: Size, seed: int) -> Iterator[Result]:
    """p95 with the counters in SQLite, and in Redis."""
    seconds = 30 if size == "full" else 1
    with running_lynex() as lynex:
        times = asyncio.run(_load(lynex, seconds))
        yield at_most("budgets.reserve.embedded_p95", percentile(times, 0.95) * 1000, "ms", 2)
        yield at_most("budgets.reserve.embedded_p50", percentile(times, 0.5) * 1000, "ms", 2)
    try:
        with running_redis() as redis_url, running_lynex(LYNEX_COUNTERS_URL=redis_url) as lynex:
            times = asyncio.run(_load(lynex, seconds))
            yield at_most("budgets.reserve.redis_p95", percentile(times, 0.95) * 1000, "ms", 4)
    except NotInstalled as error:
        yield Result("budgets.reserve.redis_p95", 0, "ms", f"not measured: no {error} here", True)


async def _load(lynex: Lynex, seconds: int) -> list[float]:
    setup = Connection(lynex.port, lynex.api_key)
    for number, scope in enumerate(BUDGETS):
        wanted = {"name": f"b{number}", "scope": scope, "limit": 1_000_000, "action": "stop"}
        status, said = await setup.ask("POST", "/v1/budgets", wanted)
        if status != 201:
            raise RuntimeError(f"no budget: {status} {said}")
    idle: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(Connection(lynex.port, lynex.api_key))
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def reserve(due_s: float) -> None:
        connection = await idle.get()
        status, said = await connection.ask("POST", "/v1/reservations", CALL)
        times.append(loop.time() - due_s)
        if status != 201:
            raise RuntimeError(f"refused: {status} {said}")
        idle.put_nowait(connection)

    gc.disable()
    begin_s = loop.time()
    async with asyncio.TaskGroup() as tasks:
        for number in range((WARM_UP_S + seconds) * RATE_PER_S):
            due_s = begin_s + number / RATE_PER_S
            wait_s = due_s - loop.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            tasks.create_task(reserve(due_s))
    gc.enable()
    return times[WARM_UP_S * RATE_PER_S :]
