"""The part of regular expressions that every matcher understands alike and that no text can stall.

The server matches with RE2, which is linear in the text. The same rules are applied inside apps by SDKs,
whose languages come with a backtracking matcher; so an expression is taken only when backtracking is
bounded too:

- What repeats without bound (`*`, `+`, `{n,}`) stands last, or before nothing but optional parts. Reaching it
  is then a find, and finds do not overlap: the work is spread over the text that was found.
- Everything else takes at most `MAX_STEPS` steps from each place of a text, by a bound worked out from the
  expression alone.

A taken expression is written anew in one form (`Expression.text`) which means the same to RE2, to Python's
`re` and to JavaScript with its `u` flag: ASCII classes spelt out, no anchors, no flags, no groups that
capture. Syntax of RE2: https://github.com/google/re2/wiki/Syntax
"""

from dataclasses import dataclass
from functools import reduce
from typing import Final

from lynex_server.ingest.redaction.expression_parser import (
    Boundary,
    Characters,
    Choice,
    ExpressionError,
    Node,
    Ranges,
    Repeat,
    Sequence,
    complement,
    overlap,
    parsed,
)

MAX_STEPS: Final = 5_000
MAX_WRITTEN_CHARS: Final = 5_000
_ANY: Final[Ranges] = ((0, 0x10FFFF),)
_CAP: Final = 10**9
_CONTROLS: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\f": "\\f", "\v": "\\v"}
_AFTER_ESCAPE: Final = r"(?:\\[nrt]|\b)"


@dataclass(frozen=True, slots=True)
class Expression:
    """`text` is the one written form. `keep_escape`: a find may begin with the escape of a line break in JSON
    text (a backslash and a letter), which is not part of it and stays."""

    text: str
    keep_escape: bool


def read_expression(text: str, ignore_case: bool = False) -> Expression:
    """The expression that `text` says. Raises `ExpressionError`, a `ValueError`, saying what to write
    instead.

    A word boundary at the very beginning also holds right after an escaped line break, for content is often
    JSON text.

        >>> read_expression("ORD-\\\\d{6}").text
        'ORD-[0-9]{6}'
    """
    node = parsed(text, ignore_case)
    if nullable(node):
        raise ExpressionError("it finds the empty text: let at least one character be needed")
    _check_unbounded(node, last=True)
    if _measured(node, ()).steps > MAX_STEPS:
        raise ExpressionError("it could take too long: use fewer or shorter repetitions within each other")
    begins = isinstance(node, Sequence) and isinstance(node.parts[0], Boundary)
    written = written_form(node)
    if begins:
        written = _AFTER_ESCAPE + written.removeprefix(r"\b")
    if len(written) > MAX_WRITTEN_CHARS:
        raise ExpressionError(f"it is too long when written out: over {MAX_WRITTEN_CHARS} characters")
    return Expression(written, begins)


def portable(text: str) -> str:
    """The one written form of an expression of our own, whose cost was judged when it was written."""
    node = parsed(text, ignore_case=False)
    _check_unbounded(node, last=True)
    return written_form(node)


def nullable(node: Node) -> bool:
    """Whether it can find the empty text."""
    if isinstance(node, Characters):
        return False
    if isinstance(node, Boundary):
        return True
    if isinstance(node, Repeat):
        return node.least == 0 or nullable(node.part)
    if isinstance(node, Sequence):
        return all(nullable(part) for part in node.parts)
    return any(nullable(part) for part in node.parts)


def written_form(node: Node) -> str:
    """The expression as text, the same for the same meaning."""
    if isinstance(node, Characters):
        return _class_text(node)
    if isinstance(node, Boundary):
        return r"\b"
    if isinstance(node, Choice):
        return "(?:" + "|".join(written_form(part) for part in node.parts) + ")"
    if isinstance(node, Sequence):
        return "".join(written_form(part) for part in node.parts)
    part = written_form(node.part)
    return (part if isinstance(node.part, (Characters, Choice)) else f"(?:{part})") + _times(node)


def _times(node: Repeat) -> str:
    usual = {(0, 1): "?", (0, None): "*", (1, None): "+"}.get((node.least, node.most))
    if usual is not None:
        return usual
    if node.most is None:
        return f"{{{node.least},}}"
    return f"{{{node.least}}}" if node.least == node.most else f"{{{node.least},{node.most}}}"


