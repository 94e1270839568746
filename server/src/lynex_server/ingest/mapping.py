"""Attributes of any dialect to canonical fields, by the table of `aliases.py`.

One dictionary look-up per attribute and no pattern matching: this runs for every attribute of every span.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from lynex_server.ingest.aliases import (
    ALIASES,
    GATHERED,
    KEPT_TOGETHER,
    METADATA_PREFIXES,
    NOT_USAGE,
    USAGE_PREFIXES,
    WRAPPERS,
)
from lynex_server.ingest.values import count_from, text_from, unquoted

_FIELD_AND_RANK: Final[dict[str, tuple[str, int]]] = {
    name: (canonical, rank) for canonical, names in ALIASES.items() for rank, name in enumerate(names)
}
_PREFIXES: Final[tuple[str, ...]] = (*GATHERED, *KEPT_TOGETHER, *METADATA_PREFIXES, *USAGE_PREFIXES)
_MAX_INDEX = 10_000
_MAX_STEPS = 12


@dataclass(slots=True)
class Mapped:
    """What the attributes of one span said. `names` tells which attribute each field came from."""

    fields: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    unknown_usage: dict[str, int] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The field as text; empty when nobody said it."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else text_from(value)


def map_attributes(said: dict[str, Any]) -> Mapped:
    """Sort the attributes of one span into fields, metadata, unknown usage and the rest."""
    fields: dict[str, Any] = {}
    names: dict[str, str] = {}
    ranks: dict[str, int] = {}
    rest: dict[str, Any] = {}
    prefixed: list[str] = []
    for name, value in said.items():
        hit = _FIELD_AND_RANK.get(name)
        if hit is None:
            if name.startswith(_PREFIXES):
                prefixed.append(name)
            else:
                rest[name] = value
            continue
        canonical, rank = hit
        if canonical not in fields:
            if value is None or value == "":
                continue
            fields[canonical], names[canonical], ranks[canonical] = value, name, rank
        elif rank < ranks[canonical] and value not in (None, ""):
            _keep_loser(rest, names[canonical], fields[canonical], value)
            fields[canonical], names[canonical], ranks[canonical] = value, name, rank
        else:
            _keep_loser(rest, name, value, fields[canonical])
    mapped = Mapped(fields, names, rest)
    if prefixed:
        _take_prefixed(mapped, ranks, prefixed, said)
    return mapped


def _keep_loser(rest: dict[str, Any], name: str, value: Any, winner: Any) -> None:
    """Another spelling of the same field stays visible, unless it says the same."""
    if value != winner:
        rest[name] = value


def _take_prefixed(mapped: Mapped, ranks: dict[str, int], names: list[str], said: dict[str, Any]) -> None:
    gathered: dict[str, list[str]] = {}
    for name in names:
        value = said[name]
        for prefix in _PREFIXES:
            if name.startswith(prefix):
                break
        if prefix in USAGE_PREFIXES:
            mapped.attributes[name] = value
            count = count_from(value)
            if count is not None and name not in NOT_USAGE:
                mapped.unknown_usage[name.removeprefix(prefix)] = count
        elif prefix in METADATA_PREFIXES:
            mapped.metadata[name.removeprefix(prefix)] = unquoted(value)  # Langfuse writes texts as JSON
        elif _is_index(name[len(prefix) :].split(".", 1)[0]):
            gathered.setdefault(prefix, []).append(name)
        else:
            mapped.attributes[name] = value
    for prefix, members in gathered.items():
        listed = _gather(prefix, members, said)
        if prefix in GATHERED and listed is not None:
            canonical, rank = GATHERED[prefix]
            _offer(mapped, ranks, canonical, rank, prefix.rstrip("."), listed)
        elif listed is not None:
            mapped.attributes[prefix.rstrip(".")] = listed
        else:
            mapped.attributes.update({name: said[name] for name in members})


def _offer(mapped: Mapped, ranks: dict[str, int], canonical: str, rank: int, name: str, value: Any) -> None:
    """What was gathered competes with the plain attributes of its field."""
    fields, names = mapped.fields, mapped.names
    if canonical in fields and ranks[canonical] <= rank:
        mapped.attributes[name] = value
        return
    if canonical in fields:
        mapped.attributes[names[canonical]] = fields[canonical]
    fields[canonical], names[canonical], ranks[canonical] = value, name, rank


def _gather(prefix: str, names: list[str], said: dict[str, Any]) -> list[Any] | None:
    """`prefix.0.a.b` and its like as a list; None when the names do not have that shape."""
    root: dict[str, Any] = {}
    for name in names:
        steps = name.removeprefix(prefix).split(".")
        if len(steps) > _MAX_STEPS:
            return None
        node = root
        inner = [steps[0], *(step for step in steps[1:-1] if step not in WRAPPERS), steps[-1]]
        for step in inner[:-1]:
            below = node.setdefault(step, {})
            if not isinstance(below, dict):
                return None
            node = below
        if inner[-1] in node:
            return None
        node[inner[-1]] = said[name]
    listed = _as_lists(root)
    return listed if isinstance(listed, list) else None


def _as_lists(node: Any) -> Any:
    """Dictionaries whose keys are all indexes become lists in their order, at every level."""
    if not isinstance(node, dict):
        return node
    members = {key: _as_lists(value) for key, value in node.items()}
    if members and all(map(_is_index, members)):
        return [members[key] for key in sorted(members, key=int)]
    return members


def _is_index(step: str) -> bool:
    return step.isascii() and step.isdigit() and len(step) <= 5 and int(step) < _MAX_INDEX
