"""The display order of a trace: depth first, siblings by start time.

Broken data is shown, never lost: a span whose parent did not arrive is a root marked `orphan`, and so is
the earliest span of a ring of parents. No recursion: chains of tens of thousands of spans exist.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Twig(NamedTuple):
    """What the order of a trace depends on."""

    span_id: str
    parent_span_id: str
    start_us: int


class Place(NamedTuple):
    """A span at its place: `child_count` counts direct children, `depth` of a root is 0."""

    twig: Twig
    depth: int
    child_count: int
    orphan: bool


def display_order(twigs: Sequence[Twig]) -> list[Place]:
    """Every twig exactly once. Twigs with the same start keep their given order."""
    by_start = sorted(range(len(twigs)), key=lambda number: twigs[number].start_us)
    first_of = {}
    for number in reversed(by_start):
        first_of[twigs[number].span_id] = number
    children: dict[int, list[int]] = {}
    roots: list[int] = []
    for number in by_start:
        parent = first_of.get(twigs[number].parent_span_id) if twigs[number].parent_span_id else None
        if parent is None:
            roots.append(number)
        else:
            children.setdefault(parent, []).append(number)
    placed = [False] * len(twigs)
    order: list[Place] = []
    # After the roots and all below them, what is left hangs on a ring: its earliest span opens it.
    for root in (*roots, *by_start):
        _place_below(root, twigs, children, placed, order)
    return order


def _place_below(
    root: int, twigs: Sequence[Twig], children: dict[int, list[int]], placed: list[bool], order: list[Place]
) -> None:
    waiting = [(root, 0)]
    while waiting:
        number, depth = waiting.pop()
        if placed[number]:
            continue
        placed[number] = True
        twig = twigs[number]
        below = children.get(number, [])
        orphan = depth == 0 and twig.parent_span_id != ""
        order.append(Place(twig, depth, len(below), orphan))
        waiting.extend((child, depth + 1) for child in reversed(below))
