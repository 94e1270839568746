"""How a stream is cut into pieces: server-sent events, lines of JSON, or Amazon's event stream.

Every framing keeps the promise of `sse.py`: each byte that was fed is in the `raw` of exactly one piece, in
order, however the network cut it.
"""

import struct
import zlib
from typing import NamedTuple, Protocol

from lynex_server.gateway.sse import SseParser
from lynex_server.kernel.errors import Unreachable

MAX_PIECE_BYTES = 32 * 1024 * 1024
_AMAZON = "application/vnd.amazon.eventstream"
_LINES = ("application/x-ndjson", "application/jsonl")


class Piece(NamedTuple):
    """One piece of a stream: what it says (JSON, or empty), and the bytes it came as."""

    data: bytes
    raw: bytes


class Framing(Protocol):
    """Bytes in, whole pieces out."""

    def feed(self, chunk: bytes) -> list[Piece]:
        """The pieces that `chunk` completes. Raises `Unreachable` when one passes its bound."""
        ...

    def end(self) -> list[Piece]:
        """What is left when the stream stopped."""
        ...


def is_stream(content_type: str) -> bool:
    """Whether an answer with this content type comes in pieces, each of which says something."""
    return content_type.startswith(("text/event-stream", _AMAZON, *_LINES))


def framing_of(content_type: str) -> Framing:
    """The framing of an answer with this content type."""
    if content_type.startswith(_AMAZON):
        return AmazonEvents()
    if content_type.startswith(_LINES):
        return Lines()
    return ServerSentEvents()


class ServerSentEvents:
    """`text/event-stream`."""

    __slots__ = ("_parser",)

    def __init__(self) -> None:
        self._parser = SseParser(MAX_PIECE_BYTES)

    def feed(self, chunk: bytes) -> list[Piece]:
        """As promised by the protocol."""
        return [Piece(event.data, event.raw) for event in self._parser.feed(chunk)]

    def end(self) -> list[Piece]:
        """As promised by the protocol."""
        return [Piece(event.data, event.raw) for event in self._parser.end()]


class Lines:
    """One JSON value a line (Ollama)."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def feed(self, chunk: bytes) -> list[Piece]:
        """As promised by the protocol."""
        *lines, self._held = (self._held + chunk).split(b"\n")
        if len(self._held) > MAX_PIECE_BYTES:
            raise Unreachable(f"a line of the stream is larger than {MAX_PIECE_BYTES} bytes")
        return [Piece(line.strip(), line + b"\n") for line in lines]

    def end(self) -> list[Piece]:
        """As promised by the protocol."""
        rest, self._held = self._held, b""
        return [Piece(rest.strip(), rest)] if rest else []


class AmazonEvents:
    """`application/vnd.amazon.eventstream`: total length, length of headers, checksum of these two, headers,
    payload, checksum of it all. The checksums are the client's to check: every byte is passed on as it came.

    Source: https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
    """

    __slots__ = ("_held",)
    _PRELUDE = struct.Struct(">III")
    _CHECKSUM_BYTES = 4

    def __init__(self) -> None:
        self._held = b""

    def feed(self, chunk: bytes) -> list[Piece]:
        """As promised by the protocol."""
        held = self._held + chunk
        pieces = []
        while len(held) >= self._PRELUDE.size:
            total, headers, _ = self._PRELUDE.unpack_from(held)
            if not self._PRELUDE.size + headers + self._CHECKSUM_BYTES <= total <= MAX_PIECE_BYTES:
                raise Unreachable("the stream is no event stream, or an event of it is too large")
            if len(held) < total:
                break
            payload = held[self._PRELUDE.size + headers : total - self._CHECKSUM_BYTES]
            pieces.append(Piece(payload, held[:total]))
            held = held[total:]
        self._held = held
        return pieces

    def end(self) -> list[Piece]:
        """As promised by the protocol."""
        rest, self._held = self._held, b""
        return [Piece(b"", rest)] if rest else []


def amazon_exception(kind: str, payload: bytes) -> bytes:
    """An event of Amazon's stream that says what went wrong; nothing follows it. `kind` is the exception's
    name, as the service declares it."""
    fields = (
        (b":exception-type", kind.encode()),
        (b":content-type", b"application/json"),
        (b":message-type", b"exception"),
    )
    headers = b"".join(
        bytes([len(name)]) + name + b"\x07" + struct.pack(">H", len(value)) + value for name, value in fields
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    event = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return event + struct.pack(">I", zlib.crc32(event))
