"""`gateway.soak`: plain and streamed calls at a steady rate for long, of whose clients many leave half way.

Every call has exactly one span; what the spans say of each call is what the provider counted, and what the
budget has booked; nothing stays open or set aside; memory does not grow. Before it, a thousand streams are
open at once with nothing to say.
"""

import asyncio
import random
import resource
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import uvloop

from benchmarks.gateway_load import (
    INPUT_NANOUSD,
    OUTPUT_NANOUSD,
    Caller,
    call_body,
    connect,
    counted,
    request_of,
    running_upstream,
    set_up,
    told_calls,
    until_settled,
)
from benchmarks.model_upstream import INPUT_TOKENS
from benchmarks.result import Result, Size, at_least, at_most
from benchmarks.stack import Lynex, running_lynex

PER_S = 300
STREAMED = 0.5
LEFT = 0.3
"""Share of the streams whose client leaves, at any moment of it."""
STREAM_MODEL, STREAM_S = "stream-20-10", 0.2
IDLE_MODEL = "stream-2-3600000"
IDLE_STREAMS = 1000
KEPT_S = 2.0
"""A connection that was idle for longer is not used again: the server may be about to close it."""
FILES = 16_384
POOLED_THREADS = 100
"""More than all pools of the server have together: gateway, framework, stores. What leaks has thousands."""
PATH = "/v1/chat/completions"
MEGABYTE = 1_000_000


@dataclass(slots=True)
class Load:
    """Who calls, and what became of it. `resident` has the memory of the server, by the time since the
    beginning."""

    lynex: Lynex
    rng: random.Random
    sent: int = 0
    whole: int = 0
    left: int = 0
    failed: int = 0
    resident: list[tuple[float, int]] = field(default_factory=list)
    _idle: list[tuple[float, Caller]] = field(default_factory=list)

    async def run(self, seconds: int) -> None:
        """Calls, each when it is due."""
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        under_way: set[asyncio.Task[None]] = set()
        sampling = loop.create_task(self._sample(begun_s))
        for number in range(PER_S * seconds):
            await asyncio.sleep(max(0, begun_s + number / PER_S - loop.time()))
            task = loop.create_task(self._one())
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)
        sampling.cancel()
        for _, caller in self._idle:
            caller.close()
        self._idle.clear()

    async def _one(self) -> None:
        caller = await self._caller()
        streamed = self.rng.random() < STREAMED
        patience_s = self.rng.uniform(0, STREAM_S) if streamed and self.rng.random() < LEFT else None
        body = call_body(STREAM_MODEL, stream=True) if streamed else call_body("instant")
        self.sent += 1
        try:
            await asyncio.wait_for(caller.call(request_of(PATH, self.lynex.api_key, body)), patience_s)
        except TimeoutError:
            self.left += 1
            caller.close()
            return
        except ConnectionError:
            self.failed += 1
            return
        self.whole += caller.status == 200
        self.failed += caller.status != 200
        self._idle.append((time.monotonic(), caller))

    async def _caller(self) -> Caller:
        while self._idle:
            since_s, caller = self._idle.pop()
            if caller.is_open and time.monotonic() - since_s < KEPT_S:
                return caller
            caller.close()
        return await connect(self.lynex.port)

    async def _sample(self, begun_s: float) -> None:
        while True:
            now_s = asyncio.get_running_loop().time() - begun_s
            self.resident.append((now_s, self.lynex.resident_bytes()))
            await asyncio.sleep(1)


@dataclass(frozen=True, slots=True)
class Truth:
    """What is stored, beside what the provider counted."""

    spans: int
    doubled: int
    unknown: int
    exact: int
    differing: int
    cost_nanousd: int


def run(size: Size, seed: int) -> Iterator[Result]:
    """The idle streams, then the soak."""
    seconds, settling_s = (1200, 180) if size == "full" else (3, 0)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(FILES, hard)), hard))
    with running_upstream() as upstream_port, running_lynex() as lynex:
        uvloop.run(set_up(lynex, upstream_port))
        time.sleep(1)  # until the connections of the setting up are gone
        sockets, threads = lynex.sockets(), lynex.threads()
        load = Load(lynex, random.Random(seed))
        uvloop.run(load.run(1))  # threads are started, pools are filled
        yield from uvloop.run(_idle_streams(load))
        yield from _soak(load, upstream_port, seconds, settling_s)
        yield at_most("gateway.soak.sockets_left", _sockets_left(lynex, upstream_port, sockets), "sockets", 0)
        yield at_most("gateway.soak.threads_more", lynex.threads() - threads, "threads", POOLED_THREADS)


