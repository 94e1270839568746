"""Which process looks at the rules: a row with a holder, how long he holds it, and when a look is due."""

import sqlalchemy as sa

from lynex_server.alerts.tables import alert_leases
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.ids import new_id

NAME = "evaluation"
HELD_US = 120 * MICROS_PER_SECOND
"""Renewed with each rule; longer than measuring for one rule may take. After a crash others wait so long."""


class LostLease(Exception):
    """Somebody else looks at the rules by now."""


class Lease:
    """The lease as one process sees it. `every_s` is the interval between looks. A process that has the same
    name as before it crashed has not lost the lease; without one it is nobody that was there before."""

    def __init__(self, database: Database, clock: Clock, every_s: float, name: str = "") -> None:
        self._database = database
        self._clock = clock
        self._every_us = round(every_s * MICROS_PER_SECOND)
        self._holder = name or new_id("prc")

    def take(self) -> bool:
        """Take it, if a look is due and nobody holds it."""
        now_us = self._clock.now_us()
        with self._database.read() as connection:  # most often nothing is due, and nobody has to wait for us
            if not self._is_free(connection, now_us):
                return False
        with self._database.begin() as connection:
            self._database.lock(connection, "alerts.lease")
            if not self._is_free(connection, now_us):
                return False
            values = {
                "holder": self._holder,
                "until_us": now_us + HELD_US,
                "due_us": (now_us // self._every_us + 1) * self._every_us,
            }
            statement = self._database.insert(alert_leases).values(name=NAME, **values)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
            return True

    def _is_free(self, connection: sa.Connection, now_us: int) -> bool:
        row = connection.execute(sa.select(alert_leases).where(alert_leases.c.name == NAME)).first()
        if row is None:
            return True
        # Instants further ahead than we ourselves would set them were written by a clock that was wrong.
        waits = now_us < row.due_us <= now_us + self._every_us
        held = row.holder != self._holder and now_us < row.until_us <= now_us + HELD_US
        return not waits and not held

    def renew(self, connection: sa.Connection) -> None:
        """Hold it on, in the transaction that writes what was found. Raises `LostLease`."""
        statement = sa.update(alert_leases).where(
            alert_leases.c.name == NAME, alert_leases.c.holder == self._holder
        )
        if not connection.execute(statement.values(until_us=self._clock.now_us() + HELD_US)).rowcount:
            raise LostLease

    def give_back(self) -> None:
        """Let go of it until the next look is due."""
        statement = sa.update(alert_leases).where(
            alert_leases.c.name == NAME, alert_leases.c.holder == self._holder
        )
        with self._database.begin() as connection:
            connection.execute(statement.values(until_us=0))
