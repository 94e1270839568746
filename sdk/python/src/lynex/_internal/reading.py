"""Which dialect an answer speaks, and the late reading of what a span kept by reference."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from lynex._internal.dialects.anthropic_messages import AnthropicMessages, read_anthropic_usage
from lynex._internal.dialects.dialect import Dialect, get, put_usage, text
from lynex._internal.dialects.openai_chat import OpenAIChat
from lynex._internal.dialects.openai_embeddings import OpenAIEmbeddings
from lynex._internal.dialects.openai_responses import OpenAIResponses
from lynex._internal.dialects.openai_usage import read_openai_usage
from lynex._internal.record import SpanRecord
from lynex._internal.report import internal_error

OPENAI_CHAT = OpenAIChat()
OPENAI_RESPONSES = OpenAIResponses()
OPENAI_EMBEDDINGS = OpenAIEmbeddings()
ANTHROPIC_MESSAGES = AnthropicMessages()

_EXCLUSIVE_SIGNS = ("cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation")


class RawBody(NamedTuple):
    """A JSON answer that the host reads by itself, as bytes; decoded late."""

    content: bytes


def dialect_of(answer: Any) -> Dialect | None:
    """The dialect of a whole answer (object or dict), told by the provider's own type mark."""
    mark = get(answer, "object")
    if mark == "chat.completion":
        return OPENAI_CHAT
    if mark == "response":
        return OPENAI_RESPONSES
    if mark == "list" and get(answer, "usage") is not None:
        return OPENAI_EMBEDDINGS
    if get(answer, "type") == "message" and get(answer, "role") == "assistant":
        return ANTHROPIC_MESSAGES
    return None


def dialect_of_piece(piece: Any) -> Dialect | None:
    """The dialect of one piece of a streamed answer."""
    if get(piece, "object") == "chat.completion.chunk":
        return OPENAI_CHAT
    event = text(piece, "type")
    if event.startswith("response."):
        return OPENAI_RESPONSES
    if event.startswith(("message_", "content_block_")):
        return ANTHROPIC_MESSAGES
    return None


def settle(span: SpanRecord) -> None:
    """Read what the span kept for later. Done once; a second call finds nothing left to read."""
    dialect, request, response = span.dialect, span.request, span.response
    span.request = span.response = None
    try:
        if dialect is not None and request is not None:
            dialect.read_request(span, request)
        if response is not None:
            answer = json.loads(response.content) if isinstance(response, RawBody) else response
            _read_response(span, dialect or dialect_of(answer), answer)
    except Exception:
        internal_error("reading a model's answer")


def _read_response(span: SpanRecord, dialect: Dialect | None, response: Any) -> None:
    if dialect is not None:
        dialect.read_response(span, response)
        return
    usage = get(response, "usage")
    if usage is not None:
        put_usage(span, *_read_unknown_usage(usage, span.provider))
    span.model = span.model or text(response, "model")
    if span.output is None:
        span.output = response


def _read_unknown_usage(usage: Any, provider: str) -> tuple[dict[str, int], str]:
    """Counts and convention of a usage object whose answer bears no type mark."""
    if any(get(usage, sign) is not None for sign in _EXCLUSIVE_SIGNS) or provider == "anthropic":
        return read_anthropic_usage(usage), "exclusive"
    if get(usage, "prompt_tokens") is not None or provider == "openai":
        return read_openai_usage(usage), "inclusive"
    return read_openai_usage(usage), "unknown"
