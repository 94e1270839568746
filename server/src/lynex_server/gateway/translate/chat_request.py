"""An OpenAI chat request as values: what every translation away from that format starts with."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lynex_server.gateway.translate.contract import Document, Untranslatable
from lynex_server.gateway.translate.fields import Fields, objects, parsed_object

Role = Literal["system", "user", "assistant", "tool"]

_CHANGES_NO_ANSWER = (
    "store",
    "metadata",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
    "safety_identifier",
)
"""Fields about the caller's bookkeeping with OpenAI, or hints that only make a call cheaper."""


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    field: str
    cache_control: Document | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """An image, audio or a file: its base64 `data`, or where it lies. `media_type` is empty if not said."""

    kind: Literal["image", "audio", "file"]
    field: str
    media_type: str = ""
    data: str = ""
    url: str = ""
    name: str = ""
    cache_control: Document | None = None


Part = Text | Media


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model made earlier. `signature` is Gemini's, where the caller kept it."""

    id: str
    name: str
    arguments: Document
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """`answers` is the id of the call that a tool's message answers. `thinking` are Anthropic's blocks,
    where the caller kept them."""

    role: Role
    field: str
    parts: tuple[Part, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""
    thinking: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    description: str | None
    schema: Document
    strict: bool


@dataclass(frozen=True, slots=True)
class ToolChoice:
    mode: Literal["auto", "none", "required", "named"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """`schema` is None for JSON of any shape."""

    field: str
    schema: Document | None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """`options` holds what is left: each translation takes what its upstream knows and refuses the rest."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    tool_choice: ToolChoice | None
    parallel: bool | None
    output: OutputFormat | None
    max_tokens: int | None
    stop: tuple[str, ...]
    effort: str | None
    stream: bool
    include_usage: bool
    options: Fields = field(compare=False)


def read_chat_request(document: Document) -> ChatRequest:
    """Raises `Untranslatable` for what is no valid chat request, or what no other provider offers."""
    fields = Fields(document)
    fields.drop("model", *_CHANGES_NO_ANSWER)
    for name in ("functions", "function_call"):
        fields.refuse(name, "is the old form of tools; use tools and tool_choice")
    fields.drop_if("modalities", ["text"])
    fields.drop_if("logprobs", False)
    for neutral in ("frequency_penalty", "presence_penalty", "top_logprobs"):
        fields.drop_if(neutral, 0)
    fields.drop_if("logit_bias", {})
    fields.drop_if("verbosity", "medium")
    fields.drop_if("n", 1)
    stream = bool(fields.flag("stream"))
    stream_options = fields.object("stream_options")
    limit = fields.whole("max_completion_tokens")
    old_limit = fields.whole("max_tokens")
    tools, choice = _allowed(_tools(fields), fields)
    return ChatRequest(
        messages=_messages(fields),
        tools=tools,
        tool_choice=choice,
        parallel=fields.flag("parallel_tool_calls"),
        output=_output_format(fields),
        max_tokens=limit if limit is not None else old_limit,
        stop=_stop(fields),
        effort=fields.text("reasoning_effort"),
        stream=stream,
        include_usage=stream_options is not None and bool(stream_options.flag("include_usage")),
        options=fields,
    )


def _messages(fields: Fields) -> tuple[Message, ...]:
    messages = tuple(_message(each) for each in fields.objects("messages"))
    if not messages:
        raise Untranslatable("holds no message", "messages")
    return messages


def _message(fields: Fields) -> Message:
    role = fields.needed_text("role")
    if role in ("system", "developer"):
        return Message("system", fields.path, _text_parts(fields, "content"))
    if role == "user":
        return Message("user", fields.path, _parts(fields, "content"))
    if role == "assistant":
        for name, why in (
            ("function_call", "is the old form of tool_calls"),
            ("audio", "names audio of OpenAI"),
        ):
            fields.refuse(name, why)
        thinking = tuple(_thinking_block(each) for each in fields.objects("thinking_blocks"))
        calls = tuple(_tool_call(each) for each in fields.objects("tool_calls"))
        parts = _text_parts(fields, "content")
        refusal = fields.text("refusal")
        if refusal:
            parts = (*parts, Text(refusal, fields.at("refusal")))
        return Message("assistant", fields.path, parts, calls, thinking=thinking)
    if role == "tool":
        return Message(
            "tool", fields.path, _parts(fields, "content"), answers=fields.needed_text("tool_call_id")
        )
    raise Untranslatable(f"{role!r} is no role that can be translated", fields.at("role"))


def _thinking_block(fields: Fields) -> Document:
    """A block of Anthropic's as it gave it, without what clients add to it."""
    names = ("type", "thinking", "signature", "data")
    return {name: value for name in names if (value := fields.text(name)) is not None}


def _tool_call(fields: Fields) -> ToolCall:
    kind = fields.text("type") or "function"
    if kind != "function":
        raise Untranslatable("only calls of functions can be translated", fields.at("type"))
    function = fields.object("function")
    if function is None:
        raise Untranslatable("is missing", fields.at("function"))
    extra = fields.take("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    return ToolCall(
        fields.needed_text("id"),
        function.needed_text("name"),
        parsed_object(function.text("arguments") or "", function.at("arguments")),
        signature if isinstance(signature, str) else "",
    )


def _parts(fields: Fields, name: str) -> tuple[Part, ...]:
    content = fields.take(name)
    path = fields.at(name)
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content, path),) if content else ()
    if not isinstance(content, list):
        raise Untranslatable("must be a string or a list of parts", path)
    parts = (_part(each) for each in objects(content, path))
    return tuple(part for part in parts if not isinstance(part, Text) or part.text)


