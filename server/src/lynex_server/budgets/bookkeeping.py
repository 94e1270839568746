"""What processing calls: books budgets along with the ledger, then lets the counters know."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from lynex_server.budgets.books import Books, hold_id, reservations_of
from lynex_server.budgets.mirror import Mirror
from lynex_server.spans.public import SpanRow


class BudgetBookkeeper:
    """A `processing.public.Bookkeeper`."""

    def __init__(self, books: Books, mirror: Mirror, tell: Callable[[set[str]], None]) -> None:
        self._books = books
        self._mirror = mirror
        self._tell = tell

    def count(self, connection: sa.Connection, rows: Sequence[SpanRow]) -> None:
        """Book in the ledger's transaction."""
        self._books.book_spans(connection, rows)

    def booked(self, rows: Sequence[SpanRow]) -> None:
        """Copy the new amounts into the counters, end the holds of these calls, and tell who listens."""
        self._mirror.catch_up([hold_id(*each) for each in sorted(reservations_of(rows))])
        self._tell({row.project_id for row in rows})
