"""News of budgets: a threshold was passed, a limit was reached. Once per period each, in the booking's
transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lynex_server.budgets.model import Budget, BudgetEvent, EventKind, Subject
from lynex_server.budgets.storage import spent_in
from lynex_server.budgets.subjects import closest
from lynex_server.budgets.tables import budget_events
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.ids import new_id
from lynex_server.safety.public import Actor, AuditLog

EVENTS_AT_ONCE = 1_000
SUBJECTS_TOLD_AT_ONCE = 10_000
"""Whoever comes after these is told of with his next call."""
SYSTEM = Actor("system", "budgets", "budgets")


def note_crossings(
    database: Database,
    connection: sa.Connection,
    audit: AuditLog,
    budgets: Sequence[Budget],
    now_us: int,
) -> None:
    """Write down which thresholds these budgets have passed in the running period, and which stop calls
    now. Those with `per` have no limit of their own that could be passed."""
    budgets = [budget for budget in budgets if not budget.per]
    if not budgets:
        return
    ranges = [current_lines(budget, now_us) for budget in budgets]
    spent = spent_in(connection, ranges)
    told = [
        event
        for budget in sorted(budgets, key=lambda each: each.id)
        for event in crossings(budget, spent.get(budget.id, 0), now_us)
    ]
    stopped = [event for event in told if _store(database, connection, event) and event.kind == "stopped"]
    for event in stopped:
        audit.record(
            connection,
            SYSTEM,
            "budget.stopped",
            organisation_id=event.organisation_id,
            project_id=event.project_id,
            target=event.budget_id,
            after={"spent": event.spent, "limit": event.limit, "unit": event.unit},
        )


def note_subject_crossings(
    database: Database,
    connection: sa.Connection,
    budget: Budget,
    spent: Mapping[Subject, int],
    now_us: int,
) -> None:
    """The same for subjects of a budget with `per`, by what each has spent. Not in the audit log, which
    forgets nobody's name."""
    for subject in sorted(spent):
        for event in crossings(budget, spent[subject], now_us, subject):
            _store(database, connection, event, subject.value if budget.per == "end_user" else "")


def note_all_subjects(database: Database, connection: sa.Connection, budget: Budget, now_us: int) -> None:
    """The same for every subject that has passed a threshold: after the limit or the history was changed."""
    if budget.per:
        percent = min((*budget.thresholds, 100))
        at_least = max(1, budget.limit * percent // 100)
        spent = closest(connection, budget, at_least, now_us, SUBJECTS_TOLD_AT_ONCE)
        note_subject_crossings(database, connection, budget, spent, now_us)


def current_lines(budget: Budget, now_us: int) -> tuple[str, int, int]:
    """Id, first and last line of the running period: the range whose sum stands against the limit."""
    return budget.id, budget.window(now_us).start_us, budget.calendar.line_us(now_us)


def crossings(budget: Budget, spent: int, now_us: int, subject: Subject | None = None) -> list[BudgetEvent]:
    """The news that hold for an amount spent: every threshold at or below it, and the stop."""
    passed: list[tuple[EventKind, int]] = [
        ("threshold", percent) for percent in budget.thresholds if spent * 100 >= budget.limit * percent
    ]
    if budget.action == "stop" and spent >= budget.limit:
        passed.append(("stopped", 100))
    return [
        BudgetEvent(
            id=new_id("bev"),
            budget_id=budget.id,
            organisation_id=budget.organisation_id,
            project_id=budget.scope.project_id if subject is None else subject.project_id,
            budget_name=budget.name,
            kind=kind,
            period_start_us=budget.calendar.period_id_us(now_us),
            percent=percent,
            unit=budget.unit,
            spent=spent,
            limit=budget.limit,
            at_us=now_us,
            subject="" if subject is None else subject.value,
        )
        for kind, percent in passed
    ]


def events_since(connection: sa.Connection, since_us: int, limit: int = EVENTS_AT_ONCE) -> list[BudgetEvent]:
    """News of every budget noted at `since_us` or later, oldest first.

    Transactions end in another order than they begin: ask again with an overlap of a minute, and tell the
    events apart by their id.
    """
    columns = budget_events.c
    statement = (
        sa.select(budget_events)
        .where(columns.at_us >= since_us)
        .order_by(columns.at_us, columns.id)
        .limit(limit)
    )
    return [_event(row) for row in connection.execute(statement)]


def events_of(connection: sa.Connection, budget_id: str, limit: int) -> list[BudgetEvent]:
    """The latest news of one budget, newest first."""
    columns = budget_events.c
    statement = (
        sa.select(budget_events)
        .where(columns.budget_id == budget_id)
        .order_by(columns.at_us.desc(), columns.percent.desc(), columns.id.desc())
        .limit(limit)
    )
    return [_event(row) for row in connection.execute(statement)]


def _store(database: Database, connection: sa.Connection, event: BudgetEvent, end_user_id: str = "") -> bool:
    """False when it was told in this period already."""
    values = {name: getattr(event, name) for name in BudgetEvent.__dataclass_fields__ if name != "limit"}
    stored = connection.execute(
        database.insert(budget_events)
        .values(limit_amount=event.limit, end_user_id=end_user_id, **values)
        .on_conflict_do_nothing()
    )
    return bool(stored.rowcount)


def _event(row: sa.Row[Any]) -> BudgetEvent:
    values = dict(row._mapping)
    del values["end_user_id"]
    return BudgetEvent(limit=values.pop("limit_amount"), **values)
