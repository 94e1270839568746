"""Patterns and JSON Schemas that people give: taken only when they can neither stall a call nor lead
elsewhere."""

from typing import Any, Final

import jsonschema_rs
import msgspec
import re2

MAX_SCHEMA_BYTES: Final = 65_536
MAX_SCHEMA_DEPTH: Final = 64
MAX_MATCHER_BYTES: Final = 8_000_000
"""What RE2 may take for one expression; what does not fit is refused when it is set."""


def compiled_pattern(text: str) -> Any:
    """An RE2 matcher, linear in the text. Raises `ValueError` for what RE2 does not take."""
    options = re2.Options()
    options.max_mem = MAX_MATCHER_BYTES
    options.log_errors = False
    try:
        return re2.compile(text, options)  # type: ignore[no-untyped-call]  # re2 has no types
    except re2.error as error:
        raise ValueError(f"RE2 does not take it: {_said(error)}") from error


def checked_pattern(text: str) -> str:
    """The pattern. Raises `ValueError` when it does not compile, or finds the empty text."""
    if compiled_pattern(text).search(""):
        raise ValueError("it finds the empty text, so it would block everything")
    return text


def compiled_schema(text: str) -> jsonschema_rs.Validator:
    """A validator that asks no other server and whose patterns are linear. Raises `ValueError`."""
    try:
        return jsonschema_rs.validator_for(
            msgspec.json.decode(text), pattern_options=jsonschema_rs.RegexOptions(), offline=True
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        raise ValueError(f"not a JSON Schema: {str(error).splitlines()[0][:300]}") from error


def checked_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema. Raises `ValueError` for what is none, is too large, or refers to another document."""
    if _deeper_than(MAX_SCHEMA_DEPTH, schema):  # first: what follows would use up the stack
        raise ValueError(f"may be {MAX_SCHEMA_DEPTH} levels deep at most")
    text = msgspec.json.encode(schema)
    if len(text) > MAX_SCHEMA_BYTES:
        raise ValueError(f"may have {MAX_SCHEMA_BYTES} bytes at most")
    compiled_schema(text.decode())
    return schema


def _deeper_than(depth: int, value: object) -> bool:
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list):
        inner = value
    else:
        return False
    return depth == 0 or any(_deeper_than(depth - 1, each) for each in inner)


def _said(error: Exception) -> str:
    said = error.args[0]
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
