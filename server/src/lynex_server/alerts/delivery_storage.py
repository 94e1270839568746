"""Statements about deliveries: what waits, who has it in hand, how it went."""

from typing import Any

import sqlalchemy as sa

from lynex_server.alerts.model import Delivery
from lynex_server.alerts.tables import alert_deliveries
from lynex_server.engines.relational.database import Database

LEASE_US = 60_000_000
"""How long one attempt may take before somebody else makes it again; requests end far sooner."""


def take_due(database: Database, now_us: int, occasion: tuple[str, str] | None = None) -> Delivery | None:
    """The delivery that is due longest and nobody has in hand; it is the caller's for `LEASE_US`.

    What is told of an incident comes in order: a later message waits for an earlier one to the same target.
    `occasion` (channel and occasion) takes only those, due or not.
    """
    columns = alert_deliveries.c
    earlier = alert_deliveries.alias("earlier")
    waits_for = sa.exists().where(
        earlier.c.channel_id == columns.channel_id,
        earlier.c.incident_id == columns.incident_id,
        earlier.c.target == columns.target,
        earlier.c.phase == "waiting",
        earlier.c.incident_id != "",
        sa.tuple_(earlier.c.created_at_us, earlier.c.id) < sa.tuple_(columns.created_at_us, columns.id),
    )
    statement = sa.select(alert_deliveries).where(
        columns.phase == "waiting", columns.lease_until_us <= now_us, ~waits_for
    )
    if occasion is None:
        statement = statement.where(columns.next_attempt_us <= now_us)
    else:
        statement = statement.where(
            columns.channel_id == occasion[0], columns.occasion == occasion[1], columns.attempts == 0
        )
    statement = statement.order_by(columns.next_attempt_us, columns.id).limit(1)
    with database.read() as connection:  # most often nothing is due, and nobody has to wait for us
        if connection.execute(statement).first() is None:
            return None
    with database.begin() as connection:
        database.lock(connection, "alerts.deliveries")
        row = connection.execute(statement).first()
        if row is None:
            return None
        taken = sa.update(alert_deliveries).where(columns.id == row.id)
        connection.execute(taken.values(lease_until_us=now_us + LEASE_US, attempts=row.attempts + 1))
        return _delivery(row, attempts=row.attempts + 1)


def put_outcome(
    connection: sa.Connection,
    delivery: Delivery,
    *,
    phase: str,
    status: int,
    excerpt: str,
    next_attempt_us: int,
    finished_at_us: int | None,
) -> bool:
    """How the attempt went. False when somebody else made a further one meanwhile: then his counts."""
    columns = alert_deliveries.c
    statement = sa.update(alert_deliveries).where(
        columns.id == delivery.id, columns.phase == "waiting", columns.attempts == delivery.attempts
    )
    values = {
        "phase": phase,
        "status": status,
        "excerpt": excerpt,
        "next_attempt_us": next_attempt_us,
        "finished_at_us": finished_at_us,
        "lease_until_us": 0,
    }
    return bool(connection.execute(statement.values(**values)).rowcount)


def find_delivery(connection: sa.Connection, delivery_id: str) -> Delivery | None:
    """One delivery."""
    row = connection.execute(sa.select(alert_deliveries).where(alert_deliveries.c.id == delivery_id)).first()
    return None if row is None else _delivery(row)


def deliveries_page(
    connection: sa.Connection, channel_id: str, limit: int, before: tuple[int, str] | None
) -> list[Delivery]:
    """What was told on a channel, latest first, older than `before`."""
    columns = alert_deliveries.c
    statement = sa.select(alert_deliveries).where(columns.channel_id == channel_id)
    if before is not None:
        statement = statement.where(
            sa.tuple_(columns.created_at_us, columns.id) < sa.tuple_(*map(sa.literal, before))
        )
    ordered = statement.order_by(columns.created_at_us.desc(), columns.id.desc()).limit(limit)
    return [_delivery(row) for row in connection.execute(ordered)]


def forget_deliveries(connection: sa.Connection, finished_before_us: int) -> None:
    """Forget what was finished long ago."""
    connection.execute(
        sa.delete(alert_deliveries).where(alert_deliveries.c.finished_at_us < finished_before_us)
    )


def _delivery(row: sa.Row[Any], **changed: int) -> Delivery:
    values = {name: getattr(row, name) for name in Delivery.__dataclass_fields__}
    return Delivery(**{**values, **changed})
