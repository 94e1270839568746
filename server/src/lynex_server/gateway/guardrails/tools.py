"""The names of the tools that a request offers and that an answer calls, in each dialect. Pure."""

from collections.abc import Iterator
from typing import Any

from lynex_server.gateway.documents import object_at, objects, text_at
from lynex_server.gateway.model import Dialect

Document = dict[str, Any]


def offered_tools(document: Document, dialect: Dialect) -> list[str]:
    """Names of the tools of a request; of a provider's own tool without a name, its type (`web_search`)."""
    if dialect == "gemini":
        return list(_gemini_offered(document))
    specs = [object_at(tool, "toolSpec") for tool in objects(object_at(document, "toolConfig").get("tools"))]
    offered = [*specs, *objects(document.get("tools")), *objects(document.get("functions"))]
    return [name for tool in offered for name in _names(tool)]


def called_tools(answer: Document, operation: str) -> list[str]:
    """Names of the tools that a whole answer calls."""
    return [name for place in _calls(answer, operation) if (name := _name(place))]


def _calls(answer: Document, operation: str) -> Iterator[Document]:
    if operation == "chat":
        for choice in objects(answer.get("choices")):
            yield from _chat_calls(object_at(choice, "message"))
    elif operation == "ollama_chat":
        yield from _chat_calls(object_at(answer, "message"))
    elif operation == "responses":
        for item in objects(answer.get("output")):
            if str(item.get("type", "")).endswith("_call"):
                yield item if _name(item) else {"name": item["type"].removesuffix("_call")}
    elif operation in ("messages", "converse"):
        blocks = answer.get("content", object_at(object_at(answer, "output"), "message").get("content"))
        for block in objects(blocks):
            yield object_at(block, "toolUse")
            if str(block.get("type", "")).endswith("tool_use"):
                yield block
    elif operation == "generate":
        for candidate in objects(answer.get("candidates")):
            for part in objects(object_at(candidate, "content").get("parts")):
                yield object_at(part, "functionCall")


def _chat_calls(message: Document) -> Iterator[Document]:
    yield object_at(message, "function_call")
    for call in objects(message.get("tool_calls")):
        yield object_at(call, "function")
        yield object_at(call, "custom")


def _gemini_offered(document: Document) -> Iterator[str]:
    for tool in objects(document.get("tools")):
        for key, value in tool.items():
            if key in ("functionDeclarations", "function_declarations"):
                yield from (name for each in objects(value) if (name := _name(each)))
            else:
                yield key  # `googleSearch`, `codeExecution` …


def _names(tool: Document) -> list[str]:
    """Every name that a tool goes by, and those within a namespace of tools: which of them its provider reads
    is not for a guard to guess."""
    places = (tool, object_at(tool, "function"), object_at(tool, "custom"))
    names = [name for place in places if (name := _name(place))]
    names += [name for inner in objects(tool.get("tools")) for name in _names(inner)]
    kind = text_at(tool, "type")
    return names or ([kind] if kind else [])


def _name(place: Document) -> str:
    return text_at(place, "name")
