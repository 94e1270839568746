"""Live news as server-sent events."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator

import pytest
from clocks import FixedClock
from query.conftest import Api
from query.rows import a_span

from lynex_server.engines.live.memory import MemoryLive
from lynex_server.query.filters import Filters
from lynex_server.query.live_stream import BEGUN, HEARTBEAT, LiveService, event_stream, news_events
from lynex_server.query.public import QueryService, QuerySettings
from lynex_server.spans.public import SpanRow, StoredNews, encode_news, live_channel


def publish(live: MemoryLive, project_id: str, *rows: SpanRow) -> None:
    live.publish(live_channel(project_id), encode_news(rows))


def span_ids(event: bytes) -> list[str]:
    name, data = event.decode().removesuffix("\n\n").split("\n")
    assert name == "event: spans"
    return [span["span_id"] for span in json.loads(data.removeprefix("data: "))]


async def test_tells_of_spans_that_pass_the_filters() -> None:
    live = MemoryLive()
    stream = await LiveService(live, QuerySettings()).open("prj_a", Filters(equals={"status": ("error",)}))

    publish(live, "prj_a", a_span(span_id="fine"))
    publish(live, "prj_a", a_span(span_id="bad", status="error"), a_span(span_id="good"))

    assert span_ids(await first_that_is_no_heartbeat(stream)) == ["bad"]
    await stream.aclose()


async def test_hears_nothing_of_another_project() -> None:
    live = MemoryLive()
    stream = await LiveService(live, QuerySettings()).open("prj_a", Filters())

    publish(live, "prj_b", a_span(span_id="theirs"))
    publish(live, "prj_a", a_span(span_id="ours"))

    assert span_ids(await first_that_is_no_heartbeat(stream)) == ["ours"]
    await stream.aclose()


async def test_a_quiet_stream_is_kept_open_and_loses_nothing_by_it() -> None:
    live = MemoryLive()
    stream = await LiveService(live, QuerySettings(query_live_heartbeat_s=0.01)).open("prj_a", Filters())

    assert [await anext(stream), await anext(stream)] == [HEARTBEAT, HEARTBEAT]
    publish(live, "prj_a", a_span())

    assert span_ids(await first_that_is_no_heartbeat(stream)) == ["span-1"]
    await stream.aclose()


async def test_the_first_byte_is_there_at_once() -> None:
    """A proxy that waits for a first byte would else hold the whole stream back."""
    stream = await LiveService(MemoryLive(), QuerySettings(query_live_heartbeat_s=3600)).open(
        "prj_a", Filters()
    )

    assert await asyncio.wait_for(anext(stream), timeout=10) == HEARTBEAT
    await stream.aclose()


async def test_a_reader_that_was_too_slow_is_told_what_it_missed() -> None:
    live = MemoryLive()
    stream = await LiveService(live, QuerySettings(query_live_max_waiting=2)).open("prj_a", Filters())

    for number in range(5):
        publish(live, "prj_a", a_span(span_id=str(number)))

    assert await first_that_is_no_heartbeat(stream) == b'event: dropped\ndata: {"messages": 3}\n\n'
    assert [span_ids(await anext(stream)), span_ids(await anext(stream))] == [["3"], ["4"]]
    await stream.aclose()


async def test_nobody_listens_any_more_once_the_reader_is_gone() -> None:
    live = MemoryLive()
    stream = await LiveService(live, QuerySettings()).open("prj_a", Filters())
    assert await anext(stream) == HEARTBEAT
    reading = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    assert live.channels()

    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert not live.channels()


async def test_the_stream_ends_when_the_bus_closes() -> None:
    live = MemoryLive()
    subscription = await live.subscribe(live_channel("prj_a"))
    publish(live, "prj_a", a_span())
    live.close()

    told = [event async for event in event_stream(subscription, Filters(), heartbeat_s=5)]

    assert told[:2] == [BEGUN, HEARTBEAT]
    assert span_ids(told[2]) == ["span-1"]


def test_says_how_many_spans_of_a_large_batch_are_not_shown() -> None:
    events = news_events(StoredNews([a_span()], more=7), Filters(equals={"model": ("other",)}))

    assert events == [b'event: more\ndata: {"spans": 7}\n\n']


def test_streams_over_http(api: Api) -> None:
    live = MemoryLive()
    app = api.client.app
    kept = app.state.query
    app.state.query = QueryService(api.columnar, live, QuerySettings(), FixedClock())

    def publish_once_heard() -> None:
        while not live.channels():
            time.sleep(0.005)
        publish(live, api.project_id, a_span(span_id="new", tags=["x"]), a_span(span_id="other"))
        live.close()

    publisher = threading.Thread(target=publish_once_heard)
    publisher.start()
    response = api.ask("/v1/live", tag="x")
    publisher.join()
    app.state.query = kept

    assert response.headers["content-type"].startswith("text/event-stream")
    assert span_ids(response.content.removeprefix(HEARTBEAT)) == ["new"]
    assert api.ask("/v1/live", q="text").status_code == 422


async def first_that_is_no_heartbeat(stream: AsyncIterator[bytes]) -> bytes:
    async for event in stream:
        if event != HEARTBEAT:
            return event
    raise AssertionError("the stream ended")
