"""Asking: the candidates in their order, each with its tries, until one answers. Everything here happens
before the client has seen a byte."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from lynex_server.gateway.addressing import (
    ANTHROPIC_VERSION,
    Outgoing,
    address_of,
    below,
    body_for,
    headers_for,
)
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.exchange import Exchange
from lynex_server.gateway.health import Health
from lynex_server.gateway.metrics import GatewayMetrics
from lynex_server.gateway.model import Provider, ProviderKey
from lynex_server.gateway.operations import Operation
from lynex_server.gateway.routing import Candidate, own_dialect, speaks
from lynex_server.gateway.translate import Translator, Untranslatable, translator
from lynex_server.gateway.upstream import Upstream, UpstreamAnswer, UpstreamFailed

RETRIES_WITHOUT_ROUTE = 1
BACKOFF_S = 0.2
MAX_BACKOFF_S = 2.0
MAX_RETRY_AFTER_S = 5.0
"""A provider that asks for more patience than this is not waited for."""
MAX_ERROR_BYTES = 1_000_000

_TRIED_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_FAILURES = frozenset({500, 502, 503, 504, 520, 522, 524, 529})


@dataclass(frozen=True, slots=True)
class Question:
    """What candidates are asked: the operation, the body as the caller sent it or a policy changed it, the
    query string, and the caller's headers. `passes`: his own provider key may go along."""

    operation: Operation
    raw: bytes
    query: str
    caller: list[tuple[str, str]]
    passes: bool


@dataclass(slots=True)
class Asking:
    """A candidate that answered: its answer, and what turns it into the caller's dialect."""

    candidate: Candidate
    answer: UpstreamAnswer
    translator: Translator | None


@dataclass(slots=True)
class Failed(Exception):
    """An upstream's own error, whole: when nobody else answers, the client gets it as it is."""

    candidate: Candidate
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    translator: Translator | None

    def retry_after_s(self) -> float | None:
        """What the provider asks for."""
        for name, value in self.headers:
            if name.lower() == "retry-after" and value.isdigit():
                return float(value)
        return None


Reserve = Callable[[Exchange, Candidate], Awaitable[None]]
"""Sets money aside for a candidate, in place of what is set aside for another."""


