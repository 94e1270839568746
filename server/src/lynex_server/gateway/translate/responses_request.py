"""A request of OpenAI's responses as a chat request, for servers that know only that."""

from typing import Any

from lynex_server.gateway.translate.contract import Document, Untranslatable
from lynex_server.gateway.translate.fields import Fields, objects
from lynex_server.gateway.translate.messages_request import limit_name
from lynex_server.gateway.translate.responses_tools import Tools, free_text_arguments

_CHANGES_NO_ANSWER = (
    "model",
    "store",
    "include",
    "metadata",
    "truncation",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
    "safety_identifier",
    "client_metadata",
    "stream_options",
)
_KEPT_BY_OPENAI = {
    "previous_response_id": "names an answer that lies with OpenAI; send the whole conversation as input",
    "conversation": "names a conversation that lies with OpenAI; send it as input",
    "prompt": "names a prompt that lies with OpenAI; send its text",
}
_CALLS_OF_HOSTED_TOOLS = frozenset({"web_search_call", "image_generation_call"})


def chat_document(document: Document, model: str) -> tuple[Document, Tools]:
    """Raises `Untranslatable`."""
    fields = Fields(document)
    fields.drop(*_CHANGES_NO_ANSWER)
    for name, why in _KEPT_BY_OPENAI.items():
        fields.refuse(name, why)
    fields.drop_if("background", False)
    fields.drop_if("top_logprobs", 0)
    tools = Tools()
    for tool in fields.objects("tools"):
        tools.add(tool)
    chat: Document = {
        "model": model,
        "messages": _messages(fields, tools),
        limit_name(model): fields.whole("max_output_tokens"),
        "temperature": fields.number("temperature"),
        "top_p": fields.number("top_p"),
        "service_tier": fields.text("service_tier"),
        "user": fields.text("user"),
        **_text(fields.object("text")),
        **_calling(fields, tools),
    }
    reasoning = fields.object("reasoning")
    if reasoning:
        chat["reasoning_effort"] = reasoning.text("effort")
    if fields.flag("stream"):
        chat |= {"stream": True, "stream_options": {"include_usage": True}}
    fields.refuse_rest("OpenAI chat")
    return {name: value for name, value in chat.items() if value is not None}, tools


def _calling(fields: Fields, tools: Tools) -> Document:
    choice, parallel = fields.take("tool_choice"), fields.flag("parallel_tool_calls")
    if not tools.functions:
        return {}
    chosen = None if choice is None else tools.choice(choice, fields.at("tool_choice"))
    return {"tools": tools.functions, "tool_choice": chosen, "parallel_tool_calls": parallel}


def _text(text: Fields | None) -> Document:
    if text is None:
        return {}
    chosen: Document = {"verbosity": text.text("verbosity")}
    form = text.object("format")
    kind = form.text("type") if form else None
    if form and kind == "json_object":
        chosen["response_format"] = {"type": "json_object"}
    elif form and kind == "json_schema":
        described: Document = {"name": form.text("name") or "answer", "schema": form.json_object("schema")}
        described["strict"] = form.flag("strict")
        chosen["response_format"] = {
            "type": "json_schema",
            "json_schema": {name: value for name, value in described.items() if value is not None},
        }
    elif form and kind != "text":
        raise Untranslatable("must be text, json_object or json_schema", form.path)
    return chosen


class _Conversation:
    """Chat messages in the making. Calls that follow each other are one message of the assistant; what a
    tool's message cannot hold waits until the last of the results."""

    def __init__(self) -> None:
        self.messages: list[Document] = []
        self._waiting: list[Document] = []

    def add(self, message: Document) -> None:
        self.settle()
        self.messages.append(message)

    def call(self, call_id: str, name: str, arguments: str) -> None:
        self.settle()
        if not self.messages or self.messages[-1]["role"] != "assistant":
            self.messages.append({"role": "assistant", "content": None})
        call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        self.messages[-1].setdefault("tool_calls", []).append(call)

    def result(self, call_id: str, parts: list[Document]) -> None:
        text = "\n".join(part["text"] for part in parts if part["type"] == "text")
        self._waiting += [part for part in parts if part["type"] != "text"]
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": text})

    def settle(self) -> None:
        if self._waiting:
            self.messages.append({"role": "user", "content": self._waiting})
            self._waiting = []


