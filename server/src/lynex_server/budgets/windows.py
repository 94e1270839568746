"""Periods as stretches of time. Pure: a period, a time zone and an instant give a window.

The windows of a period follow each other without gap or overlap, whatever the clocks of a zone do: a day
begins with the first instant of its date there, so it has 23 or 25 hours where clocks change. Hours are
3,600 s long and begin when the zone's minute hand is at its usual full hour. Weeks begin on Monday.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from lynex_server.kernel.clock import MICROS_PER_SECOND, datetime_from_us, us_from_datetime

Period = Literal["hour", "day", "week", "month", "total", "rolling"]

HOUR_US = 3600 * MICROS_PER_SECOND
DAY_US = 24 * HOUR_US
ROLLING_SLOTS = 60
"""Into how many slots a rolling window is cut. The oldest slot counts whole until all of it is too old."""

_USUAL_HOUR_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""Which minute of UTC a zone's hours begin at is read off at this moment, so that it never jumps."""
_SLOT_US = {"hour": 60 * MICROS_PER_SECOND, "day": HOUR_US, "week": DAY_US, "month": DAY_US, "total": DAY_US}
_FAR_FUTURE = date(9999, 1, 1)


@dataclass(frozen=True, slots=True)
class Window:
    """From `start_us` until before `end_us`; None never ends."""

    start_us: int
    end_us: int | None

    def contains(self, instant_us: int) -> bool:
        """Whether the instant lies in the window."""
        return self.start_us <= instant_us and (self.end_us is None or instant_us < self.end_us)


@dataclass(frozen=True, slots=True)
class Calendar:
    """How a budget cuts time. `rolling_s` is the length of a rolling window, 0 for the other periods."""

    period: Period
    zone: str = "UTC"
    rolling_s: int = 0

    def window(self, at_us: int) -> Window:
        """The window that an instant belongs to. A rolling one ends at the end of the instant's slot."""
        if self.period == "total":
            return Window(0, None)
        if self.period == "rolling":
            last = self.line_us(at_us)
            return Window(self.line_us(at_us - self.rolling_s * MICROS_PER_SECOND), last + self.slot_us)
        if self.period == "hour":
            start = at_us - (at_us + _hour_shift_us(self.zone)) % HOUR_US
            return Window(start, start + HOUR_US)
        return _dated(self.period, self.zone, at_us)

    def line_us(self, at_us: int) -> int:
        """The line of the books that an instant is booked in: its window's start, or its slot if rolling."""
        if self.period == "rolling":
            return at_us - at_us % self.slot_us
        return self.window(at_us).start_us

    @property
    def slot_us(self) -> int:
        """How finely a window is looked at: what a forecast calls one observation."""
        if self.period == "rolling":
            return max(1, -(-self.rolling_s // ROLLING_SLOTS)) * MICROS_PER_SECOND
        return _SLOT_US[self.period]

    def period_id_us(self, at_us: int) -> int:
        """Which period it is for news that are told once in each. A rolling one counts whole lengths."""
        if self.period == "rolling":
            length = self.rolling_s * MICROS_PER_SECOND
            return at_us - at_us % length
        return self.window(at_us).start_us

    def before(self, windows: int, at_us: int) -> int:
        """The start of the window so many windows before that of `at_us`; never before the epoch."""
        start = self.window(at_us).start_us
        for _ in range(windows):
            if start <= 0:
                return 0
            start = self.window(start - 1).start_us
        return max(start, 0)


def zone_exists(name: str) -> bool:
    """Whether `name` is an IANA time zone that this machine knows."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return True


@lru_cache(maxsize=1024)
def _hour_shift_us(zone: str) -> int:
    offset = _USUAL_HOUR_AT.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return int(offset.total_seconds()) % 3600 * MICROS_PER_SECOND


_asked_last: dict[tuple[str, str], Window] = {}
"""The window that was asked for last, by period and zone: nearly all instants lie in the same one, and
working it out costs ten dates. As many as there are zones, at most, for each period."""


def _dated(period: str, zone: str, at_us: int) -> Window:
    known = _asked_last.get((period, zone))
    if known is None or not known.contains(at_us):
        known = _asked_last[period, zone] = _worked_out(period, zone, at_us)
    return known


def _worked_out(period: str, zone: str, at_us: int) -> Window:
    day = datetime_from_us(at_us).astimezone(ZoneInfo(zone)).date()
    first = _first_day(period, day)
    # Where clocks go back over midnight an instant can bear the date of yesterday after today has begun.
    while _begins_us(zone, _next(period, first)) <= at_us:
        first = _next(period, first)
    return Window(_begins_us(zone, first), _begins_us(zone, _next(period, first)))


def _first_day(period: str, day: date) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def _next(period: str, first: date) -> date:
    if first >= _FAR_FUTURE:
        return date.max
    if period == "month":
        return (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first + timedelta(days=7 if period == "week" else 1)


@lru_cache(maxsize=65_536)
def _begins_us(zone: str, day: date) -> int:
    """The first instant of a date: midnight, the earlier one of two, or the moment it is jumped over."""
    return us_from_datetime(datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC))
