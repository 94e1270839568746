"""Counting a budget's history from the stored spans: when it is made, when it means other calls than
before, and when history was priced anew.

It is exact while bookings go on. A count has three steps:

    begin    alone with the books: every batch booked until now is known, every later one counts by itself
    sum      the stored spans of those batches, from the columnar engine; settlements without a span besides
    finish   alone with the books: the sums take the place of what the lines held at the beginning, and what
    was
             added to them since stays

A stored span counts when its batch was booked at the beginning. Spans received long before the oldest entry
of the queue are all booked; only those received later are asked for by batch. A count that was cut off by a
crash leaves its token in `counting`, and is begun again by the reconciler.
"""

import contextlib
import secrets
from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa

from lynex_server.budgets.books import NO_SLOT, Books, Deltas, by_calls, call_of, deltas_of
from lynex_server.budgets.events import note_crossings
from lynex_server.budgets.model import Amounts, Budget, Unit
from lynex_server.budgets.scope import conditions
from lynex_server.budgets.storage import BUDGETS_LOCK, find_budget, set_counting
from lynex_server.budgets.tables import budget_lines, budget_settlements, budget_slots
from lynex_server.budgets.windows import DAY_US, Calendar
from lynex_server.engines.columnar.protocol import Columnar, QueryLimits
from lynex_server.engines.queue.protocol import Queue
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import projects_of
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Busy
from lynex_server.processing.public import batches_booked_since
from lynex_server.safety.public import AuditLog

MARGIN_US = 5 * 60 * MICROS_PER_SECOND
"""How far the clocks of machines may lie apart, and then some."""
WINDOWS_BACK = {"hour": 48, "day": 35, "week": 13, "month": 13, "total": 0, "rolling": 0}
"""How many earlier periods are counted: for the history, and for the forecast to learn from."""
NEW, REDEFINED, GIVEN_UP = "new", "redefined", "given up"
NOT_BEGUN = frozenset({NEW, REDEFINED, GIVEN_UP})
"""What `counting` says while no count is under way, though one is due."""
_QUARTER_US = 15 * 60 * MICROS_PER_SECOND
_LIMITS = QueryLimits(max_seconds=120, max_rows=200_000)

