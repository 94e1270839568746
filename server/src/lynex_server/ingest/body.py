"""Reading a request's body within bounds, compressed or not."""

import zlib
from collections.abc import AsyncIterator

import zstandard

from lynex_server.kernel.errors import InvalidInput, TooLarge

_ZLIB_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # 31: a gzip header and a 32 KB window
_ZSTD_SLICE_BYTES = 1024


async def read_body(chunks: AsyncIterator[bytes], max_bytes: int) -> bytes:
    """All chunks as one, raising `TooLarge` as soon as they pass `max_bytes`, without reading the rest."""
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(f"body: over {max_bytes} bytes as sent (LYNEX_MAX_BODY_BYTES)")
        parts.append(chunk)
    return b"".join(parts)


def decompress(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """The body as it was before `Content-Encoding: gzip`, `deflate` or `zstd` (empty, `identity`: as it is).

    Never makes more than `max_bytes`: raises `TooLarge` beyond them, `InvalidInput` when the bytes are not
    in that encoding or the encoding is not known.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
        return body
    if name in _ZLIB_WINDOWS:
        return _inflate(body, name, max_bytes)
    if name == "zstd":
        return _unzstd(body, max_bytes)
    raise InvalidInput(
        f"content-encoding: {name[:40]!r} is not known; use gzip, deflate or zstd",
        field="content-encoding",
    )


def _inflate(body: bytes, name: str, max_bytes: int) -> bytes:
    """A gzip body may be several members, one after another (RFC 1952 section 2.2)."""
    parts: list[bytes] = []
    left = max_bytes
    rest = body
    while rest:
        inflater = zlib.decompressobj(_ZLIB_WINDOWS[name])
        try:
            part = inflater.decompress(rest, left + 1)
        except zlib.error as error:
            raise _not_in_encoding(name) from error
        left -= len(part)
        if left < 0:
            raise _too_large(max_bytes)
        if not inflater.eof:
            raise _not_in_encoding(name)
        parts.append(part)
        rest = inflater.unused_data
    return b"".join(parts)


def _unzstd(body: bytes, max_bytes: int) -> bytes:
    """Fed in small slices: a slice of 1 KiB can grow to 32 MiB at most (128 KiB per block of 4 bytes)."""
    parts: list[bytes] = []
    left = max_bytes
    at = 0
    while at < len(body):
        frame = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj()
        while not frame.eof:
            piece = body[at : at + _ZSTD_SLICE_BYTES]
            if not piece:
                raise _not_in_encoding("zstd")
            try:
                part = frame.decompress(piece)
            except zstandard.ZstdError as error:
                raise _not_in_encoding("zstd") from error
            left -= len(part)
            if left < 0:
                raise _too_large(max_bytes)
            parts.append(part)
            at += len(piece)
        at -= len(frame.unused_data)
    return b"".join(parts)


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"body: over {max_bytes} bytes after decompression (LYNEX_MAX_DECOMPRESSED_BYTES)")


def _not_in_encoding(name: str) -> InvalidInput:
    return InvalidInput(f"content-encoding: the body is not complete, valid {name}", field="content-encoding")
