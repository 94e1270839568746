"""Asking: the candidates in their order, each with its tries, until one answers. Everything here happens
before the client has seen a byte."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from lynex_server.gateway.call.beginning import FIRST_ERROR, begun, heard
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.call.questions import Question, Translating, outgoing_to
from lynex_server.gateway.documents import Document
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.metrics import GatewayMetrics
from lynex_server.gateway.model import Provider, ProviderKey
from lynex_server.gateway.translate import Translator
from lynex_server.gateway.upstream.client import Upstream, UpstreamAnswer, UpstreamFailed
from lynex_server.gateway.upstream.health import FAULTS_OF_A_SERVER, OF_THE_KEY, Health
from lynex_server.gateway.upstream.only_chat import OnlyChat, may_know_only_chat
from lynex_server.gateway.upstream.retry_after import retry_after_s
from lynex_server.gateway.upstream.routing import Candidate

RETRIES_WITHOUT_ROUTE = 1
BACKOFF_S = 0.2
MAX_BACKOFF_S = 2.0
MAX_RETRY_AFTER_S = 5.0
"""A provider that asks for more patience than this is not waited for."""
MAX_ERROR_BYTES = 1_000_000

_TRIED_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_NOT_OF_THE_QUESTION = _TRIED_AGAIN | OF_THE_KEY | {404}
"""What another provider may not meet with, like all faults of a server."""
_UNKNOWN_PATH = frozenset({404, 405})


@dataclass(slots=True)
class Asking:
    """A candidate that answered: its answer, what turns it into the caller's dialect, and, where it is no
    stream, its body and the object in it."""

    candidate: Candidate
    answer: UpstreamAnswer
    translating: Translating | None
    body: bytes
    document: Document


@dataclass(slots=True)
class Failed(Exception):
    """An upstream's own error, whole: when nobody else answers, the client gets it as it is. `key` is ours
    that it was asked with."""

    candidate: Candidate
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    translator: Translator | None
    key: ProviderKey | None

    def __str__(self) -> str:
        return f"the provider {self.candidate.provider.name!r} answered {self.status}"


Reserve = Callable[[Exchange, Candidate], Awaitable[None]]
"""Sets money aside for a candidate, in place of what is set aside for another."""


class Attempts:
    """Asks upstreams. One for the event loop."""

    def __init__(
        self,
        upstream: Upstream,
        health: Health,
        metrics: GatewayMetrics,
        chance: random.Random,
        max_answer_bytes: int,
    ) -> None:
        self._upstream = upstream
        self._max_answer_bytes = max_answer_bytes
        self._health = health
        self._metrics = metrics
        self._chance = chance
        self._only_chat = OnlyChat()

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
                if failed.status < FAULTS_OF_A_SERVER and failed.status not in _NOT_OF_THE_QUESTION:
                    raise
            except Refused as refused:
                if refused.code in ("kill_switch_active", "budgets_unreachable"):
                    raise
                if refused.code == "untranslatable":
                    if last is None:
                        raise
                    continue  # why the one before it failed says more
                # A budget that has nothing left for this model may have enough for a cheaper one.
                last = refused
        assert last is not None  # noqa: S101  # there is at least one candidate
        raise last

    async def _ask_one(self, exchange: Exchange, candidate: Candidate, question: Question) -> Asking:
        """Where a server may know chat and not responses, a path that it does not know is asked for as chat,
        and the provider remembered."""
        retries = RETRIES_WITHOUT_ROUTE if exchange.route is None else exchange.route.retries
        provider, tried = candidate.provider, 0
        as_chat = question.operation.name == "responses" and provider in self._only_chat
        unknown: Failed | None = None
        while True:
            try:
                asking = await self._try(exchange, candidate, question, as_chat)
                if unknown is not None:
                    self._only_chat.add(provider)
                return asking
            except Failed as failed:
                if failed.status in _UNKNOWN_PATH and may_know_only_chat(provider, question.operation):
                    if as_chat:
                        raise unknown or failed from failed
                    as_chat, unknown = True, failed
                    continue
                wait_s = self._patience_s(failed, tried, provider)
                if wait_s is None or tried >= retries:
                    if failed.status == 401 and failed.key is not None:
                        raise key_refused(provider, failed.key) from failed
                    raise
            except Refused as refused:
                if tried >= retries or refused.code not in ("upstream_unreachable", "upstream_broke_off"):
                    raise
                wait_s = self._backoff_s(tried)
            tried += 1
            await asyncio.sleep(wait_s)

    async def _try(
        self, exchange: Exchange, candidate: Candidate, question: Question, as_chat: bool
    ) -> Asking:
        provider = candidate.provider
        kept_out = self._health.enter(provider)
        if kept_out:
            self._metrics.attempted(provider.name, kept_out)
            raise kept_out_of(provider, kept_out)
        entered = True
        try:
            key = self._health.key_for(provider)
            outgoing, translating = outgoing_to(exchange, candidate, question, key, as_chat)
            exchange.attempts += 1
            if not exchange.asked_upstream_s:
                exchange.asked_upstream_s = time.perf_counter()
                self._metrics.added.observe(exchange.asked_upstream_s - exchange.began_s)
            within_s = 0.0 if exchange.route is None else exchange.route.timeout_s
            begun_s = time.perf_counter()
            answer = await begun(self._upstream, outgoing, provider, within_s)
            self._metrics.began(provider.name, time.perf_counter() - begun_s)
            if answer.status >= FIRST_ERROR:
                raise await self._failed(exchange, candidate, answer, key, translating)
            name = question.operation.name if translating is None else translating.name
            body, document = await heard(answer, name, self._max_answer_bytes)
            self._health.worked(provider)
            self._metrics.attempted(provider.name, "answered")
            entered = False
            return Asking(candidate, answer, translating, body, document)
        except UpstreamFailed as error:
            self._health.failed(provider)
            self._metrics.attempted(provider.name, error.kind)
            raise refused_by(error, provider) from error
        finally:
            if entered:
                self._health.unsure(provider)
                self._health.leave(provider)

    async def _failed(
        self,
        exchange: Exchange,
        candidate: Candidate,
        answer: UpstreamAnswer,
        key: ProviderKey | None,
        translating: Translating | None,
    ) -> Failed:
        """The error that an upstream answered with. What it means for the provider's health is noted."""
        provider = candidate.provider
        try:
            body = await answer.whole(MAX_ERROR_BYTES)
        finally:
            answer.close()
        secret = "" if key is None else exchange.must_be_configured.secrets.get(key.secret_id, "")
        if secret:  # some say in their error what they were sent
            body = body.replace(secret.encode(), b"(key)")
        self._metrics.attempted(provider.name, f"status_{answer.status // 100}xx")
        self._health.answered(provider, key, answer.status, retry_after_s(answer.headers.items()))
        translator = None if translating is None else translating.translator
        return Failed(candidate, answer.status, list(answer.headers.items()), body, translator, key)

    def _patience_s(self, failed: Failed, tried: int, provider: Provider) -> float | None:
        """How long to wait before the next try; None when there should be none."""
        if failed.status in OF_THE_KEY and self._health.has_other_key(provider):
            return 0.0
        if failed.status not in _TRIED_AGAIN:
            return None
        wished_s = retry_after_s(failed.headers)
        if wished_s is not None:
            # Others were told the same: they are not all to come back in one moment.
            return wished_s + self._chance.uniform(0, BACKOFF_S) if wished_s <= MAX_RETRY_AFTER_S else None
        return self._backoff_s(tried)

    def _backoff_s(self, tried: int) -> float:
        return min(MAX_BACKOFF_S, BACKOFF_S * (1 << tried)) * self._chance.uniform(0.5, 1.0)


def kept_out_of(provider: Provider, why: str) -> Refused:
    """What the client is told where `Health.enter` said `open` or `full`."""
    text = "failed repeatedly and rests" if why == "open" else "has as many calls as it may have"
    code = "upstream_resting" if why == "open" else "upstream_busy"
    return Refused(503, code, f"The provider {provider.name!r} {text}.", retry_after_s=1, retry=True)


def key_refused(provider: Provider, key: ProviderKey) -> Refused:
    """In the place of a 401: passed on, it would say that the caller's own key is wrong."""
    text = f"The provider {provider.name!r} refused the key {key.name!r}."
    return Refused(502, "provider_key_refused", text)


def refused_by(error: UpstreamFailed, provider: Provider) -> Refused:
    """What the client is told of an upstream that gave no usable answer."""
    status, code = {
        "refused": (502, "upstream_unreachable"),
        "timeout": (504, "upstream_timeout"),
        "cut": (502, "upstream_broke_off"),
        "garbage": (502, "upstream_garbage"),
        "forbidden": (502, "upstream_forbidden"),
        "error": (502, "upstream_error"),
    }[error.kind]
    return Refused(status, code, f"{error} (provider {provider.name!r})", retry=error.kind != "forbidden")