def _class_text(node: Characters) -> str:
    [(first, last), *more] = node.ranges
    if first == last and not more and not node.negated:
        char = chr(first)
        return "\\" + char if char in r"\^$.*+?()[]{}|" else _CONTROLS.get(char, char)
    inner = "".join(
        _in_class(first) if first == last else f"{_in_class(first)}-{_in_class(last)}"
        for first, last in node.ranges
    )
    return f"[{'^' if node.negated else ''}{inner}]"


def _in_class(code: int) -> str:
    char = chr(code)
    return "\\" + char if char in r"\^-[]" else _CONTROLS.get(char, char)


# What backtracking may cost


@dataclass(frozen=True, slots=True)
class _Cost:
    """From one place: in how many ways the part can be passed, and in how many steps all are tried."""

    ways: int
    steps: int


def _measured(node: Node, follow: Ranges) -> _Cost:
    """The most that a backtracking matcher can need; `follow`: what may stand after the part."""
    if isinstance(node, (Characters, Boundary)):
        return _Cost(1, 1)
    if isinstance(node, Sequence):
        return _in_sequence(node, follow)
    if isinstance(node, Choice):
        costs = [_measured(part, follow) for part in node.parts]
        decided = not any(nullable(part) for part in node.parts) and _all_apart(
            [_first(part) for part in node.parts]
        )
        ways = max(cost.ways for cost in costs) if decided else sum(cost.ways for cost in costs)
        return _capped(ways, sum(cost.steps for cost in costs))
    return _in_repeat(node, follow)


def _in_sequence(node: Sequence, follow: Ranges) -> _Cost:
    ways, steps = 1, 0
    for index, part in enumerate(node.parts):
        cost = _measured(part, _first_of_rest(node.parts[index + 1 :], follow))
        steps += ways * cost.steps
        ways *= cost.ways
    return _capped(ways, steps)


def _in_repeat(node: Repeat, follow: Ranges) -> _Cost:
    again = _first(node.part)
    each = _measured(node.part, again + follow)
    most = node.least if node.most is None else node.most  # without bound: it is a find already
    if each.ways == 1 and not nullable(node.part) and not overlap(again, follow):
        return _capped(1, 2 * most * each.steps + 1)  # the next character tells whether to go on
    ways = sum(min(each.ways**times, _CAP) for times in range(node.least, most + 1))
    steps = sum(min(each.ways**times, _CAP) * each.steps for times in range(most + 1))
    return _capped(ways, steps)


def _capped(ways: int, steps: int) -> _Cost:
    return _Cost(min(max(ways, 1), _CAP), min(steps, _CAP))


def _first(node: Node) -> Ranges:
    """With which characters it can begin. A boundary looks at any."""
    if isinstance(node, Characters):
        return complement(node.ranges) if node.negated else node.ranges
    if isinstance(node, Boundary):
        return _ANY
    if isinstance(node, Repeat):
        return _first(node.part)
    if isinstance(node, Sequence):
        return _first_of_rest(node.parts, ())
    return reduce(lambda found, part: found + _first(part), node.parts, ())


def _first_of_rest(parts: tuple[Node, ...], follow: Ranges) -> Ranges:
    found: Ranges = ()
    for part in parts:
        found += _first(part)
        if not nullable(part):
            return found
    return found + follow


def _all_apart(firsts: list[Ranges]) -> bool:
    return not any(overlap(one, other) for index, one in enumerate(firsts) for other in firsts[index + 1 :])


def _check_unbounded(node: Node, last: bool) -> None:
    """`last`: reaching the end of the part is a find, whatever comes after."""
    if isinstance(node, Repeat):
        if node.most is None and not last:
            raise ExpressionError(
                "a repetition without bound (*, + or {n,}) must stand last: write {1,100} instead"
            )
        _check_unbounded(node.part, last and node.most == 1)
    elif isinstance(node, Choice):
        for part in node.parts:
            _check_unbounded(part, last)
    elif isinstance(node, Sequence):
        for index, part in enumerate(node.parts):
            rest = node.parts[index + 1 :]
            _check_unbounded(part, last and all(isinstance(each, Repeat) and not each.least for each in rest))
