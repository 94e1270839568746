"""Full text over input and output."""

import pytest
from query.conftest import Api
from query.rows import a_span


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("refund", {"in", "out", "both"}),
        ("REFUND Order", {"in", "both"}),
        ("order refund", {"in", "both"}),
        ('"refund the order"', {"in"}),
        ('"order refund" please', {"both"}),
        ("refunds", set()),
        ("order-4711", {"in"}),
        ("größe", {"out"}),
        ("???", {"odd"}),
        ('"refund', {"in", "out", "both"}),
        ("it's", {"odd"}),
    ],
)
def test_finds_words_in_any_order_and_phrases_as_written(api: Api, q: str, found: set[str]) -> None:
    api.store(
        a_span(span_id="in", input="Please refund the Order 4711", output="done"),
        a_span(span_id="out", input="hello", output='{"text": "No Refund, größe unknown"}'),
        a_span(span_id="both", input="order refund please", output="no"),
        a_span(span_id="odd", input="it's what???", output=""),
    )

    assert {span["span_id"] for span in api.get("/v1/spans", q=q)["items"]} == found
    assert api.get("/v1/metrics/summary", q=q)["spans"] == len(found)