def _messages(fields: Fields, tools: Tools) -> list[Document]:
    said = _Conversation()
    instructions = fields.text("instructions")
    if instructions:
        said.add({"role": "system", "content": instructions})
    value = fields.take("input")
    path = fields.at("input")
    if isinstance(value, str):
        said.add({"role": "user", "content": value})
    elif isinstance(value, list):
        for each in objects(value, path):
            _item(each, said, tools)
    elif value is not None:
        raise Untranslatable("must be a string or a list of items", path)
    said.settle()
    if not said.messages:
        raise Untranslatable("holds nothing", path)
    return said.messages


def _item(each: Fields, said: _Conversation, tools: Tools) -> None:
    kind = each.text("type") or "message"
    if kind == "message":
        role = each.needed_text("role")
        if role not in ("user", "assistant", "system", "developer"):
            raise Untranslatable(f"{role!r} is no role", each.at("role"))
        # Compatible servers know `system`, and few know `developer`.
        role = "system" if role == "developer" else role
        content = _content(_content_parts(each, "content"), role)
        if content:
            said.add({"role": role, "content": content})
    elif kind in ("function_call", "custom_tool_call"):
        name = tools.chat_name(each.needed_text("name"), each.text("namespace") or "")
        custom = kind == "custom_tool_call"
        arguments = free_text_arguments(each.text("input") or "") if custom else each.text("arguments") or ""
        said.call(each.needed_text("call_id"), name, arguments)
    elif kind in ("function_call_output", "custom_tool_call_output"):
        said.result(each.needed_text("call_id"), _content_parts(each, "output"))
    elif kind != "reasoning" and kind not in _CALLS_OF_HOSTED_TOOLS:
        raise Untranslatable(f"an item of type {kind!r} cannot be translated", each.path)


def _content(parts: list[Document], role: str) -> Any:
    """The plain form where there is only text, which the smallest servers read too."""
    if role != "user" or all(part["type"] == "text" for part in parts):
        return "".join(part["text"] for part in parts if part["type"] == "text")
    return parts


def _content_parts(each: Fields, name: str) -> list[Document]:
    value = each.take(name)
    if value is None:
        return []
    if isinstance(value, str):
        return [{"type": "text", "text": value}]
    if isinstance(value, list):
        return [_part(part) for part in objects(value, each.at(name))]
    raise Untranslatable("must be a string or a list of parts", each.at(name))


def _part(part: Fields) -> Document:
    kind = part.needed_text("type")
    if kind in ("input_text", "output_text", "text"):
        return {"type": "text", "text": part.text("text") or ""}
    if kind == "refusal":
        return {"type": "text", "text": part.text("refusal") or ""}
    if kind == "input_image":
        part.refuse("file_id", "names a file that lies with OpenAI; send image_url")
        image = {"url": part.needed_text("image_url"), "detail": part.text("detail")}
        return {"type": "image_url", "image_url": {name: value for name, value in image.items() if value}}
    if kind == "input_file":
        for name in ("file_id", "file_url"):
            part.refuse(name, "chat takes the content of a file, not where it lies; send file_data")
        file = {"file_data": part.needed_text("file_data"), "filename": part.text("filename")}
        return {"type": "file", "file": {name: value for name, value in file.items() if value}}
    if kind == "input_audio":
        return {"type": "input_audio", "input_audio": part.json_object("input_audio") or {}}
    raise Untranslatable(f"a part of type {kind!r} cannot be translated", part.path)
