"""Puts the pieces of a streamed answer together to what the answer would have been as a whole.

It is done when the stream has ended, on a copy: nothing of it delays a byte on its way to the client.
"""

import base64
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from lynex_server.gateway.documents import NOT_JSON, document_in, object_or_empty, objects, text_at
from lynex_server.gateway.operations import Name

Document = dict[str, Any]
_decode = msgspec.json.Decoder().decode


class _Pieces(list[str]):
    """A text in the making."""


class _Texts:
    """The texts of one answer. They are joined once, when all is there: adding each piece to a string copies
    what there is so far, and a long answer would hold up every other call for seconds."""

    def __init__(self) -> None:
        self._places: list[tuple[Document, str]] = []

    def add(self, into: Document, name: str, piece: str) -> None:
        """Continue the text in a field, or begin it."""
        known = into.get(name)
        if isinstance(known, _Pieces):
            known.append(piece)
        elif isinstance(known, str):
            into[name] = _Pieces((known, piece))
            self._places.append((into, name))
        else:
            into[name] = piece

    def join(self) -> None:
        """Let every field hold its text. Before anything is copied."""
        for place, name in self._places:
            if isinstance(place[name], _Pieces):
                place[name] = "".join(place[name])


def documents_of(pieces: Iterable[bytes]) -> list[Document]:
    """The JSON objects among the pieces; `[DONE]` and comments are none."""
    found = []
    for data in pieces:
        document = document_in(data) if data[:1] == b"{" else None
        if document is not None:
            found.append(document)
    return found


def assemble(name: Name, pieces: Iterable[bytes]) -> Document:
    """The whole answer of an operation, as far as it came. Empty when nothing of it can be read."""
    documents = documents_of(pieces)
    if not documents:
        return {}
    return _ASSEMBLERS.get(name, _last)(documents)


def _last(documents: list[Document]) -> Document:
    return documents[-1]


def _chat(documents: list[Document]) -> Document:
    whole: Document = {}
    choices: dict[int, Document] = {}
    texts = _Texts()
    for document in documents:
        _keep_fields(
            whole, document, ("id", "object", "created", "model", "service_tier", "system_fingerprint")
        )
        if isinstance(document.get("usage"), dict):
            whole["usage"] = document["usage"]
        for choice in objects(document.get("choices")):
            state = choices.setdefault(_index(choice), {"finish_reason": None, "message": {}})
            _add_choice(texts, state, choice)
    texts.join()
    whole["object"] = "chat.completion"
    whole["choices"] = [
        {"index": index, **choice, "message": _finished(choice["message"])}
        for index, choice in sorted(choices.items())
    ]
    return whole


def _add_choice(texts: _Texts, state: Document, choice: Document) -> None:
    if choice.get("finish_reason"):
        state["finish_reason"] = choice["finish_reason"]
    delta = choice.get("delta")
    if not isinstance(delta, dict):
        return
    message = state["message"]
    for name, value in delta.items():
        if name == "tool_calls" and isinstance(value, list):
            calls = message.setdefault("tool_calls", {})
            for call in value:
                if isinstance(call, dict):
                    _add_text(texts, calls.setdefault(_index(call), {}), call)
        elif name == "role":
            message["role"] = value
        else:
            _add_text(texts, message, {name: value})


def _add_text(texts: _Texts, into: Document, said: Document) -> None:
    """Texts are continued, objects added to each other, anything else replaced."""
    for name, value in said.items():
        known = into.get(name)
        if isinstance(value, str) and isinstance(known, str | _Pieces) and name not in ("name", "id", "type"):
            texts.add(into, name, value)
        elif isinstance(value, dict) and isinstance(known, dict):
            _add_text(texts, known, value)
        elif value is not None or name not in into:
            into[name] = dict(value) if isinstance(value, dict) else value


def _finished(message: Document) -> Document:
    calls = message.get("tool_calls")
    if isinstance(calls, dict):
        message["tool_calls"] = [
            {name: value for name, value in call.items() if name != "index"}
            for _, call in sorted(calls.items())
        ]
    return {"role": "assistant", "content": None, **message}


def _completion(documents: list[Document]) -> Document:
    whole: Document = {}
    choices: dict[int, Document] = {}
    texts = _Texts()
    for document in documents:
        _keep_fields(whole, document, ("id", "object", "created", "model"))
        if isinstance(document.get("usage"), dict):
            whole["usage"] = document["usage"]
        for choice in objects(document.get("choices")):
            state = choices.setdefault(_index(choice), {"text": "", "finish_reason": None})
            texts.add(state, "text", text_at(choice, "text"))
            state["finish_reason"] = choice.get("finish_reason") or state["finish_reason"]
    texts.join()
    whole["choices"] = [{"index": index, **choice} for index, choice in sorted(choices.items())]
    return whole


def _responses(documents: list[Document]) -> Document:
    whole: Document = {}
    items: dict[int, Any] = {}
    texts = _Texts()
    for document in documents:
        if isinstance(document.get("response"), dict):
            whole = document["response"]
        if document.get("type") == "response.output_item.done" and isinstance(document.get("item"), dict):
            items[_index(document, "output_index")] = document["item"]
        elif document.get("type") == "response.output_text.delta":
            item = items.setdefault(
                _index(document, "output_index"),
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ""}]},
            )
            first: Document = next(iter(objects(item.get("content"))), {})
            if isinstance(first.get("text"), str | _Pieces):
                texts.add(first, "text", text_at(document, "delta"))
    texts.join()
    if not whole.get("output") and items:
        whole = {**whole, "output": [item for _, item in sorted(items.items())]}
    return whole


