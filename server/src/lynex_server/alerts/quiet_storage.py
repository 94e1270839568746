"""Statements about silences and mute schedules."""

from typing import Any

import sqlalchemy as sa

from lynex_server.alerts.codec import as_text, from_text
from lynex_server.alerts.model import Matcher, Mute, Silence
from lynex_server.alerts.tables import alert_mutes, alert_silences
from lynex_server.engines.relational.database import Database

SILENCES_AT_ONCE = 500


def put_silence(connection: sa.Connection, silence: Silence) -> None:
    """Add a silence."""
    values = {name: getattr(silence, name) for name in Silence.__dataclass_fields__}
    connection.execute(sa.insert(alert_silences).values(**{**values, "matchers": as_text(silence.matchers)}))


def silences_of(connection: sa.Connection, project_id: str, ending_after_us: int) -> list[Silence]:
    """Silences of the project that end after an instant, latest end first."""
    columns = alert_silences.c
    statement = (
        sa.select(alert_silences)
        .where(columns.project_id == project_id, columns.until_us > ending_after_us)
        .order_by(columns.until_us.desc(), columns.id)
        .limit(SILENCES_AT_ONCE)
    )
    return [_silence(row) for row in connection.execute(statement)]


def find_silence(connection: sa.Connection, project_id: str, silence_id: str) -> Silence | None:
    """One silence of the project."""
    columns = alert_silences.c
    statement = sa.select(alert_silences).where(columns.id == silence_id, columns.project_id == project_id)
    row = connection.execute(statement).first()
    return None if row is None else _silence(row)


def end_silence(connection: sa.Connection, silence_id: str, now_us: int) -> None:
    """Let it end now."""
    columns = alert_silences.c
    statement = sa.update(alert_silences).where(columns.id == silence_id, columns.until_us > now_us)
    connection.execute(statement.values(until_us=now_us))


def forget_silences(connection: sa.Connection, ended_before_us: int) -> None:
    """Forget what ended long ago."""
    connection.execute(sa.delete(alert_silences).where(alert_silences.c.until_us < ended_before_us))


def put_mute(database: Database, connection: sa.Connection, mute: Mute) -> None:
    """Add a mute schedule, or write over the one with its id."""
    values = {
        "organisation_id": mute.organisation_id,
        "project_id": mute.project_id,
        "name": mute.name,
        "definition": as_text(mute),
    }
    statement = database.insert(alert_mutes).values(id=mute.id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def mutes_of(connection: sa.Connection, project_id: str) -> list[Mute]:
    """The mute schedules of the project, by name."""
    columns = alert_mutes.c
    statement = (
        sa.select(columns.definition)
        .where(columns.project_id == project_id)
        .order_by(columns.name, columns.id)
    )
    return [from_text(text, Mute) for text in connection.execute(statement).scalars()]


def find_mute(connection: sa.Connection, project_id: str, mute_id: str) -> Mute | None:
    """One mute schedule of the project."""
    columns = alert_mutes.c
    statement = sa.select(columns.definition).where(columns.id == mute_id, columns.project_id == project_id)
    text = connection.execute(statement).scalar()
    return None if text is None else from_text(text, Mute)


def remove_mute(connection: sa.Connection, mute_id: str) -> None:
    """Forget a mute schedule."""
    connection.execute(sa.delete(alert_mutes).where(alert_mutes.c.id == mute_id))


def _silence(row: sa.Row[Any]) -> Silence:
    values = dict(row._mapping)
    return Silence(**{**values, "matchers": from_text(values["matchers"], tuple[Matcher, ...])})
