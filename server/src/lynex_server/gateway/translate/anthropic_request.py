"""A chat request in Anthropic's words."""

import base64
import re
from typing import Any

from lynex_server.gateway.translate.chat_request import ChatRequest, Media, Message, Part, Text, ToolChoice
from lynex_server.gateway.translate.contract import Document, Untranslatable

DEFAULT_MAX_TOKENS = 4096
"""Anthropic asks for a limit; this one is sent where the caller states none."""

_LEAST_THINKING_TOKENS = 1024
_THINKING_TOKENS = {
    "minimal": 1024,
    "low": 1024,
    "medium": 8192,
    "high": 24576,
    "xhigh": 32000,
    "max": 32000,
}
_EFFORT = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}
_THINKS_BY_BUDGET = re.compile(r"claude-(3|(opus|sonnet|haiku)-4(-[015])?(-\d{8}|-latest|@|:|-v\d|$))")
"""Models from before effort governed thinking: up to Claude 4.5."""

_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_ODD_IN_AN_ID = re.compile(r"[^a-zA-Z0-9_-]")


def anthropic_request(chat: ChatRequest, model: str) -> Document:
    """Raises `Untranslatable`."""
    options = chat.options
    document: Document = {"model": model}
    document["max_tokens"] = DEFAULT_MAX_TOKENS if chat.max_tokens is None else chat.max_tokens
    document |= _thinking(chat, model)
    system = [_block(part) for each in chat.messages if each.role == "system" for part in each.parts]
    if system:
        document["system"] = system
    document["messages"] = _messages(chat)
    if chat.tools:
        document["tools"] = [
            {"name": tool.name, "input_schema": tool.schema}
            | ({"description": tool.description} if tool.description else {})
            | ({"strict": True} if tool.strict else {})
            for tool in chat.tools
        ]
        choice = _tool_choice(chat.tool_choice, chat.parallel)
        if choice:
            document["tool_choice"] = choice
    if chat.output:
        if chat.output.schema is None:
            raise Untranslatable(
                "Anthropic has no JSON mode without a schema; use json_schema", f"{chat.output.field}.type"
            )
        form = {"type": "json_schema", "schema": chat.output.schema}
        document["output_config"] = document.get("output_config", {}) | {"format": form}
    if chat.stop:
        document["stop_sequences"] = list(chat.stop)
    temperature = options.number("temperature")
    if temperature is not None:
        if not 0 <= temperature <= 1:
            raise Untranslatable("Anthropic takes a temperature from 0 to 1", "temperature")
        document["temperature"] = temperature
    for name, value in (("top_p", options.number("top_p")), ("top_k", options.whole("top_k"))):
        if value is not None:
            document[name] = value
    user = options.text("user")
    if user:
        document["metadata"] = {"user_id": user}
    tier = options.text("service_tier")
    if tier is not None:
        document["service_tier"] = _service_tier(tier)
    options.refuse("n", "Anthropic gives one answer to a call")
    options.refuse_rest("Anthropic")
    if chat.stream:
        document["stream"] = True
    return document


