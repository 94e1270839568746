"""A request of Anthropic's messages as an OpenAI chat request, for servers that know only that."""

import re
from typing import Any

from lynex_server.gateway.translate.contract import Document, Untranslatable
from lynex_server.gateway.translate.fields import Fields, objects
from lynex_server.gateway.translate.lenient import compact

_CHANGES_NO_ANSWER = (
    "model",
    "cache_control",
    "context_management",
    "diagnostics",
    "user_profile_id",
    "workspace_id",
)
"""Bookkeeping with Anthropic, and what only trims a conversation that is too long."""

_LONGEST_USER = 64
_NAMES_LIMIT_ANEW = re.compile(r"^(o\d|gpt-[5-9])")
"""OpenAI's reasoning models refuse `max_tokens`; most compatible servers know nothing else."""

_CANNOT_REASON = re.compile(r"^(gpt-3|gpt-4|chatgpt-4)")
"""OpenAI's models before that refuse an effort, and Claude Code states one whatever the model is."""


def limit_name(model: str) -> str:
    """What `model` calls the bound of its output."""
    return "max_completion_tokens" if _NAMES_LIMIT_ANEW.match(model) else "max_tokens"


def chat_document(document: Document, model: str) -> Document:
    """Raises `Untranslatable`."""
    fields = Fields(document)
    fields.drop(*_CHANGES_NO_ANSWER)
    fields.drop_if("speed", "standard")
    limit = fields.whole("max_tokens")
    chat: Document = {
        "model": model,
        "messages": _messages(fields),
        limit_name(model): limit,
        "stop": fields.texts("stop_sequences") or None,
        "temperature": fields.number("temperature"),
        "top_p": fields.number("top_p"),
        "top_k": fields.whole("top_k"),
        "user": _user(fields.object("metadata")),
        "service_tier": _service_tier(fields),
        **_reasoning(fields, model),
        **_tools(fields),
    }
    if fields.flag("stream"):
        chat |= {"stream": True, "stream_options": {"include_usage": True}}
    fields.refuse_rest("OpenAI chat")
    return {name: value for name, value in chat.items() if value is not None}


def _user(metadata: Fields | None) -> str | None:
    """OpenAI takes short names only; a longer one helps nobody there and would fail the call."""
    user = metadata.text("user_id") if metadata else None
    return user if user and len(user) <= _LONGEST_USER else None


def _service_tier(fields: Fields) -> str | None:
    return {"auto": "auto", "standard_only": "default"}.get(fields.text("service_tier") or "")


def _reasoning(fields: Fields, model: str) -> Document:
    """An effort as it is; a budget as the effort that comes nearest. How much an adaptive model thinks is
    its own choice, which is what a server does without being told."""
    output = fields.object("output_config")
    effort = output.text("effort") if output else None
    form = output.object("format") if output else None
    if output:
        output.refuse_rest("OpenAI chat")
    thinking = fields.object("thinking")
    if thinking and effort is None and thinking.text("type") == "enabled":
        budget = thinking.whole("budget_tokens") or 0
        effort = "low" if budget < 4096 else "medium" if budget < 16384 else "high"
    chosen: Document = {"reasoning_effort": None if _CANNOT_REASON.match(model) else effort}
    if form:
        schema = form.json_object("schema")
        if form.text("type") != "json_schema" or schema is None:
            raise Untranslatable("must be a json_schema", form.path)
        described = {"name": "answer", "schema": schema, "strict": True}
        chosen["response_format"] = {"type": "json_schema", "json_schema": described}
    return chosen


def _tools(fields: Fields) -> Document:
    tools = [_tool(each) for each in fields.objects("tools")]
    choice = fields.object("tool_choice")
    if not tools:
        return {}
    chosen: Document = {"tools": tools}
    if choice:
        kind = choice.text("type")
        simple = {"auto": "auto", "any": "required", "none": "none"}
        if kind == "tool":
            chosen["tool_choice"] = {"type": "function", "function": {"name": choice.needed_text("name")}}
        elif kind in simple:
            chosen["tool_choice"] = simple[kind]
        else:
            raise Untranslatable("must be auto, any, tool or none", choice.at("type"))
        if choice.flag("disable_parallel_tool_use"):
            chosen["parallel_tool_calls"] = False
    return chosen


def _tool(fields: Fields) -> Document:
    kind = fields.text("type") or "custom"
    if kind != "custom":
        raise Untranslatable(
            f"{kind!r} is run by Anthropic itself and exists nowhere else", fields.at("type")
        )
    function: Document = {
        "name": fields.needed_text("name"),
        "parameters": fields.json_object("input_schema") or {},
    }
    description = fields.text("description")
    if description:
        function["description"] = description
    if fields.flag("strict"):
        function["strict"] = True
    return {"type": "function", "function": function}


