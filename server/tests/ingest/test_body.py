"""Reading a body within bounds."""

import contextlib
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.ingest.body import decompress, read_body
from lynex_server.kernel.errors import InvalidInput, TooLarge

TEXT = b"one event after another " * 50


async def chunks_of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_reads_all_chunks() -> None:
    assert await read_body(chunks_of(b"ab", b"", b"c"), max_bytes=3) == b"abc"


async def test_stops_reading_at_the_limit_and_names_it() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000

    with pytest.raises(TooLarge, match="LYNEX_MAX_BODY_BYTES"):
        await read_body(endless(), max_bytes=5000)


COMPRESSED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "zstd": zstandard.ZstdCompressor().compress(TEXT),
    "identity": TEXT,
    "": TEXT,
}


@pytest.mark.parametrize("encoding", COMPRESSED)
def test_understands_each_encoding(encoding: str) -> None:
    assert decompress(COMPRESSED[encoding], encoding.upper(), len(TEXT)) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_several_members_are_one_body(encoding: str) -> None:
    assert decompress(COMPRESSED[encoding] * 3, encoding, 3 * len(TEXT)) == TEXT * 3


def test_a_zstd_frame_that_does_not_tell_its_size_is_read() -> None:
    writer = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    body = writer.compress(TEXT) + writer.flush()

    assert decompress(body, "zstd", len(TEXT)) == TEXT


@pytest.mark.parametrize("encoding", COMPRESSED)
def test_refuses_more_than_the_limit_and_names_it(encoding: str) -> None:
    with pytest.raises(TooLarge, match="LYNEX_MAX_DECOMPRESSED_BYTES"):
        decompress(COMPRESSED[encoding], encoding, len(TEXT) - 1)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_bomb_is_refused(encoding: str) -> None:
    zeros = bytes(50_000_000)
    bomb = {
        "gzip": lambda: gzip.compress(zeros, 1),
        "deflate": lambda: zlib.compress(zeros, 1),
        "zstd": lambda: zstandard.ZstdCompressor().compress(zeros),
    }[encoding]()

    with pytest.raises(TooLarge):
        decompress(bomb, encoding, 1_000_000)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize("cut", [1, 4, 12])
def test_a_truncated_body_is_refused(encoding: str, cut: int) -> None:
    with pytest.raises(InvalidInput, match="content-encoding"):
        decompress(COMPRESSED[encoding][:-cut], encoding, 10_000)


def test_an_unknown_encoding_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="'br'"):
        decompress(b"x", "br", 10)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "zstd", "", "gzip, gzip"]))
def test_any_bytes_are_read_or_refused(body: bytes, encoding: str) -> None:
    with contextlib.suppress(InvalidInput, TooLarge):
        assert len(decompress(body, encoding, 1000)) <= 1000