def _thinking(chat: ChatRequest, model: str) -> Document:
    """Newer models are told an effort, older ones a number of tokens, for which the limit makes room."""
    effort = chat.effort
    if effort is None:
        return {}
    if effort == "none":
        return {"thinking": {"type": "disabled"}}
    if effort not in _EFFORT:
        raise Untranslatable(f"{effort!r} is no effort", "reasoning_effort")
    if not _THINKS_BY_BUDGET.search(model):
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": _EFFORT[effort]}}
    if _continues_without_thinking(chat):
        return {}
    budget = _THINKING_TOKENS[effort]
    if chat.max_tokens is None:
        return {
            "thinking": {"type": "enabled", "budget_tokens": budget},
            "max_tokens": DEFAULT_MAX_TOKENS + budget,
        }
    if chat.max_tokens <= _LEAST_THINKING_TOKENS:
        raise Untranslatable(
            f"the limit of {chat.max_tokens} tokens leaves no room for thinking, which takes at least "
            f"{_LEAST_THINKING_TOKENS}",
            "reasoning_effort",
        )
    budget = max(_LEAST_THINKING_TOKENS, min(budget, chat.max_tokens // 2))
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def _continues_without_thinking(chat: ChatRequest) -> bool:
    """Whether the turn under way called tools and its thinking was not kept: the older models refuse to
    think on in the middle of a turn that they did not begin by thinking."""
    for message in reversed(chat.messages):
        if message.role == "user":
            return False
        if message.role == "assistant" and message.calls:
            return not message.thinking
    return False


def _messages(chat: ChatRequest) -> list[Document]:
    """Turns that alternate: what follows in the same role is one message, with a tool's results first."""
    turns: list[Document] = []
    for message in chat.messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = _blocks(message)
        if not blocks:
            continue
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
        result: Document = {"type": "tool_result", "tool_use_id": _tool_id(message.answers)}
        return [result | ({"content": content} if content else {})]
    calls = [
        {"type": "tool_use", "id": _tool_id(call.id), "name": call.name, "input": call.arguments}
        for call in message.calls
    ]
    return [*message.thinking, *(_block(part) for part in message.parts), *calls]


def _tool_id(call_id: str) -> str:
    """Anthropic takes letters, digits, `_` and `-` only; the call and its result change alike."""
    return _ODD_IN_AN_ID.sub("_", call_id) or "_"


def _block(part: Part) -> Document:
    block: Document
    if isinstance(part, Text):
        block = {"type": "text", "text": part.text}
    elif part.kind == "image":
        block = {"type": "image", "source": _image_source(part)}
    elif part.kind == "file":
        block = {"type": "document", "source": _document_source(part)}
        if part.name:
            block["title"] = part.name
    else:
        raise Untranslatable("Anthropic hears no audio", part.field)
    if part.cache_control:
        block["cache_control"] = part.cache_control
    return block


def _image_source(part: Media) -> Document:
    if part.url:
        return _url_source(part)
    if part.media_type not in _IMAGES:
        raise Untranslatable(f"Anthropic takes {', '.join(_IMAGES)}, not {part.media_type}", part.field)
    return {"type": "base64", "media_type": part.media_type, "data": part.data}


def _document_source(part: Media) -> Document:
    if part.url:
        return _url_source(part)
    if part.media_type == "text/plain":
        return {"type": "text", "media_type": part.media_type, "data": _decoded(part)}
    if part.media_type != "application/pdf":
        raise Untranslatable(f"Anthropic takes PDF and plain text, not {part.media_type}", part.field)
    return {"type": "base64", "media_type": part.media_type, "data": part.data}


def _decoded(part: Media) -> str:
    try:
        return base64.b64decode(part.data).decode()
    except ValueError:
        raise Untranslatable("is not base64 of text in UTF-8", part.field) from None


def _url_source(part: Media) -> Document:
    if not part.url.startswith("https://"):
        raise Untranslatable("Anthropic fetches from https only", part.field)
    return {"type": "url", "url": part.url}


def _tool_choice(choice: ToolChoice | None, parallel: bool | None) -> Document | None:
    if choice is None and parallel is not False:
        return None
    mode = choice.mode if choice else "auto"
    if mode == "none":
        return {"type": "none"}
    chosen: dict[str, Any] = {"type": {"auto": "auto", "required": "any", "named": "tool"}[mode]}
    if choice and choice.mode == "named":
        chosen["name"] = choice.name
    if parallel is False:
        chosen["disable_parallel_tool_use"] = True
    return chosen


def _service_tier(tier: str) -> str:
    if tier not in ("auto", "default"):
        raise Untranslatable(
            f"Anthropic has no tier {tier!r}; auto and default can be translated", "service_tier"
        )
    return "auto" if tier == "auto" else "standard_only"
