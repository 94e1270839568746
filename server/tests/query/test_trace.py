"""A trace as a tree, over HTTP."""

from typing import Any

from clocks import NOON_US
from query.conftest import Api
from query.rows import a_span


def nodes_of(api: Api, limit: int) -> list[dict[str, Any]]:
    answer = api.get("/v1/traces/trace-1", limit=limit)
    nodes = list(answer["nodes"])
    while answer["next_cursor"]:
        answer = api.get("/v1/traces/trace-1", limit=limit, cursor=answer["next_cursor"])
        nodes += answer["nodes"]
    return nodes


def test_shows_the_tree_in_pages_with_the_summary_of_the_whole(api: Api) -> None:
    api.store(
        a_span(span_id="root", name="plan", kind="agent", start_time=NOON_US),
        a_span(span_id="b", parent_span_id="root", start_time=NOON_US + 2),
        a_span(span_id="a", parent_span_id="root", start_time=NOON_US + 1, input="hidden here"),
        a_span(span_id="a1", parent_span_id="a", start_time=NOON_US + 3),
        a_span(span_id="lost", parent_span_id="never came", start_time=NOON_US + 9),
    )

    first = api.get("/v1/traces/trace-1", limit=2)

    assert (first["summary"]["name"], first["summary"]["spans"]) == ("plan", 5)
    assert "hidden here" not in str(first)
    assert [(n["span_id"], n["depth"], n["child_count"], n["orphan"]) for n in nodes_of(api, 2)] == [
        ("root", 0, 2, False),
        ("a", 1, 1, False),
        ("a1", 2, 0, False),
        ("b", 1, 0, False),
        ("lost", 0, 0, True),
    ]


def test_an_unknown_trace_is_not_found(api: Api) -> None:
    assert api.ask("/v1/traces/nothing").status_code == 404


def test_a_trace_of_33000_spans_opens_page_by_page(api: Api) -> None:
    """mlflow#24314 (32,843 spans), opik#4136: the tree is read lazily."""
    api.store(
        *(
            a_span(span_id=f"{n}", parent_span_id=f"{n - 1}" if n else "", start_time=NOON_US + n)
            for n in range(33_000)
        )
    )

    first = api.get("/v1/traces/trace-1", limit=100)
    second = api.get("/v1/traces/trace-1", limit=100, cursor=first["next_cursor"])

    assert first["summary"]["spans"] == 33_000
    assert [node["depth"] for node in first["nodes"] + second["nodes"]] == list(range(200))


def test_a_ring_of_parents_and_a_doubled_span_are_shown(api: Api) -> None:
    api.store(
        a_span(span_id="a", parent_span_id="b", start_time=NOON_US),
        a_span(span_id="b", parent_span_id="a", start_time=NOON_US + 1),
        a_span(span_id="b", parent_span_id="a", start_time=NOON_US + 1),
    )

    assert [node["span_id"] for node in nodes_of(api, 10)] == ["a", "b", "b"]
