"""OpenAI chat answers, whole and streamed, as OpenAI's responses."""

import json
from dataclasses import dataclass, field
from typing import Any

from lynex_server.gateway.sse import SseEvent, sse
from lynex_server.gateway.translate.chat_answer import CUT_OFF
from lynex_server.gateway.translate.contract import Document
from lynex_server.gateway.translate.lenient import count, encoded, item, items, parsed, string
from lynex_server.gateway.translate.messages_answer import error_status, error_text, reasoning_of
from lynex_server.gateway.translate.responses_tools import FREE_TEXT, Tools

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


@dataclass(slots=True)
class _Item:
    """One item of the output: what it is, and the text it has so far, in the pieces it came in: adding each
    to a string would copy all of it each time."""

    kind: str
    id: str
    index: int
    pieces: list[str] = field(default_factory=list)
    call_id: str = ""
    name: str = ""
    done: bool = False

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pieces)


class ResponsesStream:
    """Chunks as the events of a response. Calls stay open to the end, since servers may mix their fragments;
    a tool with free text gets its input at once, when its arguments are complete. `echo` are fields of the
    request that a response repeats."""

    def __init__(self, created_s: int, echo: Document, tools: Tools) -> None:
        self._created_s = created_s
        self._echo = echo
        self._tools = tools
        self._sequence = 0
        self._id = ""
        self._model = ""
        self._service_tier: str | None = None
        self._items: list[_Item] = []
        self._open: _Item | None = None
        self._calls: dict[int, _Item] = {}
        self._finish: str | None = None
        self._usage: Document = {}
        self._started = False
        self._failed = False

    def feed(self, event: SseEvent) -> list[bytes]:
        chunk = parsed(event.data) if event.data and not self._failed else None
        if chunk is None:
            return []
        if "error" in chunk and not items(chunk, "choices"):
            return self._fail(error_status(chunk), error_text(chunk, ""))
        return self.take(chunk, "delta")

    def take(self, chunk: Document, name: str) -> list[bytes]:
        """A chunk, or a whole completion, whose choices hold their piece under `name`."""
        said = [] if self._started else self._start(chunk)
        self._usage = item(chunk, "usage") or self._usage
        self._service_tier = string(chunk, "service_tier") or self._service_tier
        for choice in items(chunk, "choices"):
            if (count(choice, "index") or 0) == 0:
                said += self._piece(item(choice, name))
                self._finish = string(choice, "finish_reason") or self._finish
        return said

    def end(self) -> list[bytes]:
        if self._failed:
            return []
        if self._finish is None:
            return self._fail(502, CUT_OFF)
        said = self._close()
        for call in self._calls.values():
            said += self._done(call)
        status = "incomplete" if self._finish in _INCOMPLETE else "completed"
        return [*said, self._event(f"response.{status}", response=self.response(status))]

    def response(self, status: str, error: Document | None = None) -> Document:
        """The whole response as far as it is known."""
        reason = _INCOMPLETE.get(self._finish or "") if status == "incomplete" else None
        return {
            "id": f"resp_{self._id}",
            "object": "response",
            "created_at": self._created_s,
            "status": status,
            "error": error,
            "incomplete_details": {"reason": reason} if reason else None,
            "model": self._model,
            "output": [self._document(each) for each in self._items] if status != "in_progress" else [],
            "usage": _usage(self._usage) if self._usage else None,
            **({"service_tier": self._service_tier} if self._service_tier else {}),
            **self._echo,
        }

    def _start(self, chunk: Document) -> list[bytes]:
        self._started = True
        self._id, self._model = string(chunk, "id"), string(chunk, "model")
        begun = self.response("in_progress")
        return [
            self._event("response.created", response=begun),
            self._event("response.in_progress", response=begun),
        ]

    def _piece(self, piece: Document) -> list[bytes]:
        said: list[bytes] = []
        for kind, text in (
            ("reasoning", reasoning_of(piece)),
            ("output_text", string(piece, "content")),
            ("refusal", string(piece, "refusal")),
        ):
            if text:
                said += self._text(kind, text)
        for place, call in enumerate(items(piece, "tool_calls")):
            said += self._call((count(call, "index") or 0) if "index" in call else place, call)
        return said

    def _text(self, kind: str, text: str) -> list[bytes]:
        said: list[bytes] = []
        if self._open is None or self._open.kind != kind:
            said += self._close()
            self._open = self._new(kind, "rs" if kind == "reasoning" else "msg")
            said.append(self._added(self._open))
            said.append(self._part_event("response.content_part.added", self._open, ""))
        self._open.pieces.append(text)
        name = {"reasoning": "reasoning_text"}.get(kind, kind)
        more: Document = {"logprobs": []} if kind == "output_text" else {}
        return [*said, self._of_part(f"response.{name}.delta", self._open, delta=text, **more)]

    def _call(self, number: int, call: Document) -> list[bytes]:
        said: list[bytes] = []
        function = item(call, "function")
        if number not in self._calls:
            said += self._close()
            started = self._new("function_call", "fc")
            started.call_id, started.name = string(call, "id"), string(function, "name")
            if self._tools.caller_name(started.name).kind == "custom":
                started.kind, started.id = "custom_tool_call", f"ctc_{started.id.removeprefix('fc_')}"
            self._calls[number] = started
            said.append(self._added(started))
        begun = self._calls[number]
        fragment = string(function, "arguments")
        begun.pieces.append(fragment)
        if fragment and begun.kind == "function_call":
            said.append(self._of_item("response.function_call_arguments.delta", begun, delta=fragment))
        return said

    def _new(self, kind: str, prefix: str) -> _Item:
        index = len(self._items)
        self._items.append(_Item(kind, f"{prefix}_{self._id}_{index}", index))
        return self._items[-1]

    def _close(self) -> list[bytes]:
        closing, self._open = self._open, None
        return self._done(closing) if closing else []

    def _done(self, each: _Item) -> list[bytes]:
        each.done = True
        said = []
        if each.kind == "function_call":
            said.append(
                self._of_item(
                    "response.function_call_arguments.done", each, arguments=each.text, name=each.name
                )
            )
        elif each.kind == "custom_tool_call":
            given = _free_text(each.text)
            said.append(self._of_item("response.custom_tool_call_input.delta", each, delta=given))
            said.append(self._of_item("response.custom_tool_call_input.done", each, input=given))
        else:
            said += self._text_done(each)
        return [
            *said,
            self._event("response.output_item.done", output_index=each.index, item=self._document(each)),
        ]

    def _text_done(self, each: _Item) -> list[bytes]:
        if each.kind == "refusal":
            whole = self._of_part("response.refusal.done", each, refusal=each.text)
        elif each.kind == "reasoning":
            whole = self._of_part("response.reasoning_text.done", each, text=each.text)
        else:
            whole = self._of_part("response.output_text.done", each, text=each.text, logprobs=[])
        return [whole, self._part_event("response.content_part.done", each, each.text)]

    def _added(self, each: _Item) -> bytes:
        document = self._document(each)
        for name in ("content", "summary"):
            if name in document:
                document[name] = []
        return self._event("response.output_item.added", output_index=each.index, item=document)

    def _document(self, each: _Item) -> Document:
        status = "completed" if each.done else "in_progress"
        if each.kind == "reasoning":
            content = [_part(each.kind, each.text)]
            return {"type": "reasoning", "id": each.id, "summary": [], "content": content, "status": status}
        if each.kind in ("output_text", "refusal"):
            content = [_part(each.kind, each.text)]
            return {
                "type": "message",
                "id": each.id,
                "role": "assistant",
                "status": status,
                "content": content,
            }
        caller = self._tools.caller_name(each.name)
        called: Document = {"type": each.kind, "id": each.id, "call_id": each.call_id, "name": caller.name}
        if caller.namespace:
            called["namespace"] = caller.namespace
        if each.kind == "custom_tool_call":
            return called | {"input": _free_text(each.text) if each.done else ""}
        return called | {"arguments": each.text if each.done else "", "status": status}

    def _part_event(self, kind: str, each: _Item, text: str) -> bytes:
        return self._of_part(kind, each, part=_part(each.kind, text))

    def _of_part(self, kind: str, each: _Item, **fields: Any) -> bytes:
        return self._of_item(kind, each, content_index=0, **fields)

    def _of_item(self, kind: str, each: _Item, **fields: Any) -> bytes:
        return self._event(kind, item_id=each.id, output_index=each.index, **fields)

    def _event(self, kind: str, **fields: Any) -> bytes:
        document = {"type": kind, "sequence_number": self._sequence, **fields}
        self._sequence += 1
        return sse(encoded(document), kind)

    def _fail(self, status: int, text: str) -> list[bytes]:
        self._failed = True
        code = "rate_limit_exceeded" if status == 429 else "server_error"
        return [
            self._event("response.failed", response=self.response("failed", {"code": code, "message": text}))
        ]


