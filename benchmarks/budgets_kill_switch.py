"""`budgets.kill_switch`: from the flip of the switch until the last of 200 connected clients knows.

A client that enforces stops its calls from the moment at which it reads the event. The time counts from
when the request to trigger or release is sent.
"""

import asyncio
from collections.abc import Iterator

from benchmarks.http_load import Connection
from benchmarks.result import Result, Size, at_most, percentile
from benchmarks.stack import Lynex, running_lynex

CLIENTS = 200
PATIENCE_S = 20.0


def run(size: Size, seed: int) -> Iterator[Result]:
    """p99 over the flips of the last client's time, and of every client's."""
    flips = 100 if size == "full" else 2
    with running_lynex() as lynex:
        last, every = asyncio.run(_measure(lynex, flips))
    yield at_most("budgets.kill_switch.last_p99", percentile(last, 0.99), "s", 1.0)
    yield at_most("budgets.kill_switch.any_p50", percentile(every, 0.5), "s", 1.0)


async def _measure(lynex: Lynex, flips: int) -> tuple[list[float], list[float]]:
    connections = [Connection(lynex.port, lynex.api_key) for _ in range(CLIENTS)]
    streams = [await connection.follow("/v1/control/stream") for connection in connections]
    await asyncio.gather(*(_next_event(stream) for stream in streams))
    control = Connection(lynex.port, lynex.api_key)
    loop = asyncio.get_running_loop()
    last: list[float] = []
    every: list[float] = []
    switch = ""
    for _ in range(flips):
        path, body = "/v1/kill-switch/trigger", {"reason": "drill"}
        if switch:
            path, body = f"/v1/kill-switch/{switch}/release", {}
        begin_s = loop.time()
        heard = [asyncio.create_task(_heard_after(stream, begin_s)) for stream in streams]
        status, said = await control.ask("POST", path, body)
        if status not in (200, 201):
            raise RuntimeError(f"{path}: {status} {said}")
        switch = "" if switch else said["id"]
        times = await asyncio.wait_for(asyncio.gather(*heard), PATIENCE_S)
        last.append(max(times))
        every += times
    for connection in connections:
        connection.close()
    return last, every


async def _heard_after(stream: asyncio.StreamReader, begin_s: float) -> float:
    await _next_event(stream)
    return asyncio.get_running_loop().time() - begin_s


async def _next_event(stream: asyncio.StreamReader) -> None:
    """Read up to the end of the next event; the comments of a quiet stream are passed over."""
    while not (await stream.readline()).startswith(b"data:"):
        pass
