"""What may be the name of a blob, on every store alike."""

import re

from lynex_server.kernel.errors import InvalidInput

# S3 allows 1024 bytes in a key, common file systems 255 in a segment.
MAX_KEY_CHARS = 900
MAX_SEGMENT_CHARS = 255

_SEGMENT = re.compile(r"[A-Za-z0-9._=-]+")


def is_key(key: str) -> bool:
    """Whether `key` is a relative path of plain segments."""
    segments = key.split("/")
    return len(key) <= MAX_KEY_CHARS and all(
        len(segment) <= MAX_SEGMENT_CHARS and segment not in (".", "..") and _SEGMENT.fullmatch(segment)
        for segment in segments
    )


def check_key(key: str) -> None:
    """Raises `InvalidInput` for what is not a key."""
    if not is_key(key):
        raise InvalidInput(f"not a name for a stored object: {key[:100]!r}", field="key")
