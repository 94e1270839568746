"""The outbox: what is to be told, written together with what it tells.

A row is unique by channel, occasion and target: however often a transition is processed, each recipient gets
one message of it. On the wire a message may be repeated after a crash; it then bears the same key.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from lynex_server.alerts.codec import as_text
from lynex_server.alerts.describe_incident import message_of
from lynex_server.alerts.model import Channel, DeliveryReason, Incident
from lynex_server.alerts.tables import alert_channels, alert_deliveries
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.ids import new_id

KEEPS_STATE = ("pagerduty", "opsgenie")
"""Kinds that know of acknowledging."""


class Outbox:
    """Writes what is to be told. Every method works in the caller's transaction."""

    def __init__(self, database: Database, clock: Clock, public_url: str) -> None:
        self._database = database
        self._clock = clock
        self._public_url = public_url

    def tell(self, connection: sa.Connection, channels: Iterable[Channel], incident: Incident) -> int:
        """Tell these channels that an incident began. Gives how many messages that makes."""
        message = as_text(message_of(incident, "opened", self._public_url))
        return sum(
            self.put(connection, channel, target, f"{incident.id}:opened", "opened", message, incident.id)
            for channel in channels
            for target in targets_of(channel)
        )

    def follow_up(self, connection: sa.Connection, incident: Incident, reason: DeliveryReason) -> None:
        """Tell those who were told of the beginning what became of it."""
        columns = alert_deliveries.c
        told = (
            sa.select(columns.channel_id, columns.target)
            .join(alert_channels, alert_channels.c.id == columns.channel_id)
            .where(columns.incident_id == incident.id, columns.reason == "opened", alert_channels.c.enabled)
        )
        if reason == "acknowledged":
            told = told.where(alert_channels.c.kind.in_(KEEPS_STATE))
        message = as_text(message_of(incident, reason, self._public_url))
        for row in connection.execute(told).all():
            self._insert(
                connection,
                incident.project_id,
                row.channel_id,
                row.target,
                f"{incident.id}:{reason}",
                reason,
                message,
                incident.id,
            )

    def put(
        self,
        connection: sa.Connection,
        channel: Channel,
        target: str,
        occasion: str,
        reason: DeliveryReason,
        message: str,
        incident_id: str = "",
        wait_us: int = 0,
    ) -> int:
        """One message to one target, not to be sent before `wait_us`; 0 when it was put there before."""
        return self._insert(
            connection,
            channel.project_id,
            channel.id,
            target,
            occasion,
            reason,
            message,
            incident_id,
            wait_us,
        )

    def _insert(
        self,
        connection: sa.Connection,
        project_id: str,
        channel_id: str,
        target: str,
        occasion: str,
        reason: DeliveryReason,
        message: str,
        incident_id: str,
        wait_us: int = 0,
    ) -> int:
        now_us = self._clock.now_us()
        statement = self._database.insert(alert_deliveries).values(
            id=new_id("ald"),
            project_id=project_id,
            channel_id=channel_id,
            incident_id=incident_id,
            occasion=occasion,
            reason=reason,
            target=target,
            message=message,
            phase="waiting",
            attempts=0,
            next_attempt_us=now_us + wait_us,
            lease_until_us=0,
            created_at_us=now_us,
            finished_at_us=None,
            status=0,
            excerpt="",
        )
        return connection.execute(statement.on_conflict_do_nothing()).rowcount


def targets_of(channel: Channel) -> tuple[str, ...]:
    """Whom a channel reaches one by one: the recipients of e-mail. Elsewhere one message is all."""
    recipients = channel.settings.get("to")
    return recipients if channel.kind == "email" and isinstance(recipients, tuple) else ("",)
