"""A function of the app's own, applied to every text of an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lynex._internal.config import Event

_FIELDS = ("input", "output", "name", "error_message", "tags", "metadata", "attributes")


def with_texts(event: Event, redact: Callable[[str], str]) -> Event:
    """The event with `redact(text)` in the place of each text, however deep.

    Raises what `redact` raises, and `TypeError` when it gives back something other than text.
    """
    return {**event, **{field: _within(event[field], redact) for field in _FIELDS if field in event}}


def _within(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        text = redact(value)
        if not isinstance(text, str):
            raise TypeError(f"redact gave back {type(text).__name__}, not text")
        return text
    if isinstance(value, dict):
        return {key: _within(member, redact) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_within(item, redact) for item in value]
    return value
