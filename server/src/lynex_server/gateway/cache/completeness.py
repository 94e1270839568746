"""Whether an answer is one to give again: whole, and not a refusal of the moment. Pure."""

from typing import Any

Document = dict[str, Any]

_OK = 200
_CUT_OFF = frozenset(
    {"content_filter", "SAFETY", "RECITATION", "OTHER", "MALFORMED_FUNCTION_CALL", "refusal"}
)
"""Ends that say more about the moment or about a filter than about the question."""


def is_complete(status: int, answer: Document, operation: str) -> bool:
    """Whether a whole answer, as it came or put together from a stream, came to its end."""
    if status != _OK or answer.get("error"):
        return False
    if operation in ("chat", "completion"):
        return _all_ended(answer.get("choices"), "finish_reason")
    if operation == "generate":
        return _all_ended(answer.get("candidates"), "finishReason")
    if operation == "responses":
        return answer.get("status") == "completed"
    if operation == "messages":
        return _ended(answer.get("stop_reason"))
    if operation == "converse":
        return _ended(answer.get("stopReason", answer.get("stop_reason")))
    if operation in ("ollama_chat", "ollama_generate"):
        return answer.get("done") is True
    return bool(answer)


def _all_ended(choices: Any, name: str) -> bool:
    return (
        isinstance(choices, list)
        and bool(choices)
        and all(isinstance(choice, dict) and _ended(choice.get(name)) for choice in choices)
    )


def _ended(reason: Any) -> bool:
    return isinstance(reason, str) and bool(reason) and reason not in _CUT_OFF
