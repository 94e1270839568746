"""Asking a model once to mend an answer that does not keep its schema. Pure."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from lynex_server.gateway.model import Dialect

Document = dict[str, Any]

_WISH: Final = (
    "Your answer does not keep the JSON Schema that it has to keep:\n{problems}\n\n"
    "The schema:\n{schema}\n\n"
    "Answer again, with the whole corrected JSON and nothing else: no explanation, no code fence."
)


def repair_request(
    document: Document,
    dialect: Dialect,
    operation: str,
    answer_text: str,
    problems: Sequence[str],
    schema: str,
) -> Document | None:
    """The request that was answered, with the answer and the wish to mend it behind it, not streamed.

    None where the dialect has no turns to add (plain completions).
    """
    add = _ADD.get((dialect, operation))
    if add is None:
        return None
    listed = "\n".join(f"- {each}" for each in problems)
    return add(document, answer_text, _WISH.format(problems=listed, schema=schema))


def _turns(document: Document, answer_text: str, wish: str) -> Document:
    said = document.get("messages")
    turns = [{"role": "assistant", "content": answer_text or "(nothing)"}, {"role": "user", "content": wish}]
    asked = {**document, "messages": [*(said if isinstance(said, list) else []), *turns]}
    return _not_streamed(asked)


def _response_items(document: Document, answer_text: str, wish: str) -> Document:
    said = document.get("input")
    items = said if isinstance(said, list) else [{"role": "user", "content": said or ""}]
    turns = [{"role": "assistant", "content": answer_text or "(nothing)"}, {"role": "user", "content": wish}]
    return _not_streamed({**document, "input": [*items, *turns]})


def _contents(document: Document, answer_text: str, wish: str) -> Document:
    said = document.get("contents")
    turns = [
        {"role": "model", "parts": [{"text": answer_text or "(nothing)"}]},
        {"role": "user", "parts": [{"text": wish}]},
    ]
    return {**document, "contents": [*(said if isinstance(said, list) else [said] if said else []), *turns]}


def _converse(document: Document, answer_text: str, wish: str) -> Document:
    said = document.get("messages")
    turns = [
        {"role": "assistant", "content": [{"text": answer_text or "(nothing)"}]},
        {"role": "user", "content": [{"text": wish}]},
    ]
    return {**document, "messages": [*(said if isinstance(said, list) else []), *turns]}


def _not_streamed(document: Document) -> Document:
    """`stream` is said to be false, for Ollama streams unless told not to."""
    return {**{name: value for name, value in document.items() if name != "stream_options"}, "stream": False}


_ADD: Final[dict[tuple[Dialect, str], Callable[[Document, str, str], Document]]] = {
    ("openai", "chat"): _turns,
    ("openai", "responses"): _response_items,
    ("anthropic", "messages"): _turns,
    ("gemini", "generate"): _contents,
    ("bedrock", "converse"): _converse,
    ("ollama", "ollama_chat"): _turns,
}
