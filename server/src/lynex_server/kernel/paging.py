"""Cursors: an opaque, URL-safe text that says where the next page begins."""

import base64
import binascii
from typing import TypeVar

import msgspec

from lynex_server.kernel.errors import InvalidInput


def encode_cursor(*position: str | int | float | None) -> str:
    """The position of the last row of a page, as the sort key's values."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).decode().rstrip("=")


T = TypeVar("T")


def decode_cursor(cursor: str, shape: type[T]) -> T:
    """What `encode_cursor` was given, checked against `shape` (a tuple type such as `tuple[int, str]`).

    Raises `InvalidInput` for anything that `encode_cursor` did not make.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.msgpack.decode(raw, type=shape)
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise InvalidInput("cursor: not one that this API gave out", field="cursor") from error
