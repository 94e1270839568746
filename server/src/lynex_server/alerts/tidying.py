"""Forgets what nothing asks for any more."""

from lynex_server.alerts.delivery_storage import forget_deliveries
from lynex_server.alerts.incident_storage import forget_incidents
from lynex_server.alerts.quiet_storage import forget_silences
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock

EVERY_US = 3600 * MICROS_PER_SECOND
_DAY_US = 24 * 3600 * MICROS_PER_SECOND


class Tidying:
    """Resolved incidents, finished deliveries and silences that are older than `keep_days`."""

    def __init__(self, database: Database, clock: Clock, keep_days: int) -> None:
        self._database = database
        self._clock = clock
        self._keep_us = keep_days * _DAY_US
        self._next_us = 0

    def tidy_if_due(self) -> None:
        """Once an hour."""
        now_us = self._clock.now_us()
        if now_us < self._next_us:
            return
        self._next_us = now_us + EVERY_US
        before_us = now_us - self._keep_us
        with self._database.begin() as connection:
            forget_deliveries(connection, before_us)
            forget_incidents(connection, before_us)
            forget_silences(connection, before_us)
