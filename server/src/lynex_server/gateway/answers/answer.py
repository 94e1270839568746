"""What a whole answer says of itself, whatever the surface."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from lynex_server.gateway.documents import object_or_empty, objects, text_at
from lynex_server.gateway.operations import Name
from lynex_server.ingest.public import read_usage
from lynex_server.spans.public import UsageConvention

TOO_DEEP = "(nested too deep)"
MAX_COST_USD = 100_000
MAX_COUNT = 10**12


@dataclass(frozen=True, slots=True)
class Answer:
    """`usage` is as the upstream said it, in our units; `cost_usd` is what it says that the call cost. Empty
    and None when it says nothing, or what cannot be. `output` is what a span keeps: JSON of the messages, or
    text. `text` is what the model wrote, for estimates and guards."""

    model: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    convention: UsageConvention = "unknown"
    service_tier: str = ""
    finish_reason: str = ""
    response_id: str = ""
    output: str = ""
    text: str = ""
    cost_usd: float | None = None


def read_answer(name: Name, document: dict[str, Any]) -> Answer:
    """Read a whole answer. What is not there, or is not what it should be, is left out."""
    reported = _usage_of(document)
    usage, convention = read_usage(reported) if reported else ({}, "unknown")
    usage.pop("cost", None)  # whole dollars would pass for a count
    if usage and max(usage.values()) > MAX_COUNT:
        usage, convention = {}, "unknown"
    output = _output_of(name, document)
    return Answer(
        model=text_at(document, "model") or text_at(document, "modelVersion"),
        usage=usage,
        convention=convention,
        service_tier=text_at(document, "service_tier") or text_at(reported, "service_tier"),
        finish_reason=_finish_of(name, document),
        response_id=text_at(document, "id") or text_at(document, "responseId"),
        output=output if isinstance(output, str) else _json(output),
        text=_texts(output),
        cost_usd=_cost_usd(reported.get("cost")),
    )


def _cost_usd(said: Any) -> float | None:
    """A cost that may be believed: nobody pays to be asked, and no call costs more than `MAX_COST_USD`."""
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 <= said <= MAX_COST_USD:
        return None
    return float(said)


def _usage_of(document: dict[str, Any]) -> dict[str, Any]:
    for name in ("usage", "usageMetadata"):
        said = document.get(name)
        if isinstance(said, dict):
            return said
    counted = {
        "input_tokens": document.get("prompt_eval_count"),
        "output_tokens": document.get("eval_count"),
    }
    return {name: count for name, count in counted.items() if isinstance(count, int)}


def _output_of(name: Name, document: dict[str, Any]) -> Any:
    if name == "chat":
        return [choice.get("message") for choice in objects(document.get("choices"))]
    if name == "completion":
        return "\n".join(text_at(choice, "text") for choice in objects(document.get("choices")))
    if name == "responses":
        return document.get("output") or []
    if name == "messages":
        return [{"role": "assistant", "content": document.get("content") or []}]
    if name == "generate":
        return [choice.get("content") for choice in objects(document.get("candidates"))]
    if name == "converse":
        return [object_or_empty(object_or_empty(document.get("output")).get("message"))]
    if name == "ollama_chat":
        return [object_or_empty(document.get("message"))]
    if name == "ollama_generate":
        return text_at(document, "response")
    return ""


def _finish_of(name: Name, document: dict[str, Any]) -> str:
    if name in ("chat", "completion"):
        reasons = [text_at(choice, "finish_reason") for choice in objects(document.get("choices"))]
    elif name == "generate":
        reasons = [text_at(choice, "finishReason") for choice in objects(document.get("candidates"))]
    elif name == "responses":
        why = text_at(object_or_empty(document.get("incomplete_details")), "reason")
        reasons = [why or text_at(document, "status")]
    else:
        reasons = [text_at(document, each) for each in ("stop_reason", "stopReason", "done_reason")]
    return ",".join(dict.fromkeys(reason for reason in reasons if reason))


def _texts(output: Any) -> str:
    """Every text that the model wrote, tool arguments included."""
    if isinstance(output, str):
        return output
    found: list[str] = []
    _collect(output, found, 0)
    return "\n".join(found)


_WRITTEN = frozenset(
    {"text", "content", "arguments", "reasoning_content", "thinking", "refusal", "partial_json"}
)
_NESTED = frozenset(
    {
        "content",
        "parts",
        "tool_calls",
        "function",
        "functionCall",
        "args",
        "input",
        "summary",
        "toolUse",
        "message",
    }
)


def _collect(value: Any, found: list[str], depth: int) -> None:
    if depth > 12:
        return
    if isinstance(value, list):
        for each in value:
            _collect(each, found, depth + 1)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name in _WRITTEN and isinstance(each, str):
                found.append(each)
            elif name in ("args", "input") and each:
                found.append(_json(each))
            elif name in _NESTED:
                _collect(each, found, depth + 1)


def _json(value: Any) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except RecursionError:  # what could just be read is not always written as easily
        return TOO_DEEP
