"""Which period a digest is about, and when it is sent. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from lynex_server.kernel.clock import datetime_from_us, us_from_datetime

DigestPeriod = Literal["daily", "weekly"]
CHART_DAYS = 7


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """A cost digest: of one project, or of its whole organisation. Sent at `hour` of the time zone, after
    each day, or on Monday after each week."""

    id: str
    organisation_id: str
    project_id: str
    name: str
    enabled: bool
    period: DigestPeriod
    time_zone: str
    hour: int
    whole_organisation: bool
    channel_ids: tuple[str, ...]
    created_at_us: int


@dataclass(frozen=True, slots=True)
class Edition:
    """One digest: the period from `first` to before `after`, local dates, due at an instant."""

    first: date
    after: date
    due_at_us: int

    @property
    def id(self) -> str:
        """What tells it apart from the other editions of its digest."""
        return self.first.isoformat()


def latest_edition(plan: DigestPlan, now_us: int) -> Edition:
    """The newest edition whose time has come."""
    zone = ZoneInfo(plan.time_zone)
    after = datetime_from_us(now_us).astimezone(zone).date()
    if plan.period == "weekly":
        after -= timedelta(days=after.weekday())
    length = timedelta(days=1 if plan.period == "daily" else 7)
    due_us = us_from_datetime(datetime.combine(after, time(plan.hour), zone))
    if due_us > now_us:
        after -= length
        due_us = us_from_datetime(datetime.combine(after, time(plan.hour), zone))
    return Edition(after - length, after, due_us)


def day_bounds_us(plan: DigestPlan, day: date) -> tuple[int, int]:
    """When a local day begins and ends: 23 or 25 hours long where clocks change."""
    zone = ZoneInfo(plan.time_zone)
    begins, ends = (
        us_from_datetime(datetime.combine(each, time(), zone)) for each in (day, day + timedelta(days=1))
    )
    return begins, ends


def chart_days(edition: Edition) -> list[date]:
    """The days that the chart shows: the last `CHART_DAYS` up to the end of the period."""
    return [edition.after - timedelta(days=back) for back in range(CHART_DAYS, 0, -1)]
