"""Anthropic's answers, whole and streamed, in OpenAI's chat format."""

from typing import Any

from lynex_server.gateway.sse import SseEvent
from lynex_server.gateway.translate.chat_answer import (
    CUT_OFF,
    ChatStream,
    Choice,
    Usage,
    completion,
    tool_call,
    url_citation,
)
from lynex_server.gateway.translate.contract import Document
from lynex_server.gateway.translate.lenient import compact, count, item, items, parsed, string

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_TIERS = {"standard": "default", "priority": "priority"}
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}


def chat_completion(document: Document, created_s: int) -> Document:
    """A whole message."""
    choice = Choice(finish=_FINISH.get(string(document, "stop_reason"), "stop"))
    length = 0
    for block in items(document, "content"):
        kind = string(block, "type")
        if kind == "text":
            text = string(block, "text")
            choice.texts.append(text)
            choice.annotations += _annotations(items(block, "citations"), length, length + len(text))
            length += len(text)
        elif kind == "thinking":
            choice.reasoning.append(string(block, "thinking"))
            choice.extras.setdefault("thinking_blocks", []).append(block)
        elif kind == "redacted_thinking":
            choice.extras.setdefault("thinking_blocks", []).append(block)
        elif kind == "tool_use":
            arguments = compact(item(block, "input"))
            choice.calls.append(tool_call(string(block, "id"), string(block, "name"), arguments))
    choice.refusal = _refusal(document)
    usage = item(document, "usage")
    return completion(
        string(document, "id"),
        string(document, "model"),
        created_s,
        [choice],
        usage_of(usage),
        _TIERS.get(string(usage, "service_tier")),
    )


def usage_of(usage: Document) -> Usage | None:
    """Anthropic counts what came from the cache and went into it apart from the input; OpenAI within."""
    fresh, output = count(usage, "input_tokens"), count(usage, "output_tokens")
    if fresh is None or output is None:
        return None
    cached, written = count(usage, "cache_read_input_tokens"), count(usage, "cache_creation_input_tokens")
    return Usage(
        prompt=fresh + (cached or 0) + (written or 0),
        completion=output,
        cached=cached,
        cache_written=written,
        reasoning=count(item(usage, "output_tokens_details"), "thinking_tokens"),
    )


def error_text(document: Document | None, text: str) -> tuple[str, str | None]:
    """What an error says, and its kind."""
    found = item(document, "error")
    return string(found, "message") or text[:2000] or "the provider gave no reason", string(
        found, "type"
    ) or None