def _messages(fields: Fields) -> list[Document]:
    messages: list[Document] = []
    system = _system_text(fields)
    if system:
        messages.append({"role": "system", "content": system})
    for message in fields.objects("messages"):
        role = message.needed_text("role")
        if role == "assistant":
            messages += _assistant(message)
        elif role == "user":
            messages += _user_turn(message)
        elif role == "system":
            messages.append({"role": "system", "content": "".join(_texts(_blocks(message, "content")))})
        else:
            raise Untranslatable(f"{role!r} is no role", message.at("role"))
    if not messages:
        raise Untranslatable("holds no message", "messages")
    return messages


def _system_text(fields: Fields) -> str:
    return "\n\n".join(text for text in _texts(_blocks(fields, "system")) if text)


def _blocks(fields: Fields, name: str) -> list[Fields]:
    value = fields.take(name)
    if value is None:
        return []
    if isinstance(value, str):
        return [Fields({"type": "text", "text": value}, fields.at(name))]
    if isinstance(value, list):
        return objects(value, fields.at(name))
    raise Untranslatable("must be a string or a list of blocks", fields.at(name))


def _texts(blocks: list[Fields]) -> list[str]:
    for block in blocks:
        kind = block.text("type")
        if kind != "text":
            raise Untranslatable(f"only text can stand here, not {kind!r}", block.path)
    return [block.text("text") or "" for block in blocks]


def _assistant(message: Fields) -> list[Document]:
    """Thinking is left out: it is signed by who thought it, and of no use to another model."""
    texts: list[str] = []
    calls: list[Document] = []
    for block in _blocks(message, "content"):
        kind = block.text("type")
        if kind == "text":
            texts.append(block.text("text") or "")
        elif kind == "tool_use":
            arguments = compact(block.json_object("input") or {})
            function = {"name": block.needed_text("name"), "arguments": arguments}
            calls.append({"id": block.needed_text("id"), "type": "function", "function": function})
        elif kind not in ("thinking", "redacted_thinking"):
            raise Untranslatable(f"{kind!r} exists with Anthropic only", block.path)
    if not texts and not calls:
        return []
    said: Document = {"role": "assistant", "content": "".join(texts) or None}
    return [said | ({"tool_calls": calls} if calls else {})]


def _user_turn(message: Fields) -> list[Document]:
    """Results come first, as messages of their own. A tool's message holds text only, so the images of a
    result follow in the user's."""
    results: list[Document] = []
    parts: list[Document] = []
    for block in _blocks(message, "content"):
        kind = block.text("type")
        if kind == "tool_result":
            text, media = _result(block)
            results.append(
                {"role": "tool", "tool_call_id": block.needed_text("tool_use_id"), "content": text}
            )
            parts += media
        else:
            parts.append(_part(block, kind))
    if not parts:
        return results
    if all(part["type"] == "text" for part in parts):
        # The plain form, which the smallest servers read too.
        return [*results, {"role": "user", "content": "\n".join(part["text"] for part in parts)}]
    return [*results, {"role": "user", "content": parts}]


def _result(block: Fields) -> tuple[str, list[Document]]:
    failed = block.flag("is_error")
    parts = [_part(each, each.text("type")) for each in _blocks(block, "content")]
    text = "\n".join(part["text"] for part in parts if part["type"] == "text")
    media = [part for part in parts if part["type"] != "text"]
    return (f"Error: {text}" if failed else text), media


def _part(block: Fields, kind: str | None) -> Document:
    if kind == "text":
        return {"type": "text", "text": block.text("text") or ""}
    source = block.object("source") if kind in ("image", "document") else None
    if source is None:
        raise Untranslatable(f"{kind!r} exists with Anthropic only", block.path)
    return _image(source) if kind == "image" else _document(block, source)


def _image(source: Fields) -> Document:
    return {"type": "image_url", "image_url": {"url": _data_url(source) or source.needed_text("url")}}


def _document(block: Fields, source: Fields) -> Document:
    kind = source.text("type")
    if kind == "text":
        return {"type": "text", "text": source.needed_text("data")}
    if kind != "base64":
        raise Untranslatable("OpenAI chat takes the content of a document, not where it lies", source.path)
    media_type, data = source.needed_text("media_type"), source.needed_text("data")
    name = block.text("title") or "document.pdf"
    return {"type": "file", "file": {"filename": name, "file_data": f"data:{media_type};base64,{data}"}}


def _data_url(source: Fields) -> str | None:
    kind: Any = source.text("type")
    if kind == "base64":
        return f"data:{source.needed_text('media_type')};base64,{source.needed_text('data')}"
    if kind == "url":
        return None
    raise Untranslatable("names a file that lies with Anthropic", source.path)
