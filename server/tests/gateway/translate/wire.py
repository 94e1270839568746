"""Documents of every wire format, streams of them, and the official clients' own ways to read both."""

import json
from functools import cache
from typing import Any, get_type_hints

import pytest
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import (
    DocumentBlockParam,
    ImageBlockParam,
    RawMessageStreamEvent,
    RedactedThinkingBlockParam,
    TextBlockParam,
    ThinkingBlockParam,
    ToolParam,
    ToolResultBlockParam,
    ToolUseBlockParam,
)
from anthropic.types.message_create_params import (
    MessageCreateParamsNonStreaming,
    MessageCreateParamsStreaming,
)
from clocks import NOON_US, FixedClock
from google.genai import types as genai
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import TypeAdapter

from lynex_server.gateway.sse import SseParser
from lynex_server.gateway.translate import Translator, Untranslatable, translator

NOON_S = NOON_US // 1_000_000
PNG = "iVBORw0KGgo="
Document = dict[str, Any]


def from_chat(upstream: str) -> Translator:
    found = translator("openai", "chat", upstream, FixedClock())
    assert found is not None
    return found


def chat(*messages: Document, **fields: Any) -> Document:
    """An OpenAI chat request."""
    said = list(messages) or [{"role": "user", "content": "Hi"}]
    return {"model": "fast", "messages": said, **fields}


def function_tool(name: str = "weather", **fields: Any) -> Document:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    return {
        "type": "function",
        "function": {"name": name, "description": "Tells.", "parameters": schema, **fields},
    }


def called(call_id: str = "call_1", name: str = "weather", arguments: str = '{"city":"Rome"}') -> Document:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def sent(upstream: str, model: str, document: Document) -> Document:
    """What an upstream is sent for a chat request, checked against its official client's types."""
    translated = from_chat(upstream).request(document, model).document
    return valid_for_anthropic(translated) if upstream == "anthropic" else valid_for_gemini(translated)


def refusal(translating: Translator, document: Document, model: str = "m") -> Untranslatable:
    """Why a request is refused."""
    with pytest.raises(Untranslatable) as caught:
        translating.request(document, model)
    return caught.value


USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 7,
    "total_tokens": 107,
    "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
}
CALLS = [
    {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}},
    {"id": "call_2", "type": "function", "function": {"name": "now", "arguments": "{}"}},
]


def completion(finish: str = "stop", **message: Any) -> dict[str, Any]:
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "qwen3:8b",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": None, **message},
            }
        ],
        "usage": USAGE,
    }
    ChatCompletion.model_validate(document)
    return document


