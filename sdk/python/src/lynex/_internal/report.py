"""Faults of this package: contained, told once, and raised only under test.

Telemetry must never break what it watches. Every place where the host calls into this package catches
`Exception` and hands it to `internal_error`, which writes one line per kind of fault and lets the host go
on. Under `lynex.testing.capture` the fault is raised, so that our own tests and the host's see it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_MAX_REMEMBERED = 256
_told: set[str] = set()
_strict_depth = 0


def warn_once(key: str, message: str) -> None:
    """Write `message` to the `lynex` logger, once per `key` and process."""
    if key in _told or len(_told) >= _MAX_REMEMBERED:
        return
    _told.add(key)
    # Imported here because `logging` alone costs more than the rest of this package to import.
    import logging  # noqa: PLC0415 - rare path, kept out of `import lynex`

    logging.getLogger("lynex").warning(message)


def forget_warnings() -> None:
    """Let every warning be written again (tests, and a new configuration)."""
    _told.clear()


def internal_error(doing: str) -> None:
    """Contain the exception being handled: tell it once, or raise it under test.

    Called inside an `except` block. `doing` completes the sentence "lynex failed while …".
    """
    error = sys.exc_info()[1]
    if _strict_depth and error is not None:
        raise error
    key = f"internal:{doing}:{type(error).__name__}"
    warn_once(key, f"lynex failed while {doing}: {type(error).__name__}: {error}; your code is not affected")


def handle_internal_errors(doing: str, default: R) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function that the host reaches, so that a fault of ours gives `default` instead."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def contained(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except Exception:
                internal_error(doing)
                return default

        return contained

    return decorate


class strict_errors:  # noqa: N801 - reads as a statement: `with strict_errors():`
    """Raise contained faults while the block runs."""

    def __enter__(self) -> None:
        global _strict_depth  # noqa: PLW0603 - one switch for the process, used by tests
        _strict_depth += 1

    def __exit__(self, *exc_info: object) -> None:
        global _strict_depth  # noqa: PLW0603 - as above
        _strict_depth -= 1
