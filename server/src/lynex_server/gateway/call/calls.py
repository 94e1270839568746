"""The way of a call: who sent it, what it asks, whether it may, who answers, and what is written down of it.

    headers ─> caller ─> body ─> plan ─> guards ─> limits ─> reservation ─> upstream ─┬─> client
                                           │         │            │                   └─> span, books
                                           └─────────┴────────────┴─> refused, in the words of the surface

Invariants:

- Every call that proved who sent it ends with exactly one span, however it ends.
- What was set aside is put right by what was used, or given back; nothing stays held by a call that is over.
- Retries and other providers are tried only before the client has seen a byte.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import structlog
from starlette.types import Receive, Scope

from lynex_server.gateway.call.asked import read_asked
from lynex_server.gateway.call.attempts import Failed
from lynex_server.gateway.call.body import ClientGone, read_body
from lynex_server.gateway.call.caller import with_body
from lynex_server.gateway.call.closing import Closing
from lynex_server.gateway.call.conversing import Conversing, Incoming
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.call.money import Money
from lynex_server.gateway.call.passing import Passing, Unread
from lynex_server.gateway.call.relay import TAIL_S, Send
from lynex_server.gateway.call.replies import JSON, object_of, refuse, send_whole, told
from lynex_server.gateway.catalog import GatewayCatalog
from lynex_server.gateway.errors import FAILED, Refused, refusal_of
from lynex_server.gateway.model import ProjectGateway, Target
from lynex_server.gateway.settings import GatewaySettings
from lynex_server.gateway.upstream.addressing import answer_headers
from lynex_server.gateway.upstream.model_list import ModelList
from lynex_server.gateway.upstream.routing import downgraded, plan_of, sticky_draw
from lynex_server.kernel.errors import LynexError
from lynex_server.kernel.patterns import matches_any

log = structlog.get_logger(__name__)

Headers = dict[str, str]
PERCENT = 100
RENEWED_AFTER_S = 0.03
SLOWED_S = 1.0
"""What a call waits while a budget that slows calls down is over its limit."""
CUT_OFF_S = 5.0
"""How long calls that are cut off may take to say so."""
STOPPED = Refused(503, "stopping", "The gateway stopped before the answer ended.", 1, retry=True)

TOO_DEEP = Refused(400, "invalid_json", "The body is nested too deep.")
TOO_DEEP_ANSWER = Refused(502, "upstream_garbage", "The provider's answer is nested too deep.")


class Calls:
    """Answers calls. One for the process, in one event loop."""

    def __init__(
        self,
        *,
        catalog: GatewayCatalog,
        money: Money,
        conversing: Conversing,
        passing: Passing,
        models: ModelList,
        closing: Closing,
        settings: GatewaySettings,
        executor: ThreadPoolExecutor,
        chance: random.Random,
    ) -> None:
        self._catalog = catalog
        self._money = money
        self._conversing = conversing
        self._passing = passing
        self._models = models
        self._closing = closing
        self._settings = settings
        self._executor = executor
        self._chance = chance
        self._tasks: dict[Exchange, asyncio.Task[Any]] = {}
        self._cut_off: set[Exchange] = set()

    @property
    def under_way(self) -> Collection[Exchange]:
        """The calls that are being answered."""
        return self._tasks.keys()

    async def answer(
        self, exchange: Exchange, scope: Scope, receive: Receive, send: Send, headers: Headers, passes: bool
    ) -> None:
        """Answer a call whose sender is known. `passes`: his own provider key may be passed on."""
        main = asyncio.current_task()
        assert main is not None  # noqa: S101  # this runs in a task
        self._tasks[exchange] = main
        watcher: asyncio.Task[Any] | None = None

        def watch() -> None:
            """From here on, all that can still come of the client is that it leaves."""
            nonlocal watcher
            watcher = asyncio.create_task(_left(receive))
            watcher.add_done_callback(lambda _: self._client_left(exchange, main))

        limit = asyncio.timeout(self._settings.gateway_max_call_s)
        try:
            async with limit:
                if exchange.operation.is_read:
                    raw = await read_body(receive, self._settings.gateway_max_body_bytes)
                    watch()
                    await self._go(exchange, Incoming(raw, scope, headers, passes), send)
                else:
                    unread = Unread(scope, receive, headers, passes, watch)
                    await self._go_unread(exchange, unread, send)
        except Refused as refused:
            await self._refuse(exchange, refused, send)
        except Failed as failed:
            await self._pass_error(exchange, failed, send)
        except LynexError as error:
            await self._refuse(exchange, refusal_of(error), send)
        except TimeoutError:
            if limit.expired():
                limit_s = self._settings.gateway_max_call_s
                too_long = Refused(504, "call_too_long", f"The call took longer than {limit_s:g} s.")
                await self._refuse(exchange, too_long, send)
            else:  # of something that the call waited for: a socket's is of the same class
                await self._fail(exchange, send)
        except RecursionError:
            # Python reads a little deeper than it writes.
            await self._refuse(exchange, TOO_DEEP_ANSWER if exchange.answer_status else TOO_DEEP, send)
        except ClientGone:
            exchange.client_left = True
            exchange.status = "cancelled"
        except asyncio.CancelledError:
            hung_up = exchange.client_left or exchange.answered
            if not (hung_up or exchange in self._cut_off):
                raise
            main.uncancel()
            if exchange.client_left:
                exchange.status = "cancelled"
            elif not hung_up:
                await self._refuse(exchange, STOPPED, send)
        except Exception:
            await self._fail(exchange, send)
        finally:
            if watcher is not None:
                watcher.cancel()
            del self._tasks[exchange]
            self._cut_off.discard(exchange)
            self._closing.finish(exchange)

    async def drained(self, timeout_s: float) -> None:
        """Wait until no call is under way, and what they left to do is done. After `timeout_s` those that are
        still under way are cut off, and told so."""
        if not await self._ended(timeout_s):
            for exchange, main in list(self._tasks.items()):
                self._cut_off.add(exchange)
                main.cancel()
            await self._ended(CUT_OFF_S)

    async def _ended(self, timeout_s: float) -> bool:
        ends_s = time.monotonic() + timeout_s
        while self.under_way or not self._money.is_settled:
            if time.monotonic() >= ends_s:
                return False
            await asyncio.sleep(0.02)
        return True

    # The steps

    async def _go(self, exchange: Exchange, incoming: Incoming, send: Send) -> None:
        operation = exchange.operation
        exchange.asked = asked = read_asked(operation, incoming.raw)
        exchange.said = with_body(exchange.said, asked.document)
        gateway = await self._configured(exchange)
        _check_allowed(exchange, asked.model)
        exchange.plan = plan_of(gateway, operation, asked.model, self._draw(exchange))
        exchange.estimate = self._money.estimate(exchange)
        await self._heed(exchange)
        await self._money.within_rates(exchange)
        await self._conversing.converse(exchange, incoming, send)

    async def _go_unread(self, exchange: Exchange, unread: Unread, send: Send) -> None:
        gateway = await self._configured(exchange)
        if exchange.operation.name == "models":
            allowed = gateway.allowed_models.get(exchange.sender.api_key_id)
            document = await self._models.answer(gateway, exchange.operation, allowed)
            await send_whole(exchange, send, 200, [JSON], msgspec.json.encode(document))
            return
        candidate, body = await self._passing.target(gateway, exchange, unread)
        exchange.candidate = candidate
        if not unread.only_looks:
            _check_allowed(exchange, exchange.named if exchange.operation.known else "")
        await self._money.check_open(exchange)
        await self._passing.go(exchange, candidate, body, unread, send)

    async def _configured(self, exchange: Exchange) -> ProjectGateway:
        project_id = exchange.sender.project_id
        gateway = self._catalog.known(project_id)
        if gateway is None:
            loop = asyncio.get_running_loop()
            gateway = await loop.run_in_executor(self._executor, self._catalog.of, project_id)
        elif self._catalog.is_due(project_id):
            # Once this call is probably on its way: the two would share one interpreter.
            asyncio.get_running_loop().call_later(RENEWED_AFTER_S, self._renew, project_id)
        exchange.gateway = gateway
        return gateway

    def _renew(self, project_id: str) -> None:
        """Nobody waits for it: should it fail, the next call looks itself."""
        loop = asyncio.get_running_loop()
        try:
            done = loop.run_in_executor(self._executor, self._catalog.renew, project_id)
        except RuntimeError:  # the process is stopping, and takes no work any more
            return
        done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    def _draw(self, exchange: Exchange) -> float:
        route = exchange.must_be_configured.routes.get(exchange.must_be_asked.model)
        if route is not None:
            by = {"session": exchange.said.session_id, "user": exchange.said.end_user_id}.get(
                route.sticky, ""
            )
            if by:
                return sticky_draw(route.name, by)
        return self._chance.random()

    async def _heed(self, exchange: Exchange) -> None:
        """Give way to a cheaper model while a budget is nearly used up, by the route's own word or the
        budget's; take time where a budget asks for it."""
        assert exchange.plan is not None  # noqa: S101  # the call has been routed
        route, gateway = exchange.route, exchange.must_be_configured
        exchange.candidate = exchange.plan.candidates[0]
        advice = await self._money.advice(exchange)
        target: Target | None = None
        if route is not None and route.downgrade is not None:
            target = route.downgrade if advice.used * PERCENT >= route.downgrade_at_percent else None
        if target is None and advice.downgrade_to:
            target = Target("", advice.downgrade_to)
        if target is not None:
            try:
                exchange.plan = downgraded(gateway, exchange.plan, exchange.operation, target)
                exchange.notes["lynex.downgraded_to"] = target.model
            except Refused:  # nobody serves it, and what keeps calls going is not to end them
                exchange.notes["lynex.not_downgraded_to"] = target.model
        if advice.slows:
            exchange.notes["lynex.slowed_ms"] = round(SLOWED_S * 1000)
            await asyncio.sleep(SLOWED_S)

    # How it ends

    def _client_left(self, exchange: Exchange, main: asyncio.Task[Any]) -> None:
        """The client closed its connection: the route says whether the upstream is let go or read on. The
        server says the same of a client that has its whole answer. Who hangs up on the last event of a stream
        has it too: what is still to come of it is its end."""
        if exchange not in self.under_way or exchange.client_left or exchange.answered:
            return
        if exchange.heard is not None and exchange.heard.is_over:
            exchange.answered = True
            asyncio.get_running_loop().call_later(TAIL_S, self._drained_enough, exchange, main)
            return
        exchange.client_left = True
        says = exchange.route or exchange.gateway
        if says is not None and says.when_client_leaves == "drain" and exchange.asked_upstream_s:
            asyncio.get_running_loop().call_later(says.drain_s, self._drained_enough, exchange, main)
        else:
            main.cancel()

    def _drained_enough(self, exchange: Exchange, main: asyncio.Task[Any]) -> None:
        if exchange in self.under_way:
            main.cancel()

    async def _refuse(self, exchange: Exchange, refused: Refused, send: Send) -> None:
        exchange.refused = refused
        exchange.status = "blocked" if refused.blocked else "timeout" if refused.status == 504 else "error"
        with contextlib.suppress(OSError):
            await refuse(exchange, send, refused)

    async def _fail(self, exchange: Exchange, send: Send) -> None:
        """A fault of ours, which is being handled."""
        log.exception("gateway.call_failed", path=exchange.operation.path)
        await self._refuse(exchange, FAILED, send)

    async def _pass_error(self, exchange: Exchange, failed: Failed, send: Send) -> None:
        """An upstream's own error reaches the client as it is: it means what the client's library thinks."""
        exchange.candidate = failed.candidate
        exchange.answer_status = failed.status
        exchange.status = "error"
        text = failed.body.decode("utf-8", "replace")
        exchange.refused = Refused(failed.status, f"upstream_{failed.status}", text[:2000])
        body = failed.body
        fields = answer_headers(dict(failed.headers), read=True)
        if failed.translator is not None:
            body = msgspec.json.encode(failed.translator.error(failed.status, object_of(body) or None, text))
            fields = [JSON]
        await send_whole(exchange, send, failed.status, fields + told(exchange), body)


def _check_allowed(exchange: Exchange, model: str) -> None:
    """Raises `Refused` where the key may not name this model. No name at all is none that it may say."""
    allowed = exchange.must_be_configured.allowed_models.get(exchange.sender.api_key_id)
    if allowed is not None and not matches_any(allowed, model):
        what = f"the model {model!r}" if model else "what names no model"
        raise Refused(
            403,
            "model_not_allowed",
            f"This API key may not call {what}.",
            details={"field": "model"},
            blocked=True,
        )


async def _left(receive: Receive) -> None:
    """Returns when the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
