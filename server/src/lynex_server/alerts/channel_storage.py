"""Statements about channels."""

from typing import Any

import sqlalchemy as sa

from lynex_server.alerts.codec import as_text, from_text
from lynex_server.alerts.model import Channel, Matcher
from lynex_server.alerts.tables import alert_channels, alert_deliveries

CHANNELS_LOCK = "alerts.channels"


def add_channel(connection: sa.Connection, channel: Channel) -> None:
    """Add a channel."""
    connection.execute(sa.insert(alert_channels).values(id=channel.id, **_values(channel)))


def change_channel(connection: sa.Connection, channel: Channel) -> None:
    """Write over the channel with its id."""
    statement = sa.update(alert_channels).where(alert_channels.c.id == channel.id)
    connection.execute(statement.values(**_values(channel)))


def remove_channel(connection: sa.Connection, channel_id: str) -> None:
    """Forget a channel with its delivery log."""
    connection.execute(sa.delete(alert_deliveries).where(alert_deliveries.c.channel_id == channel_id))
    connection.execute(sa.delete(alert_channels).where(alert_channels.c.id == channel_id))


def find_channel(
    connection: sa.Connection, channel_id: str, project_id: str | None = None, lock: bool = False
) -> Channel | None:
    """One channel; of this project only, when one is given. With `lock` nobody else changes it meanwhile."""
    statement = sa.select(alert_channels).where(alert_channels.c.id == channel_id)
    if project_id is not None:
        statement = statement.where(alert_channels.c.project_id == project_id)
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    return None if row is None else _channel(row)


def channels_of(connection: sa.Connection, project_id: str) -> list[Channel]:
    """The channels of a project, by name."""
    columns = alert_channels.c
    statement = (
        sa.select(alert_channels).where(columns.project_id == project_id).order_by(columns.name, columns.id)
    )
    return [_channel(row) for row in connection.execute(statement)]


def _values(channel: Channel) -> dict[str, Any]:
    names = [name for name in Channel.__dataclass_fields__ if name not in ("id", "match")]
    values = {name: getattr(channel, name) for name in names}
    return {
        **values,
        "settings": as_text(channel.settings),
        "matchers": None if channel.match is None else as_text(channel.match),
    }


def _channel(row: sa.Row[Any]) -> Channel:
    values = dict(row._mapping)
    matchers = values.pop("matchers")
    settings = from_text(values["settings"], dict[str, str | tuple[str, ...]])
    match = None if matchers is None else from_text(matchers, tuple[Matcher, ...])
    return Channel(**{**values, "settings": settings, "match": match})
