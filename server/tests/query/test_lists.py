"""The lists over HTTP: spans, traces, sessions, and one span."""

from typing import Any

import pytest
from clocks import NOON_US
from query.conftest import Api
from query.rows import SECOND_US, a_span

HOUR_AGO_US = NOON_US - 3600 * SECOND_US


def all_pages(api: Api, path: str, **parameters: Any) -> list[list[dict[str, Any]]]:
    """The items of every page; fails when the pages do not end."""
    pages: list[list[dict[str, Any]]] = []
    cursor: dict[str, str] = {}
    while len(pages) < 200:
        answer = api.get(path, **parameters, **cursor)
        pages.append(answer["items"])
        if answer["next_cursor"] is None:
            return pages
        cursor = {"cursor": answer["next_cursor"]}
    raise AssertionError("the pages do not end")


def test_spans_are_listed_newest_first_without_their_text(api: Api) -> None:
    """phoenix#6417: bodies stay out of the list."""
    api.store(
        a_span(span_id="old", start_time=HOUR_AGO_US, input="a secret plan"),
        a_span(span_id="new", start_time=HOUR_AGO_US + 1),
    )

    response = api.ask("/v1/spans")

    assert [span["span_id"] for span in response.json()["items"]] == ["new", "old"]
    assert "a secret plan" not in response.text


def test_a_span_is_shown_with_every_value_and_nothing_unsaid_becomes_zero(api: Api) -> None:
    api.store(
        a_span(
            start_time=HOUR_AGO_US + 1,
            cache_read_tokens=7,
            usage_other={"web_searches": 2},
            usage_flags=["estimated"],
            cost_nanousd=None,
            cost_source="unpriced",
            duration_ms=None,
            tags=["t"],
            metadata={"team": "search"},
            input="hi",
            output='{"a": 1}',
            attributes='{"deep": {"er": [1]}}',
        )
    )

    span = api.get("/v1/spans/trace-1/span-1")

    assert span["start_time"] == "2026-01-05T11:00:00.000001Z"
    assert span["usage"]["cache_read_tokens"] == 7
    assert span["usage"]["reasoning_tokens"] is None
    assert span["usage"]["other"] == {"web_searches": 2}
    assert span["usage"]["flags"] == ["estimated"]
    assert (span["cost_usd"], span["cost_nanousd"], span["duration_ms"]) == (None, None, None)
    assert (span["input"], span["output"]) == ("hi", '{"a": 1}')
    assert span["attributes"] == {"deep": {"er": [1]}}
    assert api.ask("/v1/spans/trace-1/other").status_code == 404


def test_pages_of_spans_hold_every_span_once_also_when_times_coincide(api: Api) -> None:
    api.store(
        *(
            a_span(span_id=f"s{number:02}", trace_id=f"t{number % 3}", start_time=HOUR_AGO_US + number // 10)
            for number in range(35)
        )
    )

    pages = all_pages(api, "/v1/spans", limit=4)

    listed = [span["span_id"] for page in pages for span in page]
    assert len(pages) == 9
    assert sorted(listed) == [f"s{number:02}" for number in range(35)]
    assert listed == sorted(listed, reverse=True)


FILTERED = {
    "environment": ("environment", "staging"),
    "provider": ("provider", "anthropic"),
    "model": ("model", "claude"),
    "route": ("route", "/chat"),
    "service": ("service", "api"),
    "kind": ("kind", "tool"),
    "status": ("status", "timeout"),
    "end_user_id": ("end_user_id", "ann"),
    "user_id": ("end_user_id", "ann"),
    "session_id": ("session_id", "s1"),
    "trace_id": ("trace_id", "t9"),
    "release": ("release", "v2"),
    "source": ("source", "otlp"),
    "cost_source": ("cost_source", "reported"),
    "prompt_name": ("prompt_name", "greet"),
}


@pytest.mark.parametrize("parameter", FILTERED)
def test_every_filter_finds_its_spans_and_no_others(api: Api, parameter: str) -> None:
    column, value = FILTERED[parameter]
    api.store(a_span(span_id="wanted", **{column: value}), a_span(span_id="other"))

    assert [s["span_id"] for s in api.get("/v1/spans", **{parameter: value})["items"]] == ["wanted"]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"tag": ["x", "y"]}, {"a", "b"}),
        ({"metadata": ["team:ads", "team:search"]}, {"a", "b"}),
        ({"metadata": ["team:ads", "tier:1"]}, {"b"}),
        ({"metadata": "absent:"}, set()),
        ({"min_cost_usd": 0.5}, {"b"}),
        ({"min_latency_ms": 100}, {"a"}),
        ({"min_tokens": 3000}, {"b"}),
        ({"tag": "x", "min_tokens": 3000}, set()),
        ({"to": "2026-01-05T10:00:00Z"}, {"b"}),
        ({"from": "2026-01-05T10:00:00Z"}, {"a", "c"}),
        ({"range": "90m"}, {"a", "c"}),
    ],
)
def test_filters_by_more_than_columns(api: Api, parameters: dict[str, Any], found: set[str]) -> None:
    api.store(
        a_span(span_id="a", tags=["x"], metadata={"team": "search"}),
        a_span(
            span_id="b",
            tags=["y", "z"],
            metadata={"team": "ads", "tier": "1"},
            cost_nanousd=500_000_000,
            duration_ms=99.0,
            input_tokens=3000,
            start_time=NOON_US - 7200 * SECOND_US - 1,
        ),
        a_span(span_id="c", cost_nanousd=None, duration_ms=None, input_tokens=None),
    )

    assert {s["span_id"] for s in api.get("/v1/spans", **parameters)["items"]} == found


