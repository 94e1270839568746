"""A real HTTP server that takes events as Lynex does, remembers them, and fails on request."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

Json = dict[str, Any]


class Request(NamedTuple):
    """One request that came in, whatever was answered to it."""

    path: str
    headers: dict[str, str]
    body: bytes
    events: list[Json]


class Fault(NamedTuple):
    """What to answer instead of taking a batch."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    hang_s: float = 0.0
    cut: bool = False
    take_first: bool = False


class Receiver:
    """Takes batches, each idempotency key once. `faults` are used up one per request, in order.

    A `rule` may judge a request by its events instead; it gives a fault or None.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.taken: dict[str, list[Json]] = {}
        self.faults: list[Fault] = []
        self.rule: Callable[[Request], Fault | None] = lambda request: None
        self.rules: tuple[str, bytes] | None = None
        """Version and body of the redaction rules; without them 503 is answered."""
        self.rules_asked: list[dict[str, str]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def events(self) -> list[Json]:
        """Every event that was taken."""
        with self._lock:
            return [event for events in self.taken.values() for event in events]

    @property
    def names(self) -> list[str]:
        """The names of the events that were taken."""
        return [event["name"] for event in self.events]

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def judge(self, request: Request) -> Fault | None:
        """Note the request; take it, or say what to answer instead."""
        with self._lock:
            self.requests.append(request)
            fault = self.faults.pop(0) if self.faults else self.rule(request)
            if fault is None or fault.take_first:
                self.taken.setdefault(request.headers.get("idempotency-key", ""), request.events)
            return fault


def _handler_for(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.path, headers, body, [])
            try:
                said = json.loads(inflated(request))
                request.events.extend(said if isinstance(said, list) else [said])
            except ValueError:
                pass  # protobuf, of an OTLP exporter
            events = request.events
            fault = receiver.judge(request)
            if fault is None:
                self._answer(207, (), _all_accepted(events))
            elif fault.cut:
                self.close_connection = True
                self.connection.close()
            else:
                time.sleep(fault.hang_s)
                self._answer(fault.status, fault.headers, fault.body)

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.rules_asked.append(headers)
            rules = receiver.rules
            if self.path != "/v1/redaction/rules" or rules is None:
                self._answer(404 if rules else 503, (), b"")
            elif headers.get("if-none-match") == f'"{rules[0]}"':
                self._answer(304, (("ETag", f'"{rules[0]}"'),), b"")
            else:
                self._answer(200, (("ETag", f'"{rules[0]}"'),), rules[1])

        def _answer(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
            try:
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def inflated(request: Request) -> bytes:
    """The body without its compression."""
    return (
        gzip.decompress(request.body) if request.headers.get("content-encoding") == "gzip" else request.body
    )


def _all_accepted(events: list[Json]) -> bytes:
    results = [{"index": index, "status": "accepted"} for index in range(len(events))]
    return json.dumps({"accepted": len(events), "rejected": 0, "results": results}).encode()
