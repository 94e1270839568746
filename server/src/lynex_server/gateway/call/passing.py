"""Calls that are passed through unread: files, audio, batches, paths that nobody here knows.

Bytes are streamed both ways. What can be known is kept all the same: who called, whether a switch or a budget
stops him, how it ended, and the usage where the answer is JSON that tells it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from starlette.types import Receive, Scope

from lynex_server.gateway.answers.answer import Answer, read_answer
from lynex_server.gateway.call.attempts import kept_out_of, key_refused, refused_by
from lynex_server.gateway.call.body import Upload, read_body
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.call.relay import Send
from lynex_server.gateway.documents import document_in, text_at
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.framing import is_stream
from lynex_server.gateway.model import ProjectGateway, Provider, ProviderKey
from lynex_server.gateway.operations import Operation
from lynex_server.gateway.settings import GatewaySettings
from lynex_server.gateway.upstream.addressing import Outgoing, address_of, answer_headers, headers_for
from lynex_server.gateway.upstream.client import Upstream, UpstreamFailed
from lynex_server.gateway.upstream.health import Health
from lynex_server.gateway.upstream.retry_after import retry_after_s
from lynex_server.gateway.upstream.routing import Candidate, passes_to, plan_of

MAX_READ_ANSWER_BYTES = 1_000_000
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Unread:
    """A call as it came in, its body still to come. `passes`: the caller's own provider key may be passed on.
    `whole` is to be told once the body is all there."""

    scope: Scope
    receive: Receive
    headers: dict[str, str]
    passes: bool
    whole: Callable[[], None]

    @property
    def only_looks(self) -> bool:
        """Whether it can make no model work."""
        return self.scope["method"] in ("GET", "HEAD", "DELETE", "OPTIONS")

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON."""
        return self.headers.get("content-type", "").lower().startswith("application/json")

    @property
    def stated_bytes(self) -> int:
        """How large the body is by its own header; 0 where that says nothing."""
        stated = self.headers.get("content-length", "")
        return int(stated) if stated.isascii() and stated.isdigit() else 0

    @property
    def has_body(self) -> bool:
        """Whether there is one."""
        return "transfer-encoding" in self.headers or (
            self.stated_bytes > 0 and self.scope["method"] not in ("GET", "HEAD")
        )


class Passing:
    """Passes calls through. One for the event loop."""

    def __init__(self, upstream: Upstream, health: Health, settings: GatewaySettings) -> None:
        self._upstream = upstream
        self._health = health
        self._settings = settings

    async def target(
        self, gateway: ProjectGateway, exchange: Exchange, unread: Unread
    ) -> tuple[Candidate, bytes | Upload]:
        """Who gets the call, and its body: JSON is looked at for the model, and says it as the provider does;
        anything else is streamed."""
        operation = exchange.operation
        exchange.named = operation.model
        if unread.has_body and not unread.is_json:
            limit = self._settings.gateway_max_upload_bytes
            body = Upload(unread.receive, unread.stated_bytes, limit, unread.whole)
            return _candidate(gateway, operation, exchange.named), body
        raw = await read_body(unread.receive, self._settings.gateway_max_body_bytes)
        unread.whole()
        document = document_in(raw) or {}
        exchange.named = operation.model or text_at(document, "model").removeprefix("models/")
        candidate = _candidate(gateway, operation, exchange.named)
        if not operation.model and candidate.model != exchange.named:
            raw = msgspec.json.encode({**document, "model": candidate.model})
        return candidate, raw

    async def go(
        self,
        exchange: Exchange,
        candidate: Candidate,
        body: bytes | Upload,
        unread: Unread,
        send: Send,
    ) -> None:
        """Send it on and pass the answer back."""
        gateway, provider = exchange.gateway, candidate.provider
        assert gateway is not None  # noqa: S101  # looked up before
        kept_out = self._health.enter(provider)
        if kept_out:
            raise kept_out_of(provider, kept_out)
        try:
            key = self._health.key_for(provider)
            secret = "" if key is None else gateway.secrets.get(key.secret_id, "")
            scope = unread.scope
            caller = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
            headers = headers_for(provider, secret, caller, unread.passes)
            if unread.only_looks:
                headers += [(name, value) for name, value in caller if name == "accept-encoding"]
            else:
                headers.append(("accept-encoding", "identity"))  # what it used is read in a copy
            url = address_of(
                provider, exchange.operation, candidate.model, scope["query_string"].decode("latin-1")
            )
            exchange.asked_upstream_s = time.perf_counter()
            outgoing = Outgoing(scope["method"], url, headers, b"")
            await self._relay(exchange, provider, key, outgoing, body, send)
        finally:
            self._health.unsure(provider)
            self._health.leave(provider)

    async def _relay(
        self,
        exchange: Exchange,
        provider: Provider,
        key: ProviderKey | None,
        outgoing: Outgoing,
        body: bytes | Upload,
        send: Send,
    ) -> None:
        upload = body if isinstance(body, Upload) else None
        sent = body or None if upload is None else upload.parts()
        try:
            answer = await self._upstream.send(outgoing, sent, provider.timeout_s, decompress=False)
        except UpstreamFailed as error:
            if upload is not None and upload.failed is not None:
                raise upload.failed from error
            self._health.failed(provider)
            raise refused_by(error, provider) from error
        try:
            self._health.answered(provider, key, answer.status, retry_after_s(answer.headers.items()))
            exchange.answer_status = answer.status
            if answer.status == 401 and key is not None:
                raise key_refused(provider, key)
            if answer.status >= 400:
                exchange.status = "error"
                exchange.refused = Refused(answer.status, f"upstream_{answer.status}", "")
            fields = answer_headers(answer.headers, read=False)
            fields.append((b"x-lynex-trace-id", exchange.said.trace_id.encode()))
            await send({"type": "http.response.start", "status": answer.status, "headers": fields})
            exchange.head_sent = True
            seen: list[bytes] = []
            size = 0
            async for part in answer.pieces():
                size += len(part)
                if answer.content_type == "application/json" and size <= MAX_READ_ANSWER_BYTES:
                    seen.append(part)
                await send({"type": "http.response.body", "body": part, "more_body": True})
            exchange.answered = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            if seen and size <= MAX_READ_ANSWER_BYTES:
                exchange.answer = _said(b"".join(seen))
        except UpstreamFailed as error:
            # An error at the end of a file would be part of it: its client must see the connection break off.
            exchange.answered = not is_stream(answer.content_type)
            raise refused_by(error, provider) from error
        finally:
            answer.close()


def _said(body: bytes) -> Answer | None:
    """What a JSON answer tells of usage and model; its content is not kept."""
    document = document_in(body)
    answer = None if document is None else read_answer("other", document)
    return answer if answer is not None and answer.usage else None


def _candidate(gateway: ProjectGateway, operation: Operation, named: str) -> Candidate:
    """Who has the model that is named; without one, or where nobody has it, whose the surface is. Raises
    `Refused`, also where who has it is switched off."""
    if named:
        try:
            return plan_of(gateway, operation, named, 0.0).candidates[0]
        except Refused as refused:
            if refused.status != NOT_FOUND:
                raise
    return Candidate(passes_to(gateway, operation), named)
