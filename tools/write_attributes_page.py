"""Writes docs/reference/attributes.md from the alias table. Its one argument is the file to write."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lynex_server.ingest import aliases

_INTRODUCTION = """# OpenTelemetry attributes

Which attribute becomes which field of a span, whatever instrumentation wrote it. Where a span has several
spellings of one field, the first one listed wins; the others stay in the span's `attributes`, unless they say
the same. An attribute that is not listed here is kept in `attributes` under its own name.

This page is generated from the alias table, `server/src/lynex_server/ingest/aliases.py`:
[how to add a spelling](../how-to/contribute/add-an-attribute-spelling.md).
The fields themselves: [span fields](span-fields.md).
"""

_SOURCES_OF_FIELDS = {
    "usage_json": "usage, as one JSON object",
    "cost_usd": "cost, in US dollars",
    "cost_json": "cost, as one JSON object",
    "first_token_at": "time_to_first_token_ms, from an instant",
    "time_to_first_token_s": "time_to_first_token_ms, from seconds",
    "system": "input, as its first message",
    "service_tier_requested": "service_tier, where the answer names none",
    "level": "status",
    "status_message": "error_message",
}
"""Fields of the table that are steps to a field of the span."""


def page() -> str:
    """The page as Markdown."""
    return "\n".join([_INTRODUCTION, *_fields(), *_prefixes(), *_kinds(), *_providers()]).rstrip() + "\n"


def _fields() -> Iterator[str]:
    yield "## Fields\n"
    yield "| field | attributes, best first |"
    yield "| --- | --- |"
    for field, names in aliases.ALIASES.items():
        yield f"| {_field(field)} | {_codes(names)} |"
    yield ""


def _field(field: str) -> str:
    return _SOURCES_OF_FIELDS.get(field) or f"`{field.removeprefix('usage.')}`"


def _prefixes() -> Iterator[str]:
    yield "## Families of attributes\n"
    yield "| begins with | becomes |"
    yield "| --- | --- |"
    for prefix, (field, _) in aliases.GATHERED.items():
        yield f"| `{prefix}` and an index | `{field}`, as one list |"
    for prefix in aliases.KEPT_TOGETHER:
        yield f"| `{prefix}` and an index | one attribute, as a list |"
    for prefix in aliases.METADATA_PREFIXES:
        yield f"| `{prefix}` | `metadata`, under what follows |"
    for prefix in aliases.USAGE_PREFIXES:
        yield f"| `{prefix}` | `usage_other`, under what follows, where it is a number |"
    yield ""
    yield "Never usage, for they repeat others; kept in `attributes`:"
    yield f"{_codes(sorted(aliases.NOT_USAGE))}.\n"
    yield "Whether these include the cache differs between senders, so the provider's convention decides:"
    yield f"{_codes(sorted(aliases.UNCERTAIN_USAGE))}.\n"
    yield "Read from the resource for all of its spans:"
    yield f"{_codes(aliases.RESOURCE_FIELDS)}. The rest of the resource is kept as `resource.…`.\n"


def _kinds() -> Iterator[str]:
    yield "## Kinds\n"
    yield "| kind | values of the attribute, in lower case |"
    yield "| --- | --- |"
    yield from _rows_by_value(aliases.KINDS)
    yield ""
    yield f"Spans of the kinds {_codes(sorted(aliases.SUMMING_KINDS))} repeat what the calls below them used."
    yield "That stays in `attributes`, so that a sum counts it once.\n"


def _providers() -> Iterator[str]:
    yield "## Providers\n"
    yield "In lower case, with `_` for a space or a dash. A provider that is not listed keeps its own name.\n"
    yield "| provider | also written |"
    yield "| --- | --- |"
    yield from _rows_by_value(aliases.PROVIDERS)


def _rows_by_value(table: Mapping[str, str]) -> Iterator[str]:
    for value in dict.fromkeys(table.values()):
        yield f"| `{value}` | {_codes(name for name, meant in table.items() if meant == value)} |"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
