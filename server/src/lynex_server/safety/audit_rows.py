"""The statements of the audit log."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.safety.actor import Actor, ActorKind
from lynex_server.safety.audit_entry import FIRST_HASH, AuditEntry, canonical_json
from lynex_server.safety.tables import audit_heads, audit_log


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Which rows of an organisation: every condition that is not empty must hold.

    `actor` is an actor's id or name, `action` an action or its beginning up to a dot (`budget`), `from_us`
    the first instant that counts, `to_us` the first that does not.
    """

    project_id: str = ""
    actor: str = ""
    action: str = ""
    target: str = ""
    from_us: int | None = None
    to_us: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: its last row's sequence and hash, and the HMAC over both (empty: never sealed)."""

    sequence: int
    hash: bytes
    seal: bytes = b""
    data_key_id: str | None = None


NO_HEAD = Head(0, FIRST_HASH)


def head_of(connection: sa.Connection, organisation_id: str) -> Head | None:
    """Where the chain of an organisation ends; None before its first row."""
    statement = sa.select(audit_heads).where(audit_heads.c.organisation_id == organisation_id)
    row = connection.execute(statement).first()
    return None if row is None else Head(row.sequence, row.hash, row.seal, row.data_key_id)


def put_head(database: Database, connection: sa.Connection, organisation_id: str, head: Head) -> None:
    """Note where the chain ends now."""
    values = {
        "sequence": head.sequence,
        "hash": head.hash,
        "seal": head.seal,
        "data_key_id": head.data_key_id,
    }
    insert = database.insert(audit_heads).values(organisation_id=organisation_id, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=["organisation_id"], set_=values))


def add(connection: sa.Connection, entry: AuditEntry) -> None:
    """Append a row."""
    connection.execute(
        sa.insert(audit_log).values(
            organisation_id=entry.organisation_id,
            sequence=entry.sequence,
            id=entry.id,
            at_us=entry.at_us,
            actor_kind=entry.actor.kind,
            actor_id=entry.actor.id,
            actor_name=entry.actor.name,
            actor_address=entry.actor.address,
            action=entry.action,
            project_id=entry.project_id,
            target=entry.target,
            before=canonical_json(entry.before),
            after=canonical_json(entry.after),
            previous_hash=entry.previous_hash,
            hash=entry.hash,
        )
    )


def organisations(connection: sa.Connection) -> list[str]:
    """Every organisation that has rows or a head."""
    statement = sa.union(
        sa.select(audit_heads.c.organisation_id), sa.select(audit_log.c.organisation_id).distinct()
    )
    return sorted(row[0] for row in connection.execute(statement))


def started_chains(connection: sa.Connection, installation: str, action: str) -> set[str]:
    """The targets of all rows of one chain with this action."""
    statement = sa.select(audit_log.c.target).where(
        audit_log.c.organisation_id == installation, audit_log.c.action == action
    )
    return {row[0] for row in connection.execute(statement)}


def page_before(
    connection: sa.Connection, organisation_id: str, filters: AuditFilters, before: int | None, limit: int
) -> list[AuditEntry]:
    """Rows that match, newest first; `before` is the sequence of the last row of the page before."""
    statement = sa.select(audit_log).where(*_conditions(organisation_id, filters))
    if before is not None:
        statement = statement.where(audit_log.c.sequence < before)
    statement = statement.order_by(audit_log.c.sequence.desc()).limit(limit)
    return [entry_of(row) for row in connection.execute(statement)]


def rows_after(
    connection: sa.Connection, organisation_id: str, filters: AuditFilters, after: int, limit: int
) -> list[sa.Row[Any]]:
    """Rows that match as they are stored, oldest first, beginning after the sequence `after`."""
    statement = (
        sa.select(audit_log)
        .where(*_conditions(organisation_id, filters), audit_log.c.sequence > after)
        .order_by(audit_log.c.sequence)
        .limit(limit)
    )
    return list(connection.execute(statement))


def entry_of(row: sa.Row[Any]) -> AuditEntry:
    """A stored row as an entry. Raises `msgspec.DecodeError` when `before` or `after` is no JSON."""
    return AuditEntry(
        id=row.id,
        organisation_id=row.organisation_id,
        sequence=row.sequence,
        at_us=row.at_us,
        actor=Actor(cast(ActorKind, row.actor_kind), row.actor_id, row.actor_name, row.actor_address),
        action=row.action,
        project_id=row.project_id,
        target=row.target,
        before=msgspec.json.decode(row.before),
        after=msgspec.json.decode(row.after),
        previous_hash=row.previous_hash,
        hash=row.hash,
    )


def _conditions(organisation_id: str, filters: AuditFilters) -> Iterator[sa.ColumnElement[bool]]:
    yield audit_log.c.organisation_id == organisation_id
    if filters.project_id:
        yield audit_log.c.project_id == filters.project_id
    if filters.actor:
        yield sa.or_(audit_log.c.actor_id == filters.actor, audit_log.c.actor_name == filters.actor)
    if filters.action:
        noun = filters.action.rstrip(".")
        yield sa.or_(audit_log.c.action == noun, audit_log.c.action.startswith(f"{noun}.", autoescape=True))
    if filters.target:
        yield audit_log.c.target == filters.target
    if filters.from_us is not None:
        yield audit_log.c.at_us >= filters.from_us
    if filters.to_us is not None:
        yield audit_log.c.at_us < filters.to_us
