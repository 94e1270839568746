"""JSON that others sent, read without trust."""

from typing import Any, Final

import msgspec

Document = dict[str, Any]
NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading raises: for what is no JSON, for texts that are no UTF-8, for what is nested too deep."""
_decode = msgspec.json.Decoder().decode


def document_in(data: bytes) -> Document | None:
    """The JSON object that bytes hold; None when they hold none."""
    try:
        document = _decode(data)
    except NOT_JSON:
        return None
    return document if isinstance(document, dict) else None


def json_in(data: bytes) -> Document:
    """The JSON object that bytes hold; empty for any other JSON, and for what is nested too deep to be read.
    Raises `ValueError` when they hold no JSON."""
    try:
        document = _decode(data)
    except RecursionError:
        return {}
    return document if isinstance(document, dict) else {}


def object_or_empty(value: Any) -> Document:
    """The value where it is an object."""
    return value if isinstance(value, dict) else {}


def object_at(place: Document, name: str) -> Document:
    """The object in a field; empty where there is none."""
    return object_or_empty(place.get(name))


def objects(value: Any) -> list[Document]:
    """The objects of a list; empty where it is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text_at(place: Document, name: str) -> str:
    """The text in a field; empty where there is none."""
    value = place.get(name)
    return value if isinstance(value, str) else ""