def _soak(load: Load, upstream_port: int, seconds: int, settling_s: int) -> Iterator[Result]:
    lynex = load.lynex
    load.resident.clear()
    begun_s = lynex.processor_s()
    calls_before = load.sent
    uvloop.run(load.run(seconds))
    taken_s = lynex.processor_s() - begun_s
    budget = uvloop.run(until_settled(lynex))["all"]
    upstream = counted(upstream_port)
    told = told_calls(upstream_port)
    truth = _truth(lynex, told)
    name = "gateway.soak"
    yield at_most(f"{name}.failed", load.failed, "calls", 0)
    yield at_most(f"{name}.left_share", load.left / load.sent, "of all calls", STREAMED * LEFT * 1.5)
    yield at_most(f"{name}.spans_missing", load.sent - truth.spans, "calls", 0)
    yield at_most(f"{name}.spans_doubled", truth.doubled, "spans", 0)
    yield at_most(f"{name}.asked_unseen", truth.unknown, "calls that only the provider knows", 0)
    yield at_most(f"{name}.asked_again", upstream["calls"] - len(told), "calls", 0)
    yield at_least(f"{name}.exact", truth.exact, "calls with the provider's own count", load.whole)
    yield at_most(f"{name}.usage_difference", truth.differing, "calls", 0)
    spent = int(budget["spent_exact"])
    yield at_most(f"{name}.books_difference", abs(spent - truth.cost_nanousd), "nano-dollars", 0)
    yield at_most(f"{name}.held", float(budget["held"]), "US dollars", 0)
    yield at_most(f"{name}.slope", _slope_mb_per_h(load.resident, settling_s), "MB/hour", 60)
    cpu_us = taken_s / (load.sent - calls_before) * 1_000_000
    yield Result(f"{name}.cpu_us_per_call", cpu_us, "µs of processor time", "none", True)


def _sockets_left(lynex: Lynex, upstream_port: int, before: int) -> int:
    """Sockets more than before, besides those that are kept for the provider. The last are given a moment."""
    for _ in range(50):
        left = lynex.sockets() - counted(upstream_port)["connections"] - before
        if left <= 0:
            break
        time.sleep(0.2)
    return left


def _truth(lynex: Lynex, told: Mapping[str, int | None]) -> Truth:
    """Read back every span, and hold it against the provider's account of the same call."""
    seen: set[str] = set()
    doubled = exact = differing = cost_nanousd = 0
    for row in lynex.export_rows():
        span_id = row["span_id"]
        doubled += span_id in seen
        seen.add(span_id)
        cost_nanousd += int(row["cost_nanousd"] or 0)
        if row["status"] != "ok" or "estimated" in row["usage_flags"]:
            continue
        exact += 1
        output_tokens = told.get(span_id)
        cost = INPUT_TOKENS * INPUT_NANOUSD + (output_tokens or 0) * OUTPUT_NANOUSD
        said = (row["input_tokens"], row["output_tokens"], row["cost_nanousd"])
        differing += said != (str(INPUT_TOKENS), str(output_tokens), str(cost))
    return Truth(len(seen), doubled, len(told.keys() - seen), exact, differing, cost_nanousd)


def _slope_mb_per_h(resident: list[tuple[float, int]], settling_s: float) -> float:
    """How memory grows, by least squares, once the server has settled."""
    settled = [(at_s, size) for at_s, size in resident if at_s >= settling_s]
    times, sizes = zip(*settled, strict=True)
    return statistics.linear_regression(times, sizes).slope * 3600 / MEGABYTE


async def _idle_streams(load: Load) -> list[Result]:
    lynex = load.lynex
    request = request_of(PATH, lynex.api_key, call_body(IDLE_MODEL, stream=True))
    await until_settled(lynex)
    rest = lynex.resident_bytes()
    callers = [await connect(lynex.port) for _ in range(IDLE_STREAMS)]
    load.sent += len(callers)
    calls = [asyncio.create_task(caller.call(request)) for caller in callers]
    while not all(caller.first_s for caller in callers):  # noqa: ASYNC110  # once
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    above = lynex.resident_bytes() - rest
    for caller in callers:
        caller.close()
    await asyncio.gather(*calls, return_exceptions=True)
    held = (await until_settled(lynex))["all"]["held"]
    under_way = lynex.gauges()["lynex_gateway_calls_under_way"]
    name = "gateway.soak.idle_streams"
    return [
        at_most(name, above / MEGABYTE, "MB above rest", 250),
        at_most(f"{name}.held", float(held), "US dollars", 0),
        at_most(f"{name}.under_way", under_way, "calls", 0),
    ]
