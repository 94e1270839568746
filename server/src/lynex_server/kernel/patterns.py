"""Patterns of names, as people write them: `*` any text, `?` one character."""

import functools
import re
from collections.abc import Iterable


def matches(pattern: str, text: str) -> bool:
    """Whether the whole `text` is what `pattern` describes."""
    return _expression(pattern).fullmatch(text) is not None


def matches_any(patterns: Iterable[str], text: str) -> bool:
    """Whether one of the patterns describes the whole `text`."""
    return any(matches(pattern, text) for pattern in patterns)


@functools.lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile(
        "".join(parts.get(character) or re.escape(character) for character in pattern), re.DOTALL
    )