def chunked(document: dict[str, Any]) -> list[Any]:
    """A completion as the chunks that a server would send for it."""
    shell = {name: document[name] for name in ("id", "created", "model")} | {
        "object": "chat.completion.chunk"
    }
    choice = document["choices"][0]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for name in ("reasoning_content", "content", "refusal"):
        value = choice["message"].get(name) or ""
        deltas += [{name: half} for half in (value[:2], value[2:]) if half]
    for index, call in enumerate(choice["message"].get("tool_calls", [])):
        arguments = call["function"]["arguments"]
        started = call | {"index": index, "function": call["function"] | {"arguments": ""}}
        deltas.append({"tool_calls": [started]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": half}}]}
            for half in (arguments[:3], arguments[3:])
            if half
        ]
    found = [shell | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    found.append(shell | {"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    found.append(shell | {"choices": [], "usage": document["usage"]})
    return [*(ChatCompletionChunk.model_validate(each) and each for each in found), b"[DONE]"]


def streamed(translating: Translator, *documents: Document | bytes, named: bool = False) -> bytes:
    """What the caller gets for a stream of the upstream. `named` events carry their type as Anthropic's
    do."""
    parser, stream = SseParser(), translating.stream()
    out: list[bytes] = []
    for document in documents:
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        name = f"event: {document['type']}\n".encode() if named and isinstance(document, dict) else b""
        for event in parser.feed(name + b"data: " + data + b"\n\n"):
            out += stream.feed(event)
    return b"".join([*out, *stream.end()])


def events(stream: bytes) -> list[Document]:
    """The documents of a stream, without the mark of its end."""
    parser = SseParser()
    found = parser.feed(stream) + parser.end()
    return [json.loads(event.data) for event in found if event.data and event.data != b"[DONE]"]


def chunks(stream: bytes) -> list[ChatCompletionChunk]:
    """The chunks of a stream, each one valid for the official client."""
    return [ChatCompletionChunk.model_validate(document, strict=True) for document in events(stream)]


def put_together(stream: bytes) -> Document:
    """A chat stream as the official client puts it together."""
    state = ChatCompletionStreamState()
    for chunk in chunks(stream):
        state.handle_chunk(chunk)
    return without_indexes(state.current_completion_snapshot.model_dump(exclude_none=True))


def whole(document: Document) -> Document:
    """A whole chat answer as the official client reads it."""
    return without_indexes(ChatCompletion.model_validate(document, strict=True).model_dump(exclude_none=True))


def without_indexes(completion: Document) -> Document:
    """The same where it does not matter whether it was streamed: entries of lists have a number only then."""
    completion.pop("object", None)
    for choice in completion["choices"]:
        message = choice["message"]
        message.pop("parsed", None)
        for name in ("tool_calls", "thinking_blocks", "annotations", "images"):
            for entry in message.get(name, []):
                entry.pop("index", None)
                entry.get("function", {}).pop("parsed_arguments", None)
    return completion


def anthropic_message(stream: bytes) -> Document:
    """A stream of Anthropic's as its official client puts it together."""
    adapter: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
    snapshot, buffers = None, {}
    for document in events(stream):
        event = adapter.validate_python(document)
        snapshot = accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)
    assert snapshot is not None
    return snapshot.model_dump(exclude_none=True)


_BLOCKS: dict[str, Any] = {
    "text": TextBlockParam,
    "image": ImageBlockParam,
    "document": DocumentBlockParam,
    "tool_use": ToolUseBlockParam,
    "tool_result": ToolResultBlockParam,
    "thinking": ThinkingBlockParam,
    "redacted_thinking": RedactedThinkingBlockParam,
}


def valid_for_anthropic(document: Document) -> Document:
    """A request that the official client's types accept, without a field that they do not know. They know
    sampling parameters no longer, which older models still take."""
    known = {name: value for name, value in document.items() if name not in ("temperature", "top_p", "top_k")}
    _valid(MessageCreateParamsStreaming if known.get("stream") else MessageCreateParamsNonStreaming, known)
    for message in document["messages"]:
        assert set(message) == {"role", "content"}
        for block in message["content"]:
            _valid(_BLOCKS[block["type"]], block)
            for inner in block.get("content", []):
                _valid(_BLOCKS[inner["type"]], inner)
    for block in document.get("system", []):
        _valid(TextBlockParam, block)
    for tool in document.get("tools", []):
        _valid(ToolParam, tool)
    return document


def _valid(kind: Any, value: Document) -> None:
    assert set(value) <= set(get_type_hints(kind)), set(value) - set(get_type_hints(kind))
    _adapter(kind).validate_python(value)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def valid_for_gemini(document: Document) -> Document:
    """A request whose parts the official client's types accept, without a field that they do not know."""
    own = {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "serviceTier"}
    assert set(document) <= own
    for content in document["contents"]:
        genai.Content.model_validate(content)
    genai.Content.model_validate(document.get("systemInstruction", {}))
    genai.GenerationConfig.model_validate(document.get("generationConfig", {}))
    genai.ToolConfig.model_validate(document.get("toolConfig", {}))
    for tool in document.get("tools", []):
        genai.Tool.model_validate(tool)
    return document
