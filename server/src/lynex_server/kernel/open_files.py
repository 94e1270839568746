"""How many files and connections this process may have open."""

import resource
from contextlib import suppress

_MOST_ON_MACOS = 10_240
"""macOS names no end as the most, and then refuses it: this much is let pass everywhere (its OPEN_MAX)."""


def raise_open_files() -> None:
    """Allow as many as may be asked for.

    Shells start programs with 1,024, on macOS 256, for the sake of those that can count no further. A server
    has one for each connection.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wished in (hard, _MOST_ON_MACOS):
        if wished != resource.RLIM_INFINITY and wished <= soft:
            return
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wished, hard))
            return


def open_files() -> int | None:
    """How many are allowed now; None without an end."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
