"""`gateway.hard_stop`: 64 clients stream at once against a budget that has room for one call more, again and
again until it lets nobody in.

In every other round the provider gives more than the call's own maximum, so that what was set aside is too
little by a known error; by that error of one reservation the budget may be passed, and by no more. In the
rounds between, the provider keeps to the maximum, and the budget may not be passed at all.

Embedded, and with Redis and PostgreSQL.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass

import uvloop

from benchmarks.engines import NotInstalled, running_postgres, running_redis
from benchmarks.gateway_load import (
    INPUT_NANOUSD,
    MAX_TOKENS,
    OUTPUT_NANOUSD,
    Caller,
    call_body,
    connect,
    request_of,
    running_upstream,
    set_up,
    until_settled,
)
from benchmarks.http_load import Connection
from benchmarks.model_upstream import INPUT_TOKENS
from benchmarks.result import Result, Size, at_least, at_most
from benchmarks.stack import Lynex, running_lynex

CLIENTS = 64
LAVISH, FRUGAL = MAX_TOKENS + 30, MAX_TOKENS - 30
"""Output tokens of an answer."""
PAUSE_MS = 2
WAVES = 10
"""Far more than a budget for one call lets in."""
PATH = "/v1/chat/completions"
NANOUSD_PER_USD = 1_000_000_000


@dataclass(slots=True)
class Told:
    """What the clients know."""

    let_in: int = 0
    refused: int = 0
    otherwise: int = 0


def run(size: Size, seed: int) -> Iterator[Result]:
    """Money over the budgets, and whether everything adds up, embedded and at scale."""
    rounds = 20 if size == "full" else 2  # one with frugal answers, one with lavish ones
    with running_upstream() as upstream_port, running_lynex() as lynex:
        yield from _stopped("gateway.hard_stop.embedded", lynex, upstream_port, rounds)
    try:
        with (
            running_redis() as redis,
            running_postgres() as postgres,
            running_upstream() as upstream_port,
            running_lynex(
                LYNEX_QUEUE_URL=redis, LYNEX_LIVE_URL=redis, LYNEX_RELATIONAL_URL=postgres
            ) as lynex,
        ):
            yield from _stopped("gateway.hard_stop.scale", lynex, upstream_port, rounds)
    except NotInstalled as error:
        yield Result("gateway.hard_stop.scale.over", 0, "nano-dollars", f"not measured: no {error}", True)


def _stopped(name: str, lynex: Lynex, upstream_port: int, rounds: int) -> Iterator[Result]:
    told = Told()
    uvloop.run(set_up(lynex, upstream_port))
    estimate = uvloop.run(_estimate(lynex))
    limit = estimate  # of each budget: room for one call
    for number in range(rounds):
        pieces = LAVISH if number % 2 else FRUGAL
        uvloop.run(_round(lynex, f"round-{number}", limit, pieces, told))
    budgets = uvloop.run(until_settled(lynex))
    costs: dict[str, int] = {}
    spans = 0
    for row in lynex.export_rows():
        spans += 1
        user = row["end_user_id"]
        costs[user] = costs.get(user, 0) + int(row["cost_nanousd"] or 0)
    names = [f"round-{number}" for number in range(rounds)]
    over = [max(0, int(budgets[each]["spent_exact"]) - limit) for each in names]
    apart = sum(abs(int(budgets[each]["spent_exact"]) - costs.get(each, 0)) for each in names)
    held = sum(float(budget["held"]) for budget in budgets.values())
    error = INPUT_TOKENS * INPUT_NANOUSD + LAVISH * OUTPUT_NANOUSD - estimate
    yield at_most(f"{name}.over", max(over[1::2]), "nano-dollars", error)
    yield at_most(f"{name}.over_within_estimate", max(over[::2]), "nano-dollars", 0)
    yield at_least(f"{name}.let_in", told.let_in, "calls", rounds)
    yield at_least(f"{name}.refused_429", told.refused, "calls", rounds * (CLIENTS - 1))
    yield at_most(f"{name}.answered_otherwise", told.otherwise, "calls", 0)
    yield at_most(f"{name}.books_difference", apart, "nano-dollars", 0)
    calls = told.let_in + told.refused + told.otherwise + 1
    yield at_most(f"{name}.spans_difference", abs(spans - calls), "spans", 0)
    yield at_most(f"{name}.held", held, "US dollars", 0)


async def _estimate(lynex: Lynex) -> int:
    """What is set aside for one call: a budget that is too small for it says so."""
    await _make_budget(lynex, "probe", 1)
    caller = await connect(lynex.port)
    await caller.call(_question(lynex, "probe", MAX_TOKENS))
    caller.close()
    return int(json.loads(caller.body)["error"]["lynex"]["asked_exact"])


async def _round(lynex: Lynex, user: str, limit_nanousd: int, pieces: int, told: Told) -> None:
    await _make_budget(lynex, user, limit_nanousd)
    callers = [await connect(lynex.port) for _ in range(CLIENTS)]
    request = _question(lynex, user, pieces)
    for _ in range(WAVES):
        await asyncio.gather(*(caller.call(request) for caller in callers))
        let_in = sum(caller.status == 200 for caller in callers)
        refused = sum(_is_refusal(caller) for caller in callers)
        told.let_in += let_in
        told.refused += refused
        told.otherwise += CLIENTS - let_in - refused
        if not let_in:
            break
    for caller in callers:
        caller.close()


def _is_refusal(caller: Caller) -> bool:
    """Whether it is what OpenAI's clients know as a quota that is used up."""
    if caller.status != 429:
        return False
    error = json.loads(caller.body)["error"]
    return bool(error["type"] == "insufficient_quota" and error["code"] == "budget_exceeded")


def _question(lynex: Lynex, user: str, pieces: int) -> bytes:
    body = call_body(f"stream-{pieces}-{PAUSE_MS}", stream=True, user=user)
    return request_of(PATH, lynex.api_key, body)


async def _make_budget(lynex: Lynex, user: str, limit_nanousd: int) -> None:
    connection = Connection(lynex.port, lynex.api_key)
    wanted = {
        "name": user,
        "scope": {"end_user": user},
        "limit": limit_nanousd / NANOUSD_PER_USD,
        "period": "total",
        "action": "stop",
        "hard_stop": True,
    }
    status, said = await connection.ask("POST", "/v1/budgets", wanted)
    connection.close()
    if status != 201:
        raise RuntimeError(f"no budget: {status} {said}")
