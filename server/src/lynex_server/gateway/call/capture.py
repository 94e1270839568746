"""What a span keeps of a question and an answer."""

from typing import Any

import msgspec

from lynex_server.gateway.call.asked import Asked

_SYSTEM = ("system", "instructions", "systemInstruction", "system_instruction")
_SAID = ("messages", "input", "prompt", "contents", "content", "requests")
MAX_BINARY_CHARS = 1_000
MAX_DEPTH = 64
"""What is nested deeper than this is left out: a call must have its span, whatever was asked."""


def captured_question(asked: Asked, max_chars: int) -> str:
    """The messages as JSON: with the system's text before them, where the surface keeps it apart. Pictures
    and sounds are left out; a long one is cut."""
    document = asked.document
    system = next((document[name] for name in _SYSTEM if document.get(name)), None)
    said = next((document[name] for name in _SAID if document.get(name) is not None), None)
    if isinstance(said, str) and system is None:
        return clipped(said, max_chars)
    messages = [{"role": "user", "content": said}] if isinstance(said, str) else said
    if system is not None and isinstance(messages, list):
        messages = [{"role": "system", "content": system}, *messages]
    return clipped(msgspec.json.encode(_without_binary(messages)).decode(), max_chars)


def clipped(text: str, max_chars: int) -> str:
    """The beginning of a text that is longer than `max_chars`."""
    return text if len(text) <= max_chars else text[:max_chars]


def _without_binary(value: Any, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        return "(nested too deep)"
    if isinstance(value, str):
        is_data = len(value) > MAX_BINARY_CHARS and (
            value.startswith("data:") or " " not in value[:MAX_BINARY_CHARS]
        )
        return f"({len(value)} characters of data)" if is_data else value
    if isinstance(value, list):
        return [_without_binary(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {name: _without_binary(each, depth + 1) for name, each in value.items()}
    return value