def _text_parts(fields: Fields, name: str) -> tuple[Part, ...]:
    parts = _parts(fields, name)
    for part in parts:
        if not isinstance(part, Text):
            raise Untranslatable("only users and tools may send more than text", part.field)
    return parts


def _part(fields: Fields) -> Part:
    kind = fields.needed_text("type")
    cache = _cache_control(fields)
    if kind in ("text", "refusal"):
        return Text(fields.text(kind) or "", fields.path, cache)
    inner = fields.object(kind)
    if inner is None:
        raise Untranslatable(f"a part of type {kind!r} cannot be translated", fields.path)
    if kind == "image_url":
        return replace(_located("image", inner.needed_text("url"), inner.at("url")), cache_control=cache)
    if kind == "input_audio":
        sound = f"audio/{inner.needed_text('format')}"
        return Media("audio", fields.path, sound, inner.needed_text("data"), cache_control=cache)
    if kind == "file":
        inner.refuse("file_id", "names a file that lies with OpenAI; send file_data")
        media = _located("file", inner.needed_text("file_data"), inner.at("file_data"))
        return replace(media, name=inner.text("filename") or "", cache_control=cache)
    raise Untranslatable(f"a part of type {kind!r} cannot be translated", fields.path)


def _cache_control(fields: Fields) -> Document | None:
    """Anthropic's own mark, which many clients send in this format too; or OpenAI's word for the same."""
    mark = fields.json_object("cache_control")
    breakpoint_ = fields.take("prompt_cache_breakpoint")
    return mark if mark is not None or breakpoint_ is None else {"type": "ephemeral"}


def _located(kind: Literal["image", "file"], url: str, path: str) -> Media:
    if url.startswith("data:"):
        head, comma, data = url[len("data:") :].partition(",")
        media_type, _, encoding = head.partition(";")
        if not comma or not encoding.endswith("base64") or not media_type:
            raise Untranslatable("must be data:<media type>;base64,<data>", path)
        return Media(kind, path, media_type.lower(), data)
    if url.startswith(("https://", "http://", "gs://")):
        return Media(kind, path, url=url)
    raise Untranslatable("must be a data URL with its media type, or an http(s) URL", path)


def _tools(fields: Fields) -> tuple[Tool, ...]:
    return tuple(_tool(each) for each in fields.objects("tools"))


def _tool(fields: Fields) -> Tool:
    kind = fields.text("type") or "function"
    function = fields.object("function")
    if kind != "function" or function is None:
        raise Untranslatable("only functions can be translated", fields.path)
    return Tool(
        function.needed_text("name"),
        function.text("description"),
        function.json_object("parameters") or {"type": "object", "properties": {}},
        bool(function.flag("strict")),
    )


def _allowed(tools: tuple[Tool, ...], fields: Fields) -> tuple[tuple[Tool, ...], ToolChoice | None]:
    """The tools the model may see, and how it must use them: a list of allowed tools leaves the others
    out."""
    value = fields.take("tool_choice")
    if value is None:
        return tools, None
    path = fields.at("tool_choice")
    if value in ("auto", "none", "required"):
        return tools, ToolChoice(value)
    choice = Fields(value, path)
    kind = choice.text("type")
    if kind == "function":
        return tools, ToolChoice("named", _named(choice))
    allowed = choice.object("allowed_tools") if kind == "allowed_tools" else None
    mode = allowed.text("mode") if allowed else None
    if allowed is None or mode not in ("auto", "required"):
        raise Untranslatable("must be auto, none, required, a function or allowed tools", path)
    names = {_named(each) for each in allowed.objects("tools")}
    kept: Any = tuple(tool for tool in tools if tool.name in names)
    return kept, ToolChoice("required" if mode == "required" else "auto")


def _named(fields: Fields) -> str:
    function = fields.object("function")
    if function is None:
        raise Untranslatable("is missing", fields.at("function"))
    return function.needed_text("name")


def _output_format(fields: Fields) -> OutputFormat | None:
    chosen = fields.object("response_format")
    if chosen is None:
        return None
    kind = chosen.text("type")
    if kind == "text":
        return None
    if kind == "json_object":
        return OutputFormat(chosen.path, None)
    described = chosen.object("json_schema") if kind == "json_schema" else None
    if described is None:
        raise Untranslatable("must be text, json_object or json_schema", chosen.path)
    return OutputFormat(chosen.path, described.json_object("schema") or {"type": "object"})


def _stop(fields: Fields) -> tuple[str, ...]:
    value = fields.take("stop")
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise Untranslatable("must be a string or a list of strings", fields.at("stop"))
