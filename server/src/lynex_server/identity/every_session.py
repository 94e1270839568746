"""Signing everybody out at once."""

import sqlalchemy as sa

from lynex_server.identity.tables import sessions


def end_every_session(connection: sa.Connection, now_us: int) -> int:
    """End every session that is not over, of every person; how many that were.

    Processes that remember a session go on accepting it for at most a second.
    """
    over = sessions.c.revoked_at_us.is_not(None) | (sessions.c.expires_at_us <= now_us)
    return connection.execute(sa.update(sessions).where(~over).values(revoked_at_us=now_us)).rowcount
