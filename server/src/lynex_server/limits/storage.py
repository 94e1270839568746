"""The statements of this slice."""

from dataclasses import asdict

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.limits.model import Lowered
from lynex_server.limits.tables import request_limits

_ROW = request_limits.c
_LIMITS = (_ROW.requests_per_s, _ROW.burst, _ROW.bytes_per_s, _ROW.max_body_bytes)


def plan_of(connection: sa.Connection, project_id: str) -> str | None:
    """The plan that a project was given; None when it was given none."""
    query = sa.select(_ROW.plan).where(_ROW.project_id == project_id, _ROW.api_key_id == "")
    plan: str | None = connection.execute(query).scalar_one_or_none()
    return plan


def lowered(connection: sa.Connection, project_id: str, api_key_id: str = "") -> Lowered:
    """What was lowered for a project, or for one of its keys."""
    query = sa.select(*_LIMITS).where(_ROW.project_id == project_id, _ROW.api_key_id == api_key_id)
    row = connection.execute(query).one_or_none()
    return Lowered() if row is None else Lowered(*row)


def give_plan(database: Database, connection: sa.Connection, project_id: str, plan: str) -> None:
    """Put a project into a plan."""
    row = {"project_id": project_id, "api_key_id": "", "plan": plan}
    put = database.insert(request_limits).values(row)
    connection.execute(put.on_conflict_do_update(index_elements=["project_id", "api_key_id"], set_=row))


def pass_on(
    database: Database, connection: sa.Connection, project_id: str, old_key_id: str, new_key_id: str
) -> None:
    """Lower for one key of a project what is lowered for another, which it follows."""
    limits = lowered(connection, project_id, old_key_id)
    if limits.is_anything:
        lower(database, connection, project_id, new_key_id, limits)


def lower(
    database: Database, connection: sa.Connection, project_id: str, api_key_id: str, limits: Lowered
) -> None:
    """Set what is lowered for a project, or for one of its keys."""
    row = {"project_id": project_id, "api_key_id": api_key_id, **asdict(limits)}
    put = database.insert(request_limits).values(row)
    connection.execute(put.on_conflict_do_update(index_elements=["project_id", "api_key_id"], set_=row))
