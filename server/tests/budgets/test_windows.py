"""Periods as stretches of time: no gap, no overlap, whatever a zone's clocks do."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from clocks import NOON_US
from hypothesis import example, given
from hypothesis import strategies as st

from lynex_server.budgets.windows import DAY_US, HOUR_US, Calendar, zone_exists
from lynex_server.kernel.clock import datetime_from_us, us_from_datetime

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",  # used to skip midnight
    "America/St_Johns",  # used to go back at one minute past midnight
    "Asia/Kathmandu",  # +05:45
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # shifts by half an hour
    "Pacific/Apia",  # skipped a whole day
    "Africa/Cairo",
    "Asia/Beirut",
    "Atlantic/Azores",
)
instants = st.integers(us_from_datetime(datetime(1990, 1, 1)), us_from_datetime(datetime(2040, 1, 1)))  # noqa: DTZ001  # UTC is meant
calendars = st.one_of(
    st.builds(Calendar, st.sampled_from(["hour", "day", "week", "month"]), st.sampled_from(ZONES)),
    st.builds(Calendar, st.just("rolling"), st.just("UTC"), st.integers(60, 366 * 86400)),
    st.just(Calendar("total")),
)


def at(zone: str, text: str) -> int:
    return us_from_datetime(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


@given(calendars, instants)
def test_every_instant_lies_in_its_window(calendar: Calendar, now_us: int):
    assert calendar.window(now_us).contains(now_us)


@given(st.sampled_from(["hour", "day", "week", "month"]), st.sampled_from(ZONES), instants)
@example("day", "America/St_Johns", at("America/St_Johns", "2006-10-28T23:30:00"))
@example("day", "Pacific/Apia", at("Pacific/Apia", "2011-12-29T12:00:00"))
@example("month", "Africa/Cairo", at("Africa/Cairo", "2024-04-26T01:00:00"))
def test_windows_follow_each_other_without_gap_or_overlap(period, zone: str, now_us: int):
    calendar = Calendar(period, zone)
    window = calendar.window(now_us)

    assert window.end_us is not None
    assert calendar.window(window.start_us) == window
    assert calendar.window(window.end_us - 1) == window
    assert calendar.window(window.end_us).start_us == window.end_us
    assert calendar.window(window.start_us - 1).end_us == window.start_us


@given(st.sampled_from(["day", "week", "month"]), st.sampled_from(ZONES), instants)
def test_a_window_begins_with_the_first_instant_of_its_date(period, zone: str, now_us: int):
    window = Calendar(period, zone).window(now_us)

    first = datetime_from_us(window.start_us).astimezone(ZoneInfo(zone))
    before = datetime_from_us(window.start_us - 1).astimezone(ZoneInfo(zone))

    assert first.date() > before.date()
    assert period != "week" or first.weekday() == 0 or zone == "Pacific/Apia"
    assert period != "month" or first.day == 1


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day: str, hours: int):
    window = Calendar("day", "Europe/Berlin").window(at("Europe/Berlin", f"{day}T12:00:00"))

    assert window.end_us - window.start_us == hours * HOUR_US


def test_a_february_of_a_leap_year_has_29_days():
    leap = Calendar("month").window(at("UTC", "2028-02-10T00:00:00"))
    plain = Calendar("month").window(at("UTC", "2026-02-10T00:00:00"))

    assert (leap.end_us - leap.start_us, plain.end_us - plain.start_us) == (29 * DAY_US, 28 * DAY_US)


def test_a_week_begins_on_monday_where_the_budget_lives():
    sunday_evening_in_berlin = at("Europe/Berlin", "2026-01-04T23:30:00")

    assert Calendar("week", "Europe/Berlin").window(sunday_evening_in_berlin).start_us == at(
        "Europe/Berlin", "2025-12-29T00:00:00"
    )
    assert Calendar("week", "Asia/Tokyo").window(sunday_evening_in_berlin).start_us == at(
        "Asia/Tokyo", "2026-01-05T00:00:00"
    )


def test_an_hour_begins_when_the_clock_on_the_wall_says_so():
    window = Calendar("hour", "Asia/Kathmandu").window(NOON_US)

    assert datetime_from_us(window.start_us).astimezone(ZoneInfo("Asia/Kathmandu")).minute == 0


@given(st.integers(60, 366 * 86400), instants)
def test_a_rolling_window_is_never_shorter_than_it_says(rolling_s: int, now_us: int):
    calendar = Calendar("rolling", "UTC", rolling_s)
    window = calendar.window(now_us)

    assert window.start_us <= now_us - rolling_s * 1_000_000
    assert now_us - rolling_s * 1_000_000 - window.start_us < calendar.slot_us
    assert (window.end_us - window.start_us) // calendar.slot_us <= 62


@given(calendars, instants, st.integers(0, 3 * DAY_US))
def test_lines_and_news_never_go_back_in_time(calendar: Calendar, now_us: int, later: int):
    assert calendar.line_us(now_us) <= calendar.line_us(now_us + later)
    assert calendar.period_id_us(now_us) <= calendar.period_id_us(now_us + later)


def test_reaches_back_over_so_many_windows():
    start_us = Calendar("month").before(3, at("UTC", "2026-01-15T00:00:00"))

    assert datetime_from_us(start_us) == datetime(2025, 10, 1, tzinfo=UTC)
    assert Calendar("total").before(3, NOON_US) == 0


def test_knows_which_zones_there_are():
    assert zone_exists("Europe/Berlin")
    assert not any(zone_exists(name) for name in ("Mars/Olympus", "", "../etc/passwd", "Europe"))
