"""Table choice: every instant of a range is answered once, from the coarsest table that fits."""

import itertools

from clocks import NOON_US
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.query.segments import DAY, HOUR, SPAN_ROLLUPS, Rollup, Segment, plan_segments
from lynex_server.query.window import DAY_US, HOUR_US, MINUTE_US, STEPS_S, Window

BUCKETS_US = {rollup.table: rollup.bucket_us for rollup in SPAN_ROLLUPS}
MIDNIGHT_US = NOON_US - 12 * HOUR_US

windows = st.builds(
    lambda start_us, length_us: Window(start_us, start_us + length_us),
    st.integers(0, NOON_US),
    st.one_of(st.integers(1, 3 * HOUR_US), st.integers(1, 100 * DAY_US)),
)
choices = st.sampled_from([(), (DAY,), (DAY, HOUR), SPAN_ROLLUPS])


@given(windows, choices, st.one_of(st.none(), st.sampled_from([s * 1_000_000 for s in STEPS_S.values()])))
def test_every_instant_is_answered_exactly_once(
    window: Window, rollups: tuple[Rollup, ...], step_us: int | None
) -> None:
    parts = sorted(
        (part.start_us, part.end_us)
        for segment in plan_segments(window, rollups, step_us)
        for part in segment.windows
    )

    assert parts[0][0] == window.start_us
    assert parts[-1][1] == window.end_us
    assert all(left[1] == right[0] for left, right in itertools.pairwise(parts))


@given(windows, st.one_of(st.none(), st.sampled_from([s * 1_000_000 for s in STEPS_S.values()])))
def test_a_rollup_is_asked_for_whole_buckets_only_and_none_straddles_two_steps(
    window: Window, step_us: int | None
) -> None:
    for segment in plan_segments(window, SPAN_ROLLUPS, step_us):
        bucket_us = BUCKETS_US.get(segment.table, 1)
        assert step_us is None or step_us % bucket_us == 0
        assert all(part.start_us % bucket_us == part.end_us % bucket_us == 0 for part in segment.windows)


@given(windows)
def test_raw_spans_are_read_for_less_than_two_minutes_however_long_the_range(window: Window) -> None:
    raw_us = sum(
        part.length_us
        for segment in plan_segments(window, SPAN_ROLLUPS)
        if segment.table == "spans"
        for part in segment.windows
    )

    assert raw_us < 2 * MINUTE_US


def test_a_month_is_days_with_hours_minutes_and_raw_spans_at_its_edges() -> None:
    start_us, end_us = MIDNIGHT_US - 30 * DAY_US - 90 * MINUTE_US, NOON_US + 61_000_000

    assert plan_segments(Window(start_us, end_us), SPAN_ROLLUPS) == (
        Segment(
            "spans_by_minute",
            (Window(start_us, start_us + 30 * MINUTE_US), Window(NOON_US, NOON_US + MINUTE_US)),
        ),
        Segment(
            "spans_by_hour",
            (Window(start_us + 30 * MINUTE_US, MIDNIGHT_US - 30 * DAY_US), Window(MIDNIGHT_US, NOON_US)),
        ),
        Segment("spans_by_day", (Window(MIDNIGHT_US - 30 * DAY_US, MIDNIGHT_US),)),
        Segment("spans", (Window(NOON_US + MINUTE_US, end_us),)),
    )


def test_steps_of_an_hour_do_not_read_days() -> None:
    tables = {segment.table for segment in plan_segments(Window(0, 30 * DAY_US), SPAN_ROLLUPS, HOUR_US)}

    assert tables == {"spans_by_hour"}
