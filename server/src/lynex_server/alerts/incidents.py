"""Incidents, as people handle them: looked at, acknowledged, commented, resolved."""

from dataclasses import replace

import sqlalchemy as sa

from lynex_server.alerts import rule_storage
from lynex_server.alerts.incident_storage import (
    IncidentFilters,
    add_to_timeline,
    change_incident,
    find_incident,
    incidents_page,
    timeline_of,
)
from lynex_server.alerts.model import Incident, TimelineEntry
from lynex_server.alerts.opening import resolve_incident
from lynex_server.alerts.outbox import Outbox
from lynex_server.alerts.telling import telling_lock
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Principal
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Conflict, NotFound
from lynex_server.safety.public import AuditLog


class IncidentService:
    """The service. Calls block and are safe from any thread."""

    def __init__(self, database: Database, outbox: Outbox, audit: AuditLog, clock: Clock) -> None:
        self._database = database
        self._outbox = outbox
        self._audit = audit
        self._clock = clock

    def page(
        self, project_id: str, filters: IncidentFilters, limit: int, before: tuple[int, str] | None
    ) -> list[Incident]:
        """Incidents of the project, latest first."""
        with self._database.read() as connection:
            return incidents_page(connection, project_id, filters, limit, before)

    def find(self, project_id: str, incident_id: str) -> tuple[Incident, list[TimelineEntry]]:
        """One incident with its timeline. Raises `NotFound`."""
        with self._database.read() as connection:
            incident = _found(find_incident(connection, project_id, incident_id))
            return incident, timeline_of(connection, incident_id)

    def acknowledge(self, principal: Principal, incident_id: str) -> None:
        """Say that somebody takes care. Harmless when repeated. Raises `NotFound`, `Conflict`."""
        with self._database.begin() as connection:
            incident = self._open(connection, principal, incident_id)
            if incident.acknowledged_at_us is not None:
                return
            now_us, by = self._clock.now_us(), _name(principal)
            acknowledged = replace(incident, acknowledged_at_us=now_us, acknowledged_by=by)
            change_incident(connection, acknowledged)
            add_to_timeline(connection, incident, now_us, "acknowledged", by)
            self._outbox.follow_up(connection, acknowledged, "acknowledged")
            self._record(connection, principal, "alert_incident.acknowledged", incident)

    def comment(self, principal: Principal, incident_id: str, text: str) -> None:
        """Write something into the timeline, also of what is over. Raises `NotFound`."""
        with self._database.begin() as connection:
            incident = _found(find_incident(connection, principal.project_id, incident_id))
            add_to_timeline(connection, incident, self._clock.now_us(), "commented", _name(principal), text)
            self._record(connection, principal, "alert_incident.commented", incident, text)

    def resolve(self, principal: Principal, incident_id: str, text: str) -> None:
        """Say that it is over. The rule may fire again, in the next period. Raises `NotFound`, `Conflict`."""
        with self._database.begin() as connection:
            incident = self._open(connection, principal, incident_id)
            now_us = self._clock.now_us()
            resolve_incident(connection, self._outbox, incident, now_us, _name(principal), text)
            rule = rule_storage.find_rule(connection, principal.project_id, incident.rule_id)
            state = rule_storage.states_of(connection, incident.rule_id).get(incident.group)
            if rule is not None and state is not None and state.incident_id == incident.id:
                quiet = replace(state, phase="ok", since_us=now_us, clear_since_us=None)
                rule_storage.put_states(self._database, connection, rule, {incident.group: quiet})
            self._record(connection, principal, "alert_incident.resolved", incident, text)

    def _open(self, connection: sa.Connection, principal: Principal, incident_id: str) -> Incident:
        self._database.lock(connection, telling_lock(principal.project_id))
        incident = _found(find_incident(connection, principal.project_id, incident_id))
        if incident.resolved_at_us is not None:
            raise Conflict("This incident is resolved already.")
        return incident

    def _record(
        self,
        connection: sa.Connection,
        principal: Principal,
        action: str,
        incident: Incident,
        text: str = "",
    ) -> None:
        self._audit.record(
            connection,
            principal.actor(),
            action,
            organisation_id=incident.organisation_id,
            project_id=incident.project_id,
            target=incident.id,
            after={"rule": incident.rule_name, "group": incident.group, "text": text},
        )


def _name(principal: Principal) -> str:
    actor = principal.actor()
    return actor.name or actor.id


def _found(incident: Incident | None) -> Incident:
    if incident is None:
        raise NotFound("There is no such incident.")
    return incident
