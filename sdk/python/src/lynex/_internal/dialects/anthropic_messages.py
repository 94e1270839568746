"""Anthropic messages. Input tokens **exclude** what was read from and written to the cache."""

from __future__ import annotations

import json
from typing import Any

from lynex._internal.dialects.dialect import (
    MAX_STREAM_CHARS,
    PARAMETERS,
    get,
    items,
    put_attribute,
    put_count,
    put_parameters,
    put_usage,
    text,
)
from lynex._internal.record import SpanRecord

_PIECES = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
_USAGE_FIELDS = (
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "cache_creation",
    "output_tokens_details",
    "server_tool_use",
    "service_tier",
    "speed",
    "inference_geo",
)


class AnthropicMessages:
    """`POST /v1/messages`."""

    kind = "llm"
    provider = "anthropic"

    def read_request(self, span: SpanRecord, body: Any) -> None:
        """System and messages as input; parameters and tools as attributes."""
        if span.input is None:
            messages, system = get(body, "messages"), get(body, "system")
            if system and isinstance(messages, list):
                messages = [{"role": "system", "content": system}, *messages]
            span.input = messages
        put_parameters(span, body, PARAMETERS)
        put_attribute(span, "gen_ai.tool.definitions", get(body, "tools"))
        put_attribute(span, "gen_ai.request.service_tier", text(body, "service_tier"))
        put_attribute(span, "gen_ai.user", text(get(body, "metadata"), "user_id"))

    def read_response(self, span: SpanRecord, response: Any) -> None:
        """Served model, tier, usage, stop reason, content and the names of the tools called."""
        usage = get(response, "usage")
        span.model = span.model or text(response, "model")
        span.service_tier = span.service_tier or text(usage, "service_tier")
        put_usage(span, read_anthropic_usage(usage), "exclusive")
        put_attribute(span, "anthropic.usage.speed", text(usage, "speed"))
        put_attribute(span, "anthropic.usage.inference_geo", text(usage, "inference_geo"))
        put_attribute(span, "gen_ai.response.id", text(response, "id"))
        span.finish_reason = span.finish_reason or text(response, "stop_reason")
        content = items(response, "content")
        if span.output is None and content:
            span.output = [{"role": "assistant", "content": content}]
        put_attribute(
            span,
            "lynex.tool_calls",
            [
                name
                for block in content
                if text(block, "type") == "tool_use" and (name := text(block, "name"))
            ],
        )

    def stream_reader(self) -> AnthropicStream:
        """A reader of message stream events."""
        return AnthropicStream()


def read_anthropic_usage(usage: Any) -> dict[str, int]:
    """Canonical units of an Anthropic usage object; the buckets stay separate ("exclusive")."""
    counts: dict[str, int] = {}
    put_count(counts, "input_tokens", get(usage, "input_tokens"))
    put_count(counts, "output_tokens", get(usage, "output_tokens"))
    put_count(counts, "cache_read_tokens", get(usage, "cache_read_input_tokens"))
    split = get(usage, "cache_creation")
    if split is not None:
        put_count(counts, "cache_write_5m_tokens", get(split, "ephemeral_5m_input_tokens"))
        put_count(counts, "cache_write_1h_tokens", get(split, "ephemeral_1h_input_tokens"))
    else:
        # Without a split the writes have the default lifetime of five minutes.
        put_count(counts, "cache_write_5m_tokens", get(usage, "cache_creation_input_tokens"))
    put_count(counts, "reasoning_tokens", get(get(usage, "output_tokens_details"), "thinking_tokens"))
    tools = get(usage, "server_tool_use")
    put_count(counts, "web_searches", get(tools, "web_search_requests"))
    put_count(counts, "web_fetches", get(tools, "web_fetch_requests"))
    return counts


class AnthropicStream:
    """Puts events together: blocks by their index, and usage from the start and the latest delta.

    The start names the input and a *placeholder* output count. Only a delta says the real output, so an
    answer that was cut before its first delta has no output count (None is not zero, nor one).
    """

    __slots__ = ("_blocks", "_chars", "_message", "_stop_reason", "_usage")

    def __init__(self) -> None:
        self._message: Any = None
        self._usage: dict[str, Any] = {}
        self._stop_reason = ""
        self._blocks: dict[int, tuple[Any, list[str]]] = {}
        self._chars = 0

    def feed(self, piece: Any) -> bool:
        """Take one event."""
        event = get(piece, "type")
        if event == "content_block_delta":
            return self._feed_delta(get(piece, "index") or 0, get(piece, "delta"))
        if event == "content_block_start":
            self._blocks[get(piece, "index") or 0] = (get(piece, "content_block"), [])
        elif event == "message_delta":
            self._stop_reason = text(get(piece, "delta"), "stop_reason") or self._stop_reason
            self._note(get(piece, "usage"))
        elif event == "message_start":
            self._message = get(piece, "message")
            self._note(get(self._message, "usage"))
            self._usage.pop("output_tokens", None)
        return False

    def _feed_delta(self, index: int, delta: Any) -> bool:
        field = _PIECES.get(text(delta, "type"))
        if field is None:
            return False
        piece = text(delta, field)
        if self._chars < MAX_STREAM_CHARS and index in self._blocks:
            self._blocks[index][1].append(piece)
            self._chars += len(piece)
        return True

    def _note(self, usage: Any) -> None:
        # Deltas are cumulative: the latest value that was said stands.
        said = {field: value for field in _USAGE_FIELDS if (value := get(usage, field)) is not None}
        # A delta may repeat the sum of the cache writes without its split by lifetime: the split of the start
        # is a field of its own and so stays, and it is what is read where there is one.
        self._usage.update(said)

    def is_complete(self) -> bool:
        """Whether a stop reason came."""
        return bool(self._stop_reason)

    def response(self) -> dict[str, Any]:
        """The events as one message."""
        return {
            "id": text(self._message, "id"),
            "model": text(self._message, "model"),
            "stop_reason": self._stop_reason,
            "usage": self._usage,
            "content": [_block(block, pieces) for _, (block, pieces) in sorted(self._blocks.items())],
        }


def _block(block: Any, pieces: list[str]) -> Any:
    kind, said = text(block, "type"), "".join(pieces)
    if kind in ("text", "thinking"):
        return {"type": kind, kind: text(block, kind) + said}
    if kind in ("tool_use", "server_tool_use"):
        return {
            "type": kind,
            "id": text(block, "id"),
            "name": text(block, "name"),
            "input": _arguments(said) or get(block, "input"),
        }
    return block


def _arguments(said: str) -> Any:
    """A tool's arguments as data; a cut answer leaves half of them, which stay text."""
    try:
        return json.loads(said)
    except ValueError:
        return said
