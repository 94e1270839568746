"""Where traces and sessions lie in time: windows joined, late spans counted, and nothing else read."""

from itertools import pairwise
from urllib.parse import quote

import pytest
from clocks import NOON_US
from hypothesis import given
from hypothesis import strategies as st
from query.conftest import Api
from query.rows import SECOND_US, a_span

from lynex_server.query.bounds import compile_bounds, joined
from lynex_server.query.span_statements import compile_trace_outline
from lynex_server.query.window import Window

DAY_US = 24 * 3600 * SECOND_US
HOUR_AGO_US = NOON_US - 3600 * SECOND_US

windows = st.builds(
    lambda start, length: Window(start, start + length), st.integers(0, 200), st.integers(1, 20)
)


def instants(of: tuple[Window, ...] | list[Window]) -> set[int]:
    return {instant for one in of for instant in range(one.start_us, one.end_us)}


@given(st.lists(windows, max_size=12), st.integers(1, 5))
def test_joined_windows_cover_the_given_ones_in_order_and_are_few(
    given_ones: list[Window], most: int
) -> None:
    found = joined(given_ones, most)

    assert instants(given_ones) <= instants(found)
    assert len(found) <= most
    assert all(one.end_us < next_one.start_us for one, next_one in pairwise(found))


@given(st.lists(windows, max_size=12))
def test_windows_that_are_few_cover_nothing_else(given_ones: list[Window]) -> None:
    assert instants(joined(given_ones, most=12)) == instants(given_ones)


def test_the_smallest_gap_is_closed_first() -> None:
    found = joined([Window(0, 10), Window(100, 110), Window(15, 20)], most=2)

    assert found == (Window(0, 20), Window(100, 110))


def test_bounds_are_asked_for_by_hash() -> None:
    statement = compile_bounds("prj_a", ["t1", "t2"])

    assert statement.sql == (
        "SELECT\n"
        "    toUnixTimestamp64Micro(min(first_time)) AS first_us,\n"
        "    toUnixTimestamp64Micro(max(last_time)) AS last_us\n"
        "FROM span_bounds\n"
        "WHERE project_id = {project_id:String}\n"
        "  AND key IN (SELECT cityHash64(arrayJoin({ids:Array(String)})))\n"
        "GROUP BY key"
    )


def test_a_trace_of_many_days_is_counted_whole_in_the_list(api: Api) -> None:
    """An agent that waits for a person, or a job that goes on for a month."""
    days = (0, 1, 2, 9, 40, 200)
    for day in days:  # each its own batch: the bounds are the sum of what came
        api.store(a_span(span_id=f"d{day}", start_time=HOUR_AGO_US - day * DAY_US))

    (trace,) = api.get("/v1/traces", range="1d")["items"]

    assert (trace["spans"], trace["calls"], trace["cost_nanousd"]) == (6, 6, 6 * 3_500_000)
    assert trace["start_time"] == "2025-06-19T11:00:00Z"


def test_a_late_span_counts_however_long_after_the_page_it_began(api: Api) -> None:
    api.store(a_span(span_id="early", trace_id="t", start_time=HOUR_AGO_US - 30 * DAY_US))
    before = api.get("/v1/traces/t")["summary"]["spans"]
    api.store(a_span(span_id="late", parent_span_id="early", trace_id="t", start_time=HOUR_AGO_US))

    (listed,) = api.get("/v1/traces", range="1w", to=str((HOUR_AGO_US - 29 * DAY_US) // SECOND_US))["items"]

    assert (before, listed["spans"]) == (1, 2)
    assert api.get("/v1/traces/t")["summary"]["spans"] == 2
    assert [node["span_id"] for node in api.get("/v1/traces/t")["nodes"]] == ["early", "late"]
    assert api.get("/v1/spans/t/late")["span_id"] == "late"


def test_a_session_of_months_is_counted_whole(api: Api) -> None:
    api.store(
        *(
            a_span(
                span_id=str(week),
                trace_id=f"t{week}",
                session_id="long",
                start_time=HOUR_AGO_US - week * 7 * DAY_US,
                cost_nanousd=None if week == 3 else 7,
                cost_source="unpriced" if week == 3 else "priced",
            )
            for week in range(20)
        ),
        a_span(span_id="other", trace_id="t-other", session_id="short"),
    )

    sessions = {one["session_id"]: one for one in api.get("/v1/sessions", range="1d")["items"]}

    assert (sessions["long"]["traces"], sessions["long"]["cost_nanousd"]) == (20, 19 * 7)
    assert (sessions["long"]["unpriced"], sessions["short"]["unpriced"]) == (1, 0)
    assert (sessions["short"]["traces"], sessions["short"]["calls"]) == (1, 1)


def test_an_id_that_is_both_a_trace_and_a_session_is_counted_as_what_was_asked_for(api: Api) -> None:
    """They share a row of bounds, which only widens where is looked."""
    api.store(
        a_span(span_id="a", trace_id="same", session_id="", start_time=HOUR_AGO_US - 9 * DAY_US),
        a_span(span_id="b", trace_id="t", session_id="same"),
    )

    assert api.get("/v1/traces/same")["summary"]["spans"] == 1
    assert [one["calls"] for one in api.get("/v1/sessions")["items"]] == [1]


def test_more_traces_far_apart_than_a_read_has_windows_are_all_found(api: Api) -> None:
    api.store(
        *(
            a_span(span_id=f"{n}-{part}", trace_id=f"t{n:02}", start_time=HOUR_AGO_US - n * DAY_US - part)
            for n in range(30)
            for part in range(2)
        )
    )

    traces = api.get("/v1/traces", limit=50)["items"]

    assert [(one["trace_id"], one["spans"]) for one in traces] == [(f"t{n:02}", 2) for n in range(30)]


def test_a_read_near_its_windows_leaves_the_other_parts_alone(api: Api) -> None:
    for month in range(12):
        api.store(a_span(trace_id=f"t{month}", start_time=HOUR_AGO_US - month * 31 * DAY_US))

    def parts_read(near: Window) -> int:
        outline = compile_trace_outline(api.project_id, "t5", 10, (near,))
        return sum(
            row[2] for row in api.columnar.query(f"EXPLAIN ESTIMATE {outline.sql}", outline.params).rows
        )

    at_us = HOUR_AGO_US - 5 * 31 * DAY_US

    assert parts_read(Window(at_us, at_us + 1)) == 1
    assert parts_read(Window(0, NOON_US)) > 5


@pytest.mark.parametrize("strange", ["it's", "back\\slash", "tab\tand\nline", "🙂 ü", "a,b]", "\\'"])
def test_bounds_of_a_strange_id_are_found(api: Api, strange: str) -> None:
    api.store(a_span(trace_id=strange, session_id=f"s{strange}", span_id="one"))

    assert [one["spans"] for one in api.get("/v1/traces")["items"]] == [1]
    assert [one["traces"] for one in api.get("/v1/sessions")["items"]] == [1]
    assert api.get(f"/v1/traces/{quote(strange, safe='')}")["summary"]["trace_id"] == strange
    assert api.get(f"/v1/spans/{quote(strange, safe='')}/one")["trace_id"] == strange
