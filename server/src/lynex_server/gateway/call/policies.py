"""What a route wants done to a call on its way: guards before and after, and answers that are given again."""

import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.types import Scope

from lynex_server.gateway.cache.answers import AnswerCache, CachedAnswer, Hit
from lynex_server.gateway.cache.asking import (
    NOTHING,
    Directives,
    Question,
    directives,
    is_repeatable,
    key_of,
    question_in,
    said_beside,
)
from lynex_server.gateway.cache.completeness import is_complete
from lynex_server.gateway.call.asked import Asked
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.guardrails.guard import GuardedCall, Guards
from lynex_server.gateway.guardrails.redaction import Restorer
from lynex_server.gateway.guardrails.repair import repair_request
from lynex_server.gateway.guardrails.verdicts import Blocked, SchemaNotKept
from lynex_server.gateway.model import CachePolicy, Guardrails, Route
from lynex_server.kernel.errors import InvalidInput, LynexError

Document = dict[str, Any]
Embed = Callable[[Exchange, str, str], Awaitable[list[float] | None]]
"""Turns a text into a vector with a model, as a call of its own below the exchange."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Where an answer is kept, or would be. `hit` is the one that was found."""

    key: str = ""
    question: Question | None = None
    vector: list[float] | None = None
    may: Directives = NOTHING
    hit: Hit | None = None


class Policies:
    """Applies them. One for the event loop."""

    def __init__(self, guards: Guards, cache: AnswerCache) -> None:
        self._guards = guards
        self._cache = cache

    async def guard_request(self, exchange: Exchange) -> Restorer | None:
        """Check, and perhaps change, what is asked. Raises `Refused`."""
        guardrails = _guardrails(exchange.route)
        if guardrails is None:
            return None
        asked = exchange.must_be_asked
        try:
            checked = await self._guards.of(guardrails).before(asked.document, _guarded(exchange))
        except Blocked as blocked:
            raise _refused(exchange, blocked) from blocked
        except LynexError as error:
            raise Refused(error.status, error.code, str(error), blocked=True) from error
        exchange.verdicts += checked.verdicts
        if checked.document is not asked.document:
            exchange.asked = dataclasses.replace(asked, document=checked.document, is_as_sent=False)
        return checked.restorer

    async def guard_answer(
        self, exchange: Exchange, document: Document, restorer: Restorer | None, mended: bool = False
    ) -> Document:
        """Check, and perhaps change, what was answered. Raises `Refused`, and `SchemaNotKept` where the model
        may be asked to mend it."""
        guardrails = _guardrails(exchange.route)
        if guardrails is None:
            return document
        guard = self._guards.of(guardrails)
        try:
            checked = await guard.after(document, _guarded(exchange), restorer, mended=mended)
        except SchemaNotKept as unkept:
            if guardrails.repair and not mended:
                raise
            raise _refused(exchange, unkept) from unkept
        except Blocked as blocked:
            raise _refused(exchange, blocked) from blocked
        except InvalidInput as error:  # nested too deep for a guard to walk
            raise Refused(
                502, "upstream_garbage", f"The provider's answer cannot be read: {error}"
            ) from error
        exchange.verdicts += checked.verdicts
        return checked.document

    def repaired(self, exchange: Exchange, unkept: SchemaNotKept) -> Asked:
        """What to ask so that the answer is mended. Raises `Refused` where the surface has no way to ask."""
        asked, operation = exchange.must_be_asked, exchange.operation
        guardrails = _guardrails(exchange.route)
        schema = "" if guardrails is None else guardrails.output_schema
        document = repair_request(
            asked.document, operation.dialect, operation.name, unkept.text, unkept.problems, schema
        )
        if document is None:
            raise _refused(exchange, unkept)
        exchange.verdicts += unkept.verdicts
        return dataclasses.replace(asked, document=document, stream=False, is_as_sent=False)

    async def look_up(
        self, exchange: Exchange, headers: dict[str, str], scope: Scope, embed: Embed
    ) -> Looked:
        """Whether the answer is there already, word for word or, by `embed`, in other words."""
        policy, asked, operation = _cache_policy(exchange.route), exchange.must_be_asked, exchange.operation
        may = directives(headers, policy)
        if may is NOTHING or exchange.plan is None or not is_repeatable(operation.name, asked.document):
            return Looked()
        route, candidate = exchange.route, exchange.plan.candidates[0]
        assert route is not None  # noqa: S101  # without a route there is no policy
        project_id = exchange.sender.project_id
        model = f"{candidate.provider.name}/{candidate.model}"
        of_route = f"{route.id}@{route.updated_at_us}"  # a route that was changed begins anew
        about = (project_id, of_route, operation.dialect, operation.name, asked.document, model)
        named = (*about, said_beside(scope["headers"], scope["query_string"]))
        key = key_of(*named)
        try:
            question = question_in(*named, policy)
        except InvalidInput:  # nested too deep to be looked through
            question = None
        hit = await self._cache.find(project_id, key) if may.read else None
        vector = None
        if hit is None and question is not None:
            vector = await embed(exchange, policy.embedding_model, question.text)
            if vector is not None and may.read:
                hit = await self._cache.find_like(project_id, question, vector, policy.similarity)
        exchange.cache = "hit" if hit is not None else "miss"
        return Looked(key, question, vector, may, hit)

    async def keep(
        self, exchange: Exchange, looked: Looked, document: Document, cost_nanousd: int | None
    ) -> None:
        """Keep an answer for the next who asks the same, where it is whole."""
        whole = is_complete(exchange.answer_status, document, exchange.operation.name)
        asked = exchange.must_be_asked
        # Put together from a stream, an answer is without its log probabilities.
        lacks_logprobs = asked.stream and bool(asked.document.get("logprobs"))
        if not looked.may.write or not whole or lacks_logprobs or exchange.provider is None:
            return
        kept = CachedAnswer(msgspec.json.encode(document), exchange.served_model, cost_nanousd or 0)
        policy = _cache_policy(exchange.route)
        await self._cache.keep(
            exchange.sender.project_id, looked.key, kept, policy.ttl_s, looked.question, looked.vector
        )

    @staticmethod
    def reads_answers(exchange: Exchange) -> bool:
        """Whether an answer must be seen whole before any of it is passed on."""
        guardrails = _guardrails(exchange.route)
        return guardrails is not None and guardrails.reads_output


def _guardrails(route: Route | None) -> Guardrails | None:
    if route is None or route.guardrails == Guardrails():
        return None
    return route.guardrails


def _cache_policy(route: Route | None) -> CachePolicy:
    return CachePolicy() if route is None else route.cache


def _guarded(exchange: Exchange) -> GuardedCall:
    route, gateway = exchange.route, exchange.must_be_configured
    hook = None if route is None else route.guardrails.webhook
    return GuardedCall(
        project_id=exchange.sender.project_id,
        route="" if route is None else route.name,
        model=exchange.model_requested,
        dialect=exchange.operation.dialect,
        operation=exchange.operation.name,
        webhook_secret="" if hook is None else gateway.secrets.get(hook.secret_id, ""),
    )


def _refused(exchange: Exchange, blocked: Blocked) -> Refused:
    exchange.verdicts += blocked.verdicts
    return Refused(400, "guardrail", str(blocked), details={"guard": blocked.rule}, blocked=True)
