"""Statements about digests."""

from collections.abc import Sequence

import sqlalchemy as sa

from lynex_server.alerts.codec import as_text, from_text
from lynex_server.alerts.digest_plan import DigestPlan
from lynex_server.alerts.tables import alert_deliveries, alert_digests
from lynex_server.engines.relational.database import Database


def put_digest(database: Database, connection: sa.Connection, plan: DigestPlan) -> None:
    """Add a digest, or write over the one with its id."""
    values = {
        "organisation_id": plan.organisation_id,
        "project_id": plan.project_id,
        "name": plan.name,
        "enabled": plan.enabled,
        "definition": as_text(plan),
    }
    statement = database.insert(alert_digests).values(id=plan.id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def remove_digest(connection: sa.Connection, digest_id: str) -> None:
    """Forget a digest."""
    connection.execute(sa.delete(alert_digests).where(alert_digests.c.id == digest_id))


def find_digest(connection: sa.Connection, project_id: str, digest_id: str) -> DigestPlan | None:
    """One digest of the project."""
    columns = alert_digests.c
    statement = sa.select(columns.definition).where(columns.id == digest_id, columns.project_id == project_id)
    text = connection.execute(statement).scalar()
    return None if text is None else from_text(text, DigestPlan)


def digests_of(connection: sa.Connection, project_id: str) -> list[DigestPlan]:
    """The digests of a project, by name."""
    columns = alert_digests.c
    statement = (
        sa.select(columns.definition)
        .where(columns.project_id == project_id)
        .order_by(columns.name, columns.id)
    )
    return [from_text(text, DigestPlan) for text in connection.execute(statement).scalars()]


def enabled_digests(connection: sa.Connection) -> list[DigestPlan]:
    """Every digest that is to be sent, in every project."""
    columns = alert_digests.c
    statement = sa.select(columns.definition).where(columns.enabled).order_by(columns.id)
    return [from_text(text, DigestPlan) for text in connection.execute(statement).scalars()]


def told_on(connection: sa.Connection, channel_ids: Sequence[str], occasion: str) -> set[str]:
    """On which of these channels an occasion was put into the outbox already."""
    columns = alert_deliveries.c
    statement = sa.select(columns.channel_id).where(
        columns.channel_id.in_(channel_ids), columns.occasion == occasion
    )
    return set(connection.execute(statement).scalars())
