"""What a candidate is asked: the caller's request, as it is or in the words of the provider's own dialect."""

from dataclasses import dataclass
from typing import Any

import msgspec

from lynex_server.gateway.call.asked import Asked
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.model import Dialect, ProviderKey
from lynex_server.gateway.operations import Name, Operation
from lynex_server.gateway.translate import Translated, Translator, Untranslatable, translator
from lynex_server.gateway.upstream.addressing import (
    ANTHROPIC_VERSION,
    Outgoing,
    address_of,
    below,
    headers_for,
)
from lynex_server.gateway.upstream.routing import Candidate, own_dialect, speaks

_OF_ANTHROPIC = frozenset({"anthropic-version", "anthropic-beta"})
_ASKED_FOR: dict[Dialect, Name] = {
    "openai": "chat",
    "anthropic": "messages",
    "gemini": "generate",
    "bedrock": "converse",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What candidates are asked: the operation, the body as the caller sent it or a policy changed it, the
    query string, and the caller's headers. `passes`: his own provider key may go along."""

    operation: Operation
    raw: bytes
    query: str
    caller: list[tuple[str, str]]
    passes: bool


@dataclass(frozen=True, slots=True)
class Translating:
    """A translation under way. `name` is what the upstream is asked for, in its own dialect."""

    translator: Translator
    name: Name


def outgoing_to(
    exchange: Exchange, candidate: Candidate, question: Question, key: ProviderKey | None, as_chat: bool
) -> tuple[Outgoing, Translating | None]:
    """The request to a candidate, and what translates its answer. `as_chat`: the provider speaks OpenAI's
    dialect without its responses. Raises `Refused`."""
    asked, gateway, operation = exchange.must_be_asked, exchange.must_be_configured, question.operation
    provider = candidate.provider
    secret = "" if key is None else gateway.secrets.get(key.secret_id, "")
    headers = headers_for(provider, secret, question.caller, question.passes)
    headers.append(("accept-encoding", "identity"))
    headers.append(("traceparent", f"00-{exchange.said.trace_id}-{exchange.span_id}-01"))
    if speaks(provider, operation.dialect) and not as_chat:
        url = address_of(provider, operation, candidate.model, question.query)
        return Outgoing("POST", url, headers, _body_for(asked, question.raw, candidate.model)), None
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
    url = provider.base_url.rstrip("/") + below(provider.base_url.rstrip("/"), translated.path)
    fields = _own_fields(headers, translated, provider.kind == "anthropic")
    name: Name = "embed_content" if operation.name == "embeddings" else _ASKED_FOR[own_dialect(provider)]
    body = msgspec.json.encode(translated.document)
    return Outgoing("POST", url, fields, body), Translating(translating, name)


def _body_for(asked: Asked, raw: bytes, model: str) -> bytes:
    """The caller's body, with the provider's name of the model, and asking for the usage of a stream.

    It is passed on as it came where nothing has to change.
    """
    changes: dict[str, Any] = {}
    document = asked.document
    if "model" in document and document["model"] != model:
        changes["model"] = model
    counts = asked.stream and not asked.shows_usage and asked.operation.name in ("chat", "completion")
    if counts:
        options = document.get("stream_options")
        changes["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    return msgspec.json.encode({**document, **changes}) if changes else raw


def _own_fields(
    headers: list[tuple[str, str]], translated: Translated, to_anthropic: bool
) -> list[tuple[str, str]]:
    """The headers without what belongs to the caller's dialect, and with what the upstream's needs."""
    fields = [(name, value) for name, value in headers if name not in (*_OF_ANTHROPIC, "accept")]
    fields += [(name, value) for name, value in translated.headers.items() if name.lower() != "content-type"]
    if to_anthropic and not any(name.lower() == "anthropic-version" for name, _ in fields):
        fields.append(("anthropic-version", ANTHROPIC_VERSION))
    return fields
