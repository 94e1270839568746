"""A real HTTP server that tells a control state as Lynex does, sets money aside, and takes events."""

from __future__ import annotations

import gzip
import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
ANYTHING = {"environment": "", "model": "", "route": "", "end_user": "", "tag": "", "session": ""}


def a_switch(
    reason: str = "runaway", until: str | None = None, allow_routes: tuple[str, ...] = (), **scope: str
) -> Json:
    """A kill switch of the control state."""
    return {
        "id": f"kil_{reason}",
        "scope": {**ANYTHING, **scope},
        "allow_routes": list(allow_routes),
        "reason": reason,
        "until": until,
    }


def a_budget(name: str = "ten a day", **changes: Any) -> Json:
    """A budget of the control state that is used up and stops."""
    scope = {key: changes.pop(key) for key in tuple(changes) if key in ANYTHING}
    return {
        "id": f"bud_{name}",
        "name": name,
        "scope": {**ANYTHING, **scope},
        "action": "stop",
        "downgrade_to": None,
        "hard_stop": False,
        "over": True,
        "frees_at": None,
        **changes,
    }


class ControlServer:
    """`say` changes the state. Reservations are granted until `refusal` (status and problem) is set."""

    def __init__(self) -> None:
        self.streams = True
        self.refusal: tuple[int, Json] | None = None
        self.reserved: list[Json] = []
        self.settled: list[tuple[str, Json]] = []
        self.released: list[str] = []
        self.events: list[Json] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.changed = threading.Condition()
        self.version = 0
        self.state: Json = {}
        self.numbers = itertools.count(1)
        self.ending = False
        self.say()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def say(self, *switches: Json, budgets: tuple[Json, ...] = (), enforcement: str = "off") -> None:
        """The state from now on."""
        with self.changed:
            self.version += 1
            self.state = {
                "version": str(self.version),
                "project_id": "default",
                "enforcement": enforcement,
                "kill_switches": list(switches),
                "budgets": list(budgets),
            }
            self.changed.notify_all()

    def next_state(self, told: int) -> tuple[Json, int]:
        """The state, as soon as it is another one than `told`, or after a moment anyway."""
        with self.changed:
            self.changed.wait_for(lambda: self.version != told or self.ending, 0.2)
            return self.state, self.version

    def __enter__(self) -> ControlServer:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        with self.changed:
            self.ending = True
            self.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler_for(server: ControlServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            if self.path == "/v1/control/stream" and server.streams:
                self._stream()
            elif self.path == "/v1/control/state":
                tag = f'"{server.version}"'
                if self.headers.get("If-None-Match") == tag:
                    self._answer(304, b"", tag)
                else:
                    self._answer(200, json.dumps(server.state).encode(), tag)
            else:
                self._answer(404, b"{}")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            said = json.loads(body)
            if self.path == "/v1/events":
                server.events.extend(said)
                self._answer(200, b"{}")
            elif self.path.endswith("/settle"):
                server.settled.append((self.path.split("/")[-2], said))
                self._answer(200, b"{}")
            elif server.refusal is not None:
                self._answer(server.refusal[0], json.dumps(server.refusal[1]).encode())
            else:
                server.reserved.append(said)
                self._answer(201, json.dumps({"id": f"rsv_{next(server.numbers)}"}).encode())

        def do_DELETE(self) -> None:
            server.released.append(self.path.rpartition("/")[2])
            self._answer(204, b"")

        def _stream(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.close_connection = True
            told = 0
            try:
                while not server.ending:
                    state, version = server.next_state(told)
                    if version != told:
                        told = version
                        self.wfile.write(
                            f"event: state\nid: {version}\ndata: {json.dumps(state)}\n\n".encode()
                        )
                    else:
                        self.wfile.write(b": still here\n\n")
                    self.wfile.flush()
            except OSError:
                return

        def _answer(self, status: int, body: bytes, tag: str = "") -> None:
            self.send_response(status)
            if tag:
                self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
