"""The ear: a thread that keeps the control state, by the stream, or by polling where streams do not get
through.

The state is fresh while something was heard of the server within `STALE_S`: a state, an answer, or the
comment by which a quiet stream says that it is there.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import socket
import threading
import time

from lynex._internal.config import Config
from lynex._internal.enforcement.connection import credential, open_connection, read_answer
from lynex._internal.enforcement.rules import NO_RULES, Rules, read_rules
from lynex._internal.report import internal_error, warn_once

STALE_S = 30.0
FIRST_EVENT_S = 5.0
"""A stream whose first event takes longer is held back by something between; then it is polled."""
QUIET_S = 25.0
"""Longest silence of a stream: the server says at least every ten seconds that it is there."""
POLL_S = 2.0
STREAM_AGAIN_S = 60.0
_OK, _NOT_MODIFIED = 200, 304


class Listener:
    """Keeps `rules`. Made anew after a fork; begins with the first `start`."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.rules: Rules = NO_RULES
        self.heard_at_s = 0.0
        self.known = threading.Event()
        self._etag = ""
        self._stopping = threading.Event()
        self._streams_fail = False
        self._open: http.client.HTTPConnection | None = None
        self._thread = threading.Thread(target=self._listen, name="lynex-control", daemon=True)
        self._started = False
        self._start_lock = threading.Lock()

    def start(self) -> None:
        """Begin to listen. Harmless when repeated, and when the interpreter gives out no more threads."""
        with self._start_lock:
            if self._started:
                return
            self._started = True
            try:
                self._thread.start()
            except RuntimeError:
                self.known.set()  # the interpreter is ending

    def stop(self) -> None:
        """End the thread soon."""
        self._stopping.set()
        connection = self._open
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)  # wakes the thread out of its reading

    def is_fresh(self) -> bool:
        """Whether the server was heard of lately."""
        return time.monotonic() - self.heard_at_s < STALE_S and self.heard_at_s > 0

    def _listen(self) -> None:
        stream_again_s = 0.0
        while not self._stopping.is_set():
            try:
                if time.monotonic() >= stream_again_s:
                    stream_again_s = time.monotonic() + (STREAM_AGAIN_S if self._streams_fail else 0)
                    self._follow_stream()
                if self._stopping.is_set():
                    return
                self._poll()
            except Exception:
                internal_error("listening for budgets and kill switches")
            self._stopping.wait(POLL_S * random.uniform(0.75, 1.25))  # noqa: S311 - spreads load, no secret

    def _follow_stream(self) -> None:
        """Take states from the stream until it ends or falls silent."""
        seen = False
        try:
            connection, before = open_connection(self._config, FIRST_EVENT_S)
            self._open = connection
            connection.request("GET", f"{before}/v1/control/stream", headers=credential(self._config, b""))
            response = connection.getresponse()
            if response.status != _OK:
                self._refused(response.status)
                return
            data = ""
            while not self._stopping.is_set():
                line = response.readline(1_000_000)
                if not line:
                    break
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                if text.startswith("data:"):
                    data += text[5:].strip()
                elif not text and data:
                    self._take(json.loads(data))
                    data = ""
                    if not seen and connection.sock is not None:
                        seen = True
                        connection.sock.settimeout(QUIET_S)
                elif text.startswith(":"):
                    self.heard_at_s = time.monotonic()
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError):
            # Also what a connection raises that `stop` has closed under it.
            pass
        finally:
            self._streams_fail = not seen
            connection_open, self._open = self._open, None
            if connection_open is not None:
                connection_open.close()

    def _poll(self) -> None:
        try:
            connection, before = open_connection(self._config, min(self._config.request_timeout_s, 5.0))
            try:
                headers = credential(self._config, b"")
                if self._etag:
                    headers["If-None-Match"] = self._etag
                connection.request("GET", f"{before}/v1/control/state", headers=headers)
                answer = read_answer(connection.getresponse())
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            warn_once(
                "control",
                f"Lynex cannot be reached for budgets and kill switches ({type(error).__name__}: {error})",
            )
            return
        if answer.status == _NOT_MODIFIED:
            self.heard_at_s = time.monotonic()
        elif answer.status == _OK:
            self._etag = answer.etag
            self._take(answer.body)
        else:
            self._refused(answer.status)

    def _take(self, state: dict[str, object]) -> None:
        self.rules = read_rules(state)
        self.heard_at_s = time.monotonic()
        self.known.set()

    def _refused(self, status: int) -> None:
        warn_once(
            f"control:{status}",
            f"Lynex answers HTTP {status} when asked for budgets and kill switches; they are not enforced",
        )
