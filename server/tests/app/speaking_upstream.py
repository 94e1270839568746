"""A provider that speaks every surface and answers them all alike, see `spoken.py`."""

import contextlib
import json
import struct
import time
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from app import spoken
from app.scripted_upstream import Answering, ScriptedUpstream, scripted_upstream

EVENTS = "text/event-stream"
LINES = "application/x-ndjson"
AMAZON = "application/vnd.amazon.eventstream"
PIECES_BEFORE_A_BREAK = 5
"""What comes of a stream of a model that has `cut-off` in its name."""
GAVE_UP = "The model is overloaded."
TIRED_KEY = "sk-tired"
"""A key that is over its limit."""
SPEECH = b"ID3\x03\x00\x00\xff\xfbspeech"

_WHOLE = {
    "/chat/completions": spoken.chat,
    "/responses": spoken.responses,
    "/completions": spoken.completion,
    "/embeddings": spoken.embeddings,
    "/moderations": spoken.moderations,
    "/images/generations": spoken.images,
    "/batches": spoken.batches,
    "/messages": spoken.messages,
    "/converse": spoken.conversed,
    "/api/embed": spoken.ollama_embedded,
}
_FIXED: dict[str, dict[str, Any]] = {
    "/audio/transcriptions": {"text": spoken.TEXT, "usage": {"type": "duration", "seconds": 3}},
    "/files": {
        "id": "file-1",
        "object": "file",
        "bytes": 12,
        "created_at": 1767614400,
        "filename": "calls.jsonl",
        "purpose": "batch",
        "status": "processed",
    },
    "/count_tokens": {"input_tokens": 23},
}


@contextlib.contextmanager
def speaking_upstream() -> Iterator[ScriptedUpstream]:
    """A provider on a free port."""
    with scripted_upstream(_Speaking) as upstream:
        yield upstream


class _Speaking(Answering):
    _breaks_off = False
    _gives_up = False
    _fails_at_once = False
    _lingers = False

    def answer_get(self) -> None:
        models = [{"id": name, "object": "model", "type": "model"} for name in ("gpt-4.1-mini", "claude-x")]
        path = self.path.partition("?")[0]
        if path.endswith("/models"):
            self.answer(200, {"object": "list", "data": models, "has_more": False})
        elif path.endswith("/files"):
            self.answer(200, {"object": "list", "data": [_FIXED["/files"]], "has_more": False})
        else:
            self.answer(200, {"models": [], "asked": path})

    def answer_post(self, body: bytes) -> None:
        path = self.path.partition("?")[0]
        self._breaks_off = "cut-off" in path or b"cut-off" in body
        self._gives_up = "gives-up" in path or b"gives-up" in body
        self._fails_at_once = b"fails-at-once" in body
        self._lingers = self._gives_up or "lingers" in path or b"lingers" in body
        for ending, fixed in _FIXED.items():
            if path.endswith(ending):
                self.answer(200, fixed)
                return
        document = json.loads(body)
        if document.get("model") == "held":
            self.upstream.hold.wait(30)
        if self.upstream.knows_only_chat and not path.endswith(("/chat/completions", "/embeddings")):
            self.answer(404, {"detail": "Not Found"})
        elif document.get("model") == "limited" or self.headers.get("authorization") == f"Bearer {TIRED_KEY}":
            self.answer(429, {"error": {"message": "slow down", "type": "rate_limit_error"}})
        elif path.endswith("/audio/speech"):
            self.answer_bytes(200, "audio/mpeg", SPEECH)
        elif ":" in path.rpartition("/")[2] and not path.startswith("/model/"):
            self._gemini(path, document)
        elif path.endswith("/converse-stream"):
            self._stream(AMAZON, (amazon_event(*each) for each in spoken.converse_events(document)))
        elif path in ("/api/chat", "/api/generate"):
            self._ollama("message" if path == "/api/chat" else "response", document)
        elif document.get("stream"):
            self._streamed(path, document)
        else:
            ending = next(ending for ending in _WHOLE if path.endswith(ending))
            self.answer(200, _WHOLE[ending](document))

    def _streamed(self, path: str, document: dict[str, Any]) -> None:
        if path.endswith("/messages"):
            self._events(spoken.message_events(document))
        elif path.endswith("/responses"):
            self._events(spoken.response_events(document))
        elif path.endswith("/chat/completions"):
            self._events(spoken.chat_chunks(document), done=True)
        else:
            self._events([spoken.completion(document)], done=True)

    def _gemini(self, path: str, document: dict[str, Any]) -> None:
        model, _, what = path.rpartition("/")[2].partition(":")
        if what == "generateContent":
            self.answer(200, spoken.generated(document, model))
        elif what == "streamGenerateContent":
            self._events(spoken.generated_chunks(document, model), named=False)
        elif what == "countTokens":
            self.answer(200, {"totalTokens": 23})
        else:
            usage = {"promptTokenCount": 7}
            vectors = [{"values": spoken.VECTOR} for _ in document.get("requests") or (1,)]
            self.answer(200, {"embeddings": vectors, "embedding": vectors[0], "usageMetadata": usage})

    def _ollama(self, field: str, document: dict[str, Any]) -> None:
        if document.get("stream") is False:
            self.answer(200, spoken.ollama_whole(document, field))
            return
        lines = (json.dumps(each).encode() + b"\n" for each in spoken.ollama_lines(document, field))
        self._stream(LINES, lines)

    def _events(self, events: Iterable[dict[str, Any]], *, done: bool = False, named: bool = True) -> None:
        def written() -> Iterator[bytes]:
            for event in events:
                name = f"event: {event['type']}\n" if named and "type" in event else ""
                yield f"{name}data: {json.dumps(event)}\n\n".encode()
            if done:
                yield b"data: [DONE]\n\n"

        self._stream(EVENTS, written())

    def _stream(self, content_type: str, parts: Iterable[bytes]) -> None:
        self.begin_stream(content_type)
        for number, part in enumerate(parts):
            if self._breaks_off and number == PIECES_BEFORE_A_BREAK:
                self.hang_up()
                return
            if self._fails_at_once or (self._gives_up and number == PIECES_BEFORE_A_BREAK):
                self.chunk(_failure(content_type, self.path))
                break
            self.chunk(part)
            time.sleep(0.001)
        if self._lingers:  # all is said, and the connection stays
            self.upstream.hold.wait(30)
            self.upstream.gone.append("lingered")
        self.chunk(b"")


def _failure(content_type: str, path: str) -> bytes:
    """What a surface says in a stream that it cannot go on with."""
    if content_type == AMAZON:
        return amazon_event("internalServerException", {"message": GAVE_UP}, "exception")
    if content_type == LINES:
        return json.dumps({"error": GAVE_UP}).encode() + b"\n"
    error: dict[str, Any] = {"error": {"message": GAVE_UP, "code": 503}}
    if path.endswith("/messages"):
        error = {"type": "error", "error": {"type": "overloaded_error", "message": GAVE_UP}}
    elif path.endswith("/responses"):
        error = {"type": "error", "code": "server_error", "message": GAVE_UP, "param": None}
    name = f"event: {error['type']}\n" if "type" in error else ""
    return f"{name}data: {json.dumps(error)}\n\n".encode()


def amazon_event(kind: str, document: dict[str, Any], message: str = "event") -> bytes:
    """One event of Amazon's stream, with its checksums."""
    kinds = (f":{message}-type", kind)
    fields = (kinds, (":content-type", "application/json"), (":message-type", message))
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in fields
    )
    payload = json.dumps(document).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    before = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return before + struct.pack(">I", zlib.crc32(before))
