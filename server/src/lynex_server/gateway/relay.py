"""Passing an answer on: bytes first, then a look at a copy."""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from lynex_server.gateway.answers.assembling import is_content, is_end
from lynex_server.gateway.documents import document_in
from lynex_server.gateway.framing import Framing, Piece, framing_of
from lynex_server.gateway.operations import Name
from lynex_server.gateway.sse import SseEvent
from lynex_server.gateway.translate import StreamTranslator
from lynex_server.gateway.upstream import UpstreamAnswer

Send = Callable[[dict[str, Any]], Awaitable[None]]
_USAGE_MARKS = (b'"usage', b'eval_count"')


@dataclass(slots=True)
class Kept:
    """The copy of a stream, for when it is over: the data of its pieces up to a bound, and when its first
    content came. Beyond the bound, the last piece that tells the usage is kept. `last` is the newest."""

    name: Name
    max_bytes: int
    within: list[bytes] = field(default_factory=list)
    last: bytes = b""
    last_usage: bytes = b""
    size_bytes: int = 0
    first_content_s: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out."""
        return self.size_bytes <= self.max_bytes

    @property
    def is_told(self) -> bool:
        """Whether the client has all that it waits for."""
        return is_end(self.name, self.last)

    @property
    def pieces(self) -> list[bytes]:
        """The data of what was kept, in order."""
        return [*self.within, self.last_usage] if self.last_usage else self.within

    def note(self, pieces: Iterable[Piece]) -> None:
        """Take the pieces that came with one chunk."""
        for piece in pieces:
            data = piece.data
            if not data:
                continue
            self.last = data
            if not self.first_content_s and is_content(self.name, data):
                self.first_content_s = time.perf_counter()
            self.size_bytes += len(data)
            if self.size_bytes <= self.max_bytes:
                self.within.append(data)
            elif any(mark in data for mark in _USAGE_MARKS):
                self.last_usage = data


async def pass_stream(answer: UpstreamAnswer, send: Send, kept: Kept, hides_usage: bool) -> None:
    """Pass a stream on as it comes. With `hides_usage`, the event that tells nothing but the usage is left
    out: its client did not ask for it. Raises `UpstreamFailed`."""
    framing = framing_of(answer.content_type)
    async for chunk in answer.pieces():
        if hides_usage:
            pieces = framing.feed(chunk)
            shown = b"".join(piece.raw for piece in pieces if not _tells_only_usage(piece.data))
            if shown:
                await _send_part(send, shown)
        else:
            await _send_part(send, chunk)
            pieces = framing.feed(chunk)
        kept.note(pieces)
    kept.note(rest := framing.end())
    if hides_usage and rest:
        await _send_part(send, b"".join(piece.raw for piece in rest))


async def translate_stream(
    answer: UpstreamAnswer, send: Send, kept: Kept, own: Kept, translator: StreamTranslator
) -> None:
    """Pass a stream on in another dialect. `kept` gets what the client got, `own` what the upstream said.
    Raises `UpstreamFailed`."""
    framing = framing_of(answer.content_type)
    shown: Framing = framing_of("text/event-stream")
    async for chunk in answer.pieces():
        pieces = framing.feed(chunk)
        events = [event for piece in pieces for event in translator.feed(_event_of(piece))]
        await _send_translated(send, events, shown, kept)
        own.note(pieces)
    own.note(rest := framing.end())
    events = [event for piece in rest for event in translator.feed(_event_of(piece))]
    await _send_translated(send, [*events, *translator.end()], shown, kept)


async def _send_translated(send: Send, events: list[bytes], shown: Framing, kept: Kept) -> None:
    if events:
        part = b"".join(events)
        await _send_part(send, part)
        kept.note(shown.feed(part))


async def _send_part(send: Send, part: bytes) -> None:
    await send({"type": "http.response.body", "body": part, "more_body": True})


def _event_of(piece: Piece) -> SseEvent:
    name = b""
    if piece.raw.startswith(b"event:"):
        name = piece.raw[6:].partition(b"\n")[0].strip()
    return SseEvent(name.decode("utf-8", "replace"), piece.data, piece.raw)


def _tells_only_usage(data: bytes) -> bool:
    """Whether an event of a chat stream is the one that `include_usage` adds: it has no choices."""
    if b'"usage"' not in data or b"{" not in data:
        return False
    document = document_in(data)
    return document is not None and document.get("choices") == [] and isinstance(document.get("usage"), dict)
