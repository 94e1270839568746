"""An event becomes a row: whose cost counts, and what is never free."""

from span_factories import BOOK, a_batch, a_row, an_event

from lynex_server.processing.rows import span_row

GPT_4O_NANOUSD = 1000 * 2_500 + 100 * 10_000
"""$2.50 and $10 per million tokens, in and out."""


def test_prices_a_call_from_the_book():
    row = a_row()

    assert row.cost_nanousd == GPT_4O_NANOUSD
    assert row.cost_source == "priced"
    assert row.price_version


def test_a_cost_that_the_source_reports_wins_over_the_book():
    row = a_row(cost_nanousd=42)

    assert (row.cost_nanousd, row.cost_source) == (42, "reported")


def test_a_reported_cost_of_zero_is_a_cost():
    """litellm#37992: an explicit zero is not replaced."""
    row = a_row(cost_nanousd=0)

    assert (row.cost_nanousd, row.cost_source) == (0, "reported")


def test_a_model_without_a_price_is_unpriced_never_free():
    row = a_row(model="acme-tuned-1", provider="acme")

    assert row.cost_nanousd is None
    assert row.cost_source == "unpriced"


def test_a_call_that_reports_no_usage_is_unpriced():
    row = a_row(usage={})

    assert (row.cost_nanousd, row.cost_source) == (None, "unpriced")
    assert "usage_missing" in row.usage_flags
    assert row.input_tokens is None


def test_a_call_that_failed_before_it_used_anything_costs_nothing_and_is_not_unpriced():
    row = a_row(usage={}, status="error")

    assert (row.cost_nanousd, row.cost_source) == (None, "none")


def test_estimated_usage_makes_an_estimated_cost():
    """litellm#14457: the usage of an aborted stream is estimated and marked, not lost."""
    row = a_row(usage_estimated=True, status="cancelled")

    assert (row.cost_nanousd, row.cost_source) == (GPT_4O_NANOUSD, "estimated")


def test_a_hit_of_the_callers_own_cache_costs_zero_and_says_so():
    """langfuse#2112: a local cache hit is still priced there."""
    row = a_row(local_cache_hit=True)

    assert row.cost_nanousd == 0
    assert "local_cache_hit" in row.usage_flags


def test_an_agent_span_does_not_count_the_usage_of_its_calls_again():
    row = a_row(kind="agent")

    assert (row.cost_nanousd, row.cost_source) == (None, "none")
    assert row.input_tokens is None
    assert row.usage_other == {"repeated_input_tokens": 1000, "repeated_output_tokens": 100}
    assert row.usage_flags == ["counted_in_children"]


def test_a_tool_span_has_no_cost():
    row = a_row(kind="tool", usage={}, model="")

    assert (row.cost_nanousd, row.cost_source) == (None, "none")


def test_a_model_that_was_only_requested_stands_in_for_the_one_that_served():
    row = a_row(model="", model_requested="gpt-4o-2024-08-06")

    assert row.model == "gpt-4o-2024-08-06"
    assert row.cost_nanousd == GPT_4O_NANOUSD


def test_cached_input_is_priced_at_its_own_rate_and_only_once():
    """langfuse#12306, litellm#6215: cached tokens added on top of the input that holds them."""
    row = a_row(usage={"input_tokens": 1000, "output_tokens": 100, "cache_read_tokens": 400})

    assert row.input_tokens == 1000
    assert row.cost_nanousd == 600 * 2_500 + 400 * 1_250 + 100 * 10_000


def test_unknown_units_are_stored_and_not_priced():
    """langfuse#6024: an unknown usage key hid the span."""
    row = a_row(usage={"input_tokens": 1000, "output_tokens": 100, "thinking_bananas": 7})

    assert row.usage_other == {"thinking_bananas": 7}
    assert row.cost_nanousd == GPT_4O_NANOUSD


def test_who_sent_it_and_in_which_batch_is_kept():
    event = an_event()

    row = span_row(event, a_batch(event), "batch-7", BOOK)

    assert (row.project_id, row.api_key_id, row.batch_id) == ("prj_a", "key_1", "batch-7")
