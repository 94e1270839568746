"""Question and answer: the guards, the cache, the upstream, and what the client is given."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from starlette.types import Scope

from lynex_server.gateway.answers.answer import Answer, read_answer
from lynex_server.gateway.cache.replay import as_stream, stream_type
from lynex_server.gateway.call.asked import read_asked
from lynex_server.gateway.call.attempts import Asking, Attempts, Failed
from lynex_server.gateway.call.closing import Closing
from lynex_server.gateway.call.counting import ESTIMATED, counted, is_counted_here
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.call.hearing import Hearing
from lynex_server.gateway.call.money import Money
from lynex_server.gateway.call.policies import Looked, Policies
from lynex_server.gateway.call.questions import Question
from lynex_server.gateway.call.relay import Send
from lynex_server.gateway.call.replies import (
    EVENT_STREAM,
    JSON,
    Field,
    begin,
    end,
    object_of,
    send_pieces,
    send_whole,
    told,
)
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.framing import is_stream
from lynex_server.gateway.guardrails.redaction import Restorer
from lynex_server.gateway.guardrails.verdicts import SchemaNotKept
from lynex_server.gateway.operations import Operation
from lynex_server.gateway.settings import GatewaySettings
from lynex_server.gateway.upstream.addressing import answer_headers
from lynex_server.gateway.upstream.health import Health
from lynex_server.gateway.upstream.routing import plan_of
from lynex_server.kernel.clock import Clock

Document = dict[str, Any]

log = structlog.get_logger(__name__)

_EMBEDDING = Operation("openai", "embeddings", "embedding", "/v1/embeddings")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A call as it came in. `passes`: the caller's own provider key may be passed on."""

    raw: bytes
    scope: Scope
    headers: dict[str, str]
    passes: bool

    @property
    def caller_fields(self) -> list[tuple[str, str]]:
        """The headers, repeated ones included."""
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.scope["headers"]]

    @property
    def query(self) -> str:
        """The query string."""
        query: bytes = self.scope["query_string"]
        return query.decode("latin-1")


