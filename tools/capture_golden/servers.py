"""The two local servers of a capture: the model endpoint and the recorder of what a client exports."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

from tools.capture_golden import answers
from tools.capture_golden.answers import Answer, Json

# Headers that say which client spoke and in what dialect; credentials are never recorded.
KEPT_HEADERS = (
    "x-langfuse-sdk-name",
    "x-langfuse-sdk-version",
    "x-langfuse-ingestion-version",
    "x-mlflow-experiment-id",
)


@dataclass(slots=True)
class Recorded:
    """One export request: `body` as sent but decompressed, `encoding` as it was ("" or "gzip")."""

    path: str
    content_type: str
    encoding: str
    authorization_scheme: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Log:
    """What happened during one run, in order of arrival."""

    answers: list[Json] = field(default_factory=list)
    exports: list[Recorded] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log: ClassVar[Log]

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what matters is recorded."""

    def _body(self) -> bytes:
        length = int(self.headers.get("content-length") or 0)
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(length)
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Provider(_Handler):
    """Speaks OpenAI, Anthropic and Gemini, whichever the path asks for."""

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        request: Json = json.loads(self._body() or b"{}")
        answer = _answer(path, request)
        if answer is None:
            self.log.unexpected.append(f"POST {path}")
            self._send(404, b"{}", "application/json")
            return
        self.log.answers.append(
            {
                "endpoint": path,
                "model": answer.model,
                "streamed": answer.events is not None,
                "status": answer.status,
                "usage": answer.usage,
            }
        )
        if answer.events is None:
            self._send(answer.status, json.dumps(answer.body).encode(), "application/json")
        else:
            self._stream(answer.events)

    def _stream(self, events: tuple[tuple[str, str], ...]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for name, data in events:
            head = f"event: {name}\n" if name else ""
            self.wfile.write(f"{head}data: {data}\n\n".encode())
            self.wfile.flush()
        self.close_connection = True


class _Recorder(_Handler):
    """Takes every POST as an export and answers as an OTLP receiver that accepted it all."""

    def do_GET(self) -> None:
        self.log.unexpected.append(f"GET {urlsplit(self.path).path}")
        self._send(404, b"{}", "application/json")

    def do_POST(self) -> None:
        body = self._body()
        encoding = self.headers.get("content-encoding", "")
        content_type = self.headers.get("content-type", "")
        self.log.exports.append(
            Recorded(
                path=urlsplit(self.path).path,
                content_type=content_type,
                encoding=encoding,
                authorization_scheme=self.headers.get("authorization", "").partition(" ")[0],
                headers={name: self.headers[name] for name in KEPT_HEADERS if name in self.headers},
                body=gzip.decompress(body) if encoding == "gzip" else body,
            )
        )
        # An empty protobuf message is zero bytes; in JSON it is an empty object.
        self._send(200, b"{}" if "json" in content_type else b"", content_type)


def _answer(path: str, request: Json) -> Answer | None:
    if path.endswith("/chat/completions"):
        return answers.openai_chat(request)
    if path.endswith("/responses"):
        return answers.openai_responses(request)
    if path.endswith("/embeddings"):
        return answers.openai_embeddings(request)
    if path.endswith("/messages"):
        return answers.anthropic_messages(request)
    model, _, verb = path.rpartition("/")[2].partition(":")
    if verb in ("generateContent", "streamGenerateContent"):
        return answers.gemini_generate(model, streamed=verb == "streamGenerateContent")
    return None


@contextmanager
def serving() -> Iterator[tuple[str, str, Log]]:
    """Run both servers on free local ports; gives (provider URL, recorder URL, what happened)."""
    log = Log()
    servers = [
        ThreadingHTTPServer(("127.0.0.1", 0), type(kind.__name__, (kind,), {"log": log}))
        for kind in (_Provider, _Recorder)
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        provider, recorder = (f"http://127.0.0.1:{server.server_port}" for server in servers)
        yield provider, recorder, log
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
