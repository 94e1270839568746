"""Reads a regular expression of the part that every matcher understands alike (see `expressions.py`)."""

from dataclasses import dataclass
from typing import Final, TypeAlias

MAX_DEPTH: Final = 20
MAX_TIMES: Final = 1000
"""The most that RE2 repeats by count."""

Ranges = tuple[tuple[int, int], ...]
"""Characters as ranges of code points, both ends included."""


class ExpressionError(ValueError):
    """The expression is not taken; the text says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class Characters:
    """One character of these, or with `negated` of all others."""

    ranges: Ranges
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where a word begins or ends: letters, digits and underscore of ASCII make words."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after another."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these, the first that fits."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """As often as it goes, at least `least` and at most `most` times; None: without bound."""

    part: "Node"
    least: int
    most: int | None


Node: TypeAlias = Characters | Boundary | Sequence | Choice | Repeat

_DIGITS: Final[Ranges] = ((0x30, 0x39),)
_WORD: Final[Ranges] = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE: Final[Ranges] = ((9, 10), (12, 13), (32, 32))
_CLASSES: Final[dict[str, Ranges]] = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_LAST: Final = 0x10FFFF


def parsed(text: str, ignore_case: bool) -> Node:
    """What `text` says. Raises `ExpressionError`."""
    for char in text:
        if (ord(char) < 32 and char not in "\n\t\r\f\v") or 0xD800 <= ord(char) <= 0xDFFF or ord(char) == 127:
            raise ExpressionError("it has a control character")
    parser = _Parser(text, ignore_case)
    node = parser.choice(0)
    if parser.place < len(text):
        raise parser.error("a ) without its (")
    return node


def complement(ranges: Ranges) -> Ranges:
    """All other characters."""
    found, start = [], 0
    for first, last in merged(ranges):
        if start < first:
            found.append((start, first - 1))
        start = last + 1
    if start <= _LAST:
        found.append((start, _LAST))
    return tuple(found)


def merged(ranges: Ranges) -> Ranges:
    """The same characters in as few ranges as it takes, in order."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def overlap(one: Ranges, other: Ranges) -> bool:
    """Whether a character is in both."""
    return any(first <= end and start <= last for first, last in one for start, end in other)


class _Parser:
    """One pass over the text; `place` is the next character."""

    def __init__(self, text: str, ignore_case: bool) -> None:
        self._text = text
        self._ignore_case = ignore_case
        self.place = 0

    def error(self, what: str) -> ExpressionError:
        return ExpressionError(f"at character {self.place + 1}: {what}")

    def choice(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.error(f"more than {MAX_DEPTH} groups within each other")
        parts = [self._sequence(depth)]
        while self._take("|"):
            parts.append(self._sequence(depth))
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.place < len(self._text) and self._text[self.place] not in "|)":
            parts.append(self._repeated(self._atom(depth)))
        if not parts:
            raise self.error("something is missing: an empty alternative finds everything")
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _repeated(self, part: Node) -> Node:
        if self._take("?"):
            times: tuple[int, int | None] = (0, 1)
        elif self._take("*"):
            times = (0, None)
        elif self._take("+"):
            times = (1, None)
        elif self._take("{"):
            times = self._counts()
        else:
            return part
        if isinstance(part, Boundary):
            raise self.error("a boundary cannot be repeated")
        if self.place < len(self._text) and self._text[self.place] in "?*+{":
            raise self.error("lazy, possessive and doubled repetitions are not taken")
        return Repeat(part, *times)

    def _counts(self) -> tuple[int, int | None]:
        least = self._number()
        most: int | None = least
        if self._take(","):
            most = None if self._peek() == "}" else self._number()
        if not self._take("}"):
            raise self.error("{n}, {n,} or {n,m} expected; write \\{ for the character")
        if least > MAX_TIMES or (most is not None and not (max(least, 1) <= most <= MAX_TIMES)):
            raise self.error(f"counts must go up, and not above {MAX_TIMES}")
        return least, most

    def _number(self) -> int:
        start = self.place
        while self._peek() in tuple("0123456789"):
            self.place += 1
        if not 1 <= self.place - start <= 4:
            raise self.error("a count expected; write \\{ for the character")
        return int(self._text[start : self.place])

    def _atom(self, depth: int) -> Node:
        char = self._next()
        if char == "(":
            return self._group(depth)
        if char == "[":
            return self._class()
        if char == ".":
            return Characters(((10, 10),), negated=True)
        if char == "\\":
            return self._escaped()
        if char in "^$":
            raise self.error(f"{char} is not taken: a rule finds text wherever it stands; use \\b")
        if char in "*+?{":
            raise self.error(f"nothing to repeat; write \\{char} for the character")
        return self._literal(char)

    def _group(self, depth: int) -> Node:
        if self._take("?") and not self._take(":"):
            raise self.error("only (…) and (?:…) are taken: no flags, names or look-around")
        inner = self.choice(depth + 1)
        if not self._take(")"):
            raise self.error("a ( without its )")
        return inner

    def _escaped(self) -> Node:
        char = self._next()
        if char == "b":
            return Boundary()
        if char.lower() in _CLASSES:
            return Characters(_CLASSES[char.lower()], negated=char.isupper())
        return self._literal(self._escaped_character(char))

    def _escaped_character(self, char: str) -> str:
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char.isalnum() or not char.isascii():
            raise self.error(f"\\{char} is not taken; write the character itself")
        return char

    def _class(self) -> Characters:
        negated = self._take("^")
        ranges: list[tuple[int, int]] = []
        while (char := self._next()) != "]" or not ranges:
            if char == "[" or (char == "]" and not ranges):
                raise self.error(f"write \\{char} for the character in a class")
            if char == "\\" and self._peek() in tuple("dws"):
                ranges += _CLASSES[self._next()]
                continue
            first = self._class_character(char)
            last = first
            if self._peek() == "-" and self._text[self.place + 1 : self.place + 2] not in ("]", ""):
                self.place += 1
                last = self._class_character(self._next())
            if last < first:
                raise self.error("a range must go up")
            ranges.append((first, last))
        return Characters(merged(self._cased(tuple(ranges))), negated)

    def _class_character(self, char: str) -> int:
        if char != "\\":
            return ord(char)
        escaped = self._next()
        if escaped in "bDWS":
            raise self.error(f"\\{escaped} is not taken in a class")
        return ord(self._escaped_character(escaped))

    def _literal(self, char: str) -> Characters:
        return Characters(merged(self._cased(((ord(char), ord(char)),))))

    def _cased(self, ranges: Ranges) -> Ranges:
        """With the other case of every ASCII letter, where case does not count."""
        if not self._ignore_case:
            return ranges
        others = []
        for start, end, shift in ((0x41, 0x5A, 32), (0x61, 0x7A, -32)):
            for first, last in ranges:
                if first <= end and start <= last:
                    others.append((max(first, start) + shift, min(last, end) + shift))
        return (*ranges, *others)

    def _peek(self) -> str:
        return self._text[self.place] if self.place < len(self._text) else ""

    def _take(self, char: str) -> bool:
        if self._peek() != char:
            return False
        self.place += 1
        return True

    def _next(self) -> str:
        if self.place >= len(self._text):
            raise self.error("it ends too early")
        char = self._text[self.place]
        self.place += 1
        return char
