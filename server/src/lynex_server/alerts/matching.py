"""Who is meant: labels against matchers, instants against weekly windows. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from lynex_server.alerts.model import (
    SEVERITIES,
    Channel,
    Incident,
    Matcher,
    Mute,
    Silence,
    Weekday,
    WeeklyWindow,
)
from lynex_server.kernel.clock import datetime_from_us

WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def matches(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether every matcher holds; a label that is missing is empty."""
    return all(_holds(matcher, labels.get(matcher.label, "")) for matcher in matchers)


def is_silencing(silence: Silence, labels: Mapping[str, str], now_us: int) -> bool:
    """Whether the silence holds now, and is about these labels."""
    return silence.starts_at_us <= now_us < silence.until_us and matches(silence.matchers, labels)


def is_muting(mute: Mute, labels: Mapping[str, str], now_us: int) -> bool:
    """Whether one of the schedule's windows is open now, and it is about these labels."""
    return matches(mute.matchers, labels) and any(
        _is_open(window, mute.time_zone, now_us) for window in mute.windows
    )


def is_routed(channel: Channel, incident: Incident) -> bool:
    """Whether the incident is told on this channel."""
    if not channel.enabled:
        return False
    if channel.id in incident.channel_ids:
        return True
    severe = SEVERITIES.index(incident.severity) >= SEVERITIES.index(channel.min_severity)
    return channel.match is not None and severe and matches(channel.match, incident.labels)


def _holds(matcher: Matcher, value: str) -> bool:
    if matcher.how == "like":
        # A character class of fnmatch would be a surprise: only * and ? are promised.
        return fnmatchcase(value, matcher.value.replace("[", "[[]"))
    return (value == matcher.value) == (matcher.how == "is")


def _is_open(window: WeeklyWindow, time_zone: str, now_us: int) -> bool:
    local = datetime_from_us(now_us).astimezone(ZoneInfo(time_zone))
    minute = local.hour * 60 + local.minute
    today, yesterday = (WEEKDAYS[(local - timedelta(days=days)).weekday()] for days in (0, 1))
    if window.start_min < window.end_min:
        return today in window.days and window.start_min <= minute < window.end_min
    return (today in window.days and minute >= window.start_min) or (
        yesterday in window.days and minute < window.end_min
    )
