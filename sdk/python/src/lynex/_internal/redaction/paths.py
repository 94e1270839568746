"""Places within an event, such as `input.messages.*.content`, and the removing of what stands there.

The server does the same; `contract/redaction` holds both to it. A key that holds dots counts as so many
steps. Text that is JSON is looked into; one that begins like JSON and cannot be read (cut short, for
instance) is removed whole.
"""

from __future__ import annotations

import json
from typing import Any

_MAX_DEPTH = 64
_ANY = "*"

Steps = tuple[str, ...]


def without(value: Any, ways: list[Steps], mark: str, depth: int = 0) -> tuple[Any, int]:
    """`value` with `mark` in every place that one of `ways` leads to, and how many these are."""
    if () in ways:
        return (mark, 1) if value and value != mark else (value, 0)
    if isinstance(value, dict):
        members = {}
        for key, member in value.items():
            steps = key.split(".")
            further = [way[len(steps) :] for way in ways if _fits(way, steps)]
            members[key] = _stepped(member, further, mark, depth)
        removed = sum(hits for _, hits in members.values())
        return ({key: left for key, (left, _) in members.items()}, removed) if removed else (value, 0)
    if isinstance(value, list):
        items = []
        for place, item in enumerate(value):
            further = [way[1:] for way in ways if way[0] in (_ANY, str(place))]
            items.append(_stepped(item, further, mark, depth))
        removed = sum(hits for _, hits in items)
        return ([left for left, _ in items], removed) if removed else (value, 0)
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return _within_json(value, ways, mark, depth)
    return value, 0


def _stepped(value: Any, further: list[Steps], mark: str, depth: int) -> tuple[Any, int]:
    if not further:
        return value, 0
    return (mark, 1) if depth >= _MAX_DEPTH else without(value, further, mark, depth + 1)


def _within_json(text: str, ways: list[Steps], mark: str, depth: int) -> tuple[Any, int]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return mark, 1
    left, hits = without(value, ways, mark, depth)
    return (json.dumps(left, ensure_ascii=False, separators=(",", ":")), hits) if hits else (text, 0)


def _fits(way: Steps, steps: list[str]) -> bool:
    return len(way) >= len(steps) and all(
        wanted in (_ANY, step) for wanted, step in zip(way, steps, strict=False)
    )
