"""Tools of OpenAI's responses as functions of chat, and the way back by name."""

from dataclasses import dataclass, field
from typing import Literal

from lynex_server.gateway.translate.contract import Document, Untranslatable
from lynex_server.gateway.translate.fields import Fields
from lynex_server.gateway.translate.lenient import compact

_OFFERED_ONLY = frozenset({"web_search", "web_search_preview", "image_generation"})
"""Tools that OpenAI runs and that a model may do without; a client offers them with every call."""

FREE_TEXT = "input"
"""The one argument of a function that stands for a tool whose input is free text."""


@dataclass(frozen=True, slots=True)
class ToolName:
    """What a function of chat is for the caller."""

    kind: Literal["function", "custom"]
    name: str
    namespace: str = ""


@dataclass(slots=True)
class Tools:
    """The functions for the upstream; `names` leads from a function's name back to the caller's tool."""

    functions: list[Document] = field(default_factory=list)
    names: dict[str, ToolName] = field(default_factory=dict)

    def chat_name(self, name: str, namespace: str = "") -> str:
        """What the upstream calls a tool."""
        return f"{namespace}__{name}" if namespace else name

    def caller_name(self, chat_name: str) -> ToolName:
        """What the caller calls a function."""
        return self.names.get(chat_name) or ToolName("function", chat_name)

    def add(self, tool: Fields, namespace: str = "") -> None:
        """Raises `Untranslatable` for a tool that only OpenAI can run."""
        kind = tool.needed_text("type")
        if kind in _OFFERED_ONLY:
            return
        if kind == "namespace" and not namespace:
            name = tool.needed_text("name")
            for each in tool.objects("tools"):
                self.add(each, name)
        elif kind == "function":
            self._add(ToolName("function", tool.needed_text("name"), namespace), _function(tool))
        elif kind == "custom":
            self._add(ToolName("custom", tool.needed_text("name"), namespace), _free_text(tool))
        else:
            raise Untranslatable(f"{kind!r} is run by OpenAI itself and exists nowhere else", tool.at("type"))

    def choice(self, value: object, path: str) -> object:
        """How the model must use the tools."""
        if value in ("auto", "none", "required"):
            return value
        chosen = Fields(value, path)
        kind = chosen.text("type")
        if kind in ("function", "custom"):
            return {"type": "function", "function": {"name": chosen.needed_text("name")}}
        if kind == "allowed_tools":
            allowed = [
                {"type": "function", "function": {"name": each.needed_text("name")}}
                for each in chosen.objects("tools")
            ]
            return {"type": "allowed_tools", "allowed_tools": {"mode": chosen.text("mode"), "tools": allowed}}
        raise Untranslatable("must be auto, none, required, a function or allowed tools", path)

    def _add(self, name: ToolName, function: Document) -> None:
        chat_name = self.chat_name(name.name, name.namespace)
        self.names[chat_name] = name
        self.functions.append({"type": "function", "function": {"name": chat_name, **function}})


def _function(tool: Fields) -> Document:
    function: Document = {
        "parameters": tool.json_object("parameters") or {"type": "object", "properties": {}}
    }
    description = tool.text("description")
    if description:
        function["description"] = description
    if tool.flag("strict"):
        function["strict"] = True
    return function


def _free_text(tool: Fields) -> Document:
    """A grammar cannot be enforced on the way; the model is told it."""
    description = tool.text("description") or ""
    form = tool.object("format")
    if form and form.text("type") == "grammar":
        description += f"\n\nThe input must follow this grammar ({form.text('syntax') or 'lark'}):\n"
        description += form.text("definition") or ""
    only = {"type": "string", "description": "The whole input of the tool, as free text."}
    schema = {
        "type": "object",
        "properties": {FREE_TEXT: only},
        "required": [FREE_TEXT],
        "additionalProperties": False,
    }
    return {"description": description.strip(), "parameters": schema}


def free_text_arguments(text: str) -> str:
    """Free text as the arguments of its function."""
    return compact({FREE_TEXT: text})
