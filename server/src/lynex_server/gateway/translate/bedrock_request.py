"""A chat request in the words of Bedrock's Converse."""

import re
from typing import Any

from lynex_server.gateway.translate.chat_request import (
    ChatRequest,
    Media,
    Message,
    OutputFormat,
    Part,
    Text,
    ToolChoice,
)
from lynex_server.gateway.translate.contract import Document, Untranslatable
from lynex_server.gateway.translate.lenient import compact

_IMAGES = {"image/png": "png", "image/jpeg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
_AUDIO = {"audio/wav": "wav", "audio/mp3": "mp3"}
_FILES = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
_EFFORT = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}
_TIERS = {"default": "default", "flex": "flex", "priority": "priority", "fast": "priority"}
_ODD_IN_AN_ID = re.compile(r"[^a-zA-Z0-9_-]")
_ODD_IN_A_NAME = re.compile(r"[^a-zA-Z0-9 ()\[\]-]+")


def bedrock_request(chat: ChatRequest) -> Document:
    """Raises `Untranslatable`."""
    options = chat.options
    if chat.stream:
        raise Untranslatable("Bedrock streams in a form of its own, which is not translated", "stream")
    document: Document = {"messages": _messages(chat)}
    system = [block for each in chat.messages if each.role == "system" for block in _blocks_of(each.parts)]
    if system:
        document["system"] = system
    inference = {
        "maxTokens": chat.max_tokens,
        "stopSequences": list(chat.stop) or None,
        "temperature": _temperature(options.number("temperature")),
        "topP": options.number("top_p"),
    }
    document["inferenceConfig"] = {name: value for name, value in inference.items() if value is not None}
    if chat.tools:
        document["toolConfig"] = _tool_config(chat)
    output = _output(chat.output, chat.effort)
    if output:
        document["outputConfig"] = output
    tier = options.text("service_tier")
    if tier is not None and tier != "auto":
        if tier not in _TIERS:
            raise Untranslatable(f"Bedrock has no tier {tier!r}", "service_tier")
        document["serviceTier"] = {"type": _TIERS[tier]}
    options.drop("user")
    options.refuse_rest("Bedrock")
    return document


def _temperature(temperature: float | None) -> float | None:
    if temperature is not None and not 0 <= temperature <= 1:
        raise Untranslatable("Bedrock takes a temperature from 0 to 1", "temperature")
    return temperature


def _tool_config(chat: ChatRequest) -> Document:
    if chat.parallel is False:
        raise Untranslatable("Bedrock cannot be held to one call at a time", "parallel_tool_calls")
    tools = [
        {
            "toolSpec": {"name": tool.name, "inputSchema": {"json": tool.schema}}
            | ({"description": tool.description} if tool.description else {})
            | ({"strict": True} if tool.strict else {})
        }
        for tool in chat.tools
    ]
    return {"tools": tools} | ({"toolChoice": _tool_choice(chat.tool_choice)} if chat.tool_choice else {})


def _tool_choice(choice: ToolChoice) -> Document:
    if choice.mode == "none":
        raise Untranslatable("Bedrock cannot be kept from using the tools it is shown", "tool_choice")
    if choice.mode == "named":
        return {"tool": {"name": choice.name}}
    return {"auto": {}} if choice.mode == "auto" else {"any": {}}


def _output(form: OutputFormat | None, effort: str | None) -> Document:
    output: Document = {}
    if effort is not None:
        if effort not in _EFFORT:
            raise Untranslatable(f"Bedrock has no effort {effort!r}", "reasoning_effort")
        output["effort"] = _EFFORT[effort]
    if form:
        if form.schema is None:
            raise Untranslatable(
                "Bedrock has no JSON mode without a schema; use json_schema", f"{form.field}.type"
            )
        schema = {"name": "answer", "schema": compact(form.schema)}
        output["textFormat"] = {"type": "json_schema", "structure": {"jsonSchema": schema}}
    return output


def _messages(chat: ChatRequest) -> list[Document]:
    turns: list[Document] = []
    for message in chat.messages:
        blocks = [] if message.role == "system" else _blocks(message)
        if not blocks:
            continue
        role = "assistant" if message.role == "assistant" else "user"
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    if not turns:
        raise Untranslatable("holds nothing that a user or the model said", "messages")
    return turns


def _blocks(message: Message) -> list[Document]:
    if message.role == "tool":
        content = [_block(part) for part in message.parts]
        return [{"toolResult": {"toolUseId": _tool_id(message.answers), "content": content}}]
    calls = [
        {"toolUse": {"toolUseId": _tool_id(call.id), "name": call.name, "input": call.arguments}}
        for call in message.calls
    ]
    return [*(_thought(each) for each in message.thinking), *_blocks_of(message.parts), *calls]


def _tool_id(call_id: str) -> str:
    return _ODD_IN_AN_ID.sub("_", call_id) or "_"


def _thought(block: Document) -> Document:
    if block.get("type") == "redacted_thinking":
        return {"reasoningContent": {"redactedContent": block.get("data", "")}}
    text = {"text": block.get("thinking", ""), "signature": block.get("signature")}
    return {
        "reasoningContent": {"reasoningText": {name: each for name, each in text.items() if each is not None}}
    }


def _blocks_of(parts: tuple[Part, ...]) -> list[Document]:
    """The parts, each followed by its mark for the cache."""
    blocks: list[Document] = []
    for part in parts:
        blocks.append(_block(part))
        if part.cache_control:
            ttl = part.cache_control.get("ttl")
            blocks.append({"cachePoint": {"type": "default"} | ({"ttl": ttl} if ttl in ("5m", "1h") else {})})
    return blocks


def _block(part: Part) -> Document:
    if isinstance(part, Text):
        return {"text": part.text}
    if part.url:
        raise Untranslatable("Bedrock fetches nothing; send the content as a data URL", part.field)
    source: Any = {"source": {"bytes": part.data}}
    if part.kind == "image":
        return {"image": {"format": _format(part, _IMAGES), **source}}
    if part.kind == "audio":
        return {"audio": {"format": _format(part, _AUDIO), **source}}
    # A name may hold little, and steers the model: what stands before the last dot says enough.
    name = _ODD_IN_A_NAME.sub(" ", part.name.rpartition(".")[0] or part.name).strip() or "document"
    return {"document": {"format": _format(part, _FILES), "name": name, **source}}


def _format(part: Media, known: dict[str, str]) -> str:
    if part.media_type not in known:
        raise Untranslatable(f"Bedrock takes {', '.join(known)}, not {part.media_type}", part.field)
    return known[part.media_type]
