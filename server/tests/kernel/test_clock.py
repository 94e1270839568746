"""Instants and datetimes."""

from datetime import UTC, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from lynex_server.kernel.clock import datetime_from_us, us_from_datetime

YEAR_1_US, YEAR_9999_US = -62_135_596_800_000_000, 253_402_300_799_999_999


@given(st.integers(YEAR_1_US, YEAR_9999_US))
def test_no_microsecond_is_lost_on_the_way_and_back(instant_us: int):
    moment = datetime_from_us(instant_us)

    assert moment.tzinfo is UTC
    assert us_from_datetime(moment) == instant_us


@given(st.integers(-(10**16), 10**16), st.integers(-86_399, 86_399))
def test_a_zone_says_another_instant_and_no_zone_means_utc(instant_us: int, offset_s: int):
    moment = datetime_from_us(instant_us)
    elsewhere = moment.astimezone(timezone(timedelta(seconds=offset_s)))

    assert us_from_datetime(elsewhere) == instant_us
    assert us_from_datetime(moment.replace(tzinfo=None)) == instant_us