class AnthropicStream:
    """The events of a message, as chunks. A call's arguments pass on as the fragments they come in."""

    def __init__(self, created_s: int, include_usage: bool) -> None:
        self._out = ChatStream("", "", created_s, include_usage)
        self._usage: Document = {}
        self._kinds: dict[Any, str] = {}
        self._thoughts: list[str] = []
        self._signature = ""
        self._calls: dict[Any, int] = {}
        self._without_arguments: set[Any] = set()
        self._length = 0
        self._block_start = 0
        self._citations: list[Document] = []
        self._finish: str | None = None
        self._refusal: str | None = None
        self._stopped = False

    def feed(self, event: SseEvent) -> list[bytes]:
        document = parsed(event.data) if event.data and not self._out.failed else None
        if document is None:
            return []
        kind = string(document, "type") or event.event
        if kind == "content_block_delta":
            return self._delta(document.get("index"), item(document, "delta"))
        if kind == "content_block_start":
            return self._block_started(document.get("index"), item(document, "content_block"))
        if kind == "content_block_stop":
            return self._block_stopped(document.get("index"))
        if kind == "message_start":
            return self._started(item(document, "message"))
        if kind == "message_delta":
            return self._message_delta(document)
        if kind == "message_stop":
            self._stopped = True
        if kind == "error":
            message, code = error_text(document, "")
            return self._out.fail(_STATUS.get(code or "", 500), message, code)
        return []

    def end(self) -> list[bytes]:
        if self._out.failed:
            return []
        if self._finish is None and not self._stopped:
            return self._out.fail(502, CUT_OFF, "stream_cut_off")
        self._out.usage = usage_of(self._usage)
        return self._out.done()

    def _started(self, message: Document) -> list[bytes]:
        self._out.id, self._out.model = string(message, "id"), string(message, "model")
        self._usage = dict(item(message, "usage"))
        self._out.service_tier = _TIERS.get(string(self._usage, "service_tier"))
        return [self._out.delta(0, content=None)]

    def _block_started(self, index: Any, block: Document) -> list[bytes]:
        kind = self._kinds[_key(index)] = string(block, "type")
        if kind == "tool_use":
            self._calls[_key(index)] = len(self._calls)
            self._without_arguments.add(_key(index))
            given = item(block, "input")
            arguments = compact(given) if given else ""
            if given:
                self._without_arguments.discard(_key(index))
            call = tool_call(string(block, "id"), string(block, "name"), arguments)
            return [self._out.call_started(0, self._calls[_key(index)], call)]
        if kind == "thinking":
            self._thoughts, self._signature = [string(block, "thinking")], ""
        if kind == "redacted_thinking":
            return [self._out.entry(0, "thinking_blocks", block)]
        if kind == "text":
            self._block_start, self._citations = self._length, []
            return self._text(string(block, "text"))
        return []

    def _delta(self, index: Any, delta: Document) -> list[bytes]:
        kind = string(delta, "type")
        if kind == "text_delta":
            return self._text(string(delta, "text"))
        if kind == "input_json_delta" and _key(index) in self._calls:
            fragment = string(delta, "partial_json")
            if not fragment:
                return []
            self._without_arguments.discard(_key(index))
            return [self._out.call_arguments(0, self._calls[_key(index)], fragment)]
        if kind == "thinking_delta":
            thought = string(delta, "thinking")
            self._thoughts.append(thought)
            return [self._out.delta(0, reasoning_content=thought)] if thought else []
        if kind == "signature_delta":
            self._signature += string(delta, "signature")
        if kind == "citations_delta":
            self._citations.append(item(delta, "citation"))
        return []

    def _text(self, text: str) -> list[bytes]:
        self._length += len(text)
        return [self._out.delta(0, content=text)] if text else []

    def _block_stopped(self, index: Any) -> list[bytes]:
        kind = self._kinds.get(_key(index))
        if kind == "tool_use" and _key(index) in self._without_arguments:
            return [self._out.call_arguments(0, self._calls[_key(index)], "{}")]
        if kind == "thinking":
            thought = "".join(self._thoughts)
            whole = {"type": "thinking", "thinking": thought, "signature": self._signature}
            return [self._out.entry(0, "thinking_blocks", whole)]
        annotations = _annotations(self._citations, self._block_start, self._length) if kind == "text" else []
        return [self._out.entry(0, "annotations", each) for each in annotations]

    def _message_delta(self, document: Document) -> list[bytes]:
        self._usage |= {name: value for name, value in item(document, "usage").items() if value is not None}
        delta = item(document, "delta")
        reason = string(delta, "stop_reason")
        if not reason:
            return []
        self._finish = _FINISH.get(reason, "stop")
        refusal = _refusal(delta)
        said = [self._out.delta(0, refusal=refusal)] if refusal else []
        return [*said, self._out.finish(0, self._finish)]


def _key(index: Any) -> Any:
    return index if isinstance(index, int) else None


def _refusal(document: Document) -> str | None:
    return string(item(document, "stop_details"), "explanation") or None


def _annotations(citations: list[Document], start: int, end: int) -> list[Document]:
    """Those that lead to a page; places within a document that the caller sent have no word in OpenAI's."""
    found = ((string(each, "url"), string(each, "title")) for each in citations)
    return [url_citation(url, title, start, end) for url, title in found if url]
