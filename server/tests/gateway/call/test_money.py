"""What calls may cost is set aside before them, and put right after them: together, each by itself."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from budgets.conftest import PRICE_NANOUSD, Stage
from clocks import NOON_US
from gateway.factories import a_gateway, a_provider
from span_factories import BOOK

from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.counters.opening import open_counters
from lynex_server.engines.limits.memory import MemoryLimiter
from lynex_server.engines.relational.database import Database
from lynex_server.gateway.answers.answer import Answer
from lynex_server.gateway.call.admission import Admission, Estimate
from lynex_server.gateway.call.caller import Said
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.call.money import Money
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.operations import Operation
from lynex_server.gateway.settings import GatewaySettings
from lynex_server.gateway.upstream.routing import Candidate

CHAT = Operation("openai", "chat", "llm", "/v1/chat/completions")
PROVIDER = a_provider()
USED = {"input_tokens": 100, "output_tokens": 10}


@pytest.fixture(params=["embedded", "at scale"])
def stage(
    request: pytest.FixtureRequest, database: Database, embedded_columnar: ClickHouse, tmp_path: Path
) -> Iterator[Stage]:
    """Budgets whose counters are a file, or in Redis."""
    here = request.param == "embedded"
    url = f"sqlite:///{tmp_path / 'counters.db'}" if here else request.getfixturevalue("redis_url")
    counters = open_counters(url)
    made = Stage(database, embedded_columnar, counters, tmp_path)
    yield made
    made.queue.close()
    counters.close()


@pytest.fixture
def money(stage: Stage) -> Iterator[Money]:
    with ThreadPoolExecutor(2) as executor:
        admission = Admission(stage.budgets, MemoryLimiter(), stage.clock)
        yield Money(admission, BOOK, GatewaySettings(), executor)


def a_call(stage: Stage) -> Exchange:
    """Of PRICE_NANOUSD at most. The rules are known, as they are when calls came before."""
    stage.budgets.board.rules(stage.organisation)
    said = Said("0" * 31 + "1", environment="production")
    call = Exchange(CHAT, NOON_US, said, stage.key, a_gateway(providers=[PROVIDER]))
    call.estimate = Estimate(input_tokens=1000, output_tokens=100)
    return call


def reserving(money: Money, call: Exchange) -> asyncio.Task[None]:
    return asyncio.create_task(money.reserve(call, Candidate(PROVIDER, "gpt-4o")))


async def settled(money: Money) -> None:
    async with asyncio.timeout(30):
        while not money.is_settled:  # noqa: ASYNC110  # nobody is told of it
            await asyncio.sleep(0.001)


def test_of_calls_that_come_at_once_as_many_are_let_in_as_the_budget_has_room_for(stage: Stage, money: Money):
    budget = stage.a_budget(limit="0.008")
    calls = [a_call(stage) for _ in range(3)]

    async def come() -> list[BaseException | None]:
        return await asyncio.gather(*(reserving(money, call) for call in calls), return_exceptions=True)

    first, second, third = asyncio.run(come())

    assert (first, second) == (None, None)
    assert isinstance(third, Refused)
    assert third.code == "budget_exceeded"
    assert [call.reservation is not None for call in calls] == [True, True, False]
    assert stage.level(budget) == (0, 2 * PRICE_NANOUSD)


def test_a_call_that_ends_while_it_waits_leaves_nothing_set_aside(stage: Stage, money: Money):
    budget = stage.a_budget()

    async def come() -> None:
        leaving, staying = reserving(money, a_call(stage)), reserving(money, a_call(stage))
        await asyncio.sleep(0)
        leaving.cancel()
        await staying
        await settled(money)
        assert leaving.cancelled()

    asyncio.run(come())

    assert stage.level(budget) == (0, PRICE_NANOUSD)


def test_nor_does_one_that_ends_in_the_moment_of_its_answer(stage: Stage, money: Money):
    budget = stage.a_budget()
    call = a_call(stage)

    async def come() -> None:
        leaving = reserving(money, call)
        await asyncio.sleep(0)
        # Behind what sets aside, and before the call hears of it.
        asyncio.get_running_loop().call_soon(leaving.cancel)
        with pytest.raises(asyncio.CancelledError):
            await leaving
        await settled(money)

    asyncio.run(come())

    assert call.reservation is None
    assert stage.level(budget) == (0, 0)


def test_what_calls_used_takes_the_place_of_what_they_might_have(stage: Stage, money: Money):
    budget = stage.a_budget()
    calls = [a_call(stage) for _ in range(2)]

    async def come() -> None:
        await asyncio.gather(*(reserving(money, call) for call in calls))
        for call in calls:
            call.answer = Answer(usage=USED, convention="inclusive")
            money.put_right(call)
        assert stage.level(budget) == (0, 2 * PRICE_NANOUSD)
        await settled(money)

    asyncio.run(come())

    assert stage.level(budget) == (0, 2 * PRICE_NANOUSD // 10)
