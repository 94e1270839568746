"""What an upstream sent, read without trust: what is not as expected counts as absent, never as a reason to
fail."""

import json
from typing import Any

from lynex_server.gateway.translate.contract import Document


def item(value: Any, name: str) -> Document:
    """The object in a field; empty where there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def items(value: Any, name: str) -> list[Document]:
    """The objects of the list in a field."""
    found = value.get(name) if isinstance(value, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def string(value: Document, name: str) -> str:
    """The string in a field; empty where there is none."""
    found = value.get(name)
    return found if isinstance(found, str) else ""


def count(value: Document, name: str) -> int | None:
    """The whole number in a field, at least 0. None is not 0."""
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 2**53:
        return None
    return int(found)


def parsed(data: bytes) -> Document | None:
    """The JSON object that bytes hold."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def without_none(document: Document) -> Document:
    """The fields that have a value."""
    return {name: value for name, value in document.items() if value is not None}


def compact(value: Any) -> str:
    """JSON on one line, as models and providers write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encoded(value: Any) -> bytes:
    """JSON on one line as bytes. Halves of surrogate pairs, which some models emit, stay escaped."""
    try:
        return compact(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
