"""`EventBatch` to the bytes of a queue entry and back: MessagePack, then Zstandard at its fastest level."""

import threading

import msgspec
import zstandard

from lynex_server.spans.event import EventBatch

_MAX_BATCH_BYTES = 512 * 1024 * 1024  # a bound against a corrupt length, far above any accepted request
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(EventBatch)
_per_thread = threading.local()  # Zstandard contexts are quick to reuse and must not be shared


def encode_batch(batch: EventBatch) -> bytes:
    """The bytes of a queue entry."""
    return _compressor().compress(_encoder.encode(batch))


def decode_batch(body: bytes) -> EventBatch:
    """What `encode_batch` was given. Raises `ValueError` when the bytes are not such a batch."""
    try:
        return _decoder.decode(_decompressor().decompress(body, max_output_size=_MAX_BATCH_BYTES))
    except (zstandard.ZstdError, msgspec.MsgspecError) as error:
        raise ValueError(f"not a batch of events: {error}") from error


def _compressor() -> zstandard.ZstdCompressor:
    if not hasattr(_per_thread, "compressor"):
        _per_thread.compressor = zstandard.ZstdCompressor(level=1)
    return _per_thread.compressor  # type: ignore[no-any-return]  # threading.local has no field types


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_per_thread, "decompressor"):
        _per_thread.decompressor = zstandard.ZstdDecompressor()
    return _per_thread.decompressor  # type: ignore[no-any-return]  # threading.local has no field types
