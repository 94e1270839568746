"""What the model wrote in a whole answer: its text alone, without thoughts and calls of tools. Pure."""

from typing import Any

from lynex_server.gateway.documents import object_at, objects

Document = dict[str, Any]


def written_texts(answer: Document, operation: str) -> list[str]:
    """The text of each choice of the answer; empty for one that has none."""
    if operation in ("chat", "completion"):
        choices = objects(answer.get("choices"))
        return [
            _joined(object_at(choice, "message").get("content", choice.get("text"))) for choice in choices
        ]
    if operation == "responses":
        said = [item for item in objects(answer.get("output")) if item.get("type") == "message"]
        return ["".join(_joined(item.get("content")) for item in said)]
    if operation == "generate":
        candidates = objects(answer.get("candidates"))
        return [_joined(object_at(each, "content").get("parts")) for each in candidates]
    if operation in ("messages", "converse"):
        return [
            _joined(answer.get("content", object_at(object_at(answer, "output"), "message").get("content")))
        ]
    if operation == "ollama_chat":
        return [_joined(object_at(answer, "message").get("content"))]
    if operation == "ollama_generate":
        return [_joined(answer.get("response"))]
    return []


def _joined(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(
        part["text"]
        for part in objects(content)
        if isinstance(part.get("text"), str) and not part.get("thought")
    )
