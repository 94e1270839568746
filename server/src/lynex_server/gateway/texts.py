"""The texts of a call: what people, apps and models say in it, wherever its dialect puts that.

    texts_of({"messages": [{"role": "user", "content": "Hi"}]}, "openai", "chat")  # ["Hi"]
    map_texts(document, "openai", "chat", str.upper)

Texts are messages, system prompts, and the arguments and results of tools. Images and files in base64, names,
ids, schemas and the definitions of tools are none. Documents are never changed: a change gives a copy, or the
same object where there was none to make. All functions raise `InvalidInput` for a document that is nested too
deep to walk. An operation is called as in `operations.Name`; where one has no texts, there are none.
"""

from typing import Any

from lynex_server.gateway.model import Dialect
from lynex_server.gateway.text_walks import ANSWERS, MESSAGES, REQUESTS, Change, Walk
from lynex_server.kernel.errors import InvalidInput

Document = dict[str, Any]


def texts_of(document: Document, dialect: Dialect, operation: str) -> list[str]:
    """The texts of a request, in the order in which they stand."""
    return _texts(REQUESTS.get((dialect, operation)), document)


def map_texts(document: Document, dialect: Dialect, operation: str, change: Change) -> Document:
    """The request with every text changed."""
    return _changed(REQUESTS.get((dialect, operation)), document, change)


def answer_texts_of(answer: Document, dialect: Dialect, operation: str) -> list[str]:
    """The texts of a whole answer, in the order in which they stand."""
    return _texts(ANSWERS.get((dialect, operation)), answer)


def map_answer_texts(answer: Document, dialect: Dialect, operation: str, change: Change) -> Document:
    """The whole answer with every text changed."""
    return _changed(ANSWERS.get((dialect, operation)), answer, change)


def question_of(document: Document, dialect: Dialect, operation: str) -> str:
    """What the user said last, if the request ends with it and it has text; else nothing."""
    note = _Notes()
    with_question(document, dialect, operation, note)
    return "\n".join(note.texts)


def with_question(document: Document, dialect: Dialect, operation: str, change: Change) -> Document:
    """The request with the texts changed that the user said last, if it ends with them."""
    if (dialect, operation) not in MESSAGES:
        return document
    key, walk = MESSAGES[dialect, operation]
    said: Any = document.get(key)
    if isinstance(said, str):
        return {**document, key: change(said)}
    if not isinstance(said, list) or not said:
        return document
    last = said[-1]
    if not isinstance(last, dict) or last.get("role", "user") != "user" or _is_of_tool(last):
        return document
    return {**document, key: [*said[:-1], _changed(walk, last, change)]}


def _is_of_tool(message: Document) -> bool:
    """Whether it carries a tool's result, which some dialects put into the user's mouth."""
    if "type" in message and message["type"] != "message":
        return True
    parts = message.get("content", message.get("parts"))
    return isinstance(parts, list) and any(
        isinstance(part, dict)
        and (part.get("type") == "tool_result" or part.keys() & {"toolResult", "functionResponse"})
        for part in parts
    )


class _Notes:
    """A change that changes nothing and remembers what it saw."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str) -> str:
        self.texts.append(text)
        return text


def _texts(walk: Walk | None, document: Document) -> list[str]:
    notes = _Notes()
    _changed(walk, document, notes)
    return notes.texts


def _changed(walk: Walk | None, document: Document, change: Change) -> Document:
    if walk is None:
        return document
    try:
        changed: Document = walk(document, change)
    except RecursionError as error:
        raise InvalidInput("the body is nested too deep") from error
    return changed
