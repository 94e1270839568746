"""OpenAI chat answers, whole and streamed, as Anthropic's messages."""

import json
from typing import Any

from lynex_server.gateway.sse import SseEvent, sse
from lynex_server.gateway.translate.chat_answer import CUT_OFF
from lynex_server.gateway.translate.contract import Document
from lynex_server.gateway.translate.lenient import count, encoded, item, items, parsed, string

_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def message(document: Document) -> Document:
    """A whole answer. Of several choices, the first."""
    choice = next(iter(items(document, "choices")), {})
    said = item(choice, "message")
    content: list[Document] = []
    thought = reasoning_of(said)
    if thought:
        content.append({"type": "thinking", "thinking": thought, "signature": ""})
    text = string(said, "content") or string(said, "refusal")
    if text:
        content.append({"type": "text", "text": text})
    calls = items(said, "tool_calls")
    for call in calls:
        function = item(call, "function")
        called = {"id": string(call, "id"), "name": string(function, "name"), "input": _input(function)}
        content.append({"type": "tool_use", **called})
    reason = stop_reason(string(choice, "finish_reason"), bool(calls), bool(string(said, "refusal")))
    return _shell(string(document, "id"), string(document, "model")) | {
        "content": content,
        "stop_reason": reason,
        "usage": usage_of(item(document, "usage")),
    }


def reasoning_of(said: Document) -> str:
    """What a model thought, under the two names that compatible servers use."""
    return string(said, "reasoning_content") or string(said, "reasoning")


def stop_reason(finish: str, called: bool, refused: bool) -> str:
    """Some servers say `stop` after a call; what was said counts."""
    if refused:
        return "refusal"
    if called and finish in ("stop", ""):
        return "tool_use"
    return _STOP_REASONS.get(finish, "end_turn")


def usage_of(usage: Document) -> Document:
    """OpenAI counts the cache within the prompt; Anthropic apart from the input."""
    details = item(usage, "prompt_tokens_details")
    cached, written = count(details, "cached_tokens"), count(details, "cache_write_tokens")
    prompt = count(usage, "prompt_tokens") or 0
    return {
        "input_tokens": max(0, prompt - (cached or 0) - (written or 0)),
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": written,
        "output_tokens": count(usage, "completion_tokens") or 0,
    }


def error(status: int, text: str) -> Document:
    """An error as Anthropic writes it."""
    kind = _ERROR_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": text}}


def error_text(document: Document | None, text: str) -> str:
    """What an error of a compatible server says; they write it in several ways."""
    whole = document or {}
    return (
        string(item(whole, "error"), "message")
        or string(whole, "error")
        or string(whole, "message")
        or string(whole, "detail")
        or text[:2000]
        or "the provider gave no reason"
    )


def error_status(document: Document) -> int:
    """The status that an error in the middle of a stream stands for; 500 where it names none."""
    code = count(item(document, "error"), "code") or count(item(document, "error"), "status") or 0
    return code if 400 <= code < 600 else 500


def _input(function: Document) -> Document:
    """The arguments as an object. What a model wrote that is none is handed on under a name that says so."""
    arguments = string(function, "arguments")
    try:
        value = json.loads(arguments) if arguments.strip() else {}
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"invalid_json": arguments}


def _shell(message_id: str, model: str) -> Document:
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


class MessagesStream:
    """Chunks as the events of a message. Text and thinking are closed when the other begins; calls stay open
    to the end, since servers may mix their fragments. The last events wait for the usage, which comes
    last."""

    def __init__(self) -> None:
        self._started = False
        self._failed = False
        self._blocks = 0
        self._open: tuple[str, int] | None = None
        self._calls: dict[int, int] = {}
        self._finish: str | None = None
        self._refused = False
        self._usage: Document = {}

    def feed(self, event: SseEvent) -> list[bytes]:
        chunk = parsed(event.data) if event.data and not self._failed else None
        if chunk is None:
            return []
        if "error" in chunk and not items(chunk, "choices"):
            return self._fail(error_status(chunk), error_text(chunk, ""))
        said = [] if self._started else self._start(chunk)
        self._usage = item(chunk, "usage") or self._usage
        for choice in items(chunk, "choices"):
            if (count(choice, "index") or 0) == 0:
                said += self._delta(item(choice, "delta"))
                self._finish = string(choice, "finish_reason") or self._finish
        return said

    def end(self) -> list[bytes]:
        if self._failed:
            return []
        if self._finish is None:
            return self._fail(502, CUT_OFF)
        reason = stop_reason(self._finish, bool(self._calls), self._refused)
        delta = {"stop_reason": reason, "stop_sequence": None}
        return [
            *self._close(),
            *(_event("content_block_stop", index=index) for index in self._calls.values()),
            _event("message_delta", delta=delta, usage=usage_of(self._usage)),
            _event("message_stop"),
        ]

    def _start(self, chunk: Document) -> list[bytes]:
        self._started = True
        shell = _shell(string(chunk, "id"), string(chunk, "model"))
        return [_event("message_start", message=shell | {"usage": {"input_tokens": 0, "output_tokens": 0}})]

    def _delta(self, delta: Document) -> list[bytes]:
        said: list[bytes] = []
        thought = reasoning_of(delta)
        if thought:
            empty = {"type": "thinking", "thinking": "", "signature": ""}
            said += self._piece("thinking", empty, {"type": "thinking_delta", "thinking": thought})
        self._refused = self._refused or bool(string(delta, "refusal"))
        text = string(delta, "content") or string(delta, "refusal")
        if text:
            said += self._piece("text", {"type": "text", "text": ""}, {"type": "text_delta", "text": text})
        for place, call in enumerate(items(delta, "tool_calls")):
            said += self._call(count(call, "index") if "index" in call else place, call)
        return said

    def _piece(self, kind: str, empty: Document, delta: Document) -> list[bytes]:
        said: list[bytes] = []
        if self._open is None or self._open[0] != kind:
            said += self._close()
            self._open = (kind, self._blocks)
            said.append(self._block(empty))
        return [*said, _event("content_block_delta", index=self._open[1], delta=delta)]

    def _call(self, index: int | None, call: Document) -> list[bytes]:
        number, function, said = index or 0, item(call, "function"), []
        if number not in self._calls:
            said += self._close()
            self._calls[number] = self._blocks
            block = {
                "type": "tool_use",
                "id": string(call, "id"),
                "name": string(function, "name"),
                "input": {},
            }
            said.append(self._block(block))
        fragment = string(function, "arguments")
        if fragment:
            delta = {"type": "input_json_delta", "partial_json": fragment}
            said.append(_event("content_block_delta", index=self._calls[number], delta=delta))
        return said

    def _block(self, block: Document) -> bytes:
        index, self._blocks = self._blocks, self._blocks + 1
        return _event("content_block_start", index=index, content_block=block)

    def _close(self) -> list[bytes]:
        if self._open is None:
            return []
        index, self._open = self._open[1], None
        return [_event("content_block_stop", index=index)]

    def _fail(self, status: int, text: str) -> list[bytes]:
        self._failed = True
        return [sse(encoded(error(status, text)), "error")]


def _event(kind: str, **fields: Any) -> bytes:
    return sse(encoded({"type": kind, **fields}), kind)
