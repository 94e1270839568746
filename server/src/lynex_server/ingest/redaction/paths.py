"""Places within a span, such as `input.messages.*.content`, and the removing of what stands there.

Keys are compared with their case. A key that holds dots itself (`http.request.header.cookie`) counts as so
many steps. Text that is JSON is looked into; a text that begins like JSON and cannot be read (cut short,
for instance) is removed whole: what a path names must not stay because its surroundings broke.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

ROOTS: Final = ("input", "output", "metadata", "attributes")
MAX_STEPS: Final = 20
MAX_DEPTH: Final = 64
ANY_STEP: Final = "*"

Steps = tuple[str, ...]


def read_path(path: str) -> tuple[str, Steps]:
    """Where a path begins, and its further steps. Raises `ValueError` for what is no path."""
    root, *steps = path.split(".")
    if root not in ROOTS:
        raise ValueError(f"{path!r}: a path begins with {', '.join(ROOTS)}")
    if not all(steps) or len(steps) > MAX_STEPS:
        raise ValueError(f"{path!r}: up to {MAX_STEPS} steps separated by single dots expected")
    if root in ("metadata", "attributes") and not steps:
        raise ValueError(f"{path!r}: name a key, or {root}.{ANY_STEP}")
    return root, tuple(steps)


def paths_by_root(paths: Iterable[str]) -> dict[str, list[Steps]]:
    """The further steps of all paths that begin at each root."""
    found: dict[str, list[Steps]] = {}
    for path in paths:
        root, steps = read_path(path)
        found.setdefault(root, []).append(steps)
    return found


def without(value: Any, ways: list[Steps], mark: str, depth: int = 0) -> tuple[Any, int]:
    """`value` with `mark` in every place that one of `ways` leads to, and how many these are."""
    if () in ways:
        return (mark, 1) if value and value != mark else (value, 0)
    if isinstance(value, dict):
        return _without_members(value, ways, mark, depth)
    if isinstance(value, list):
        return _without_items(value, ways, mark, depth)
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return _within_json(value, ways, mark, depth)
    return value, 0


def _without_members(value: dict[str, Any], ways: list[Steps], mark: str, depth: int) -> tuple[Any, int]:
    removed = 0
    kept: dict[str, Any] = {}
    for key, member in value.items():
        steps = key.split(".")
        further = [way[len(steps) :] for way in ways if _fits(way, steps)]
        kept[key], hits = _stepped(member, further, mark, depth)
        removed += hits
    return (kept, removed) if removed else (value, 0)


def _without_items(value: list[Any], ways: list[Steps], mark: str, depth: int) -> tuple[Any, int]:
    removed = 0
    kept: list[Any] = []
    for place, item in enumerate(value):
        further = [way[1:] for way in ways if way[0] in (ANY_STEP, str(place))]
        left, hits = _stepped(item, further, mark, depth)
        kept.append(left)
        removed += hits
    return (kept, removed) if removed else (value, 0)


def _stepped(value: Any, further: list[Steps], mark: str, depth: int) -> tuple[Any, int]:
    if not further:
        return value, 0
    if depth >= MAX_DEPTH:
        return mark, 1
    return without(value, further, mark, depth + 1)


def _within_json(text: str, ways: list[Steps], mark: str, depth: int) -> tuple[Any, int]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return mark, 1
    left, hits = without(value, ways, mark, depth)
    if not hits:
        return text, 0
    written = json.dumps(left, ensure_ascii=False, separators=(",", ":"))
    # Half of a cut emoji, which JSON can escape, has no UTF-8 form.
    return written.encode("utf-8", "replace").decode(), hits


def _fits(way: Steps, steps: list[str]) -> bool:
    return len(way) >= len(steps) and all(
        wanted in (ANY_STEP, step) for wanted, step in zip(way, steps, strict=False)
    )
