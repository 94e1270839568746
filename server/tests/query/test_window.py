"""Time ranges: what a request may say, and how a window is divided."""

from datetime import UTC, datetime

import pytest
from clocks import NOON_US
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.errors import InvalidInput
from lynex_server.query.window import (
    DAY_US,
    HOUR_US,
    MINUTE_US,
    STEPS_S,
    TimeRange,
    Window,
    automatic_step_s,
    chosen_step_s,
    clamped,
    from_whole_step,
    list_window,
    metrics_window,
    parse_duration,
    parse_instant,
    step_starts,
)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T12:00:00Z",
        "2026-01-05T12:00:00",
        "2026-01-05T13:00:00+01:00",
        "2026-01-05T12:00:00 00:00",
        "1767614400",
        "1767614400.000000",
        "1767614400000",
        "1767614400000000",
    ],
)
def test_reads_an_instant_in_every_common_form(text: str) -> None:
    assert parse_instant(text, "from") == NOON_US


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "-5", "99999999999999999", "1e9", "١٢٣"])
def test_refuses_what_is_not_an_instant_and_names_the_parameter(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_instant(text, "to")
    assert refusal.value.field == "to"


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # hypothesis adds the zone
def test_an_iso_instant_keeps_its_microseconds(moment: datetime) -> None:
    assert datetime_from_us(parse_instant(moment.isoformat(), "from")) == moment


@pytest.mark.parametrize(
    ("text", "us"), [("90s", 90_000_000), ("15m", 15 * MINUTE_US), ("7d", 7 * DAY_US), ("2w", 14 * DAY_US)]
)
def test_reads_a_duration(text: str, us: int) -> None:
    assert parse_duration(text) == us


@pytest.mark.parametrize("text", ["", "0m", "7", "d", "-1h", "1y", "1.5h", "9999999d"])
def test_refuses_what_is_not_a_duration(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_duration(text)


def test_metrics_look_at_the_last_day_unless_asked_otherwise() -> None:
    assert metrics_window(TimeRange(), NOON_US) == Window(NOON_US - DAY_US, NOON_US)
    assert metrics_window(TimeRange(length="15m"), NOON_US) == Window(NOON_US - 15 * MINUTE_US, NOON_US)
    assert metrics_window(TimeRange(start="1767610800"), NOON_US) == Window(NOON_US - HOUR_US, NOON_US)


def test_a_range_may_end_at_a_given_instant() -> None:
    window = metrics_window(TimeRange(end="1767610800", length="1h"), NOON_US)

    assert window == Window(NOON_US - 2 * HOUR_US, NOON_US - HOUR_US)


def test_lists_reach_a_day_past_now_so_that_a_fast_clock_hides_nothing() -> None:
    window = list_window(TimeRange(), NOON_US, 400 * DAY_US)

    assert window.end_us == NOON_US + DAY_US
    assert list_window(TimeRange(length="1h"), NOON_US, DAY_US).start_us == NOON_US - HOUR_US


def test_refuses_from_and_range_together_and_a_from_after_to() -> None:
    with pytest.raises(InvalidInput):
        metrics_window(TimeRange(start="1", length="1h"), NOON_US)
    with pytest.raises(InvalidInput):
        metrics_window(TimeRange(start="1767614401"), NOON_US)


def test_a_window_too_long_is_cut_at_its_start() -> None:
    assert clamped(Window(0, 10 * DAY_US), DAY_US) == Window(9 * DAY_US, 10 * DAY_US)


def test_refuses_a_step_that_gives_too_many_points() -> None:
    month = Window(NOON_US - 30 * DAY_US, NOON_US)

    assert chosen_step_s(month, "1d", max_points=2000) == 86_400
    with pytest.raises(InvalidInput):
        chosen_step_s(month, "1m", max_points=2000)
    with pytest.raises(InvalidInput):
        chosen_step_s(month, "7m", max_points=2000)


@given(start_us=st.integers(0, NOON_US), length_us=st.integers(1, 400 * DAY_US))
def test_the_automatic_step_gives_a_readable_number_of_points(start_us: int, length_us: int) -> None:
    window = Window(start_us, start_us + length_us)

    step_s = automatic_step_s(window)

    assert step_s in STEPS_S.values()
    assert len(step_starts(window, step_s)) <= 402


@given(
    start_us=st.integers(0, NOON_US),
    length_us=st.integers(1, 3 * DAY_US),
    step_s=st.sampled_from(list(STEPS_S.values())),
)
def test_the_steps_cover_the_window_and_a_relative_one_begins_with_a_whole_step(
    start_us: int, length_us: int, step_s: int
) -> None:
    window = Window(start_us, start_us + length_us)

    starts = step_starts(window, step_s)

    assert starts[0] <= window.start_us < starts[0] + step_s * 1_000_000
    assert starts[-1] < window.end_us <= starts[-1] + step_s * 1_000_000
    assert from_whole_step(window, step_s) == Window(starts[0], window.end_us)
