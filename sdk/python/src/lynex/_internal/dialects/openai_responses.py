"""OpenAI responses."""

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

_FINAL_EVENTS = frozenset({"response.completed", "response.incomplete", "response.failed"})
_TOOL_CALLS = frozenset({"function_call", "custom_tool_call", "mcp_call"})


class OpenAIResponses:
    """`POST /responses`."""

    kind = "llm"
    provider = "openai"

    def read_request(self, span: SpanRecord, body: Any) -> None:
        """Instructions and input as input; parameters and tools as attributes."""
        if span.input is None:
            span.input = _input(get(body, "instructions"), get(body, "input"))
        put_parameters(span, body, PARAMETERS)
        put_attribute(span, "gen_ai.request.reasoning_effort", text(get(body, "reasoning"), "effort"))
        put_attribute(span, "gen_ai.tool.definitions", get(body, "tools"))
        put_attribute(span, "openai.request.service_tier", text(body, "service_tier"))

    def read_response(self, span: SpanRecord, response: Any) -> None:
        """Served model, tier, usage, how it ended, output items and the names of the tools called."""
        span.model = span.model or text(response, "model")
        span.service_tier = span.service_tier or text(response, "service_tier")
        put_usage(span, read_openai_usage(get(response, "usage")), "inclusive")
        put_attribute(span, "gen_ai.response.id", text(response, "id"))
        ended = text(get(response, "incomplete_details"), "reason") or text(response, "status")
        span.finish_reason = span.finish_reason or ended
        error = get(response, "error")
        if error is not None and span.status == "ok":
            span.status = "error"
            span.error_type = text(error, "code")
            span.error_message = text(error, "message")
        output = items(response, "output")
        if span.output is None and output:
            span.output = output
        put_attribute(
            span,
            "lynex.tool_calls",
            [name for item in output if text(item, "type") in _TOOL_CALLS and (name := text(item, "name"))],
        )

    def stream_reader(self) -> OpenAIResponsesStream:
        """A reader of `response.*` events."""
        return OpenAIResponsesStream()


def _input(instructions: Any, given: Any) -> Any:
    if not isinstance(instructions, str):
        return given
    system = {"role": "system", "content": instructions}
    if isinstance(given, list):
        return [system, *given]
    return [system, {"role": "user", "content": given}]


class OpenAIResponsesStream:
    """Keeps the response of the final event; until it comes, the text and items seen so far."""

    __slots__ = ("_chars", "_final", "_items", "_pieces", "_started")

    def __init__(self) -> None:
        self._started: Any = None
        self._final: Any = None
        self._items: list[Any] = []
        self._pieces: list[str] = []
        self._chars = 0

    def feed(self, piece: Any) -> bool:
        """Take one event."""
        event = text(piece, "type")
        if event.endswith(".delta"):
            delta = text(piece, "delta")
            if event == "response.output_text.delta" and self._chars < MAX_STREAM_CHARS:
                self._pieces.append(delta)
                self._chars += len(delta)
            return True
        if event == "response.output_item.done":
            self._items.append(get(piece, "item"))
            # The item says in whole what its pieces said.
            self._pieces.clear()
        elif event in _FINAL_EVENTS:
            self._final = get(piece, "response")
        elif event == "response.created":
            self._started = get(piece, "response")
        return False

    def is_complete(self) -> bool:
        """Whether a final event came."""
        return self._final is not None

    def response(self) -> Any:
        """The final response, or what an unfinished one said so far (without a status or usage)."""
        if self._final is not None:
            return self._final
        said = "".join(self._pieces)
        rest = [{"type": "message", "role": "assistant", "content": said}] if said else []
        return {
            "id": text(self._started, "id"),
            "model": text(self._started, "model"),
            "output": [*self._items, *rest],
        }
