"""`gateway.overhead`: what the gateway adds to a call, side by side with the provider asked directly.

Key check, reservation in a dollar budget, capture and span are on, and are looked for in the spans at the
end. Direct and through-the-gateway calls take turns, so that both see the same machine. Provider, gateway,
store and this client share the machine's cores; the processor time of a call is that of the whole Lynex
process, with its workers and the storing of spans. `alone` is `lynex gateway` on the same folder: what stores
the spans is another process then.
"""

import asyncio
import gc
import time
from collections.abc import Iterator

import uvloop

from benchmarks.gateway_load import (
    Caller,
    call_body,
    connect,
    request_of,
    running_upstream,
    set_up,
    until_settled,
)
from benchmarks.result import Result, Size, at_least, at_most, percentile
from benchmarks.stack import Lynex, running_gateway, running_lynex

CONNECTIONS = 32
STREAM_MODEL = "stream-20-5"
PATH = "/v1/chat/completions"
_RESERVED = "lynex.reservation_id"


def run(size: Size, seed: int) -> Iterator[Result]:
    """Added latency at one connection, calls a second at 32, and what streams are held up by."""
    calls, seconds, streams = (4000, 20, 300) if size == "full" else (100, 1, 5)
    with running_upstream() as upstream_port, running_lynex() as lynex:
        uvloop.run(set_up(lynex, upstream_port))
        gc.disable()
        added_p50, added_p99 = uvloop.run(_added(lynex, upstream_port, calls))
        yield at_most("gateway.overhead.added_p50", added_p50, "ms", 1.5)
        yield at_most("gateway.overhead.added_p99", added_p99, "ms", 8)
        first_p50, gap_p99 = uvloop.run(_streams(lynex, upstream_port, streams))
        yield at_most("gateway.overhead.first_byte_added_p50", first_p50, "ms", 2)
        yield at_most("gateway.overhead.chunk_gap_added_p99", gap_p99, "ms", 8)
        per_s, cpu_us = uvloop.run(_throughput(lynex, seconds))
        yield at_least("gateway.overhead.calls_per_s", per_s, "calls/s", 1500)
        yield Result("gateway.overhead.cpu_us_per_call", cpu_us, "µs of processor time", "none", True)
        with running_gateway(lynex) as alone:
            per_s, cpu_us = uvloop.run(_throughput(alone, seconds))
        yield at_least("gateway.overhead.alone.calls_per_s", per_s, "calls/s", 1500)
        yield Result("gateway.overhead.alone.cpu_us_per_call", cpu_us, "µs of processor time", "none", True)
        gc.enable()
        uvloop.run(until_settled(lynex))
        yield at_most("gateway.overhead.incomplete_spans", _incomplete(lynex), "spans", 0)


def _incomplete(lynex: Lynex) -> int:
    """Calls whose span lacks what makes a call dear: its texts, its reservation, its cost."""
    return sum(
        not (row["input"] and row["output"] and row["cost_nanousd"] and _RESERVED in row["attributes"])
        for row in lynex.export_rows()
    )


async def _added(lynex: Lynex, upstream_port: int, calls: int) -> tuple[float, float]:
    direct, through = await connect(upstream_port), await connect(lynex.port)
    body = call_body("instant")
    plain, asked = request_of(PATH, "sk", body), request_of(PATH, lynex.api_key, body)
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(calls + 200):
        for caller, request, kept in ((direct, plain, times[0]), (through, asked, times[1])):
            begun_s = time.perf_counter()
            await _ok(caller, request)
            if number >= 200:
                kept.append((time.perf_counter() - begun_s) * 1000)
    direct.close()
    through.close()
    return (
        percentile(times[1], 0.5) - percentile(times[0], 0.5),
        percentile(times[1], 0.99) - percentile(times[0], 0.99),
    )


async def _streams(lynex: Lynex, upstream_port: int, streams: int) -> tuple[float, float]:
    """How much later the first byte comes, and how much longer the longest pauses between pieces are."""
    direct, through = await connect(upstream_port), await connect(lynex.port)
    body = call_body(STREAM_MODEL, stream=True)
    plain, asked = request_of(PATH, "sk", body), request_of(PATH, lynex.api_key, body)
    first: tuple[list[float], list[float]] = ([], [])
    gaps: tuple[list[float], list[float]] = ([], [])
    for _ in range(streams):
        for caller, request, firsts, pauses in (
            (direct, plain, first[0], gaps[0]),
            (through, asked, first[1], gaps[1]),
        ):
            begun_s = time.perf_counter()
            await _ok(caller, request)
            firsts.append((caller.first_s - begun_s) * 1000)
            pauses += [
                (late - early) * 1000 for early, late in zip(caller.times_s, caller.times_s[1:], strict=False)
            ]
    direct.close()
    through.close()
    return (
        percentile(first[1], 0.5) - percentile(first[0], 0.5),
        percentile(gaps[1], 0.99) - percentile(gaps[0], 0.99),
    )


async def _throughput(lynex: Lynex, seconds: int) -> tuple[float, float]:
    """Calls a second, and the processor time of each in microseconds."""
    request = request_of(PATH, lynex.api_key, call_body("instant"))
    loop = asyncio.get_running_loop()
    done = 0

    async def one(ends_s: float) -> None:
        nonlocal done
        caller = await connect(lynex.port)
        while loop.time() < ends_s:
            await _ok(caller, request)
            done += 1
        caller.close()

    await asyncio.gather(*(one(loop.time() + 1) for _ in range(CONNECTIONS)))  # to warm up
    done, begun_s = 0, lynex.processor_s()
    await asyncio.gather(*(one(loop.time() + seconds) for _ in range(CONNECTIONS)))
    return done / seconds, (lynex.processor_s() - begun_s) / done * 1_000_000


async def _ok(caller: Caller, request: bytes) -> None:
    await caller.call(request)
    if caller.status != 200:
        raise RuntimeError(f"answered {caller.status}")
