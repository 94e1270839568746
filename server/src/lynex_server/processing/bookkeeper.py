"""Who keeps books of their own on what is used, such as budgets: they sit above this slice, handed in."""

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from lynex_server.spans.public import SpanRow


class Bookkeeper(Protocol):
    """Keeps books that must equal the ledger's: both are written in one transaction, or neither is."""

    def count(self, connection: sa.Connection, rows: Sequence[SpanRow]) -> None:
        """Book `rows` on the ledger's own transaction. Called once per batch, whatever crashes on the way.

        What it raises undoes the booking, and the batch is tried again.
        """
        ...

    def booked(self, rows: Sequence[SpanRow]) -> None:
        """`rows` are booked. Called after the transaction, and again when a batch comes again after a crash:
        it must be harmless to repeat. What it raises makes the batch be tried again."""
        ...