class Conversing:
    """One for the event loop."""

    def __init__(
        self,
        attempts: Attempts,
        policies: Policies,
        money: Money,
        closing: Closing,
        health: Health,
        settings: GatewaySettings,
        clock: Clock,
    ) -> None:
        self._attempts = attempts
        self._policies = policies
        self._money = money
        self._closing = closing
        self._health = health
        self._hearing = Hearing(health, settings.gateway_max_answer_bytes)
        self._clock = clock

    async def converse(self, exchange: Exchange, incoming: Incoming, send: Send) -> None:
        """Get the answer from somewhere, and give it to the client. Raises `Refused` and `Failed`."""
        asked = exchange.must_be_asked
        if is_counted_here(exchange):
            exchange.notes["lynex.gateway.counted_here"] = True
            fields = [JSON, ESTIMATED, *told(exchange)]
            await send_whole(exchange, send, 200, fields, msgspec.json.encode(counted(asked)))
            return
        restorer = await self._policies.guard_request(exchange)
        looked = await self._policies.look_up(exchange, incoming.headers, incoming.scope, self._embed)
        if looked.hit is not None:
            await self._money.check_open(exchange)
            await self._give_again(exchange, looked, restorer, send)
            return
        if asked.stream and self._policies.reads_answers(exchange):
            await self._converse_whole(exchange, incoming, looked, restorer, send)
            return
        asking = await self._ask(exchange, incoming, exchange.operation)
        try:
            if is_stream(asking.answer.content_type):
                await self._pass_stream(exchange, asking, looked, send)
                return
            fields = [JSON] if asking.translating else answer_headers(asking.answer.headers, read=True)
            body, document = self._hearing.whole(exchange, asking)
        finally:
            self._let_go(asking)
        said, shown = await self._guarded(exchange, incoming, document, restorer)
        if shown is not document:
            body = msgspec.json.encode(shown)
        cost_nanousd = self._money.cost_nanousd(exchange)
        await send_whole(exchange, send, exchange.answer_status, fields + told(exchange, cost_nanousd), body)
        await self._keep(exchange, looked, said, cost_nanousd)

    async def _embed(self, exchange: Exchange, model: str, text: str) -> list[float] | None:
        """The vector of a text, by a call of its own below the exchange. None when none is to be had: then
        nothing is compared."""
        raw = msgspec.json.encode({"model": model, "input": text})
        call = Exchange(
            _EMBEDDING,
            self._clock.now_us(),
            dataclasses.replace(exchange.said, parent_span_id=exchange.span_id),
            exchange.principal,
            exchange.gateway,
        )
        try:
            call.asked = read_asked(_EMBEDDING, raw)
            call.plan = plan_of(exchange.must_be_configured, _EMBEDDING, model, 0.0)
            call.estimate = self._money.estimate(call)
            incoming = Incoming(raw, {"headers": [], "query_string": b""}, {}, passes=False)
            asking = await self._ask(call, incoming, _EMBEDDING)
            try:
                _, document = self._hearing.whole(call, asking)
            finally:
                self._let_go(asking)
        except (Refused, Failed) as error:
            call.status = "error"
            log.warning("gateway.not_embedded", reason=str(error)[:200], project=exchange.sender.project_id)
            return None
        finally:
            self._closing.finish(call)
        data = document.get("data")
        first = data[0] if isinstance(data, list) and data and isinstance(data[0], dict) else {}
        vector = first.get("embedding")
        return vector if isinstance(vector, list) else None

    async def _converse_whole(
        self,
        exchange: Exchange,
        incoming: Incoming,
        looked: Looked,
        restorer: Restorer | None,
        send: Send,
    ) -> None:
        """A stream whose route reads answers: it is asked for whole, and told as a stream once it is read."""
        operation = _not_streamed(exchange.operation)
        asked = exchange.must_be_asked
        document = {name: value for name, value in asked.document.items() if name != "stream_options"}
        if "stream" in document or operation.dialect == "ollama":
            document["stream"] = False
        exchange.asked = dataclasses.replace(asked, document=document, stream=False, is_as_sent=False)
        asking = await self._ask(exchange, incoming, operation)
        try:
            _, answered = self._hearing.whole(exchange, asking)
        finally:
            self._let_go(asking)
        said, shown = await self._guarded(exchange, incoming, answered, restorer)
        exchange.asked = dataclasses.replace(exchange.must_be_asked, stream=True)
        cost_nanousd = self._money.cost_nanousd(exchange)
        await self._tell_as_stream(exchange, shown, asked.shows_usage, cost_nanousd, send)
        await self._keep(exchange, looked, said, cost_nanousd)

    async def _tell_as_stream(
        self, exchange: Exchange, document: Document, shows_usage: bool, cost_nanousd: int | None, send: Send
    ) -> None:
        operation = exchange.operation
        body = msgspec.json.encode(document)
        pieces = as_stream(operation.dialect, operation.name, body, shows_usage)
        if pieces is None:
            raise Refused(
                400,
                "not_streamed",
                "This route reads answers before it passes them on, and this surface's streams cannot be "
                "told anew: ask without streaming.",
            )
        fields: list[Field] = [(b"content-type", stream_type(operation.dialect).encode()), EVENT_STREAM[1]]
        await send_pieces(exchange, send, fields + told(exchange, cost_nanousd), pieces)

    async def _guarded(
        self, exchange: Exchange, incoming: Incoming, document: Document, restorer: Restorer | None
    ) -> tuple[Document, Document]:
        """The answer as the model said it, and as the guards let it be shown; once, the model is asked to
        mend it, and what it says then takes the first one's place."""
        try:
            return document, await self._policies.guard_answer(exchange, document, restorer)
        except SchemaNotKept as unkept:
            first = exchange.answer or Answer()
            exchange.asked = self._policies.repaired(exchange, unkept)
        asking = await self._ask(exchange, incoming, _not_streamed(exchange.operation))
        try:
            _, again = self._hearing.whole(exchange, asking)
        finally:
            self._let_go(asking)
        exchange.notes["lynex.gateway.repaired"] = True
        exchange.answer = _together(first, exchange.answer or Answer())
        exchange.forget_usage()
        return again, await self._policies.guard_answer(exchange, again, restorer, mended=True)

    async def _ask(self, exchange: Exchange, incoming: Incoming, operation: Operation) -> Asking:
        asked = exchange.must_be_asked
        raw = incoming.raw if asked.is_as_sent else msgspec.json.encode(asked.document)
        question = Question(operation, raw, incoming.query, incoming.caller_fields, incoming.passes)
        asking = await self._attempts.ask(exchange, question, self._money.reserve)
        exchange.candidate = asking.candidate
        exchange.answer_status = asking.answer.status
        return asking

    def _let_go(self, asking: Asking) -> None:
        self._health.leave(asking.candidate.provider)
        asking.answer.close()

    async def _pass_stream(self, exchange: Exchange, asking: Asking, looked: Looked, send: Send) -> None:
        answer = asking.answer
        fields = list(EVENT_STREAM) if asking.translating else answer_headers(answer.headers, read=True)
        await begin(exchange, send, answer.status, fields + told(exchange))
        document, is_whole = await self._hearing.streamed(exchange, asking, send)
        await end(exchange, send)
        if is_whole:
            await self._keep(exchange, looked, document, self._money.cost_nanousd(exchange))

    async def _give_again(
        self, exchange: Exchange, looked: Looked, restorer: Restorer | None, send: Send
    ) -> None:
        """An answer from the cache: it costs nothing, and says so."""
        hit = looked.hit
        assert hit is not None  # noqa: S101  # asked by who has one
        assert exchange.plan is not None  # noqa: S101  # the call has been routed
        exchange.candidate = exchange.plan.candidates[0]
        exchange.saved_nanousd = hit.answer.cost_nanousd
        exchange.answer_status = 200
        document = object_of(hit.answer.body)
        exchange.answer = dataclasses.replace(
            read_answer(exchange.operation.name, document), model=hit.answer.model, cost_usd=None
        )
        guarded = await self._policies.guard_answer(exchange, document, restorer, mended=True)
        asked = exchange.must_be_asked
        if asked.stream:
            await self._tell_as_stream(exchange, guarded, asked.shows_usage, 0, send)
            return
        body = hit.answer.body if guarded is document else msgspec.json.encode(guarded)
        await send_whole(exchange, send, 200, [JSON, *told(exchange, 0)], body)

    async def _keep(
        self, exchange: Exchange, looked: Looked, document: Document, cost_nanousd: int | None
    ) -> None:
        if looked.may.write:
            await self._policies.keep(exchange, looked, document, cost_nanousd)


def _not_streamed(operation: Operation) -> Operation:
    """The same operation with a whole answer, where the path says that it is a stream."""
    path = operation.path.replace(":streamGenerateContent", ":generateContent").replace(
        "/converse-stream", "/converse"
    )
    path = path.replace("/invoke-with-response-stream", "/invoke")
    return dataclasses.replace(operation, path=path, streams=False)


def _together(first: Answer, second: Answer) -> Answer:
    """The second answer with the usage of both: two calls were made for it."""
    units = first.usage.keys() | second.usage.keys()
    usage = {unit: first.usage.get(unit, 0) + second.usage.get(unit, 0) for unit in sorted(units)}
    reported = [each.cost_usd for each in (first, second) if each.cost_usd is not None]
    return dataclasses.replace(second, usage=usage, cost_usd=sum(reported) if reported else None)
