"""Budgets that hold for each end user, API key or session: what each of them has spent.

A budget's own lines are then the sum over all of its subjects; the limit stands against the lines here. A
subject's counter is named by a digest: counters outlive an erasure, names must not.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lynex_server.budgets.model import Budget, Subject
from lynex_server.budgets.tables import budget_subject_lines
from lynex_server.engines.counters.protocol import Line
from lynex_server.engines.relational.database import Database

SubjectDeltas = dict[tuple[str, int, Subject], int]
"""Budget id, line and subject -> what to add, in the budget's unit."""
AT_ONCE = 200
"""A bound on the length of one statement."""
_columns = budget_subject_lines.c


def add_to_subjects(
    database: Database,
    connection: sa.Connection,
    budgets: Mapping[str, Budget],
    deltas: SubjectDeltas,
    now_us: int,
) -> None:
    """Add to the lines of subjects, in the order of their keys."""
    rows = [
        {
            "counter": budgets[budget_id].counter(subject),
            "line_us": line_us,
            "budget_id": budget_id,
            "project_id": subject.project_id,
            "subject": subject.value,
            "end_user_id": subject.value if budgets[budget_id].per == "end_user" else "",
            "spent": spent,
            # A line that was erased and comes again is newer than every copy of the old one.
            "version": now_us,
            "changed_at_us": now_us,
        }
        for (budget_id, line_us, subject), spent in deltas.items()
        if spent
    ]
    if not rows:
        return
    into = database.insert(budget_subject_lines)
    connection.execute(
        into.on_conflict_do_update(
            index_elements=["counter", "line_us"],
            set_={
                "spent": _columns.spent + into.excluded.spent,
                "version": _columns.version + 1,
                "changed_at_us": into.excluded.changed_at_us,
            },
        ),
        sorted(rows, key=lambda row: (row["counter"], row["line_us"])),
    )


def spent_by(
    connection: sa.Connection, budget: Budget, subjects: Collection[Subject], now_us: int
) -> dict[Subject, int]:
    """What these subjects of a budget have spent in the running period."""
    found: dict[Subject, int] = {}
    names = {budget.counter(subject): subject for subject in sorted(subjects)}
    counters = list(names)
    for start in range(0, len(counters), AT_ONCE):
        statement = (
            sa.select(_columns.counter, sa.func.sum(_columns.spent))
            .where(_columns.counter.in_(counters[start : start + AT_ONCE]), _running(budget, now_us))
            .group_by(_columns.counter)
        )
        found.update({names[name]: int(spent) for name, spent in connection.execute(statement)})
    return found


def closest(
    connection: sa.Connection, budget: Budget, at_least: int, now_us: int, most: int
) -> dict[Subject, int]:
    """The subjects that have spent at least so much in the running period, those who spent most first."""
    mine = sa.and_(_columns.budget_id == budget.id, _running(budget, now_us))
    who = (_columns.project_id, _columns.subject)
    total: sa.ColumnElement[int] = sa.func.sum(_columns.spent)
    if budget.calendar.period == "rolling":
        statement = sa.select(*who, total).where(mine).group_by(*who).having(total >= at_least)
    else:  # one line of each: the index tells them
        total = _columns.spent
        statement = sa.select(*who, total).where(mine, total >= at_least)
    rows = connection.execute(statement.order_by(total.desc(), *who).limit(most))
    return {Subject(project_id, value): int(spent) for project_id, value, spent in rows}


def count_subjects(connection: sa.Connection, budget: Budget, at_least: int, now_us: int) -> int:
    """How many subjects have spent at least so much in the running period."""
    total = sa.func.sum(_columns.spent)
    each = (
        sa.select(_columns.counter)
        .where(_columns.budget_id == budget.id, _running(budget, now_us))
        .group_by(_columns.counter)
        .having(total >= at_least)
        .subquery()
    )
    return int(connection.execute(sa.select(sa.func.count()).select_from(each)).scalar_one())


def subject_lines(connection: sa.Connection, condition: "sa.ColumnElement[bool]") -> list[Line]:
    """Lines of subjects as counters want them."""
    statement = sa.select(_columns.counter, _columns.line_us, _columns.spent, _columns.version).where(
        condition
    )
    return [Line(*row) for row in connection.execute(statement)]


def lines_of_counter(connection: sa.Connection, budget: Budget, counter: str, now_us: int) -> list[Line]:
    """The lines of one subject's counter in the running period."""
    return subject_lines(connection, sa.and_(_columns.counter == counter, _running(budget, now_us)))


def running_lines(
    connection: sa.Connection, budget: Budget, now_us: int, at_once: int
) -> Iterator[list[Line]]:
    """The lines of every subject in the running period, in pages."""
    after: tuple[Any, ...] = ("", 0)
    while True:
        statement = (
            sa.select(_columns.counter, _columns.line_us, _columns.spent, _columns.version)
            .where(
                _columns.budget_id == budget.id,
                _running(budget, now_us),
                sa.tuple_(_columns.counter, _columns.line_us) > sa.tuple_(*map(sa.literal, after)),
            )
            .order_by(_columns.counter, _columns.line_us)
            .limit(at_once)
        )
        page = [Line(*row) for row in connection.execute(statement)]
        if page:
            yield page
        if len(page) < at_once:
            return
        after = (page[-1].counter, page[-1].slot)


def subjects_in(
    connection: sa.Connection, budget_id: str, first_us: int, end_us: int | None
) -> SubjectDeltas:
    """What the lines of a budget's subjects hold from a line on, until before another."""
    conditions = [_columns.budget_id == budget_id, _columns.line_us >= first_us]
    if end_us is not None:
        conditions.append(_columns.line_us < end_us)
    statement = sa.select(_columns.line_us, _columns.project_id, _columns.subject, _columns.spent)
    return {
        (budget_id, line_us, Subject(project_id, value)): spent
        for line_us, project_id, value, spent in connection.execute(statement.where(*conditions))
    }


def counters_before(connection: sa.Connection, budget_id: str, line_us: int) -> Sequence[str]:
    """The counters of subjects that have lines below one."""
    statement = sa.select(_columns.counter).where(_columns.budget_id == budget_id, _columns.line_us < line_us)
    return list(connection.scalars(statement.distinct()))


def _running(budget: Budget, now_us: int) -> "sa.ColumnElement[bool]":
    window = budget.window(now_us)
    if budget.calendar.period == "rolling":
        return _columns.line_us.between(window.start_us, budget.calendar.line_us(now_us))
    return _columns.line_us == window.start_us
