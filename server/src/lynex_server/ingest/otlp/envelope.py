"""The outer shape that all three OTLP requests share, read without parsing the items in it.

    Export…ServiceRequest { 1: Resource… { 1: Resource, 2: Scope… { 1: Scope, 2: item } } }

Reading the protobuf wire format here, one level at a time, has three uses: the number of items is bounded
before memory is spent on them, each item's size is known, and an item that does not parse (text that is
not UTF-8, say) is rejected alone instead of with the whole request.
Format: https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lynex_server.kernel.errors import InvalidInput, TooLarge

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_HEAD, _MEMBERS = 1, 2


@dataclass(frozen=True, slots=True)
class Group:
    """Items of one resource and one scope, all still encoded."""

    resource: bytes
    scope: bytes
    items: list[bytes]


def read_groups(body: bytes, max_items: int) -> list[Group]:
    """Every group of the request, in order.

    Raises `InvalidInput` when the bytes are not of this shape, `TooLarge` when there are over `max_items`.
    """
    groups: list[Group] = []
    left = max_items
    for number, start, end in _bytes_fields(body, 0, len(body)):
        if number != 1:
            continue
        resource, scopes = b"", []
        for inner, inner_start, inner_end in _bytes_fields(body, start, end):
            if inner == _HEAD:
                resource += body[inner_start:inner_end]  # a repeated message field merges, by the format
            elif inner == _MEMBERS:
                scopes.append((inner_start, inner_end))
        for scope_start, scope_end in scopes:
            scope, items = _read_scope(body, scope_start, scope_end, left)
            left -= len(items)
            groups.append(Group(resource, scope, items))
    return groups


def _read_scope(body: bytes, start: int, end: int, max_items: int) -> tuple[bytes, list[bytes]]:
    scope, items = b"", []
    for number, item_start, item_end in _bytes_fields(body, start, end):
        if number == _MEMBERS:
            items.append(body[item_start:item_end])
            if len(items) > max_items:
                raise too_many_items()
        elif number == _HEAD:
            scope += body[item_start:item_end]
    return scope, items


def too_many_items() -> TooLarge:
    """The answer to a request of more items than are taken at once."""
    return TooLarge(
        "body: more items than one request may carry (LYNEX_MAX_ITEMS_PER_BATCH); send smaller batches"
    )


def _bytes_fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(number, start, end) of each length-delimited field between `at` and `end`; others are passed over."""
    while at < end:
        tag, at = _varint(data, at, end)
        wire_type = tag & 7
        if wire_type == _BYTES:
            length, at = _varint(data, at, end)
            stop = at + length
            if stop > end:
                raise _unreadable()
            yield tag >> 3, at, stop
            at = stop
        elif wire_type == _VARINT:
            _, at = _varint(data, at, end)
        elif wire_type == _FIXED64:
            at += 8
        elif wire_type == _FIXED32:
            at += 4
        else:
            raise _unreadable()
    if at != end:
        raise _unreadable()


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise _unreadable()


def _unreadable() -> InvalidInput:
    return InvalidInput("body: not an OTLP request in protobuf; is the Content-Type right?")
