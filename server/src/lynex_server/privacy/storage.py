"""Reads and writes the rows of erasures."""

import dataclasses
import json
import secrets
from collections.abc import Collection
from typing import Any, cast

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.privacy.model import Erasure, Findings
from lynex_server.privacy.tables import erasure_salts, erasures

SALT_BYTES = 16
_columns = erasures.c


def add(connection: sa.Connection, erasure: Erasure) -> None:
    """Write a new erasure down."""
    connection.execute(sa.insert(erasures).values(**_values(erasure)))


def save(connection: sa.Connection, erasure: Erasure) -> None:
    """Write down how far it is."""
    connection.execute(sa.update(erasures).where(_columns.id == erasure.id).values(**_values(erasure)))


def forget_id(connection: sa.Connection, project_id: str, subject: str) -> None:
    """Leave the hash alone of an end user whose data is gone, also in what failed before."""
    connection.execute(
        sa.update(erasures)
        .where(_columns.project_id == project_id, _columns.subject == subject)
        .values(end_user_id="")
    )


def lease(connection: sa.Connection, erasure_id: str, until_us: int) -> None:
    """Nobody else takes it up before `until_us`. What is found of it so far stays."""
    connection.execute(sa.update(erasures).where(_columns.id == erasure_id).values(lease_until_us=until_us))


def find(connection: sa.Connection, project_id: str, erasure_id: str) -> Erasure | None:
    """One erasure of the project."""
    statement = sa.select(erasures).where(_columns.project_id == project_id, _columns.id == erasure_id)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _erasure(row)


def page(
    connection: sa.Connection,
    project_id: str,
    subject: str | None,
    limit: int,
    before: tuple[int, str] | None,
) -> list[Erasure]:
    """The project's erasures, latest first; with `subject`, those of one end
    user."""
    statement = sa.select(erasures).where(_columns.project_id == project_id)
    if subject is not None:
        statement = statement.where(_columns.subject == subject)
    if before is not None:
        statement = statement.where(
            sa.tuple_(_columns.requested_at_us, _columns.id) < sa.tuple_(*map(sa.literal, before))
        )
    ordered = statement.order_by(_columns.requested_at_us.desc(), _columns.id.desc()).limit(limit)
    return [_erasure(row) for row in connection.execute(ordered)]


def unfinished(connection: sa.Connection, project_id: str) -> list[Erasure]:
    """Those of the project that are under way."""
    statement = sa.select(erasures).where(
        _columns.project_id == project_id, _columns.finished_at_us.is_(None)
    )
    return [_erasure(row) for row in connection.execute(statement)]


def next_due(connection: sa.Connection, now_us: int) -> Erasure | None:
    """The unfinished erasure that nobody works on and that waits longest; locked for the transaction."""
    statement = (
        sa.select(erasures)
        .where(_columns.finished_at_us.is_(None), _columns.lease_until_us <= now_us)
        .order_by(_columns.lease_until_us, _columns.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else _erasure(row)


def shielded(connection: sa.Connection, project_ids: Collection[str], now_us: int) -> dict[str, set[str]]:
    """The end users, as subjects, whose late arrivals must be made nameless, by project."""
    statement = sa.select(_columns.project_id, _columns.subject).where(
        _columns.project_id.in_(project_ids), _columns.kind == "end_user", _columns.shield_until_us > now_us
    )
    found: dict[str, set[str]] = {}
    for project_id, subject in connection.execute(statement):
        found.setdefault(project_id, set()).add(subject)
    return found


def salt_of(connection: sa.Connection, project_id: str) -> str | None:
    """The project's salt; None before its first erasure."""
    statement = sa.select(erasure_salts.c.salt).where(erasure_salts.c.project_id == project_id)
    return connection.execute(statement).scalar_one_or_none()


def ensure_salt(database: Database, connection: sa.Connection, project_id: str) -> str:
    """The project's salt, made now if need be."""
    made = {"project_id": project_id, "salt": secrets.token_hex(SALT_BYTES)}
    connection.execute(database.insert(erasure_salts).values(**made).on_conflict_do_nothing())
    salt = salt_of(connection, project_id)
    if salt is None:
        raise LookupError(f"the salt of {project_id} was not written")
    return salt


def _values(erasure: Erasure) -> dict[str, Any]:
    values = {field.name: getattr(erasure, field.name) for field in dataclasses.fields(erasure)}
    return {**values, "findings": json.dumps(dataclasses.asdict(erasure.findings))}


def _erasure(row: sa.Row[Any]) -> Erasure:
    values = dict(row._mapping)
    values["findings"] = Findings(**json.loads(values["findings"]))
    return Erasure(**cast("dict[str, Any]", values))
