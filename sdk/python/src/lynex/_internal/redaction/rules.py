"""The server's rules, applied to an event before it leaves the app.

`GET /v1/redaction/rules` describes them. Every expression means the same to Python's `re` with `re.ASCII`
as to the server's matcher, and cannot be stalled by a text: the server takes no other.
"""

from __future__ import annotations

import json
import re
from typing import Any

from lynex._internal.config import Event
from lynex._internal.redaction.checks import CHECKS
from lynex._internal.redaction.paths import Steps, without

FORMAT = 1
_MAX_DEPTH = 64
_CONTENT = ("input", "output", "error_message")
_TEXTS = ("input", "output", "name", "error_message")


class UnknownRules(ValueError):
    """The rules are of a shape that this version does not know: guessing would let something through."""


class Rules:
    """Made from what the server answered. Raises `UnknownRules`."""

    def __init__(self, said: dict[str, Any]) -> None:
        if said.get("format") != FORMAT:
            raise UnknownRules(f"rules of format {said.get('format')!r}; this lynex knows {FORMAT}")
        try:
            self.version = str(said["version"])
            self._stores_content = bool(said["store_content"])
            self._no_content_in = frozenset(said["no_content_environments"])
            self._kept = frozenset(said["kept_attributes"])
            self._fields = frozenset(said["fields"])
            self._mark = str(said["field_replacement"])
            self._paths = _by_root(said["paths"])
            self._rounds = int(said["max_rounds"])
            self._searches = [_Search(rule) for rule in said["patterns"]]
            texts = "|".join(f"(?:{rule['expression']})" for rule in said["patterns"])
            self._any = re.compile(texts, re.ASCII) if texts else None
        except (KeyError, TypeError, ValueError, re.error) as error:
            raise UnknownRules(f"{type(error).__name__}: {error}") from error

    def keeps_content(self, environment: str) -> bool:
        """Whether the texts of spans of this environment may leave the app at all."""
        return self._stores_content and environment not in self._no_content_in

    def redacted(self, event: Event) -> Event:
        """The event as it may leave; what was given is not changed."""
        event = dict(event)
        if not self.keeps_content(event.get("environment", "")):
            self._drop_content(event)
        for holder in ("attributes", "metadata"):
            if event.get(holder):
                event[holder] = self._without_fields(event[holder], 0)
        for root, ways in self._paths.items():
            if root in event:
                event[root] = without(event[root], ways, self._mark)[0]
        for field in _TEXTS:
            if event.get(field):
                event[field] = self._content(event[field])
        if event.get("tags"):
            event["tags"] = [self._text(tag) for tag in event["tags"]]
        for holder in ("attributes", "metadata"):
            if event.get(holder):
                event[holder] = {key: self._within(value) for key, value in event[holder].items()}
        return event

    def _drop_content(self, event: Event) -> None:
        for field in _CONTENT:
            event.pop(field, None)
        attributes = event.pop("attributes", None) or {}
        kept = {
            key: value
            for key, value in attributes.items()
            if isinstance(value, (int, float)) or (key in self._kept and isinstance(value, str))
        }
        if kept:
            event["attributes"] = kept

    def _without_fields(self, holder: dict[str, Any], depth: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, value in holder.items():
            lower = key.lower()
            if value and (lower in self._fields or lower.rsplit(".", 1)[-1] in self._fields):
                kept[key] = self._mark
            elif isinstance(value, dict) and depth < _MAX_DEPTH:
                kept[key] = self._without_fields(value, depth + 1)
            elif isinstance(value, list) and depth < _MAX_DEPTH:
                kept[key] = [
                    self._without_fields(item, depth + 1) if isinstance(item, dict) else item
                    for item in value
                ]
            else:
                kept[key] = value
        return kept

    def _content(self, value: Any) -> Any:
        """Structured content is searched as the JSON text that the server stores, and stays as it is when
        nothing is found."""
        if isinstance(value, str):
            return self._text(value)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        left = self._text(text)
        return value if left == text else left

    def _within(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {key: self._within(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self._within(item) for item in value]
        return value

    def _text(self, text: str) -> str:
        if self._any is None or self._any.search(text) is None:
            return text
        for _ in range(self._rounds):
            before = text
            for search in self._searches:
                text = search.replace(text)
            if text == before:
                break
        return text


class _Search:
    """One pattern at work."""

    __slots__ = ("_accept", "_expression", "_keep_escape", "_mark")

    def __init__(self, rule: dict[str, Any]) -> None:
        check = rule.get("check")
        if check is not None and check not in CHECKS:
            raise UnknownRules(f"a check called {check!r}")
        self._accept = CHECKS[check] if check is not None else None
        self._expression = re.compile(rule["expression"], re.ASCII)
        self._mark = str(rule["replacement"])
        self._keep_escape = bool(rule["keep_escape"])

    def replace(self, text: str) -> str:
        """The text with every find replaced."""

        def replaced(match: re.Match[str]) -> str:
            whole = match.group()
            escape = whole[:2] if self._keep_escape and whole[0] == "\\" else ""
            before = "" if escape else text[max(0, match.start() - 1) : match.start()]
            after = text[match.end() : match.end() + 1]
            if self._accept is not None and not self._accept(whole[len(escape) :], before, after):
                return whole
            return escape + self._mark

        return self._expression.sub(replaced, text)


def _by_root(paths: list[str]) -> dict[str, list[Steps]]:
    found: dict[str, list[Steps]] = {}
    for path in paths:
        root, *steps = path.split(".")
        found.setdefault(root, []).append(tuple(steps))
    return found
