"""Our figures against a provider's, per day and model, with the difference explained. Pure.

The difference of a day is taken apart in this order, each part priced at the provider's own mean rate:

1. *day_edge*: tokens that we have a day earlier or later than they do: opposite differences of two days.
2. *missing_calls* or *extra_calls*: tokens that only one side has.
3. *unpriced*: tokens of calls for which we have no price.
4. *rate*: what remains is the price of a token; under a hundredth of their cost it is *rounding*.

The parts add up to the difference. Where they tell no tokens, only the unpriced can be seen, and the rest is
*unknown*.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Literal

Reason = Literal[
    "day_edge", "missing_calls", "extra_calls", "unpriced", "rate", "rounding", "not_in_report", "unknown"
]
ROUNDING_SHARE = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class Side:
    """What one side says of a day and model. `None`: it does not say."""

    calls: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost_nanousd: int | None
    unpriced_calls: int = 0
    unpriced_tokens: int = 0

    @property
    def tokens(self) -> int | None:
        """In and out together."""
        if self.input_tokens is None and self.output_tokens is None:
            return None
        return (self.input_tokens or 0) + (self.output_tokens or 0)


Days = Mapping[tuple[str, str], Side]
"""What one side says by UTC day and model."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the difference: why, how much of ours minus theirs, and of how many tokens."""

    reason: Reason
    nanousd: int
    tokens: int | None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One day and model: both sides, ours minus theirs (`None` where they tell no cost), and why."""

    day: str
    model: str
    ours: Side
    theirs: Side | None
    difference_nanousd: int | None
    parts: tuple[Part, ...]


def reconcile(days: Sequence[tuple[str, str, Side, Side | None]]) -> list[Reconciled]:
    """Explain each (day, model, ours, theirs); `theirs` is `None` for what is in none of their reports."""
    edges = _day_edges(days)
    return [
        _explained(day, model, ours, theirs, edges.get((day, model), 0)) for day, model, ours, theirs in days
    ]


def under_their_names(ours: Days, theirs: Days, undated: Callable[[str], str]) -> Days:
    """Ours with calls to `gpt-4o` under `gpt-4o-2024-08-06` where their report has that one alone.

    A client that tells only what it asked for names the alias, an invoice what answered. `undated` gives a
    model's name without its date. Where two dated models could be meant, or theirs has the alias too, a call
    stays where it is.
    """
    dated: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for day, model in theirs:
        if undated(model) != model:
            dated[(day, undated(model))].add(model)
    found: dict[tuple[str, str], Side] = {}
    for (day, model), side in sorted(ours.items()):
        meant = dated.get((day, model), set())
        key = (day, next(iter(meant))) if (day, model) not in theirs and len(meant) == 1 else (day, model)
        found[key] = _together(found[key], side) if key in found else side
    return found


def _together(one: Side, other: Side) -> Side:
    def added(mine: int | None, yours: int | None) -> int | None:
        return None if mine is None and yours is None else (mine or 0) + (yours or 0)

    return Side(
        added(one.calls, other.calls),
        added(one.input_tokens, other.input_tokens),
        added(one.output_tokens, other.output_tokens),
        added(one.cost_nanousd, other.cost_nanousd),
        one.unpriced_calls + other.unpriced_calls,
        one.unpriced_tokens + other.unpriced_tokens,
    )


def _explained(day: str, model: str, ours: Side, theirs: Side | None, edge_tokens: int) -> Reconciled:
    if theirs is None:
        part = Part("not_in_report", ours.cost_nanousd or 0, ours.tokens)
        return Reconciled(day, model, ours, None, None, (part,))
    if theirs.cost_nanousd is None:
        return Reconciled(day, model, ours, theirs, None, tuple(_token_parts(ours, theirs, edge_tokens)))
    difference = (ours.cost_nanousd or 0) - theirs.cost_nanousd
    parts = [*_token_parts(ours, theirs, edge_tokens), *_unpriced_part(ours, theirs)]
    rest = difference - sum(part.nanousd for part in parts)
    if rest:
        parts.append(Part(_reason_of_rest(rest, theirs), rest, None))
    return Reconciled(day, model, ours, theirs, difference, tuple(parts))


def _reason_of_rest(rest: int, theirs: Side) -> Reason:
    if abs(rest) <= ROUNDING_SHARE * abs(theirs.cost_nanousd or 0):
        return "rounding"
    return "unknown" if theirs.tokens is None else "rate"


def _token_parts(ours: Side, theirs: Side, edge_tokens: int) -> list[Part]:
    if theirs.tokens is None:
        return []
    rate = _mean_rate(theirs) or _mean_rate(ours)
    parts = [Part("day_edge", _priced(edge_tokens, rate), edge_tokens)] if edge_tokens else []
    remaining = (ours.tokens or 0) - theirs.tokens - edge_tokens
    if remaining:
        reason: Reason = "extra_calls" if remaining > 0 else "missing_calls"
        parts.append(Part(reason, _priced(remaining, rate), remaining))
    return parts


def _unpriced_part(ours: Side, theirs: Side) -> list[Part]:
    if not ours.unpriced_tokens:
        return []
    rate = _mean_rate(theirs) or _mean_rate(ours)
    return [Part("unpriced", _priced(-ours.unpriced_tokens, rate), ours.unpriced_tokens)]


def _mean_rate(side: Side) -> Fraction:
    """Nano-dollars of a token, over all kinds of tokens of the day."""
    return Fraction(side.cost_nanousd, side.tokens) if side.cost_nanousd and side.tokens else Fraction(0)


def _priced(tokens: int, rate: Fraction) -> int:
    return round(tokens * rate)


def _day_edges(days: Sequence[tuple[str, str, Side, Side | None]]) -> dict[tuple[str, str], int]:
    """For days next to each other with opposite differences of a model: the tokens that changed the day."""
    left: dict[tuple[str, str], int] = {
        (day, model): (ours.tokens or 0) - theirs.tokens
        for day, model, ours, theirs in days
        if theirs is not None and theirs.tokens is not None
    }
    edges: dict[tuple[str, str], int] = {}
    for (day, model), (next_day, next_model) in _neighbours(sorted(left, key=lambda key: (key[1], key[0]))):
        one, other = left[(day, model)], left[(next_day, next_model)]
        if one * other >= 0:
            continue
        moved = min(abs(one), abs(other))
        sign_of_one = 1 if one > 0 else -1
        for key, sign in (((day, model), sign_of_one), ((next_day, next_model), -sign_of_one)):
            left[key] -= sign * moved
            edges[key] = edges.get(key, 0) + sign * moved
    return edges


def _neighbours(
    keys: Sequence[tuple[str, str]],
) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    return [
        (one, other) for one, other in pairwise(keys) if one[1] == other[1] and _follows(one[0], other[0])
    ]


def _follows(day: str, next_day: str) -> bool:
    return (date.fromisoformat(next_day) - date.fromisoformat(day)).days == 1
