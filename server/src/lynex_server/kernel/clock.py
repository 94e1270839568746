"""Time comes in as a value, so tests and simulations can hold it still.

Instants are integers of microseconds since the Unix epoch, UTC (`_us`): they sort, subtract and
cross every wire without a time zone to lose.
"""

import time
from datetime import UTC, datetime
from typing import Protocol

MICROS_PER_SECOND = 1_000_000


class Clock(Protocol):
    """Tells the time. `SystemClock` in production, a fixed one in tests."""

    def now_us(self) -> int:
        """Microseconds since the epoch, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        return time.time_ns() // 1000


def datetime_from_us(instant_us: int) -> datetime:
    """An aware UTC datetime; exact to the microsecond."""
    seconds, micros = divmod(instant_us, MICROS_PER_SECOND)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


def us_from_datetime(moment: datetime) -> int:
    """Microseconds since the epoch. A naive datetime is read as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    whole_seconds = int(aware.replace(microsecond=0).timestamp())
    return whole_seconds * MICROS_PER_SECOND + aware.microsecond
