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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lynex_server.budgets.books import (
    NO_SLOT,
    Books,
    ByCall,
    Deltas,
    by_calls,
    call_of,
    deltas_of,
    subject_deltas_of,
)
from lynex_server.budgets.events import note_all_subjects, note_crossings
from lynex_server.budgets.model import Amounts, Budget, Per, Subject, Unit
from lynex_server.budgets.scope import conditions
from lynex_server.budgets.storage import BUDGETS_LOCK, find_budget, set_counting
from lynex_server.budgets.subjects import SubjectDeltas, add_to_subjects, subjects_in
from lynex_server.budgets.tables import budget_lines, budget_settlements, budget_slots
from lynex_server.budgets.windows import DAY_US, Calendar, Window
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
_SUBJECT_SUMS = """
SELECT intDiv(toUnixTimestamp64Micro(start_time), {grain_us:Int64}) AS bucket, project_id,
       $subject AS subject, $amount AS amount
FROM spans
WHERE $scope
  AND start_time >= fromUnixTimestamp64Micro({from_us:Int64})
  AND start_time < fromUnixTimestamp64Micro({until_us:Int64})
  AND $received
GROUP BY bucket, project_id, subject
HAVING amount != 0
"""
_SUBJECT_COLUMNS: dict[Per, str] = {
    "": "''",
    "end_user": "end_user_id",
    "api_key": "api_key_id",
    "session": "session_id",
}
_NEVER_US = 4_102_444_800_000_000
"""The year 2100, where spans end."""
_OLD = "received_at < fromUnixTimestamp64Micro({settled_us:Int64})"
_NEW = "received_at >= fromUnixTimestamp64Micro({settled_us:Int64}) AND batch_id IN {batches:Array(String)}"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What was true when a count began. `lines` and `slots` are what the books held then."""

    budget: Budget
    token: str
    project_ids: list[str]
    from_us: int
    window: Window
    settled_us: int
    batches: list[str]
    lines: dict[int, int]
    slots: dict[tuple[int, int], int]
    settlements: Deltas
    subjects: SubjectDeltas
    subject_settlements: SubjectDeltas


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
            window = calendar.window(self._clock.now_us())
            settlements = _settlements(connection, budget, project_ids, from_us)
            return Beginning(
                budget=budget,
                token=token,
                project_ids=project_ids,
                from_us=from_us,
                settled_us=settled_us,
                batches=batches_booked_since(connection, settled_us - MARGIN_US),
                lines=_lines(connection, budget_id),
                slots=_slots(connection, budget_id),
                settlements=deltas_of(budget, project_ids, settlements),
                subjects=subjects_in(connection, budget.id, window.start_us, window.end_us),
                subject_settlements={
                    place: amount
                    for place, amount in subject_deltas_of(budget, project_ids, settlements).items()
                    if budget.per and window.contains(place[1])
                },
                window=window,
            )

    def _sum(self, beginning: Beginning) -> tuple[Deltas, SubjectDeltas]:
        budget = beginning.budget
        grain_us = _grain_us(budget.calendar)
        sums: defaultdict[tuple[str, int, int], int] = defaultdict(int, beginning.settlements)
        for bucket, amount in self._rows(_SUMS, beginning, {"grain_us": grain_us}):
            sums[(budget.id, *_place(budget.calendar, int(bucket) * grain_us))] += int(amount)
        return dict(sums), self._sum_of_subjects(beginning)

    def _sum_of_subjects(self, beginning: Beginning) -> SubjectDeltas:
        """Of the running period alone: no limit stands against what subjects spent before."""
        budget, window = beginning.budget, beginning.window
        if not budget.per:
            return {}
        calendar = budget.calendar
        is_rolling = calendar.period == "rolling"
        bound = {
            "grain_us": calendar.slot_us if is_rolling else DAY_US,
            "from_us": window.start_us,
            "until_us": window.end_us or _NEVER_US,
        }
        sums: defaultdict[tuple[str, int, Subject], int] = defaultdict(int, beginning.subject_settlements)
        for bucket, project_id, value, amount in self._rows(_SUBJECT_SUMS, beginning, bound):
            line_us = int(bucket) * calendar.slot_us if is_rolling else window.start_us
            sums[budget.id, line_us, Subject(project_id, value)] += int(amount)
        return dict(sums)

    def _rows(self, sums: str, beginning: Beginning, bound: Mapping[str, object]) -> Iterator[Sequence[Any]]:
        budget = beginning.budget
        scope_sql, scope_bound = conditions(budget.scope, beginning.project_ids)
        if budget.per:
            scope_sql += f" AND {_SUBJECT_COLUMNS[budget.per]} != ''"
        sql = (
            sums.replace("$amount", _UNIT_SQL[budget.unit])
            .replace("$scope", scope_sql)
            .replace("$subject", _SUBJECT_COLUMNS[budget.per])
        )
        values = {
            "from_us": beginning.from_us,
            "settled_us": beginning.settled_us,
            "batches": beginning.batches,
            **scope_bound,
            **bound,
        }
        for received in (_OLD, _NEW):
            yield from self._columnar.query(sql.replace("$received", received), values, _LIMITS).rows

    def _finish(self, beginning: Beginning, summed: tuple[Deltas, SubjectDeltas]) -> bool:
        budget = beginning.budget
        sums, of_subjects = summed
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
            correct = defaultdict(int, of_subjects)
            for place, spent in beginning.subjects.items():
                correct[place] -= spent
            now_us = self._clock.now_us()
            add_to_subjects(self._database, connection, {now.id: now}, dict(correct), now_us)
            set_counting(connection, budget.id, "")
            note_crossings(self._database, connection, self._audit, [now], now_us)
            note_all_subjects(self._database, connection, now, now_us)
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


def _settlements(connection: sa.Connection, budget: Budget, project_ids: list[str], from_us: int) -> ByCall:
    """Settlements without a span."""
    columns = budget_settlements.c
    wanted = [budget.scope.project_id] if budget.scope.project_id else project_ids
    statement = sa.select(
        columns.call, columns.at_us, columns.cost_nanousd, columns.tokens, columns.requests
    ).where(columns.project_id.in_(wanted), columns.span_came.is_(False), columns.at_us >= from_us)
    return by_calls(
        (call_of(row.call), row.at_us, Amounts(row.cost_nanousd, row.tokens, row.requests))
        for row in connection.execute(statement)
    )
