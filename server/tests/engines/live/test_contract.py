"""What live news promises, inside one process and between two; see `protocol.py`."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from lynex_server.engines.live.opening import open_live
from lynex_server.engines.live.protocol import Live, Subscription

PATIENCE_S = 20.0


@dataclass(frozen=True)
class Buses:
    """Where the test publishes, and where it listens: with Redis, as two processes would have them."""

    there: Live
    here: Live


@pytest.fixture(params=["memory", "redis"])
def buses(request: pytest.FixtureRequest) -> Iterator[Buses]:
    if request.param == "memory":
        bus = open_live("memory:")
        both = Buses(bus, bus)
    else:
        url = request.getfixturevalue("redis_url")
        both = Buses(open_live(url), open_live(url))
    yield both
    both.there.close()
    both.here.close()


async def received(subscription: Subscription, count: int) -> list[bytes]:
    """The next `count` messages."""
    messages: list[bytes] = []
    async with asyncio.timeout(PATIENCE_S):
        async for message in subscription:
            messages.append(message)
            if len(messages) == count:
                break
    return messages


async def rest(subscription: Subscription) -> list[bytes]:
    """Everything until the subscription ends."""
    async with asyncio.timeout(PATIENCE_S):
        return [message async for message in subscription]


async def test_every_listener_of_a_channel_hears_its_messages_in_order(buses: Buses):
    first, second = await buses.here.subscribe("spans"), await buses.here.subscribe("spans")

    for message in (b"one", b"\x00\xff", b""):
        buses.there.publish("spans", message)

    assert await received(first, 3) == [b"one", b"\x00\xff", b""]
    assert await received(second, 3) == [b"one", b"\x00\xff", b""]


async def test_a_listener_hears_its_own_channel_only(buses: Buses):
    mine = await buses.here.subscribe("project-a")
    others = await buses.here.subscribe("project-b")

    buses.there.publish("project-b", b"secret")
    buses.there.publish("project-a", b"mine")

    assert await received(mine, 1) == [b"mine"]
    assert await received(others, 1) == [b"secret"]


async def test_hears_what_worker_threads_publish(buses: Buses):
    subscription = await buses.here.subscribe("spans")

    with ThreadPoolExecutor(4) as pool:
        for worker in range(4):
            pool.submit(
                lambda worker: [buses.there.publish("spans", b"%d" % worker) for _ in range(50)], worker
            )

    assert sorted(await received(subscription, 200)) == [
        b"%d" % worker for worker in range(4) for _ in range(50)
    ]


async def test_a_listener_that_falls_behind_loses_the_oldest_and_is_told_how_many(buses: Buses):
    slow = await buses.here.subscribe("spans", max_waiting=3)
    keeping_up = await buses.here.subscribe("spans")

    for number in range(10):
        buses.there.publish("spans", b"%d" % number)

    assert len(await received(keeping_up, 10)) == 10
    await until(lambda: slow.dropped == 7)
    assert await received(slow, 3) == [b"7", b"8", b"9"]


async def test_a_closed_subscription_ends_at_once(buses: Buses):
    closed = await buses.here.subscribe("spans")
    other = await buses.here.subscribe("spans")
    buses.there.publish("spans", b"waiting")
    assert await received(other, 1) == [b"waiting"]

    await closed.close()
    await closed.close()
    buses.there.publish("spans", b"late")

    assert await rest(closed) == []
    assert await received(other, 1) == [b"late"]


async def test_closing_frees_a_listener_that_waits(buses: Buses):
    subscription = await buses.here.subscribe("spans")
    waiting = asyncio.create_task(rest(subscription))
    await asyncio.sleep(0)

    await subscription.close()

    assert await waiting == []


async def test_a_channel_left_by_all_can_be_heard_again(buses: Buses):
    for attempt in range(3):
        subscription = await buses.here.subscribe("spans")
        buses.there.publish("spans", b"%d" % attempt)
        assert await received(subscription, 1) == [b"%d" % attempt]
        await subscription.close()


async def test_the_end_of_the_bus_ends_its_subscriptions(buses: Buses):
    subscription = await buses.here.subscribe("spans")
    waiting = asyncio.create_task(rest(subscription))
    await asyncio.sleep(0)

    await asyncio.to_thread(buses.here.close)

    assert await waiting == []


async def test_publishing_never_raises(buses: Buses):
    buses.there.publish("nobody listens", b"news")
    await asyncio.to_thread(buses.there.close)

    buses.there.publish("spans", b"after the end")


async def test_a_listener_whose_loop_is_gone_does_not_disturb_the_others(buses: Buses):
    left_behind = threading.Thread(target=lambda: asyncio.run(leave_a_subscription(buses.here)))
    left_behind.start()
    left_behind.join()
    subscription = await buses.here.subscribe("spans")

    buses.there.publish("spans", b"one")
    buses.there.publish("spans", b"two")

    assert await received(subscription, 2) == [b"one", b"two"]


async def leave_a_subscription(bus: Live) -> None:
    await bus.subscribe("spans")


async def until(is_so: Callable[[], bool]) -> None:
    """Return when `is_so()`."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - what it looks at has no event to wait for
            await asyncio.sleep(0.005)
