"""Objects of the caller's document, read field by field. What nobody took is refused by name at the end."""

import json
from typing import Any

from lynex_server.gateway.translate.contract import Document, Untranslatable


class Fields:
    """An object of the caller, at a path. `null` is the same as absent. Every read raises `Untranslatable`
    where the value has not the type that the caller's own format asks for."""

    __slots__ = ("_left", "path")

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, dict):
            raise Untranslatable("must be an object", path)
        self._left: Document = {str(name): item for name, item in value.items() if item is not None}
        self.path = path

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def take(self, name: str) -> Any:
        """The value, whatever it is; None where there is none."""
        return self._left.pop(name, None)

    def text(self, name: str) -> str | None:
        value = self.take(name)
        if value is not None and not isinstance(value, str):
            raise Untranslatable("must be a string", self.at(name))
        return value

    def needed_text(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise Untranslatable("is missing", self.at(name))
        return value

    def flag(self, name: str) -> bool | None:
        value = self.take(name)
        if value is not None and not isinstance(value, bool):
            raise Untranslatable("must be true or false", self.at(name))
        return value

    def whole(self, name: str) -> int | None:
        value = self.number(name)
        if value is not None and value != int(value):
            raise Untranslatable("must be a whole number", self.at(name))
        return None if value is None else int(value)

    def number(self, name: str) -> float | None:
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
            raise Untranslatable("must be a number", self.at(name))
        return value

    def json_object(self, name: str) -> Document | None:
        """An object that is passed on as it is, such as a JSON Schema."""
        value = self.take(name)
        if value is not None and not isinstance(value, dict):
            raise Untranslatable("must be an object", self.at(name))
        return value

    def object(self, name: str) -> "Fields | None":
        value = self.take(name)
        return None if value is None else Fields(value, self.at(name))

    def listed(self, name: str) -> list[Any] | None:
        value = self.take(name)
        if value is not None and not isinstance(value, list):
            raise Untranslatable("must be a list", self.at(name))
        return value

    def objects(self, name: str) -> "list[Fields]":
        """The objects of a list; empty where there is none."""
        return objects(self.listed(name) or [], self.at(name))

    def texts(self, name: str) -> list[str]:
        values = self.listed(name) or []
        if not all(isinstance(value, str) for value in values):
            raise Untranslatable("must be a list of strings", self.at(name))
        return values

    def drop(self, *names: str) -> None:
        """Leave out what the upstream has no word for and what changes no answer."""
        for name in names:
            self._left.pop(name, None)

    def drop_if(self, name: str, *harmless: Any) -> None:
        """Leave out a field that says what would happen without it."""
        if name in self._left and any(self._left[name] == value for value in harmless):
            del self._left[name]

    def refuse(self, name: str, why: str) -> None:
        """Raise where the field is there."""
        if name in self._left:
            raise Untranslatable(why, self.at(name))

    def refuse_rest(self, upstream: str) -> None:
        """Raise for the first field that was neither taken nor dropped."""
        for name in self._left:
            raise Untranslatable(f"{upstream} has nothing like it", self.at(name))


def objects(values: list[Any], path: str) -> list[Fields]:
    """Each value of a list as an object."""
    return [Fields(value, f"{path}.{index}") for index, value in enumerate(values)]


def parsed_object(text: str, field: str) -> Document:
    """The JSON object that a string of the caller holds, such as the arguments of a tool call."""
    try:
        value = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        raise Untranslatable("is not JSON", field) from None
    if not isinstance(value, dict):
        raise Untranslatable("must hold a JSON object", field)
    return value
