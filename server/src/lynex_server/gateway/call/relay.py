"""Passing an answer on: bytes first, then a look at a copy."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from lynex_server.gateway.answers.signs import ends_in, failure_in, is_content
from lynex_server.gateway.documents import document_in
from lynex_server.gateway.framing import Framing, Piece, framing_of
from lynex_server.gateway.operations import Name
from lynex_server.gateway.sse import SseEvent
from lynex_server.gateway.translate import StreamTranslator
from lynex_server.gateway.upstream.client import UpstreamAnswer

Send = Callable[[dict[str, Any]], Awaitable[None]]
_USAGE_MARKS = (b'"usage', b'eval_count"')
TAIL_S = 1.0
"""How long the end of a stream may take to come after its last event."""


@dataclass(slots=True)
class Kept:
    """The copy of a stream, for when it is over: the data of its pieces up to a bound, and when its first
    content came. Beyond the bound, the last piece that tells the usage is kept.

    `answers` is how many the call asked for, `ended` how many have come to their end. `failure` is what the
    provider said that went wrong with it.
    """

    name: Name
    max_bytes: int
    answers: int = 1
    within: list[bytes] = field(default_factory=list)
    last_usage: bytes = b""
    size_bytes: int = 0
    first_content_s: float = 0.0
    ended: int = 0
    failure: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out."""
        return self.size_bytes <= self.max_bytes

    @property
    def is_told(self) -> bool:
        """Whether the client has all that it waits for."""
        return self.ended >= (self.answers if self.name == "generate" else 1)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to come that a client waits for."""
        return self.is_told or bool(self.failure)

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
            self.ended += ends_in(self.name, data)
            self.failure = self.failure or failure_in(self.name, piece)
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
    async for chunk in _until_over(answer, kept):
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
    async with aclosing(_until_over(answer, own)) as chunks:
        async for chunk in chunks:
            pieces = framing.feed(chunk)
            events = [event for piece in pieces for event in translator.feed(_event_of(piece))]
            await _send_translated(send, events, shown, kept)
            own.note(pieces)
            if own.is_over and own.name != "generate":  # Gemini's last event is none that says so
                answer.has_said_all = True
                break
    own.note(rest := framing.end())
    events = [event for piece in rest for event in translator.feed(_event_of(piece))]
    await _send_translated(send, [*events, *translator.end()], shown, kept)


async def _until_over(answer: UpstreamAnswer, kept: Kept) -> AsyncGenerator[bytes]:
    """A stream as it comes, to its end, or what of it comes soon once `kept` has its last event: a provider
    may hold its connection as long as it likes, and no client is to wait for that. Raises
    `UpstreamFailed`."""
    pieces = answer.pieces()
    ends_s: float | None = None
    while True:
        if ends_s is None and kept.is_over:
            ends_s = asyncio.get_running_loop().time() + TAIL_S
        try:
            async with asyncio.timeout_at(ends_s):
                chunk = await anext(pieces, b"")
        except TimeoutError:
            return
        if not chunk:
            return
        yield chunk


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
