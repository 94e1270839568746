"""Statements about incidents and their timelines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lynex_server.alerts.codec import as_text, from_text
from lynex_server.alerts.model import Incident, Matcher, TimelineEntry, TimelineKind
from lynex_server.alerts.tables import alert_incidents, alert_timeline
from lynex_server.kernel.ids import new_id

TIMELINE_AT_ONCE = 500
OPEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class IncidentFilters:
    """Which incidents are meant; empty fields say nothing. `phase` is open, acknowledged or resolved."""

    phase: str = ""
    severity: str = ""
    rule_id: str = ""
    since_us: int | None = None
    until_us: int | None = None


def put_incident(connection: sa.Connection, incident: Incident) -> None:
    """Add an incident."""
    connection.execute(sa.insert(alert_incidents).values(id=incident.id, **_values(incident)))


def change_incident(connection: sa.Connection, incident: Incident) -> None:
    """Write over the incident with its id."""
    statement = sa.update(alert_incidents).where(alert_incidents.c.id == incident.id)
    connection.execute(statement.values(**_values(incident)))


def find_incident(connection: sa.Connection, project_id: str, incident_id: str) -> Incident | None:
    """One incident of the project."""
    columns = alert_incidents.c
    statement = sa.select(alert_incidents).where(columns.id == incident_id, columns.project_id == project_id)
    row = connection.execute(statement).first()
    return None if row is None else _incident(row)


def incidents_page(
    connection: sa.Connection,
    project_id: str,
    filters: IncidentFilters,
    limit: int,
    before: tuple[int, str] | None,
) -> list[Incident]:
    """Incidents of the project, latest first, older than `before`."""
    columns = alert_incidents.c
    statement = sa.select(alert_incidents).where(columns.project_id == project_id)
    if filters.phase == "resolved":
        statement = statement.where(columns.resolved_at_us.is_not(None))
    elif filters.phase:
        statement = statement.where(columns.resolved_at_us.is_(None))
    if filters.phase == "acknowledged":
        statement = statement.where(columns.acknowledged_at_us.is_not(None))
    if filters.severity:
        statement = statement.where(columns.severity == filters.severity)
    if filters.rule_id:
        statement = statement.where(columns.rule_id == filters.rule_id)
    if filters.since_us is not None:
        statement = statement.where(columns.opened_at_us >= filters.since_us)
    if filters.until_us is not None:
        statement = statement.where(columns.opened_at_us < filters.until_us)
    if before is not None:
        statement = statement.where(
            sa.tuple_(columns.opened_at_us, columns.id) < sa.tuple_(*map(sa.literal, before))
        )
    ordered = statement.order_by(columns.opened_at_us.desc(), columns.id.desc()).limit(limit)
    return [_incident(row) for row in connection.execute(ordered)]


def open_incidents(connection: sa.Connection, project_id: str) -> list[Incident]:
    """What is not resolved in the project, latest first, `OPEN_AT_ONCE` at most."""
    return incidents_page(connection, project_id, IncidentFilters("open"), OPEN_AT_ONCE, None)


def open_incidents_of(connection: sa.Connection, rule_id: str) -> list[Incident]:
    """What is not resolved of a rule."""
    columns = alert_incidents.c
    statement = sa.select(alert_incidents).where(columns.rule_id == rule_id, columns.resolved_at_us.is_(None))
    return [_incident(row) for row in connection.execute(statement)]


def open_channel_incident(connection: sa.Connection, project_id: str, channel_id: str) -> Incident | None:
    """The open incident that a failing channel raised."""
    columns = alert_incidents.c
    statement = sa.select(alert_incidents).where(
        columns.project_id == project_id,
        columns.rule_id == "",
        columns.group_value == channel_id,
        columns.resolved_at_us.is_(None),
    )
    row = connection.execute(statement).first()
    return None if row is None else _incident(row)


def projects_with_untold(connection: sa.Connection) -> list[str]:
    """Projects with open incidents of which nobody was told yet."""
    columns = alert_incidents.c
    statement = sa.select(columns.project_id).where(
        columns.resolved_at_us.is_(None), columns.notified_at_us.is_(None)
    )
    return sorted(connection.execute(statement.distinct()).scalars())


def add_to_timeline(
    connection: sa.Connection,
    incident: Incident,
    at_us: int,
    kind: TimelineKind,
    by: str = "",
    text: str = "",
) -> None:
    """Write down that something happened to an incident."""
    connection.execute(
        sa.insert(alert_timeline).values(
            id=new_id("atl"),
            incident_id=incident.id,
            project_id=incident.project_id,
            at_us=at_us,
            kind=kind,
            by_whom=by,
            text=text,
        )
    )


def timeline_of(connection: sa.Connection, incident_id: str) -> list[TimelineEntry]:
    """What happened to an incident, oldest first."""
    columns = alert_timeline.c
    statement = (
        sa.select(alert_timeline)
        .where(columns.incident_id == incident_id)
        .order_by(columns.at_us, columns.id)
        .limit(TIMELINE_AT_ONCE)
    )
    return [
        TimelineEntry(row.id, row.incident_id, row.at_us, row.kind, row.by_whom, row.text)
        for row in connection.execute(statement)
    ]


def forget_incidents(connection: sa.Connection, resolved_before_us: int) -> None:
    """Forget what was resolved long ago, with its timeline."""
    columns = alert_incidents.c
    old = sa.select(columns.id).where(columns.resolved_at_us < resolved_before_us)
    connection.execute(sa.delete(alert_timeline).where(alert_timeline.c.incident_id.in_(old)))
    connection.execute(sa.delete(alert_incidents).where(columns.resolved_at_us < resolved_before_us))


_JSON: Sequence[tuple[str, Any]] = (
    ("labels", dict[str, str]),
    ("channel_ids", tuple[str, ...]),
    ("inhibits", tuple[Matcher, ...]),
)


def _values(incident: Incident) -> dict[str, Any]:
    names = [name for name in Incident.__dataclass_fields__ if name not in ("id", "group")]
    values = {name: getattr(incident, name) for name in names}
    return {
        **values,
        **{name: as_text(values[name]) for name, _ in _JSON},
        "group_value": incident.group,
    }


def _incident(row: sa.Row[Any]) -> Incident:
    values = dict(row._mapping)
    values["group"] = values.pop("group_value")
    return Incident(**{**values, **{name: from_text(values[name], shape) for name, shape in _JSON}})
