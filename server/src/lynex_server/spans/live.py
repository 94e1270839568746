"""News of stored spans, for live views: bounded, without text, gone when nobody listens."""

from collections.abc import Sequence

import msgspec

from lynex_server.spans.row import SpanRow

SPANS_PER_NEWS = 200
"""A live view shows what a person can read; the rest of a large batch is only counted."""


class StoredNews(msgspec.Struct, array_like=True):
    """Spans of one project that were just stored: newest `SPANS_PER_NEWS` of them without their text
    (`input`, `output`, `attributes` are empty), and how many more there were."""

    spans: list[SpanRow]
    more: int


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StoredNews)


def live_channel(project_id: str) -> str:
    """The channel of `engines.live` on which a project's news is published."""
    return f"spans:{project_id}"


def encode_news(rows: Sequence[SpanRow]) -> bytes:
    """The message that tells of `rows`, which are of one project and in the order of their storing."""
    shown = [
        msgspec.structs.replace(row, input="", output="", attributes="") for row in rows[-SPANS_PER_NEWS:]
    ]
    return _encoder.encode(StoredNews(shown, len(rows) - len(shown)))


def decode_news(message: bytes) -> StoredNews:
    """What `encode_news` made. Raises `ValueError` for anything else."""
    try:
        return _decoder.decode(message)
    except msgspec.MsgspecError as error:
        raise ValueError(f"not news of stored spans: {error}") from error
