"""The ledger: usage and money per project, hour and scope, booked once per batch.

Every span is booked once under each of its scopes, so the sum over `scope = 'project'` is the sum over
the spans, and so is the sum over any other scope for the spans that have one. A batch is booked in one
transaction together with its id; a second booking of the id changes nothing. Lines are written in the
order of their keys, so two writers cannot wait for each other in a ring.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.processing import tables
from lynex_server.processing.bookkeeper import Bookkeeper
from lynex_server.processing.rows import CALL_KINDS
from lynex_server.spans.public import SpanRow

HOUR_US = 3_600_000_000
BOOKED_BATCHES_KEPT_US = 30 * 24 * HOUR_US
"""How long a batch id is remembered: longer than any queue holds a batch."""

SCOPES = ("project", "environment", "model", "route", "end_user", "key")
_MAX_SCOPE_VALUE = 512

_ASKED_AT_ONCE = 500

JointKey = tuple[str, int, str, str, str, str, str, str]
"""project_id, hour_us, environment, provider, model, route, end_user_id, api_key_id."""

LineKey = tuple[str, int, str, str]
"""project_id, hour_us, scope, scope_value."""

_AMOUNTS = ("spans", "calls", "unpriced", "input_tokens", "output_tokens", "cost_nanousd")
Amounts = list[int]
"""In the order of `_AMOUNTS`."""


@dataclass(frozen=True, slots=True)
class Booked:
    """Totals of one project in the ledger."""

    spans: int
    calls: int
    unpriced: int
    input_tokens: int
    output_tokens: int
    cost_nanousd: int


def ledger_lines(rows: Iterable[SpanRow]) -> dict[LineKey, Amounts]:
    """What a batch adds to the ledger: one line per project, hour and scope value that occurs in it."""
    by_scopes: dict[JointKey, Amounts] = {}
    for row in rows:
        # First by the joint key, then split: a batch has far fewer joint keys than rows times scopes.
        joint = (
            row.project_id,
            row.start_time - row.start_time % HOUR_US,
            row.environment,
            row.provider,
            row.model,
            row.route,
            row.end_user_id,
            row.api_key_id,
        )
        amounts = by_scopes.get(joint)
        if amounts is None:
            amounts = by_scopes[joint] = [0, 0, 0, 0, 0, 0]
        amounts[0] += 1
        amounts[1] += row.kind in CALL_KINDS
        amounts[2] += row.cost_source == "unpriced"
        amounts[3] += row.input_tokens or 0
        amounts[4] += row.output_tokens or 0
        amounts[5] += row.cost_nanousd or 0
    return _split_by_scope(by_scopes)


def correct(
    database: Database,
    connection: sa.Connection,
    correction_id: str,
    deltas: Iterable[tuple[JointKey, int, int]],
    now_us: int,
) -> bool:
    """Change what is booked, once per id; False when it was done before, and nothing changed.

    For each joint key: by how many more spans are unpriced, and by how many nano-dollars they cost more; both
    may be negative. Part of the caller's transaction.
    """
    lines = _split_by_scope({joint: [0, 0, unpriced, 0, 0, cost] for joint, unpriced, cost in deltas})
    return _book_lines(database, connection, correction_id, lines, now_us)


def _split_by_scope(by_scopes: dict[JointKey, Amounts]) -> dict[LineKey, Amounts]:
    lines: dict[LineKey, Amounts] = {}
    for joint, amounts in by_scopes.items():
        for scope, value in _scope_values(joint):
            key = (joint[0], joint[1], scope, value)
            line = lines.get(key)
            if line is None:
                lines[key] = amounts.copy()
            else:
                for index, amount in enumerate(amounts):
                    line[index] += amount
    return lines


def book(
    database: Database,
    batch_id: str,
    rows: Sequence[SpanRow],
    now_us: int,
    bookkeepers: Sequence[Bookkeeper] = (),
) -> bool:
    """Book a batch, here and with every bookkeeper; False when it was booked before, and nothing changed."""
    lines = ledger_lines(rows)
    with database.begin() as connection:
        if not _book_lines(database, connection, batch_id, lines, now_us):
            return False
        for bookkeeper in bookkeepers:
            bookkeeper.count(connection, rows)
        return True


def _book_lines(
    database: Database,
    connection: sa.Connection,
    batch_id: str,
    lines: dict[LineKey, Amounts],
    now_us: int,
) -> bool:
    first = connection.execute(
        database.insert(tables.ledger_batches)
        .values(batch_id=batch_id, booked_at_us=now_us)
        .on_conflict_do_nothing()
        .returning(tables.ledger_batches.c.batch_id)
    )
    if first.first() is None:
        return False
    if lines:
        connection.execute(_add_to_line(database), [_line_values(key, lines[key]) for key in sorted(lines)])
    return True


def booked_batches(connection: sa.Connection, batch_ids: Sequence[str]) -> set[str]:
    """Which of these are booked; one that was booked over `BOOKED_BATCHES_KEPT_US` ago is forgotten."""
    booked: set[str] = set()
    for start in range(0, len(batch_ids), _ASKED_AT_ONCE):
        some = batch_ids[start : start + _ASKED_AT_ONCE]
        statement = sa.select(tables.ledger_batches.c.batch_id).where(
            tables.ledger_batches.c.batch_id.in_(some)
        )
        booked.update(connection.execute(statement).scalars())
    return booked


def forget_old_batches(database: Database, now_us: int) -> None:
    """Drop batch ids too old to be booked again."""
    with database.begin() as connection:
        connection.execute(
            sa.delete(tables.ledger_batches).where(
                tables.ledger_batches.c.booked_at_us < now_us - BOOKED_BATCHES_KEPT_US
            )
        )


def batches_booked_since(connection: sa.Connection, since_us: int) -> list[str]:
    """Ids of the batches booked at `since_us` or later, as this transaction sees them."""
    columns = tables.ledger_batches.c
    statement = sa.select(columns.batch_id).where(columns.booked_at_us >= since_us)
    return [row.batch_id for row in connection.execute(statement)]


def booked_total(database: Database, project_id: str) -> Booked:
    """Everything ever booked for a project."""
    ledger = tables.ledger.c
    totals = [sa.func.coalesce(sa.func.sum(ledger[name]), 0) for name in _AMOUNTS]
    with database.begin() as connection:
        row = connection.execute(
            sa.select(*totals).where(ledger.project_id == project_id, ledger.scope == "project")
        ).one()
    return Booked(*(int(total) for total in row))


def _scope_values(joint: JointKey) -> Iterator[tuple[str, str]]:
    _, _, environment, provider, model, route, end_user, key = joint
    yield "project", ""
    if environment:
        yield "environment", environment[:_MAX_SCOPE_VALUE]
    if model:
        yield "model", f"{provider}/{model}"[:_MAX_SCOPE_VALUE]
    if route:
        yield "route", route[:_MAX_SCOPE_VALUE]
    if end_user:
        yield "end_user", end_user[:_MAX_SCOPE_VALUE]
    if key:
        yield "key", key[:_MAX_SCOPE_VALUE]


def _line_values(key: LineKey, amounts: Amounts) -> dict[str, str | int]:
    project_id, hour_us, scope, value = key
    return {
        "project_id": project_id,
        "hour_us": hour_us,
        "scope": scope,
        "scope_value": value,
        **dict(zip(_AMOUNTS, amounts, strict=True)),
    }


def _add_to_line(database: Database) -> sa.Executable:
    insert = database.insert(tables.ledger)
    statement: sa.Executable = insert.on_conflict_do_update(
        index_elements=["project_id", "hour_us", "scope", "scope_value"],
        set_={name: tables.ledger.c[name] + insert.excluded[name] for name in _AMOUNTS},
    )
    return statement
