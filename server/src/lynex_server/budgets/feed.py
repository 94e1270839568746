"""Changes of what is stopped, as they happen: one ear per organisation and process, however many listen.

The feed looks again when news comes, and every `control_refresh_s` anyway: what changes by time alone (a
period ends, a switch releases itself) makes no news, and news may be lost.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field

import structlog

from lynex_server.budgets.control import ControlBoard, Rules, control_channel, state_for
from lynex_server.budgets.schemas import ControlState
from lynex_server.budgets.settings import BudgetSettings
from lynex_server.engines.live.protocol import Live, Subscription
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Busy

log = structlog.get_logger(__name__)

HEARTBEAT = b": still here\n\n"
MAX_WAITING = 10
"""News says only that something changed: a few waiting are as good as many."""


@dataclass(slots=True)
class _Feed:
    task: "asyncio.Task[None]"
    rules: Rules | None = None
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    listeners: int = 0
    ended: bool = False


class ControlFeed:
    """Streams of control states. Lives in one event loop."""

    def __init__(self, board: ControlBoard, live: Live, settings: BudgetSettings, clock: Clock) -> None:
        self._board = board
        self._live = live
        self._settings = settings
        self._clock = clock
        self._feeds: dict[str, _Feed] = {}

    async def state(self, organisation_id: str, project_id: str, api_key_id: str) -> ControlState:
        """The state as it is now."""
        rules = await asyncio.to_thread(self._board.rules, organisation_id)
        return state_for(rules, project_id, api_key_id, self._clock.now_us())

    async def stream(
        self, organisation_id: str, project_id: str, api_key_id: str
    ) -> AsyncGenerator[bytes, None]:
        """Server-sent events `state`: the whole state at once, and again whenever it changes."""
        feed = self._listen(organisation_id)
        version = ""
        quiet_s = 0.0
        try:
            while not feed.ended:
                looked = feed.looked
                if feed.rules is not None:
                    state = state_for(feed.rules, project_id, api_key_id, self._clock.now_us())
                    if state.version != version:
                        version, quiet_s = state.version, 0.0
                        yield _event(state)
                begun_s = asyncio.get_running_loop().time()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(looked.wait(), self._settings.control_heartbeat_s)
                quiet_s += asyncio.get_running_loop().time() - begun_s
                if quiet_s >= self._settings.control_heartbeat_s:
                    quiet_s = 0.0
                    yield HEARTBEAT
        finally:
            self._leave(organisation_id, feed)

    def _listen(self, organisation_id: str) -> _Feed:
        feed = self._feeds.get(organisation_id)
        if feed is None or feed.ended:
            feed = _Feed(asyncio.create_task(self._follow(organisation_id)))
            self._feeds[organisation_id] = feed
        feed.listeners += 1
        return feed

    def _leave(self, organisation_id: str, feed: _Feed) -> None:
        feed.listeners -= 1
        if not feed.listeners:
            feed.task.cancel()
            if self._feeds.get(organisation_id) is feed:
                del self._feeds[organisation_id]

    async def _follow(self, organisation_id: str) -> None:
        feed = self._feeds[organisation_id]
        subscription: Subscription | None = None
        waiting: asyncio.Task[bytes] | None = None
        try:
            subscription = await self._live.subscribe(control_channel(organisation_id), MAX_WAITING)
            messages = aiter(subscription)
            while True:
                await self._look(organisation_id, feed)
                waiting = waiting or asyncio.ensure_future(_next(messages))
                done, _ = await asyncio.wait({waiting}, timeout=self._settings.control_refresh_s)
                if done:
                    waiting.result()
                    waiting = None
        except (StopAsyncIteration, Busy) as error:
            log.info("control.feed_ended", organisation=organisation_id, reason=str(error) or "closed")
        finally:
            # Listeners end with the feed: their clients come again, and find the next one.
            feed.ended = True
            feed.looked.set()
            if waiting is not None:
                waiting.cancel()
            if subscription is not None:
                await subscription.close()

    async def _look(self, organisation_id: str, feed: _Feed) -> None:
        try:
            feed.rules = await asyncio.to_thread(self._board.fresh_rules, organisation_id)
        except Busy as error:
            log.warning("control.books_unreachable", reason=str(error))
            return
        feed.looked.set()
        feed.looked = asyncio.Event()


def _event(state: ControlState) -> bytes:
    return f"event: state\nid: {state.version}\ndata: {state.model_dump_json()}\n\n".encode()


async def _next(messages: AsyncIterator[bytes]) -> bytes:
    return await anext(messages)
