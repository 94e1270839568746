"""Frozen values as JSON text in a column, and back, checked against their types."""

from typing import TypeVar

import msgspec

T = TypeVar("T")


def as_text(value: object) -> str:
    """The value as JSON."""
    return msgspec.json.encode(value).decode()


def from_text(text: str, shape: type[T]) -> T:
    """What `as_text` was given. Raises `msgspec.ValidationError` for what is not of this shape."""
    return msgspec.json.decode(text, type=shape)
