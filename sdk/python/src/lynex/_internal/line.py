"""The line between the host's threads and the two workers, and the counts of what happened in it."""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple

from lynex._internal.record import SpanRecord
from lynex._internal.report import warn_once


class Stats(NamedTuple):
    """Counts since the sender was made, in events (`requests` and `retries`: in HTTP requests)."""

    captured: int = 0
    sent: int = 0
    dropped: int = 0
    rejected: int = 0
    buffered: int = 0
    requests: int = 0
    retries: int = 0


class Marker:
    """A place in the line; `reached` is set when everything before it is settled."""

    __slots__ = ("reached",)

    def __init__(self) -> None:
        self.reached = threading.Event()


class Counts:
    """What happened so far. Only `dropped` is written by several threads, under a lock."""

    __slots__ = ("_lock", "dropped", "encoded", "rejected", "requests", "retries", "sent")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.encoded = self.sent = self.rejected = self.dropped = self.requests = self.retries = 0

    def drop(self, events: int, why: str) -> None:
        """Count events that will never arrive, and say so once per reason."""
        with self._lock:
            self.dropped += events
        warn_once(f"drop:{why}", f"lynex dropped events: {why}; lynex.stats() counts them")


class Line:
    """The state shared by the host's threads and the two workers. Replaced as a whole in a forked child."""

    def __init__(self) -> None:
        self.captured: deque[SpanRecord | Marker] = deque()
        self.idle = True
        self.wake_encoder = threading.Event()
        self.outbound: deque[bytes | Marker] = deque()
        self.outbound_bytes = 0
        self.oldest_at_s = 0.0
        self.in_flight = 0
        self.changed = threading.Condition()
        self.flushing = 0
        self.markers = 0
        self.close_at_s: float | None = None
        self.closed = False