class Attempts:
    """Asks upstreams. One for the event loop."""

    def __init__(
        self, upstream: Upstream, health: Health, metrics: GatewayMetrics, chance: random.Random
    ) -> None:
        self._upstream = upstream
        self._health = health
        self._metrics = metrics
        self._chance = chance

    async def ask(self, exchange: Exchange, question: Question, reserve: Reserve) -> Asking:
        """The first candidate that answers. Its connection is the caller's to close, and its health to leave.

        Raises `Failed` with the last upstream's own error, or `Refused`.
        """
        assert exchange.plan is not None  # noqa: S101  # the call has been routed
        last: Refused | Failed | None = None
        for candidate in exchange.plan.candidates:
            try:
                await reserve(exchange, candidate)
                return await self._ask_one(exchange, candidate, question)
            except Failed as failed:
                last = failed
                if failed.status not in _TRIED_AGAIN and failed.status not in (401, 403, 404):
                    raise
            except Refused as refused:
                # A budget that has nothing left for this model may have enough for a cheaper one.
                last = refused
                if refused.code in ("kill_switch_active", "untranslatable", "budgets_unreachable"):
                    raise
        assert last is not None  # noqa: S101  # there is at least one candidate
        raise last

    async def _ask_one(self, exchange: Exchange, candidate: Candidate, question: Question) -> Asking:
        retries = RETRIES_WITHOUT_ROUTE if exchange.route is None else exchange.route.retries
        tried = 0
        while True:
            try:
                return await self._try(exchange, candidate, question)
            except Failed as failed:
                wait_s = self._patience_s(failed, tried, candidate.provider)
                if wait_s is None or tried >= retries:
                    raise
            except Refused as refused:
                if tried >= retries or refused.code not in ("upstream_unreachable", "upstream_broke_off"):
                    raise
                wait_s = self._backoff_s(tried)
            tried += 1
            await asyncio.sleep(wait_s)

    async def _try(self, exchange: Exchange, candidate: Candidate, question: Question) -> Asking:
        provider = candidate.provider
        kept_out = self._health.enter(provider)
        if kept_out:
            self._metrics.attempted(provider.name, kept_out)
            why = "failed repeatedly and rests" if kept_out == "open" else "has as many calls as it may have"
            code = "upstream_resting" if kept_out == "open" else "upstream_busy"
            raise Refused(503, code, f"The provider {provider.name!r} {why}.", retry_after_s=1, retry=True)
        entered = True
        try:
            key = self._health.key_for(provider)
            outgoing, translating = self._outgoing(exchange, candidate, question, key)
            exchange.attempts += 1
            if not exchange.asked_upstream_s:
                exchange.asked_upstream_s = time.perf_counter()
                self._metrics.added.observe(exchange.asked_upstream_s - exchange.began_s)
            route = exchange.route
            timeout_s = route.timeout_s if route is not None and route.timeout_s else provider.timeout_s
            answer = await self._upstream.send(outgoing, outgoing.body, timeout_s, decompress=True)
            self._metrics.began(provider.name, time.perf_counter() - exchange.asked_upstream_s)
            if answer.status >= 400:
                raise await self._failed(candidate, answer, key, translating)
            self._health.worked(provider)
            self._metrics.attempted(provider.name, "answered")
            entered = False
            return Asking(candidate, answer, translating)
        except UpstreamFailed as error:
            self._health.failed(provider)
            self._metrics.attempted(provider.name, error.kind)
            raise refused_by(error, provider) from error
        finally:
            if entered:
                self._health.unsure(provider)
                self._health.leave(provider)

    def _outgoing(
        self, exchange: Exchange, candidate: Candidate, question: Question, key: ProviderKey | None
    ) -> tuple[Outgoing, Translator | None]:
        asked, gateway, operation = exchange.must_be_asked, exchange.must_be_configured, question.operation
        provider = candidate.provider
        secret = "" if key is None else gateway.secrets.get(key.secret_id, "")
        headers = headers_for(provider, secret, question.caller, question.passes)
        headers.append(("accept-encoding", "identity"))
        headers.append(("traceparent", f"00-{exchange.said.trace_id}-{exchange.span_id}-01"))
        if speaks(provider, operation.dialect):
            url = address_of(provider, operation, candidate.model, question.query)
            return Outgoing("POST", url, headers, body_for(asked, question.raw, candidate.model)), None
        translating = translator(operation.dialect, operation.name, own_dialect(provider))
        if translating is None:
            raise Refused(
                400,
                "untranslatable",
                f"The provider {provider.name!r} does not speak the dialect of {operation.path}, and this "
                "operation cannot be translated for it.",
            )
        try:
            translated = translating.request(asked.document, candidate.model)
        except Untranslatable as error:
            raise Refused(400, "untranslatable", str(error), details={"field": error.field}) from error
        own_fields = [
            (n, v) for n, v in headers if n not in ("anthropic-version", "anthropic-beta", "accept")
        ]
        own_fields += [(n, v) for n, v in translated.headers.items() if n.lower() != "content-type"]
        if (
            not any(name.lower() == "anthropic-version" for name, _ in own_fields)
            and provider.kind == "anthropic"
        ):
            own_fields.append(("anthropic-version", ANTHROPIC_VERSION))
        base = provider.base_url.rstrip("/")
        url = base + below(base, translated.path)
        return Outgoing("POST", url, own_fields, msgspec.json.encode(translated.document)), translating

    async def _failed(
        self,
        candidate: Candidate,
        answer: UpstreamAnswer,
        key: ProviderKey | None,
        translating: Translator | None,
    ) -> Exception:
        """The error that an upstream answered with. What it means for the provider's health is noted."""
        provider = candidate.provider
        try:
            body = await answer.whole(MAX_ERROR_BYTES)
        finally:
            answer.close()
        self._metrics.attempted(provider.name, f"status_{answer.status // 100}xx")
        if answer.status in _FAILURES:
            self._health.failed(provider)
        else:
            self._health.worked(provider)
        failed = Failed(candidate, answer.status, list(answer.headers.items()), body, translating)
        if key is not None and answer.status in (401, 403, 429):
            self._health.rests(key, failed.retry_after_s())
            if answer.status == 401 and not self._health.has_other_key(provider):
                # Passed on, it would say that the caller's own key is wrong.
                return Refused(
                    502,
                    "provider_key_refused",
                    f"The provider {provider.name!r} refused the key {key.name!r}.",
                )
        return failed

    def _patience_s(self, failed: Failed, tried: int, provider: Provider) -> float | None:
        """How long to wait before the next try; None when there should be none."""
        if failed.status in (401, 403, 429) and self._health.has_other_key(provider):
            return 0.0
        if failed.status not in _TRIED_AGAIN:
            return None
        wished_s = failed.retry_after_s()
        if wished_s is not None:
            return wished_s if wished_s <= MAX_RETRY_AFTER_S else None
        return self._backoff_s(tried)

    def _backoff_s(self, tried: int) -> float:
        return min(MAX_BACKOFF_S, BACKOFF_S * (1 << tried)) * self._chance.uniform(0.5, 1.0)


def refused_by(error: UpstreamFailed, provider: Provider) -> Refused:
    """What the client is told of an upstream that gave no usable answer."""
    status, code = {
        "refused": (502, "upstream_unreachable"),
        "timeout": (504, "upstream_timeout"),
        "cut": (502, "upstream_broke_off"),
        "garbage": (502, "upstream_garbage"),
        "forbidden": (502, "upstream_forbidden"),
    }[error.kind]
    return Refused(status, code, f"{error} (provider {provider.name!r})", retry=error.kind != "forbidden")
