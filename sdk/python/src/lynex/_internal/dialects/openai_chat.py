"""OpenAI chat completions, and the many servers that speak them."""

from __future__ import annotations

from typing import Any

from lynex._internal.dialects.dialect import (
    MAX_STREAM_CHARS,
    PARAMETERS,
    get,
    items,
    put_attribute,
    put_parameters,
    put_usage,
    text,
)
from lynex._internal.dialects.openai_usage import read_openai_usage
from lynex._internal.record import SpanRecord

_MESSAGE_FIELDS = ("role", "content", "refusal", "reasoning_content", "tool_calls", "function_call", "audio")


class OpenAIChat:
    """`POST /chat/completions`."""

    kind = "llm"
    provider = "openai"

    def read_request(self, span: SpanRecord, body: Any) -> None:
        """Messages as input; parameters and tools as attributes."""
        if span.input is None:
            span.input = get(body, "messages")
        put_parameters(span, body, PARAMETERS)
        put_attribute(span, "gen_ai.tool.definitions", get(body, "tools"))
        put_attribute(span, "openai.request.service_tier", text(body, "service_tier"))
        put_attribute(span, "gen_ai.user", text(body, "user"))

    def read_response(self, span: SpanRecord, response: Any) -> None:
        """Served model, tier, usage, finish reasons, messages and the names of the tools called."""
        span.model = span.model or text(response, "model")
        span.service_tier = span.service_tier or text(response, "service_tier")
        put_usage(span, read_openai_usage(get(response, "usage")), "inclusive")
        put_attribute(span, "gen_ai.response.id", text(response, "id"))
        choices = items(response, "choices")
        reasons = [reason for choice in choices if (reason := text(choice, "finish_reason"))]
        span.finish_reason = span.finish_reason or ",".join(dict.fromkeys(reasons))
        messages = [get(choice, "message") for choice in choices]
        if span.output is None and messages:
            span.output = [_message(message) for message in messages]
        calls = [call for message in messages for call in items(message, "tool_calls")]
        names = [text(get(call, "function") or get(call, "custom"), "name") for call in calls]
        put_attribute(span, "lynex.tool_calls", [name for name in names if name])

    def stream_reader(self) -> OpenAIChatStream:
        """A reader of `chat.completion.chunk`s."""
        return OpenAIChatStream()


def _message(message: Any) -> dict[str, Any]:
    return {field: value for field in _MESSAGE_FIELDS if (value := get(message, field)) is not None}


class OpenAIChatStream:
    """Puts chunks together: text per choice, tool calls by their index, usage from the chunk that has it."""

    __slots__ = ("_chars", "_choices", "_fields", "_usage")

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}
        self._usage: Any = None
        self._choices: dict[int, dict[str, Any]] = {}
        self._chars = 0

    def feed(self, piece: Any) -> bool:
        """Take one chunk."""
        if not self._fields:
            self._fields = {name: value for name in ("id", "model") if (value := text(piece, name))}
        tier = get(piece, "service_tier")
        if tier:
            self._fields["service_tier"] = tier
        usage = get(piece, "usage")
        if usage is not None:
            self._usage = usage
        carries = False
        for choice in get(piece, "choices") or ():
            carries = self._feed_choice(choice) or carries
        return carries

    def _feed_choice(self, choice: Any) -> bool:
        index = get(choice, "index") or 0
        state = self._choices.get(index)
        if state is None:
            state = self._choices[index] = {"content": [], "reasoning_content": [], "tools": {}, "finish": ""}
        reason = get(choice, "finish_reason")
        if reason:
            state["finish"] = reason
        delta = get(choice, "delta")
        carries = False
        for field in ("content", "reasoning_content"):
            piece = get(delta, field)
            if piece:
                carries = True
                self._keep(state[field], piece)
        for call in get(delta, "tool_calls") or ():
            carries = True
            self._feed_call(state["tools"], call)
        return carries

    def _feed_call(self, tools: dict[int, dict[str, Any]], call: Any) -> None:
        state = tools.setdefault(get(call, "index") or 0, {"id": "", "name": "", "arguments": []})
        function = get(call, "function")
        state["id"] = state["id"] or text(call, "id")
        state["name"] = state["name"] or text(function, "name")
        self._keep(state["arguments"], text(function, "arguments"))

    def _keep(self, pieces: list[str], piece: str) -> None:
        if self._chars < MAX_STREAM_CHARS:
            pieces.append(piece)
            self._chars += len(piece)

    def is_complete(self) -> bool:
        """Whether every choice has its finish reason."""
        return bool(self._choices) and all(state["finish"] for state in self._choices.values())

    def response(self) -> dict[str, Any]:
        """The chunks as one chat completion."""
        choices = [_choice(index, state) for index, state in sorted(self._choices.items())]
        return {**self._fields, "usage": self._usage, "choices": choices}


def _choice(index: int, state: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "".join(state["content"]) or None}
    if state["reasoning_content"]:
        message["reasoning_content"] = "".join(state["reasoning_content"])
    if state["tools"]:
        message["tool_calls"] = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": "".join(call["arguments"])},
            }
            for _, call in sorted(state["tools"].items())
        ]
    return {"index": index, "finish_reason": state["finish"] or None, "message": message}
