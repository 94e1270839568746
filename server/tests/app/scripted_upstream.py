"""A provider that does what the model's name says, well or badly, and remembers what it was asked."""

import abc
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}
TEXT = "Your parcel left Rotterdam this morning."


@dataclass(slots=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class ScriptedUpstream:
    """A running one. `fails` counts down: so many calls of the model `flaky` fail before one works."""

    port: int
    asked: list[Asked] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    fails: int = 0
    knows_only_chat: bool = False
    hold: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Its base URL, as of an OpenAI-compatible provider."""
        return f"http://127.0.0.1:{self.port}/v1"


class Answering(BaseHTTPRequestHandler):
    """What every provider needs: it notes what it was asked, and writes answers, whole and in pieces."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def upstream(self) -> ScriptedUpstream:
        return self.server.upstream

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._note(b"")
        self.answer_get()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self._body()
        self._note(body)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.answer_post(body)

    @abc.abstractmethod
    def answer_get(self) -> None:
        """Answer a request without a body."""

    @abc.abstractmethod
    def answer_post(self, body: bytes) -> None:
        """Answer a request with one."""

    def answer(self, status: int, document: dict[str, Any], **headers: str) -> None:
        """A whole answer."""
        self.answer_bytes(status, "application/json", json.dumps(document).encode(), **headers)

    def answer_bytes(self, status: int, content_type: str, body: bytes, **headers: str) -> None:
        """A whole answer of any kind."""
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def begin_stream(self, content_type: str = "text/event-stream") -> None:
        """The head of an answer that comes in pieces."""
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        """A piece; an empty one is the last."""
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def hang_up(self) -> None:
        """End the connection in the middle."""
        self.wfile.flush()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("content-length", "0")))

    def _note(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.upstream.asked.append(Asked(self.command, self.path, headers, body))


@contextlib.contextmanager
def scripted_upstream(handler: type[Answering] | None = None) -> Iterator[ScriptedUpstream]:
    """A provider on a free port; without a handler, the one that does what the model's name says."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler or Scripted)
    server.daemon_threads = True
    upstream = ScriptedUpstream(server.server_address[1])
    server.upstream = upstream
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield upstream
    finally:
        upstream.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Scripted(Answering):
    """The one that does what the model's name says."""

    def answer_get(self) -> None:
        if self.path.endswith("/models"):
            self.answer(200, {"object": "list", "data": [{"id": "whole", "object": "model"}]})
        else:
            self.answer(200, {"asked": self.path})

    def answer_post(self, body: bytes) -> None:
        try:
            document = json.loads(body)
        except ValueError:
            self.answer(200, {"bytes": len(body)})
            return
        model = document.get("model", "")
        behaviour = getattr(self, "as_" + model.replace("-", "_"), None)
        if behaviour is not None:
            behaviour(document)
        elif document.get("stream"):
            self._stream(document, 5)
        else:
            self.answer(200, self._whole(document))

    # The behaviours, by the name of the model

    def as_flaky(self, document: dict[str, Any]) -> None:
        if self.upstream.fails > 0:
            self.upstream.fails -= 1
            self.answer(503, {"error": {"message": "overloaded", "type": "server_error"}})
        else:
            self.answer(200, self._whole(document))

    def as_broken(self, _document: dict[str, Any]) -> None:
        self.answer(500, {"error": {"message": "it broke", "type": "server_error"}})

    def as_wrong(self, _document: dict[str, Any]) -> None:
        error = {"message": "temperature: too hot", "type": "invalid_request_error", "param": "temperature"}
        self.answer(400, {"error": {**error, "code": None}})

    def as_limited(self, _document: dict[str, Any]) -> None:
        self.answer(
            429, {"error": {"message": "slow down", "type": "rate_limit_error"}}, **{"retry-after": "60"}
        )

    def as_no_key(self, _document: dict[str, Any]) -> None:
        self.answer(401, {"error": {"message": "bad key", "type": "authentication_error"}})

    def as_garbage(self, _document: dict[str, Any]) -> None:
        self.wfile.write(b"this is no HTTP\r\n\r\n\x00\xff")
        self.hang_up()

    def as_a_page(self, _document: dict[str, Any]) -> None:
        self.answer_bytes(200, "text/html", b"<html>Sign in</html>")

    def as_half_a_document(self, document: dict[str, Any]) -> None:
        whole = json.dumps(self._whole(document)).encode()
        self.answer_bytes(200, "application/json", whole[:-20])

    def as_cut_whole(self, document: dict[str, Any]) -> None:
        self.begin_stream("application/json")
        self.chunk(json.dumps(self._whole(document)).encode()[:40])
        self.hang_up()

    def as_slow_whole(self, _document: dict[str, Any]) -> None:
        self.begin_stream("application/json")
        self.chunk(b"{")
        self.upstream.hold.wait(30)

    def as_only_a_head(self, _document: dict[str, Any]) -> None:
        self.begin_stream()
        self.hang_up()

    def as_head_and_silence(self, _document: dict[str, Any]) -> None:
        self.begin_stream()
        self.wfile.flush()
        self.upstream.hold.wait(30)

    def as_empty_stream(self, _document: dict[str, Any]) -> None:
        self.begin_stream()
        self.chunk(b"")

    def as_briefly_limited(self, document: dict[str, Any]) -> None:
        if self.upstream.fails > 0:
            self.upstream.fails -= 1
            wish = {"retry-after-ms": "20", "retry-after": "60"}
            self.answer(429, {"error": {"message": "slow down", "type": "rate_limit_error"}}, **wish)
        else:
            self.answer(200, self._whole(document))

    def as_unpaid(self, _document: dict[str, Any]) -> None:
        self.answer(402, {"error": {"message": "no credit left", "type": "billing_error"}})

    def as_unreachable_origin(self, _document: dict[str, Any]) -> None:
        self.answer_bytes(523, "text/html", b"<html>Origin is unreachable</html>")

    def as_silent(self, _document: dict[str, Any]) -> None:
        self.upstream.hold.wait(30)

    def as_hangs_up(self, _document: dict[str, Any]) -> None:
        self.hang_up()

    def as_cut(self, document: dict[str, Any]) -> None:
        self.begin_stream()
        self._piece("Your parcel ")
        self._piece("left ")
        self.hang_up()

    def as_endless(self, document: dict[str, Any]) -> None:
        self.begin_stream()
        try:
            while not self.upstream.hold.wait(0.02):
                self._piece("on and ")
        except OSError:
            self.upstream.gone.append("endless")

    def as_slow_stream(self, document: dict[str, Any]) -> None:
        self._stream(document, 20, pause_s=0.02)
        self.upstream.gone.append("finished")

    def as_held_stream(self, document: dict[str, Any]) -> None:
        self.begin_stream()
        self._piece("first ")
        self.upstream.hold.wait(30)
        self._end_stream(document)

    def as_silent_about_usage(self, document: dict[str, Any]) -> None:
        if document.get("stream"):
            self.begin_stream()
            self._piece(TEXT)
            self.chunk(b"data: [DONE]\n\n")
            self.chunk(b"")
        else:
            self.answer(200, {**self._whole(document), "usage": None})

    def as_nothing_used(self, document: dict[str, Any]) -> None:
        none = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        self.answer(200, {**self._whole(document), "usage": none})

    def as_deep(self, document: dict[str, Any]) -> None:
        depth = document["depth"]
        whole = json.dumps(self._whole(document)).replace('"content"', '"more": DEEP, "content"')
        deep = '{"a":' * depth + "1" + "}" * depth
        self.answer_bytes(200, "application/json", whole.replace("DEEP", deep).encode())

    def as_deep_arguments(self, document: dict[str, Any]) -> None:
        depth = document["depth"]
        called = {"name": "f", "arguments": '{"a":' * depth + "1" + "}" * depth}
        message = {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": called}]}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
        self.answer(200, {**self._whole(document), "choices": [choice]})

    def as_reports_cost(self, document: dict[str, Any]) -> None:
        self.answer(200, {**self._whole(document), "usage": {**USAGE, "cost": 0.25}})

    def as_counts_wildly(self, document: dict[str, Any]) -> None:
        self.answer(200, {**self._whole(document), "usage": {**USAGE, "completion_tokens": 10**16}})

    # How they are written

    def _whole(self, document: dict[str, Any]) -> dict[str, Any]:
        if self.path.endswith("/embeddings"):
            vector = {"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}
            usage = {"prompt_tokens": 7, "total_tokens": 7}
            return {"object": "list", "model": document.get("model"), "data": [vector], "usage": usage}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1767614400,
            "model": "gpt-4.1-mini-2025-04-14",
            "service_tier": "default",
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}
            ],
            "usage": USAGE,
        }

    def _stream(self, document: dict[str, Any], pieces: int, pause_s: float = 0.0) -> None:
        self.begin_stream()
        for number in range(pieces):
            self._piece(f"word{number} ")
            if pause_s:
                time.sleep(pause_s)
        self._end_stream(document)

    def _piece(self, text: str) -> None:
        self._event([{"index": 0, "delta": {"content": text}, "finish_reason": None}])

    def _end_stream(self, document: dict[str, Any]) -> None:
        self._event([{"index": 0, "delta": {}, "finish_reason": "stop"}])
        if (document.get("stream_options") or {}).get("include_usage"):
            self._event([], USAGE)
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    def _event(self, choices: list[Any], usage: dict[str, int] | None = None) -> None:
        event = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1767614400,
            "model": "gpt-4.1-mini-2025-04-14",
            "choices": choices,
            "usage": usage,
        }
        self.chunk(b"data: " + json.dumps(event).encode() + b"\n\n")
