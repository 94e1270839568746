"""Who must not be stored: people whose data was erased, while what they did may still be on its way."""

from collections.abc import Sequence
from typing import Protocol

from lynex_server.engines.queue.protocol import Entry


class Shield(Protocol):
    """Stands before everything that is done with a claim; handed in by who erases."""

    def over(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """The same entries in the same order, without whom they must not tell of. Raises `Busy`."""
        ...
