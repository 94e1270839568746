"""What single pieces of a stream are a sign of: that the model writes, that an answer ends, that it failed.

Every piece of every stream is looked at here on its way, so bytes are searched before any JSON is read.
"""

from lynex_server.gateway.documents import document_in, object_or_empty, objects, text_at
from lynex_server.gateway.framing import Piece
from lynex_server.gateway.operations import Name

_NO_REASON = "The provider gave no reason."
_LAST_EVENTS = ("response.completed", "response.incomplete", "response.failed", "message_stop")
_OPENAI_CONTENT = (b'"content":', b'"text":', b'"tool_calls":', b'"reasoning_content":', b'"function_call":')
_MAY_END: dict[Name, tuple[bytes, ...]] = {
    "responses": tuple(event.encode() for event in _LAST_EVENTS[:3]),
    "messages": (b"message_stop",),
    "generate": (b"finishReason",),
    "converse": (b'"usage"',),
    "ollama_chat": (b'"done"',),
    "ollama_generate": (b'"done"',),
}
"""One of these is in every piece that ends an answer; of those that have one, the document decides."""


def is_content(name: Name, data: bytes) -> bool:
    """Whether a piece carries something that the model wrote: the first one ends the wait for a token."""
    if name in ("chat", "completion"):
        return any(mark in data for mark in _OPENAI_CONTENT) and b'"content":""' not in data
    if name == "messages":
        return b"content_block_delta" in data
    if name == "responses":
        return b".delta" in data
    if name == "converse":
        return b"delta" in data or b'"bytes"' in data
    return bool(data)


def ends_in(name: Name, data: bytes) -> int:
    """How many answers a piece is the end of: all there are, but for Gemini, which ends each candidate."""
    if data == b"[DONE]":
        return 1
    if not any(mark in data for mark in _MAY_END.get(name, ())):
        return 0
    document = document_in(data) or {}
    if name in ("responses", "messages"):
        return int(document.get("type") in _LAST_EVENTS)
    if name == "generate":
        return sum(bool(each.get("finishReason")) for each in objects(document.get("candidates")))
    if name == "converse":
        return int("usage" in document)
    return int(document.get("done") is True)


def failure_in(name: Name, piece: Piece) -> str:
    """What a provider says that went wrong in the middle of its answer; empty for any other piece. Every
    surface writes it under `error`, be it as an object or as text, but for Amazon's, whose events are marked
    outside their data."""
    if name == "converse":
        failed = b":exception-type" in piece.raw
        return text_at(document_in(piece.data) or {}, "message") or _NO_REASON if failed else ""
    if b'"error"' not in piece.data:
        return ""
    document = document_in(piece.data) or {}
    error = document.get("error") or object_or_empty(document.get("response")).get("error")
    if isinstance(error, str):
        return error
    if not error and document.get("type") != "error":
        return ""
    return text_at(object_or_empty(error) or document, "message") or _NO_REASON