_UNIT_SQL: dict[Unit, str] = {
    "usd": "sum(ifNull(cost_nanousd, 0))",
    "tokens": "sum(ifNull(input_tokens, 0) + ifNull(output_tokens, 0))",
    "requests": "countIf(kind IN ('llm', 'embedding') AND status != 'blocked')",
}
_SUMS = """
SELECT intDiv(toUnixTimestamp64Micro(start_time), {grain_us:Int64}) AS bucket, $amount AS amount
FROM spans
WHERE $scope
  AND start_time >= fromUnixTimestamp64Micro({from_us:Int64})
  AND $received
GROUP BY bucket
HAVING amount != 0
"""
_OLD = "received_at < fromUnixTimestamp64Micro({settled_us:Int64})"
_NEW = "received_at >= fromUnixTimestamp64Micro({settled_us:Int64}) AND batch_id IN {batches:Array(String)}"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What was true when a count began. `lines` and `slots` are what the books held then."""

    budget: Budget
    token: str
    project_ids: list[str]
    from_us: int
    settled_us: int
    batches: list[str]
    lines: dict[int, int]
    slots: dict[tuple[int, int], int]
    settlements: Deltas


class Recount:
    """Counts budgets anew. Calls block, for as long as the columnar engine takes to sum."""

    def __init__(
        self,
        database: Database,
        columnar: Columnar,
        queue: Queue,
        books: Books,
        clock: Clock,
        audit: AuditLog,
    ) -> None:
        self._database = database
        self._columnar = columnar
        self._queue = queue
        self._books = books
        self._clock = clock
        self._audit = audit

    def count(self, budget_id: str) -> bool:
        """Count a budget's history. False when it is gone, or a newer count has taken over.

        Raises `Busy` when an engine is away; the budget then stays marked, and counts on from where it is.
        """
        beginning = self._begin(budget_id)
        if beginning is None:
            return False
        try:
            return self._finish(beginning, self._sum(beginning))
        except Exception:
            self._give_up(beginning)
            raise

    def _begin(self, budget_id: str) -> Beginning | None:
        token = secrets.token_hex(8)
        settled_us = (
            self._clock.now_us() - round(self._queue.state().oldest_age_s * MICROS_PER_SECOND) - MARGIN_US
        )
        with self._database.begin() as connection:
            self._database.lock(connection, BUDGETS_LOCK)
            budget = find_budget(connection, budget_id)
            if budget is None:
                return None
            set_counting(connection, budget_id, token)
            calendar = budget.calendar
            project_ids: list[str] = list(projects_of(connection, budget.organisation_id))
            from_us = calendar.before(WINDOWS_BACK[calendar.period], self._clock.now_us())
            return Beginning(
                budget=budget,
                token=token,
                project_ids=project_ids,
                from_us=from_us,
                settled_us=settled_us,
                batches=batches_booked_since(connection, settled_us - MARGIN_US),
                lines=_lines(connection, budget_id),
                slots=_slots(connection, budget_id),
                settlements=_settlements(connection, budget, project_ids, from_us),
            )

    def _sum(self, beginning: Beginning) -> Deltas:
        budget = beginning.budget
        grain_us = _grain_us(budget.calendar)
        scope_sql, bound = conditions(budget.scope, beginning.project_ids)
        bound |= {
            "grain_us": grain_us,
            "from_us": beginning.from_us,
            "settled_us": beginning.settled_us,
            "batches": beginning.batches,
        }
        sql = _SUMS.replace("$amount", _UNIT_SQL[budget.unit]).replace("$scope", scope_sql)
        sums: defaultdict[tuple[str, int, int], int] = defaultdict(int)
        for received in (_OLD, _NEW):
            for bucket, amount in self._columnar.query(
                sql.replace("$received", received), bound, _LIMITS
            ).rows:
                sums[(budget.id, *_place(budget.calendar, int(bucket) * grain_us))] += int(amount)
        for place, amount in beginning.settlements.items():
            sums[place] += amount
        return dict(sums)

    def _finish(self, beginning: Beginning, sums: Deltas) -> bool:
        budget = beginning.budget
        with self._database.begin() as connection:
            self._database.lock(connection, BUDGETS_LOCK)
            now = find_budget(connection, budget.id)
            if now is None or now.counting != beginning.token:
                return False
            # What the lines held at the beginning goes out, the sums come in, what was added since stays.
            corrections: defaultdict[tuple[str, int, int], int] = defaultdict(int, sums)
            slotted: defaultdict[int, int] = defaultdict(int)
            for (line_us, slot_us), spent in beginning.slots.items():
                corrections[budget.id, line_us, slot_us] -= spent
                slotted[line_us] += spent
            for line_us, spent in beginning.lines.items():
                corrections[budget.id, line_us, NO_SLOT] -= spent - slotted[line_us]
            self._books.add(connection, dict(corrections))
            set_counting(connection, budget.id, "")
            note_crossings(self._database, connection, self._audit, [now], self._clock.now_us())
        return True

    def _give_up(self, beginning: Beginning) -> None:
        """Say that nobody counts any more, so that the reconciler need not wait to find out."""
        with contextlib.suppress(Busy), self._database.begin() as connection:
            self._database.lock(connection, BUDGETS_LOCK)
            now = find_budget(connection, beginning.budget.id)
            if now is not None and now.counting == beginning.token:
                set_counting(connection, now.id, GIVEN_UP)


def _grain_us(calendar: Calendar) -> int:
    """How finely spans are summed: every window and slot of the calendar begins at a multiple of it."""
    if calendar.period == "rolling":
        return calendar.slot_us
    if calendar.period == "hour":
        return calendar.slot_us
    return DAY_US if calendar.period == "total" else _QUARTER_US


def _place(calendar: Calendar, at_us: int) -> tuple[int, int]:
    """Line and slot of an instant."""
    line_us = calendar.line_us(at_us)
    if calendar.period == "rolling":
        return line_us, NO_SLOT
    return line_us, at_us - (at_us - line_us) % calendar.slot_us


def _lines(connection: sa.Connection, budget_id: str) -> dict[int, int]:
    columns = budget_lines.c
    statement = sa.select(columns.line_us, columns.spent).where(columns.budget_id == budget_id)
    return {row.line_us: row.spent for row in connection.execute(statement)}


def _slots(connection: sa.Connection, budget_id: str) -> dict[tuple[int, int], int]:
    columns = budget_slots.c
    statement = sa.select(columns.line_us, columns.slot_us, columns.spent).where(
        columns.budget_id == budget_id
    )
    return {(line_us, slot_us): spent for line_us, slot_us, spent in connection.execute(statement)}


def _settlements(connection: sa.Connection, budget: Budget, project_ids: list[str], from_us: int) -> Deltas:
    """What settlements without a span add to the budget."""
    columns = budget_settlements.c
    wanted = [budget.scope.project_id] if budget.scope.project_id else project_ids
    statement = sa.select(
        columns.call, columns.at_us, columns.cost_nanousd, columns.tokens, columns.requests
    ).where(columns.project_id.in_(wanted), columns.span_came.is_(False), columns.at_us >= from_us)
    changes = by_calls(
        (call_of(row.call), row.at_us, Amounts(row.cost_nanousd, row.tokens, row.requests))
        for row in connection.execute(statement)
    )
    return deltas_of(budget, wanted, changes)
