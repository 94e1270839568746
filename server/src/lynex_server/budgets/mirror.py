"""The copy of the books in the counters: what reservations are checked against.

A line is copied as it stands, with its version, so copying may be late, repeated and out of order. It is done
after every booking, again by a reconciler, and from scratch where counters are unknown.
"""

import threading
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from lynex_server.budgets.events import current_lines
from lynex_server.budgets.model import SUBJECT_MARK, Budget
from lynex_server.budgets.storage import all_budgets, find_budget
from lynex_server.budgets.subjects import lines_of_counter, running_lines, subject_lines
from lynex_server.budgets.tables import budget_lines, budget_subject_lines
from lynex_server.engines.counters.protocol import Counters, Line
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock

SUBJECTS_AT_ONCE = 5_000
OVERLAP_US = 15 * MICROS_PER_SECOND
"""How far a look at changed lines reaches back behind the last: clocks differ, and commits take a moment."""


class Mirror:
    """Copies lines from the books into the counters. Calls block and are safe from any thread."""

    def __init__(self, database: Database, counters: Counters, clock: Clock) -> None:
        self._database = database
        self._counters = counters
        self._clock = clock
        self._lock = threading.Lock()
        self._seen_us = clock.now_us()

    def catch_up(self, hold_ids: Sequence[str] = (), reach_us: int = OVERLAP_US) -> None:
        """Copy what changed lately, and give back these holds in the same step: at no moment is a call that
        is booked counted less than once."""
        asked_us = self._clock.now_us()
        with self._lock:
            since_us = self._seen_us - reach_us
        columns = budget_lines.c
        with self._database.read() as connection:
            lines = [
                *_lines(connection, columns.changed_at_us >= since_us),
                *subject_lines(connection, budget_subject_lines.c.changed_at_us >= since_us),
            ]
        if lines or hold_ids:
            self._counters.finish(hold_ids, lines)
        with self._lock:
            self._seen_us = max(self._seen_us, asked_us)

    def load(self, counters: Collection[str]) -> None:
        """Make these counters known. One whose budget is gone stands at zero."""
        for counter in counters:
            budget_id, of_subject, _ = counter.partition(SUBJECT_MARK)
            with self._database.read() as connection:
                budget = find_budget(connection, budget_id)
                if budget is None:
                    lines = []
                elif of_subject:
                    lines = lines_of_counter(connection, budget, counter, self._clock.now_us())
                else:
                    lines = self._current(connection, budget)
            self._counters.load(counter, lines)

    def load_all(self) -> None:
        """Make every budget's counter known, as it stands in the books: at start, after whatever happened.
        Counters of subjects are brought up to date, and become known when they are asked for."""
        with self._database.read() as connection:
            budgets = all_budgets(connection)
            loaded = [(budget.id, self._current(connection, budget)) for budget in budgets]
        for budget_id, lines in loaded:
            self._counters.load(budget_id, lines)
        for budget in budgets:
            if budget.per:
                self._bring_up_to_date(budget)

    def _bring_up_to_date(self, budget: Budget) -> None:
        with self._database.read() as connection:
            for page in running_lines(connection, budget, self._clock.now_us(), SUBJECTS_AT_ONCE):
                self._counters.finish([], page)

    def _current(self, connection: sa.Connection, budget: Budget) -> list[Line]:
        name, first, last = current_lines(budget, self._clock.now_us())
        columns = budget_lines.c
        return _lines(connection, sa.and_(columns.budget_id == name, columns.line_us.between(first, last)))


def _lines(connection: sa.Connection, condition: "sa.ColumnElement[bool]") -> list[Line]:
    columns = budget_lines.c
    statement = sa.select(columns.budget_id, columns.line_us, columns.spent, columns.version).where(condition)
    return [Line(*row) for row in connection.execute(statement)]