def _messages(documents: list[Document]) -> Document:
    whole: Document = {}
    blocks: dict[int, Document] = {}
    counted = False
    texts = _Texts()
    for document in documents:
        kind = document.get("type")
        if kind == "message_start" and isinstance(document.get("message"), dict):
            whole = dict(document["message"])
        elif kind == "content_block_start" and isinstance(document.get("content_block"), dict):
            blocks[_index(document)] = dict(document["content_block"])
        elif kind == "content_block_delta" and isinstance(document.get("delta"), dict):
            block = blocks.setdefault(_index(document), {"type": "text", "text": ""})
            _add_block(texts, block, document["delta"])
        elif kind == "message_delta":
            whole |= object_or_empty(document.get("delta"))
            # Cumulative; what it leaves out stands as `message_start` said it.
            usage = object_or_empty(document.get("usage"))
            said = {name: count for name, count in usage.items() if count is not None}
            whole["usage"] = {**object_or_empty(whole.get("usage")), **said}
            counted = counted or "output_tokens" in said
    if not counted and isinstance(whole.get("usage"), dict):
        # What `message_start` says of the output is a placeholder: the stream was cut off.
        whole["usage"] = {name: each for name, each in whole["usage"].items() if name != "output_tokens"}
    texts.join()
    whole["content"] = [_closed(block) for _, block in sorted(blocks.items())]
    return whole


def _add_block(texts: _Texts, block: Document, delta: Document) -> None:
    for name in ("text", "thinking", "signature", "partial_json"):
        if isinstance(delta.get(name), str):
            texts.add(block, name, delta[name])
    if isinstance(delta.get("citation"), dict):
        block.setdefault("citations", [])
        if isinstance(block["citations"], list):
            block["citations"].append(delta["citation"])


def _closed(block: Document) -> Document:
    written = block.pop("partial_json", None)
    if isinstance(written, str) and written:
        try:
            block["input"] = _decode(written)
        except NOT_JSON:  # cut off in the middle
            block["input"] = written
    return block


def _generate(documents: list[Document]) -> Document:
    whole: Document = {}
    candidates: dict[int, Document] = {}
    texts = _Texts()
    for document in documents:
        _keep_fields(whole, document, ("modelVersion", "responseId", "usageMetadata", "promptFeedback"))
        for candidate in objects(document.get("candidates")):
            state = candidates.setdefault(_index(candidate), {"content": {"role": "model", "parts": []}})
            _add_candidate(texts, state, candidate)
    texts.join()
    whole["candidates"] = [{"index": index, **each} for index, each in sorted(candidates.items())]
    return whole


def _add_candidate(texts: _Texts, state: Document, candidate: Document) -> None:
    parts = state["content"]["parts"]
    content = candidate.get("content")
    for part in objects(object_or_empty(content).get("parts")):
        last: Document = parts[-1] if parts else {}
        joins = set(part) <= {"text", "thought"} and all(
            isinstance(each.get("text"), str | _Pieces) for each in (last, part)
        )
        if joins and last.get("thought") == part.get("thought"):
            texts.add(last, "text", part["text"])
        else:
            parts.append(dict(part))
    for name, value in candidate.items():
        if name not in ("content", "index"):
            state[name] = value


def _converse(documents: list[Document]) -> Document:
    if any("bytes" in document for document in documents):  # invoke: the model's own events inside
        inner = documents_of(_unpacked(text_at(each, "bytes")) for each in documents)
        return _messages(inner) if inner else {}
    whole: Document = {}
    blocks: dict[int, Document] = {}
    texts = _Texts()
    for document in documents:
        delta = document.get("delta")
        block = (
            blocks.setdefault(_index(document, "contentBlockIndex"), {})
            if "contentBlockIndex" in document
            else None
        )
        if block is not None and isinstance(document.get("start"), dict):
            block |= document["start"]
        if block is not None and isinstance(delta, dict):
            _add_text(texts, block, delta)
        _keep_fields(whole, document, ("stopReason", "usage", "metrics"))
    texts.join()
    content = [block for _, block in sorted(blocks.items())]
    whole["output"] = {"message": {"role": "assistant", "content": content}}
    return whole


def _ollama_chat(documents: list[Document]) -> Document:
    whole = dict(documents[-1])
    message: Document = {"role": "assistant", "content": ""}
    texts = _Texts()
    for document in documents:
        said = document.get("message")
        if isinstance(said, dict):
            written = {name: value for name, value in said.items() if name in ("content", "thinking")}
            _add_text(texts, message, written)
            if calls := objects(said.get("tool_calls")):
                message["tool_calls"] = [*message.get("tool_calls", []), *calls]
    texts.join()
    whole["message"] = message
    return whole


def _ollama_generate(documents: list[Document]) -> Document:
    return {**documents[-1], "response": "".join(str(each.get("response") or "") for each in documents)}


_ASSEMBLERS: dict[str, Callable[[list[Document]], Document]] = {
    "chat": _chat,
    "completion": _completion,
    "responses": _responses,
    "messages": _messages,
    "generate": _generate,
    "converse": _converse,
    "ollama_chat": _ollama_chat,
    "ollama_generate": _ollama_generate,
}


def _keep_fields(whole: Document, said: Document, names: tuple[str, ...]) -> None:
    for name in names:
        if said.get(name) is not None:
            whole[name] = said[name]


def _unpacked(packed: str) -> bytes:
    """What is in base64; nothing where it is none."""
    try:
        return base64.b64decode(packed)
    except ValueError:
        return b""


def _index(place: Document, name: str = "index") -> int:
    index = place.get(name)
    return index if isinstance(index, int) else 0
