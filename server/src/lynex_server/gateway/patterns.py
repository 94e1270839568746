"""Patterns of names: `*` any text, `?` one character."""

import functools
import re
from collections.abc import Iterable


def matches_any(patterns: Iterable[str], name: str) -> bool:
    """Whether the whole `name` is what one of the patterns describes."""
    return any(_expression(pattern).fullmatch(name) is not None for pattern in patterns)


@functools.lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile(
        "".join(parts.get(character) or re.escape(character) for character in pattern), re.DOTALL
    )
