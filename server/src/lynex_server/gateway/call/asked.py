"""What a call asks for, read from its path and body."""

from dataclasses import dataclass
from typing import Any

import msgspec

from lynex_server.gateway.call.estimate import tokens_of_document
from lynex_server.gateway.documents import NOT_JSON
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.operations import Operation, climbs

MAX_MODEL_CHARS = 200
MAX_CHOICES = 128
_TEXT_FIELDS = (
    *("system", "instructions", "systemInstruction", "system_instruction", "messages", "input", "prompt"),
    *("contents", "content", "requests", "tools", "toolConfig", "functions"),
)
_READ_HERE = frozenset(
    {
        *("model", "messages", "input", "prompt", "system", "instructions", "suffix", "template", "tools"),
        *("functions", "options", "stream", "stream_options", "n", "metadata", "user"),
        *("max_tokens", "max_completion_tokens", "max_output_tokens"),
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as its client sent it. `document` is the body; `max_output_tokens` is None where none is stated.

    `shows_usage`: the client of a stream asked for the usage itself. `is_as_sent`: nobody has changed
    the document.
    """

    operation: Operation
    document: dict[str, Any]
    model: str
    stream: bool
    max_output_tokens: int | None
    choices: int
    shows_usage: bool
    is_as_sent: bool = True

    def input_tokens(self) -> int:
        """An estimate, see `estimate.py`."""
        # Gemini's count may be asked for a whole request within the request.
        inner = self.document.get("generateContentRequest")
        asking = inner if isinstance(inner, dict) else self.document
        return tokens_of_document([asking.get(name) for name in _TEXT_FIELDS if name in asking])


_decode = msgspec.json.Decoder().decode


def read_asked(operation: Operation, raw: bytes) -> Asked:
    """Raises `Refused` (400) when the body is not a JSON object, or names no model."""
    try:
        document = _decode(raw)
    except NOT_JSON as error:
        raise Refused(400, "invalid_json", f"The body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Refused(400, "invalid_json", "The body must be a JSON object.")
    _check_spelling(document)
    model = operation.model or document.get("model") or ""
    if not isinstance(model, str) or not _may_name_a_model(model):
        raise Refused(
            400, "model_missing", "model: the name of a model or a route expected", details={"field": "model"}
        )
    return Asked(
        operation=operation,
        document=document,
        model=model.removeprefix("models/"),
        stream=operation.streams or _streams(operation, document),
        max_output_tokens=_max_output_tokens(document),
        choices=_choices(document),
        shows_usage=_shows_usage(document),
    )


def _check_spelling(document: dict[str, Any]) -> None:
    """Raises `Refused` for a field that is read here, in other letters. Servers in Go take `Model` for
    `model`, the last one that comes: what was checked here would not be what they read."""
    for name in document:
        if not name.islower() and (meant := name.lower()) in _READ_HERE:
            text = f"{name[:40]}: the name of this field is {meant}"
            raise Refused(400, "invalid_json", text, details={"field": meant})


def _may_name_a_model(name: str) -> bool:
    """It ends up in paths and headers, and must lead astray in neither."""
    return 0 < len(name) <= MAX_MODEL_CHARS and name.isprintable() and not climbs(name)


def _streams(operation: Operation, document: dict[str, Any]) -> bool:
    if operation.dialect == "ollama":
        return operation.kind == "llm" and document.get("stream") is not False
    return document.get("stream") is True


def _max_output_tokens(document: dict[str, Any]) -> int | None:
    for place, name in (
        (document, "max_completion_tokens"),
        (document, "max_output_tokens"),
        (document, "max_tokens"),
        (document.get("generationConfig"), "maxOutputTokens"),
        (document.get("inferenceConfig"), "maxTokens"),
        (document.get("options"), "num_predict"),
    ):
        stated = place.get(name) if isinstance(place, dict) else None
        if isinstance(stated, int) and stated > 0:
            return stated
    return None


def _choices(document: dict[str, Any]) -> int:
    config = document.get("generationConfig")
    stated = document.get("n") or (config.get("candidateCount") if isinstance(config, dict) else None)
    return min(stated, MAX_CHOICES) if isinstance(stated, int) and stated > 0 else 1


def _shows_usage(document: dict[str, Any]) -> bool:
    options = document.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True
