"""Server-sent events, read as they come: bytes in, whole events out, however the network cut them.

It is on the way of every streamed answer, so nothing looks at single bytes: one expression finds where events
end, and what arrives whole is never copied into a buffer first.
"""

import re
from typing import NamedTuple

from lynex_server.kernel.errors import Unreachable

MAX_EVENT_BYTES = 32 * 1024 * 1024
"""What an event may measure. Images come as base64 in one event; nothing that a model sends is larger."""

_BLANK_LINE = re.compile(rb"\n\r?\n")
_LONGEST_ENDING = 3
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class SseEvent(NamedTuple):
    """One event: its name ("" where the stream names none), its data (lines joined by LF), and the bytes it
    came as. What carries no data (a comment that keeps the line open) is an event too, so that it can be
    passed on: its `data` is empty."""

    event: str
    data: bytes
    raw: bytes


class SseParser:
    """The events of one stream, whose lines end with LF or CRLF, also mixed. Every byte that was fed is in
    the `raw` of exactly one event, in order, once `end` was called."""

    __slots__ = ("_held", "_max_event_bytes")

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._held = bytearray()
        self._max_event_bytes = max_event_bytes

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """The events that `chunk` completes. Raises `Unreachable` when one passes the bound."""
        held = self._held
        if held:
            unseen = max(0, len(held) - _LONGEST_ENDING + 1)
            held += chunk
            if _BLANK_LINE.search(held, unseen) is None:
                self._check(len(held))
                return []
            chunk = bytes(held)
            held.clear()
        events = []
        start = 0
        for blank_line in _BLANK_LINE.finditer(chunk):
            end = blank_line.end()
            self._check(end - start)
            events.append(_event(chunk[start:end]))
            start = end
        if start < len(chunk):
            self._check(len(chunk) - start)
            held += chunk[start:]
        return events

    def end(self) -> list[SseEvent]:
        """What was left without its blank line when the stream stopped: an event as well, or nothing."""
        rest = bytes(self._held)
        self._held.clear()
        return [_event(rest)] if rest else []

    def _check(self, size_bytes: int) -> None:
        if size_bytes > self._max_event_bytes:
            raise Unreachable(f"an event of the stream is larger than {self._max_event_bytes} bytes")


def _event(raw: bytes) -> SseEvent:
    name = ""
    data: list[bytes] = []
    for line in raw.removeprefix(_BYTE_ORDER_MARK).splitlines():
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.removeprefix(b" ").decode("utf-8", "replace")
    return SseEvent(name, data[0] if len(data) == 1 else b"\n".join(data), raw)


def sse(data: bytes, event: str = "") -> bytes:
    """An event as it is sent. `data` is one line, which JSON without indentation always is."""
    if event:
        return b"event: %b\ndata: %b\n\n" % (event.encode(), data)
    return b"data: %b\n\n" % data
