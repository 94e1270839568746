"""Filters as values: what they mean, and which spans pass."""

import pytest
from pydantic import ValidationError
from query.rows import a_span

from lynex_server.kernel.errors import InvalidInput
from lynex_server.query.filters import Filters, passes
from lynex_server.query.parameters import LiveParameters, SpanFilterParameters


def test_a_repeated_parameter_lists_alternatives() -> None:
    asked = SpanFilterParameters.model_validate(
        {"model": ["a", "b"], "end_user_id": ["x"], "user_id": ["y"], "metadata": ["k:1", "k:2", "l:a:b"]}
    )

    assert asked.filters() == Filters(
        equals={"model": ("a", "b"), "end_user_id": ("x", "y")},
        metadata={"k": ("1", "2"), "l": ("a:b",)},
    )


def test_refuses_metadata_without_a_colon_and_a_parameter_nobody_knows() -> None:
    with pytest.raises(InvalidInput):
        SpanFilterParameters.model_validate({"metadata": ["team"]}).filters()
    with pytest.raises(ValidationError):
        SpanFilterParameters.model_validate({"modle": ["gpt-4o"]})


def test_refuses_a_column_that_is_not_on_the_list() -> None:
    with pytest.raises(InvalidInput):
        Filters(equals={"project_id": ("other",)})


def test_money_is_read_as_nano_dollars() -> None:
    assert SpanFilterParameters(min_cost_usd=0.1).filters().min_cost_nanousd == 100_000_000


def test_rollups_answer_only_for_what_they_keep_apart() -> None:
    assert Filters().fit_rollup()
    assert Filters(equals={"model": ("a",), "status": ("ok",)}).fit_rollup()
    assert not Filters(equals={"session_id": ("s",)}).fit_rollup()
    assert not Filters(tags=("t",)).fit_rollup()
    assert not Filters(min_tokens=0).fit_rollup()
    assert not Filters(text="x").fit_rollup()


@pytest.mark.parametrize(
    ("filters", "passed"),
    [
        (Filters(), True),
        (Filters(equals={"model": ("x", "gpt-4o")}), True),
        (Filters(equals={"model": ("gpt-4o",), "status": ("error",)}), False),
        (Filters(equals={"error_type": ("budget_exceeded",)}), False),
        (Filters(tags=("b", "z")), True),
        (Filters(tags=("z",)), False),
        (Filters(metadata={"team": ("search",)}), True),
        (Filters(metadata={"team": ("ads",)}), False),
        (Filters(metadata={"absent": ("",)}), False),
        (Filters(min_cost_nanousd=3_500_000), True),
        (Filters(min_cost_nanousd=3_500_001), False),
        (Filters(min_latency_ms=100), True),
        (Filters(min_latency_ms=100.1), False),
        (Filters(min_tokens=1100), True),
        (Filters(min_tokens=1101), False),
    ],
)
def test_decides_about_a_span_in_the_process(filters: Filters, passed: bool) -> None:
    span = a_span(tags=["a", "b"], metadata={"team": "search"})

    assert passes(filters, span) is passed


def test_an_unknown_cost_or_duration_passes_no_bound() -> None:
    span = a_span(cost_nanousd=None, duration_ms=None)

    assert not passes(Filters(min_cost_nanousd=0), span)
    assert not passes(Filters(min_latency_ms=0), span)


def test_live_news_takes_neither_time_nor_text() -> None:
    for refused in ({"q": "x"}, {"from": "1"}, {"range": "1h"}):
        with pytest.raises(ValidationError):
            LiveParameters.model_validate(refused)
