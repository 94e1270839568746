"""Budgets as rows. Every statement has a function; a transaction is the caller's."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lynex_server.budgets.model import Budget, EnforcementMode, Override
from lynex_server.budgets.scope import Scope
from lynex_server.budgets.tables import (
    budget_events,
    budget_lines,
    budget_slots,
    budget_subject_lines,
    budgets,
    project_enforcement,
)
from lynex_server.budgets.windows import Calendar

BUDGETS_LOCK = "lynex budgets"
"""Held shared by whoever books, alone by whoever changes what is booked: a budget and its books change as
one."""


def budgets_of_organisations(
    connection: sa.Connection, organisation_ids: Collection[str], project_ids: Collection[str] | None = None
) -> list[Budget]:
    """Every budget of these organisations; with `project_ids`, those about one of them or about all."""
    statement = sa.select(budgets).where(budgets.c.organisation_id.in_(organisation_ids))
    if project_ids is not None:
        statement = statement.where(budgets.c.project_id.in_(["", *project_ids]))
    return [_budget(row) for row in connection.execute(statement.order_by(budgets.c.id))]


def all_budgets(connection: sa.Connection) -> list[Budget]:
    """Every budget there is."""
    return [_budget(row) for row in connection.execute(sa.select(budgets).order_by(budgets.c.id))]


def find_budget(connection: sa.Connection, budget_id: str) -> Budget | None:
    """The budget with this id."""
    row = connection.execute(sa.select(budgets).where(budgets.c.id == budget_id)).first()
    return None if row is None else _budget(row)


def count_budgets(connection: sa.Connection, organisation_id: str) -> int:
    """How many budgets an organisation has."""
    statement = sa.select(sa.func.count()).where(budgets.c.organisation_id == organisation_id)
    return int(connection.execute(statement).scalar_one())


def add_budget(connection: sa.Connection, budget: Budget) -> None:
    """Store a new budget."""
    connection.execute(sa.insert(budgets).values(**_values(budget)))


def replace_budget(connection: sa.Connection, budget: Budget) -> None:
    """Store a budget as it is now."""
    connection.execute(sa.update(budgets).where(budgets.c.id == budget.id).values(**_values(budget)))


def remove_budget(connection: sa.Connection, budget_id: str) -> None:
    """Remove a budget with its books and its news."""
    for table in (budget_lines, budget_slots, budget_subject_lines, budget_events):
        connection.execute(sa.delete(table).where(table.c.budget_id == budget_id))
    connection.execute(sa.delete(budgets).where(budgets.c.id == budget_id))


def set_counting(connection: sa.Connection, budget_id: str, token: str) -> None:
    """Note which count of the history is under way; empty when it is done."""
    connection.execute(sa.update(budgets).where(budgets.c.id == budget_id).values(counting=token))


def forget_lines_before(connection: sa.Connection, budget_id: str, line_us: int) -> None:
    """Drop the books of a budget below a line."""
    for table in (budget_lines, budget_slots, budget_subject_lines):
        connection.execute(sa.delete(table).where(table.c.budget_id == budget_id, table.c.line_us < line_us))


def forget_subjects_before(connection: sa.Connection, budget_id: str, line_us: int) -> None:
    """Drop what subjects of a budget spent below a line."""
    columns = budget_subject_lines.c
    connection.execute(
        sa.delete(budget_subject_lines).where(columns.budget_id == budget_id, columns.line_us < line_us)
    )


def lines_of(connection: sa.Connection, budget_id: str, limit: int) -> list[tuple[int, int]]:
    """The latest lines of a budget with what was spent, newest first."""
    columns = budget_lines.c
    statement = (
        sa.select(columns.line_us, columns.spent)
        .where(columns.budget_id == budget_id)
        .order_by(columns.line_us.desc())
        .limit(limit)
    )
    return [(row.line_us, row.spent) for row in connection.execute(statement)]


def slots_since(
    connection: sa.Connection, budget_ids: Sequence[str], since_us: Mapping[str, int]
) -> dict[str, dict[int, dict[int, int]]]:
    """Slots by budget and line, of the lines from `since_us` of each budget on."""
    columns = budget_slots.c
    found: dict[str, dict[int, dict[int, int]]] = {name: {} for name in budget_ids}
    for name in budget_ids:
        statement = sa.select(columns.line_us, columns.slot_us, columns.spent).where(
            columns.budget_id == name, columns.line_us >= since_us[name]
        )
        for row in connection.execute(statement):
            found[name].setdefault(row.line_us, {})[row.slot_us] = row.spent
    return found


def modes_of(connection: sa.Connection, organisation_id: str) -> dict[str, EnforcementMode]:
    """What the projects of an organisation say that SDKs do, where they say anything."""
    columns = project_enforcement.c
    statement = sa.select(columns.project_id, columns.mode).where(columns.organisation_id == organisation_id)
    return {row.project_id: row.mode for row in connection.execute(statement)}


def scope_json(scope: Scope) -> str:
    """The given fields without the project, which has a column of its own."""
    return json.dumps({name: value for name, value in scope.given().items() if name != "project_id"})


def scope_of(project_id: str, text: str) -> Scope:
    """What `scope_json` was given."""
    return Scope(project_id=project_id, **json.loads(text))


def _values(budget: Budget) -> dict[str, Any]:
    override = budget.override
    return {
        "id": budget.id,
        "organisation_id": budget.organisation_id,
        "project_id": budget.scope.project_id,
        "name": budget.name,
        "scope": scope_json(budget.scope),
        "period": budget.calendar.period,
        "rolling_s": budget.calendar.rolling_s,
        "time_zone": budget.calendar.zone,
        "unit": budget.unit,
        "limit_amount": budget.limit,
        "thresholds": " ".join(str(percent) for percent in budget.thresholds),
        "action": budget.action,
        "downgrade_to": budget.downgrade_to,
        "hard_stop": budget.hard_stop,
        "per": budget.per,
        "override_until_us": override.until_us if override else None,
        "override_reason": override.reason if override else "",
        "override_by": override.by if override else "",
        "counting": budget.counting,
        "created_at_us": budget.created_at_us,
        "updated_at_us": budget.updated_at_us,
    }


def _budget(row: sa.Row[Any]) -> Budget:
    override = None
    if row.override_until_us is not None:
        override = Override(row.override_until_us, row.override_reason, row.override_by)
    return Budget(
        id=row.id,
        organisation_id=row.organisation_id,
        name=row.name,
        scope=scope_of(row.project_id, row.scope),
        calendar=Calendar(row.period, row.time_zone, row.rolling_s),
        unit=row.unit,
        limit=row.limit_amount,
        thresholds=tuple(int(percent) for percent in row.thresholds.split()),
        action=row.action,
        downgrade_to=row.downgrade_to,
        hard_stop=bool(row.hard_stop),
        override=override,
        counting=row.counting,
        created_at_us=row.created_at_us,
        updated_at_us=row.updated_at_us,
        per=row.per or "",
    )


def spent_in(connection: sa.Connection, ranges: Sequence[tuple[str, int, int]]) -> dict[str, int]:
    """What the books say was spent by each budget in its range of lines (id, first, last). None is 0."""
    found: dict[str, int] = {}
    for start in range(0, len(ranges), 200):  # a bound on the length of one statement
        wanted = [
            sa.and_(budget_lines.c.budget_id == name, budget_lines.c.line_us.between(first, last))
            for name, first, last in ranges[start : start + 200]
        ]
        statement = (
            sa.select(budget_lines.c.budget_id, sa.func.sum(budget_lines.c.spent))
            .where(sa.or_(*wanted))
            .group_by(budget_lines.c.budget_id)
        )
        found.update({name: int(spent) for name, spent in connection.execute(statement)})
    return found