def test_a_sender_whose_clock_is_ahead_is_listed(api: Api) -> None:
    """langfuse#16881: data in the store is not invisible."""
    api.store(a_span(start_time=NOON_US + 3600 * SECOND_US))

    assert len(api.get("/v1/spans")["items"]) == 1
    assert len(api.get("/v1/traces")["items"]) == 1


@pytest.mark.parametrize("path", ["/v1/spans", "/v1/traces", "/v1/sessions"])
def test_refuses_a_cursor_it_did_not_give_out_and_an_unknown_parameter(api: Api, path: str) -> None:
    assert api.ask(path, cursor="bm9uc2Vuc2U").status_code == 400
    assert api.ask(path, modle="gpt-4o").status_code == 422
    assert api.ask(path, limit=501).status_code == 422
    assert api.ask(path, **{"from": "yesterday"}).json()["field"] == "from"


def test_a_trace_is_summed_up_whole(api: Api) -> None:
    api.store(
        a_span(
            span_id="root",
            kind="agent",
            name="plan",
            cost_nanousd=None,
            input_tokens=None,
            output_tokens=None,
        ),
        a_span(
            span_id="call",
            parent_span_id="root",
            start_time=HOUR_AGO_US + SECOND_US,
            duration_ms=500.0,
            session_id="s1",
            tags=["b", "a"],
        ),
        a_span(
            span_id="tool",
            parent_span_id="root",
            kind="tool",
            status="error",
            model="",
            provider="",
            cost_nanousd=None,
            cost_source="unpriced",
            start_time=HOUR_AGO_US + 2 * SECOND_US,
        ),
    )

    (trace,) = api.get("/v1/traces", kind="llm")["items"]

    assert trace["name"] == "plan"
    assert trace["status"] == "ok"
    assert (trace["spans"], trace["calls"], trace["errors"], trace["unpriced"]) == (3, 1, 1, 1)
    assert trace["duration_ms"] == 2100
    assert trace["cost_nanousd"] == 3_500_000
    assert (trace["models"], trace["tags"], trace["session_id"]) == (["gpt-4o"], ["a", "b"], "s1")
    assert trace["last_activity"] == "2026-01-05T11:00:02Z"


def test_a_trace_without_a_root_is_listed_by_its_earliest_span(api: Api) -> None:
    api.store(
        a_span(span_id="b", parent_span_id="lost", name="later", start_time=HOUR_AGO_US + 1),
        a_span(span_id="a", parent_span_id="lost", name="first"),
    )

    assert [trace["name"] for trace in api.get("/v1/traces")["items"]] == ["first"]


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/sessions"])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_every_trace_and_session_is_on_exactly_one_page(api: Api, path: str, limit: int) -> None:
    """Their spans interleave, and many start at the same instant."""
    rows = [
        a_span(
            span_id=f"{key}-{number}",
            trace_id=f"t{key:02}",
            session_id=f"s{key:02}",
            start_time=HOUR_AGO_US + (key * 7 + number * 5) % 23,
        )
        for key in range(20)
        for number in range(6)
    ]
    api.store(*rows)
    name = "trace_id" if path == "/v1/traces" else "session_id"
    newest: dict[str, int] = {}
    for row in rows:
        newest[getattr(row, name)] = max(newest.get(getattr(row, name), 0), row.start_time)
    expected = sorted(newest, key=lambda key: (newest[key], key), reverse=True)

    listed = [item[name] for page in all_pages(api, path, limit=limit) for item in page]

    assert listed == expected


def test_a_session_of_several_days_is_summed_up_whole(api: Api) -> None:
    day_us = 24 * 3600 * SECOND_US
    api.store(
        *(
            a_span(span_id=str(day), trace_id=f"t{day}", session_id="long", start_time=NOON_US - day * day_us)
            for day in range(1, 7)
        )
    )

    (session,) = api.get("/v1/sessions", range="25h")["items"]

    assert (session["traces"], session["calls"], session["cost_nanousd"]) == (6, 6, 6 * 3_500_000)


def test_a_session_of_many_traces_is_one_row_and_does_not_hide_the_others(api: Api) -> None:
    """langfuse#7898: a session with thousands of traces stays paged."""
    api.store(
        *(
            a_span(span_id=str(n), trace_id=f"t{n}", session_id="big", start_time=HOUR_AGO_US + n)
            for n in range(3000)
        ),
        a_span(span_id="small", trace_id="small", session_id="small", end_user_id="bob"),
        a_span(span_id="none", trace_id="none"),
    )

    big, small = api.get("/v1/sessions")["items"]

    assert (big["session_id"], big["traces"], big["calls"]) == ("big", 3000, 3000)
    assert (small["session_id"], small["traces"], small["end_user_id"]) == ("small", 1, "bob")
    assert all_pages(api, "/v1/traces", limit=500, session_id="big")[-1][-1]["trace_id"] == "t0"
