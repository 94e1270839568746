"""The names of the tools that a request offers and that an answer calls, in each dialect. Pure."""

from collections.abc import Iterator
from typing import Any

from lynex_server.gateway.model import Dialect

Document = dict[str, Any]


def offered_tools(document: Document, dialect: Dialect) -> list[str]:
    """Names of the tools of a request; of a provider's own tool without a name, its type (`web_search`)."""
    if dialect == "gemini":
        return list(_gemini_offered(document))
    if dialect == "bedrock" and isinstance(document.get("toolConfig"), dict):
        specs = [_at(tool, "toolSpec") for tool in _objects(document["toolConfig"].get("tools"))]
        return [name for spec in specs if (name := _name(spec))]
    offered = [*_objects(document.get("tools")), *_objects(document.get("functions"))]
    return [
        name
        for tool in offered
        if (name := _name(tool) or _name(_at(tool, "function")) or _name(_at(tool, "custom")) or _type(tool))
    ]


def called_tools(answer: Document, operation: str) -> list[str]:
    """Names of the tools that a whole answer calls."""
    return [name for place in _calls(answer, operation) if (name := _name(place))]


def _calls(answer: Document, operation: str) -> Iterator[Document]:
    if operation == "chat":
        for choice in _objects(answer.get("choices")):
            yield from _chat_calls(_at(choice, "message"))
    elif operation == "ollama_chat":
        yield from _chat_calls(_at(answer, "message"))
    elif operation == "responses":
        for item in _objects(answer.get("output")):
            if str(item.get("type", "")).endswith("_call"):
                yield item if _name(item) else {"name": item["type"].removesuffix("_call")}
    elif operation in ("messages", "converse"):
        blocks = answer.get("content", _at(_at(answer, "output"), "message").get("content"))
        for block in _objects(blocks):
            yield _at(block, "toolUse")
            if str(block.get("type", "")).endswith("tool_use"):
                yield block
    elif operation == "generate":
        for candidate in _objects(answer.get("candidates")):
            for part in _objects(_at(candidate, "content").get("parts")):
                yield _at(part, "functionCall")


def _chat_calls(message: Document) -> Iterator[Document]:
    yield _at(message, "function_call")
    for call in _objects(message.get("tool_calls")):
        yield _at(call, "function")
        yield _at(call, "custom")


def _gemini_offered(document: Document) -> Iterator[str]:
    for tool in _objects(document.get("tools")):
        for key, value in tool.items():
            if key in ("functionDeclarations", "function_declarations"):
                yield from (name for each in _objects(value) if (name := _name(each)))
            else:
                yield key  # `googleSearch`, `codeExecution` …


def _name(place: Document) -> str:
    name = place.get("name")
    return name if isinstance(name, str) else ""


def _type(tool: Document) -> str:
    kind = tool.get("type")
    return kind if isinstance(kind, str) else ""


def _at(place: Document, key: str) -> Document:
    value = place.get(key)
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Document]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
