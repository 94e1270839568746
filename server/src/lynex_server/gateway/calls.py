"""The way of a call: who sent it, what it asks, whether it may, who answers, and what is written down of it.

    headers ─> caller ─> body ─> plan ─> limits ─> reservation ─> upstream ─> answer ─┬─> client
                                            │           │                             └─> span, books
                                            └───────────┴─> refused, in the words of the surface

Invariants:

- Every call that proved who sent it ends with exactly one span, however it ends.
- What was set aside is put right by what was used, or given back; nothing stays held by a call that is over.
- Retries and other providers are tried only before the client has seen a byte.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import structlog
from starlette.types import Receive, Scope

from lynex_server.budgets.public import Reservation
from lynex_server.gateway.addressing import answer_headers
from lynex_server.gateway.admission import Admission, Estimate
from lynex_server.gateway.answers.answer import read_answer
from lynex_server.gateway.answers.assembling import assemble
from lynex_server.gateway.asked import read_asked
from lynex_server.gateway.attempts import Asking, Attempts, Failed, refused_by
from lynex_server.gateway.body import ClientGone, read_body
from lynex_server.gateway.caller import with_body
from lynex_server.gateway.catalog import GatewayCatalog
from lynex_server.gateway.errors import Refused, error_event, error_response
from lynex_server.gateway.exchange import Exchange
from lynex_server.gateway.health import Health
from lynex_server.gateway.metrics import GatewayMetrics
from lynex_server.gateway.model import ProjectGateway
from lynex_server.gateway.model_list import ModelList
from lynex_server.gateway.passing import Passing
from lynex_server.gateway.patterns import matches_any
from lynex_server.gateway.recorder import Recorder
from lynex_server.gateway.relay import Kept, Send, pass_stream, translate_stream
from lynex_server.gateway.routing import Candidate, plan_of, sticky_draw
from lynex_server.gateway.settings import GatewaySettings
from lynex_server.gateway.upstream import Upstream, UpstreamFailed
from lynex_server.identity.public import Principal
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.money import usd_from_nanousd
from lynex_server.pricing.public import PriceBook

log = structlog.get_logger(__name__)

Headers = dict[str, str]
_STREAMS = (
    "text/event-stream",
    "application/x-ndjson",
    "application/vnd.amazon.eventstream",
    "application/jsonl",
)
_decode = msgspec.json.Decoder().decode


class Calls:
    """Answers calls. One for the process, in one event loop."""

    def __init__(
        self,
        *,
        catalog: GatewayCatalog,
        admission: Admission,
        upstream: Upstream,
        health: Health,
        recorder: Recorder,
        passing: Passing,
        models: ModelList,
        prices: PriceBook,
        metrics: GatewayMetrics,
        settings: GatewaySettings,
        clock: Clock,
        executor: ThreadPoolExecutor,
        chance: random.Random,
    ) -> None:
        self._catalog = catalog
        self._admission = admission
        self._health = health
        self._recorder = recorder
        self._passing = passing
        self._models = models
        self._prices = prices
        self._metrics = metrics
        self._settings = settings
        self._clock = clock
        self._executor = executor
        self._chance = chance
        self._attempts = Attempts(upstream, health, metrics, chance)
        self._after: set[asyncio.Task[None]] = set()
        self.under_way: set[Exchange] = set()

    async def answer(
        self, exchange: Exchange, scope: Scope, receive: Receive, send: Send, headers: Headers, passes: bool
    ) -> None:
        """Answer a call whose sender is known. `passes`: his own provider key may be passed on."""
        self.under_way.add(exchange)
        main = asyncio.current_task()
        assert main is not None  # noqa: S101  # this runs in a task
        watcher: asyncio.Task[Any] | None = None
        try:
            async with asyncio.timeout(self._settings.gateway_max_call_s):
                if exchange.operation.is_read:
                    raw = await read_body(receive, self._settings.gateway_max_body_bytes)
                    watcher = asyncio.create_task(_left(receive))
                    watcher.add_done_callback(lambda _: self._client_left(exchange, main))
                    await self._go(exchange, raw, scope, headers, passes, send)
                else:
                    await self._go_unread(exchange, scope, receive, headers, passes, send)
        except Refused as refused:
            await self._refuse(exchange, refused, send)
        except Failed as failed:
            await self._pass_error(exchange, failed, send)
        except TimeoutError:
            limit_s = self._settings.gateway_max_call_s
            too_long = Refused(504, "call_too_long", f"The call took longer than {limit_s:g} s.")
            await self._refuse(exchange, too_long, send)
        except ClientGone:
            exchange.client_left = True
            exchange.status = "cancelled"
        except asyncio.CancelledError:
            if not exchange.client_left:
                raise
            main.uncancel()
            exchange.status = "cancelled"
        except Exception:
            log.exception("gateway.call_failed", path=exchange.operation.path)
            await self._refuse(exchange, Refused(500, "internal", "The gateway failed at this call."), send)
        finally:
            if watcher is not None:
                watcher.cancel()
            self.under_way.discard(exchange)
            self._finish(exchange)

    async def drained(self, timeout_s: float) -> None:
        """Wait until no call is under way, and what they left to do is done."""
        ends_s = time.monotonic() + timeout_s
        while (self.under_way or self._after) and time.monotonic() < ends_s:  # noqa: ASYNC110  # at the end only
            await asyncio.sleep(0.02)

    # The steps

    async def _go(
        self, exchange: Exchange, raw: bytes, scope: Scope, headers: Headers, passes: bool, send: Send
    ) -> None:
        operation = exchange.operation
        exchange.asked = asked = read_asked(operation, raw)
        exchange.said = with_body(exchange.said, asked.document)
        gateway = await self._configured(exchange)
        self._check_allowed(exchange)
        exchange.plan = plan_of(gateway, operation, asked.model, self._draw(exchange))
        exchange.estimate = self._estimate(exchange)
        call = exchange.call()
        exchange.taken = await self._admission.within_rates(gateway.rates, call, exchange.estimate.tokens)
        caller = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        query = scope["query_string"].decode("latin-1")
        asking = await self._attempts.ask(exchange, raw, query, caller, passes, self._reserve)
        try:
            await self._pass_on(exchange, asking, send)
        finally:
            self._health.leave(asking.candidate.provider)
            asking.answer.close()

    async def _go_unread(
        self, exchange: Exchange, scope: Scope, receive: Receive, headers: Headers, passes: bool, send: Send
    ) -> None:
        gateway = await self._configured(exchange)
        if exchange.operation.name == "models":
            status, document = await self._models.answer(gateway, exchange.operation)
            await _send_whole(exchange, send, status, [_JSON], msgspec.json.encode(document))
            return
        is_json = headers.get("content-type", "").startswith("application/json")
        candidate, body = await self._passing.target(gateway, exchange, scope, receive, is_json)
        exchange.candidate = candidate
        organisation_id = _known(exchange.principal).organisation_id
        await self._wait(self._admission.check_unpriced, organisation_id, exchange.call())
        await self._passing.go(exchange, candidate, body, scope, send, passes)

    async def _configured(self, exchange: Exchange) -> ProjectGateway:
        project_id = _known(exchange.principal).project_id
        gateway = self._catalog.known(project_id)
        if gateway is None:
            gateway = await self._wait(self._catalog.of, project_id)
        exchange.gateway = gateway
        return gateway

    def _check_allowed(self, exchange: Exchange) -> None:
        gateway, principal = exchange.gateway, _known(exchange.principal)
        assert gateway is not None and exchange.asked is not None  # noqa: S101  # read before
        allowed = gateway.allowed_models.get(principal.api_key_id)
        if allowed is not None and not matches_any(allowed, exchange.asked.model):
            raise Refused(
                403,
                "model_not_allowed",
                f"This API key may not call the model {exchange.asked.model!r}.",
                details={"field": "model"},
                blocked=True,
            )

    def _draw(self, exchange: Exchange) -> float:
        assert exchange.gateway is not None and exchange.asked is not None  # noqa: S101  # read before
        route = exchange.gateway.routes.get(exchange.asked.model)
        if route is not None:
            by = {"session": exchange.said.session_id, "user": exchange.said.end_user_id}.get(
                route.sticky, ""
            )
            if by:
                return sticky_draw(route.name, by)
        return self._chance.random()

    def _estimate(self, exchange: Exchange) -> Estimate:
        asked = exchange.asked
        assert asked is not None  # noqa: S101  # read before
        if exchange.operation.kind != "llm":
            return Estimate(asked.input_tokens() if exchange.operation.kind == "embedding" else 0, 0)
        most = asked.max_output_tokens or self._settings.gateway_estimated_output_tokens
        return Estimate(asked.input_tokens(), most * asked.choices)

    async def _reserve(self, exchange: Exchange, candidate: Candidate) -> None:
        """Set aside what a candidate may cost; what was set aside for another one is given back first."""
        self._give_back(exchange)
        exchange.candidate = candidate
        if exchange.operation.kind == "other":
            return
        asked_for = asyncio.get_running_loop().run_in_executor(
            self._executor,
            self._admission.reserve,
            _known(exchange.principal).organisation_id,
            exchange.call(),
            "",
            exchange.estimate,
            self._settings.gateway_hold_s,
        )
        try:
            exchange.reservation = await asyncio.shield(asked_for)
        except asyncio.CancelledError:
            # The thread goes on: what it sets aside must not stay held by a call that is over.
            asked_for.add_done_callback(lambda done: self._give_back_late(exchange, done))
            raise

    async def _pass_on(self, exchange: Exchange, asking: Asking, send: Send) -> None:
        answer, operation = asking.answer, exchange.operation
        asked = exchange.asked
        assert asked is not None  # noqa: S101  # read before
        exchange.candidate = asking.candidate
        exchange.answer_status = answer.status
        if answer.content_type.startswith(_STREAMS):
            await self._pass_stream(exchange, asking, send)
            return
        try:
            body = await answer.whole(self._settings.gateway_max_answer_bytes)
        except UpstreamFailed as error:
            raise refused_by(error, asking.candidate.provider) from error
        document = _object_of(body)
        if asking.translator is not None:
            document = asking.translator.answer(document)
            body = msgspec.json.encode(document)
        exchange.answer = read_answer(operation.name, document)
        fields = answer_headers(answer.headers, read=True) if asking.translator is None else [_JSON]
        fields += self._told(exchange)
        cost_nanousd = self._cost_nanousd(exchange)
        if cost_nanousd is not None:
            fields.append((b"x-lynex-cost-usd", f"{usd_from_nanousd(cost_nanousd):.9f}".encode()))
        await _send_whole(exchange, send, answer.status, fields, body)

    async def _pass_stream(self, exchange: Exchange, asking: Asking, send: Send) -> None:
        answer, asked = asking.answer, exchange.asked
        assert asked is not None  # noqa: S101  # read before
        fields = answer_headers(answer.headers, read=True)
        if asking.translator is not None:
            fields = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]
        fields += self._told(exchange)
        await send({"type": "http.response.start", "status": answer.status, "headers": fields})
        exchange.head_sent = True
        kept = Kept(exchange.operation.name, self._settings.gateway_max_answer_bytes)
        name = exchange.operation.name
        try:
            if asking.translator is not None:
                await translate_stream(answer, send, kept, asking.translator.stream())
            else:
                hides_usage = name in ("chat", "completion") and not asked.shows_usage
                await pass_stream(answer, send, kept, hides_usage)
        except UpstreamFailed as error:
            self._health.failed(asking.candidate.provider)
            raise refused_by(error, asking.candidate.provider) from error
        finally:
            exchange.first_content_s = kept.first_content_s
            exchange.answer = read_answer(name, assemble(name, kept.pieces))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    # How it ends

    def _client_left(self, exchange: Exchange, main: asyncio.Task[Any]) -> None:
        """The client closed its connection: the route says whether the upstream is let go or read on."""
        if exchange not in self.under_way or exchange.client_left:
            return
        exchange.client_left = True
        route, gateway = exchange.route, exchange.gateway
        policy = route.when_client_leaves if route is not None else None
        drain_s = route.drain_s if route is not None else 0.0
        if policy is None and gateway is not None:
            policy, drain_s = gateway.when_client_leaves, gateway.drain_s
        if policy == "drain" and exchange.asked_upstream_s:
            asyncio.get_running_loop().call_later(drain_s, self._drained_enough, exchange, main)
        else:
            main.cancel()

    def _drained_enough(self, exchange: Exchange, main: asyncio.Task[Any]) -> None:
        if exchange in self.under_way:
            main.cancel()

    async def _refuse(self, exchange: Exchange, refused: Refused, send: Send) -> None:
        exchange.refused = refused
        exchange.status = "blocked" if refused.blocked else "timeout" if refused.status == 504 else "error"
        self._metrics.refusals.labels(refused.code).inc()
        if exchange.head_sent:
            event = error_event(exchange.operation.dialect, refused)
            await send({"type": "http.response.body", "body": event, "more_body": False})
            return
        fields, body = error_response(exchange.operation.dialect, refused)
        await _send_whole(exchange, send, refused.status, fields + self._told(exchange), body)

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
            body = msgspec.json.encode(failed.translator.error(failed.status, _object_of(body) or None, text))
            fields = [_JSON]
        await _send_whole(exchange, send, failed.status, fields + self._told(exchange), body)

    def _finish(self, exchange: Exchange) -> None:
        """Write the span, and put right what was set aside. Waits for nothing: the client has its answer."""
        if exchange.client_left and exchange.status == "ok" and exchange.answer is None:
            exchange.status = "cancelled"
        principal = _known(exchange.principal)
        now_s = time.perf_counter()
        span = exchange.span(now_s, self._settings.gateway_max_capture_chars)
        usage = exchange.normalised()
        if exchange.operation.name != "models":
            self._recorder.put(principal.project_id, principal.api_key_id, span)
        used = (usage.input_tokens or 0) + (usage.output_tokens or 0)
        if exchange.taken.takes:
            self._later(self._admission.put_right(exchange.taken, used))
        reservation = exchange.reservation
        if reservation is not None and reservation.budget_ids:
            if span.usage:
                cost_nanousd = self._cost_nanousd(exchange)
                self._later(self._settle(exchange, cost_nanousd))
            else:
                self._give_back(exchange)
        self._count(exchange, now_s, used)

    async def _settle(self, exchange: Exchange, cost_nanousd: int | None) -> None:
        reservation = exchange.reservation
        assert reservation is not None  # noqa: S101  # asked by who has one
        await self._wait(
            self._admission.correct, _known(exchange.principal).project_id, reservation.id,
            exchange.normalised(), cost_nanousd, exchange.served_model, exchange.service_tier,
            self._settings.gateway_hold_s,
        )  # fmt: skip

    def _give_back(self, exchange: Exchange) -> None:
        reservation, exchange.reservation = exchange.reservation, None
        if reservation is not None and reservation.budget_ids:
            project_id = _known(exchange.principal).project_id
            self._later(self._wait(self._admission.release, project_id, reservation.id))

    def _give_back_late(self, exchange: Exchange, done: asyncio.Future[Reservation]) -> None:
        if not done.cancelled() and done.exception() is None:
            exchange.reservation = done.result()
            self._give_back(exchange)

    def _cost_nanousd(self, exchange: Exchange) -> int | None:
        """What the call cost; None where no price is known."""
        if exchange.cost_nanousd is not None:
            return exchange.cost_nanousd
        exchange.cost_nanousd = self._priced_nanousd(exchange)
        return exchange.cost_nanousd

    def _priced_nanousd(self, exchange: Exchange) -> int | None:
        if exchange.cache == "hit":
            return 0
        if exchange.reported_nanousd is not None:
            return exchange.reported_nanousd
        usage, provider = exchange.normalised(), exchange.provider
        if provider is None or (
            usage.input_tokens is None and usage.output_tokens is None and not usage.other
        ):
            return None
        return self._prices.price(
            provider.price_as, exchange.served_model, exchange.service_tier, "", usage, exchange.started_us,
            project_id=_known(exchange.principal).project_id,
            duration_ms=(time.perf_counter() - exchange.began_s) * 1000,
        ).nanousd  # fmt: skip

    def _told(self, exchange: Exchange) -> list[tuple[bytes, bytes]]:
        """What every answer says of the call."""
        told = [
            (b"x-lynex-trace-id", exchange.said.trace_id.encode()),
            (b"x-lynex-span-id", exchange.span_id.encode()),
        ]
        if exchange.provider is not None:
            told.append((b"x-lynex-provider", exchange.provider.name.encode("latin-1", "replace")))
            told.append((b"x-lynex-model", exchange.served_model.encode("latin-1", "replace")))
        if exchange.cache:
            told.append((b"x-lynex-cache", exchange.cache.encode()))
        return told

    def _count(self, exchange: Exchange, now_s: float, tokens: int) -> None:
        provider = exchange.provider.name if exchange.provider is not None else ""
        self._metrics.ended(exchange.operation.dialect, provider, exchange.status, now_s - exchange.began_s)
        if tokens:
            usage = exchange.normalised()
            self._metrics.used(provider, usage.input_tokens or 0, usage.output_tokens or 0)

    async def _wait(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run what waits for a database on a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it after the answer; a failure is logged, for nobody waits for it."""
        task = asyncio.create_task(_logged(work))
        self._after.add(task)
        task.add_done_callback(self._after.discard)


_JSON = (b"content-type", b"application/json")


async def _left(receive: Receive) -> None:
    """Returns when the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("gateway.aftermath_failed")


async def _send_whole(
    exchange: Exchange, send: Send, status: int, fields: list[tuple[bytes, bytes]], body: bytes
) -> None:
    headers = [field for field in fields if field[0] != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    exchange.head_sent = True
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _object_of(body: bytes) -> dict[str, Any]:
    try:
        document = _decode(body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _known(principal: Principal | None) -> Principal:
    assert principal is not None  # noqa: S101  # a call is let in by its sender
    return principal
