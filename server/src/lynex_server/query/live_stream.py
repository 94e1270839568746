"""Live spans as server-sent events.

Events: `spans` (a JSON array of spans without text), `more` (how many of a large batch are not shown),
`dropped` (how many messages a slow reader missed: query the list instead). A comment keeps a quiet stream
open. Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator

from lynex_server.engines.live.protocol import Live, Subscription
from lynex_server.query.filters import Filters, passes
from lynex_server.query.schemas import SpanSummary
from lynex_server.query.settings import QuerySettings
from lynex_server.query.span_shape import stored_summary
from lynex_server.spans.public import StoredNews, decode_news, live_channel

HEARTBEAT = b": still here\n\n"
BEGUN = b""


class LiveService:
    """Every method takes the principal's project: its channel is the only one listened to."""

    def __init__(self, live: Live, settings: QuerySettings) -> None:
        self._live = live
        self._settings = settings

    async def open(self, project_id: str, filters: Filters) -> AsyncGenerator[bytes, None]:
        """Listen from now on: what is stored after this returns is in the stream."""
        subscription = await self._live.subscribe(
            live_channel(project_id), self._settings.query_live_max_waiting
        )
        stream = event_stream(subscription, filters, self._settings.query_live_heartbeat_s)
        # A generator that has begun is closed, and with it the subscription, even when nobody reads on.
        await anext(stream)
        return stream


async def event_stream(
    subscription: Subscription, filters: Filters, heartbeat_s: float
) -> AsyncGenerator[bytes, None]:
    """The events of one listener, until the subscription ends or the reader goes; then it is closed.
    It begins with nothing, which only says that it has begun, and a comment: the reader's first byte is there
    at once, so that it and every proxy between know the stream is open."""
    messages = aiter(subscription)
    waiting: asyncio.Task[bytes] | None = None
    told_dropped = 0
    try:
        yield BEGUN
        yield HEARTBEAT
        while True:
            # The task outlives a heartbeat: cancelling it would lose the message it is about to return.
            waiting = waiting or asyncio.ensure_future(_next(messages))
            done, _ = await asyncio.wait({waiting}, timeout=heartbeat_s)
            if subscription.dropped > told_dropped:
                yield event("dropped", {"messages": subscription.dropped - told_dropped})
                told_dropped = subscription.dropped
            if not done:
                yield HEARTBEAT
                continue
            try:
                message = waiting.result()
            except StopAsyncIteration:
                return
            waiting = None
            for told in news_events(decode_news(message), filters):
                yield told
    finally:
        if waiting is not None:
            waiting.cancel()
        await subscription.close()


def news_events(news: StoredNews, filters: Filters) -> list[bytes]:
    """What one message tells this listener: nothing when no span passes."""
    shown = [stored_summary(row) for row in news.spans if passes(filters, row)]
    events = [spans_event(shown)] if shown else []
    if news.more:
        events.append(event("more", {"spans": news.more}))
    return events


def spans_event(spans: list[SpanSummary]) -> bytes:
    """The event `spans`."""
    return f"event: spans\ndata: [{','.join(span.model_dump_json() for span in spans)}]\n\n".encode()


def event(name: str, data: dict[str, int]) -> bytes:
    """An event with a small JSON object."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


async def _next(messages: AsyncIterator[bytes]) -> bytes:
    return await anext(messages)
