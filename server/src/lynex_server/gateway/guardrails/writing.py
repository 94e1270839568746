"""What the model wrote in a whole answer: its text alone, without thoughts and calls of tools. Pure."""

from typing import Any

Document = dict[str, Any]


def written_texts(answer: Document, operation: str) -> list[str]:
    """The text of each choice of the answer; empty for one that has none."""
    if operation in ("chat", "completion"):
        choices = _objects(answer.get("choices"))
        return [_joined(_at(choice, "message").get("content", choice.get("text"))) for choice in choices]
    if operation == "responses":
        said = [item for item in _objects(answer.get("output")) if item.get("type") == "message"]
        return ["".join(_joined(item.get("content")) for item in said)]
    if operation == "generate":
        candidates = _objects(answer.get("candidates"))
        return [_joined(_at(each, "content").get("parts")) for each in candidates]
    if operation in ("messages", "converse"):
        return [_joined(answer.get("content", _at(_at(answer, "output"), "message").get("content")))]
    if operation == "ollama_chat":
        return [_joined(_at(answer, "message").get("content"))]
    if operation == "ollama_generate":
        return [_joined(answer.get("response"))]
    return []


def _joined(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(
        part["text"]
        for part in _objects(content)
        if isinstance(part.get("text"), str) and not part.get("thought")
    )


def _at(place: Document, key: str) -> Document:
    value = place.get(key)
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Document]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
