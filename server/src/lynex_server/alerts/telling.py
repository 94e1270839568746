"""Who is told of what began: routing, and what holds the news back.

An incident is told once: when nothing holds it (any more). A silence, a mute schedule or another incident
that inhibits it hold it back; when that ends and the incident is still open, it is told then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from lynex_server.alerts.channel_storage import channels_of
from lynex_server.alerts.incident_storage import (
    add_to_timeline,
    change_incident,
    open_incidents,
    projects_with_untold,
)
from lynex_server.alerts.matching import is_muting, is_routed, is_silencing, matches
from lynex_server.alerts.model import Channel, Incident, Mute, Silence
from lynex_server.alerts.outbox import Outbox
from lynex_server.alerts.quiet_storage import mutes_of, silences_of
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Quiet:
    """What may hold news of a project back."""

    silences: Sequence[Silence]
    mutes: Sequence[Mute]
    open_incidents: Sequence[Incident]

    def holds(self, incident: Incident, now_us: int) -> str:
        """What holds the news of an incident back, in words; empty when nothing does."""
        for silence in self.silences:
            if is_silencing(silence, incident.labels, now_us):
                return f"silence {silence.id}: {silence.reason}"
        for mute in self.mutes:
            if is_muting(mute, incident.labels, now_us):
                return f"mute schedule {mute.name}"
        for other in self.open_incidents:
            if other.id != incident.id and other.inhibits and matches(other.inhibits, incident.labels):
                return f"incident {other.id} of {other.rule_name}"
        return ""


class Telling:
    """Tells of open incidents of which nobody was told. Running it twice tells nobody twice."""

    def __init__(self, database: Database, outbox: Outbox, clock: Clock) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock

    def tell(self) -> None:
        """Look at every project that has such incidents, each in a transaction of its own."""
        with self._database.read() as connection:
            projects = projects_with_untold(connection)
        for project_id in projects:
            with self._database.begin() as connection:
                self._database.lock(connection, telling_lock(project_id))
                self._tell_in(connection, project_id)

    def _tell_in(self, connection: sa.Connection, project_id: str) -> None:
        now_us = self._clock.now_us()
        incidents = open_incidents(connection, project_id)
        quiet = Quiet(
            silences_of(connection, project_id, now_us), mutes_of(connection, project_id), incidents
        )
        channels = channels_of(connection, project_id)
        for incident in incidents:
            if incident.notified_at_us is None:
                self._tell_one(connection, incident, quiet, channels, now_us)

    def _tell_one(
        self,
        connection: sa.Connection,
        incident: Incident,
        quiet: Quiet,
        channels: Sequence[Channel],
        now_us: int,
    ) -> None:
        reason = quiet.holds(incident, now_us)
        if reason:
            if reason != incident.held_by:
                change_incident(connection, replace(incident, held_by=reason))
                add_to_timeline(connection, incident, now_us, "held", text=reason)
            return
        meant = [channel for channel in channels if reaches(channel, incident)]
        self._outbox.tell(connection, meant, incident)
        change_incident(connection, replace(incident, held_by="", notified_at_us=now_us))
        names = ", ".join(channel.name for channel in meant)
        text = f"told on {names}" if meant else "no channel is routed for it"
        add_to_timeline(connection, incident, now_us, "notified", text=text)


def telling_lock(project_id: str) -> str:
    """The name of the lock under which incidents of a project change."""
    return f"alerts.incidents.{project_id}"


def reaches(channel: Channel, incident: Incident) -> bool:
    """Whether the channel is told of the incident. That one fails is told on every other one that works."""
    if incident.rule_id:
        return is_routed(channel, incident)
    return channel.enabled and channel.id != incident.group and channel.failing_since_us is None