def response(document: Document, created_s: int, echo: Document, tools: Tools) -> Document:
    """A whole answer."""
    stream = ResponsesStream(created_s, echo, tools)
    stream.take(document, "message")
    stream.take({"choices": [{"finish_reason": "stop"}]} if not _finished(document) else {}, "message")
    last = parsed(stream.end()[-1].partition(b"data: ")[2]) or {}
    return item(last, "response")


def _finished(document: Document) -> bool:
    return any(string(choice, "finish_reason") for choice in items(document, "choices"))


def _part(kind: str, text: str) -> Document:
    if kind == "refusal":
        return {"type": "refusal", "refusal": text}
    if kind == "reasoning":
        return {"type": "reasoning_text", "text": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _free_text(arguments: str) -> str:
    """What the model wrote into the one argument; all of it where it kept to no JSON."""
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    text = value.get(FREE_TEXT) if isinstance(value, dict) else None
    return text if isinstance(text, str) else arguments


def _usage(usage: Document) -> Document:
    prompt, completion = count(usage, "prompt_tokens") or 0, count(usage, "completion_tokens") or 0
    details, spent = item(usage, "prompt_tokens_details"), item(usage, "completion_tokens_details")
    return {
        "input_tokens": prompt,
        "input_tokens_details": {
            "cached_tokens": count(details, "cached_tokens") or 0,
            "cache_write_tokens": count(details, "cache_write_tokens") or 0,
        },
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": count(spent, "reasoning_tokens") or 0},
        "total_tokens": prompt + completion,
    }
