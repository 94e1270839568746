"""One test per complaint about the costs that other tools show, named after it: from a request to money.

Where a complaint names figures, they are the test's.
"""

import json
from decimal import Decimal
from typing import Any

import pytest
from clocks import NOON_US
from ingest.otlp_requests import JSON, a_span, as_json, traces
from pricing.override_factories import an_override, rates

from lynex_server.ingest.public import decode_events, decode_otlp_traces
from lynex_server.pricing.public import HourWindow, OverrideSet, PriceBook, Rate, Terms, normalise_usage
from lynex_server.processing.rows import price_event
from lynex_server.spans.public import SpanEvent

BOOK = PriceBook()
LATE_2026_US = 1_793_620_800_000_000
SONNET = "claude-sonnet-4-5-20250929"


def event(**said: Any) -> SpanEvent:
    """What a client's own usage object becomes."""
    decoded = decode_events(json.dumps({"ts": LATE_2026_US / 1e6, **said}).encode())
    assert decoded.rejections == []
    return decoded.spans[0]


def otlp(attributes: dict[str, Any], scope: str = "tests") -> SpanEvent:
    """What an instrumentation's attributes become."""
    said = {"gen_ai.operation.name": "chat", **attributes}
    decoded = decode_otlp_traces(as_json(traces(a_span(said), scope=scope)), JSON)
    return decoded.spans[0]


def cost(span: SpanEvent, book: PriceBook = BOOK) -> int | None:
    span.start_time_us = LATE_2026_US
    return price_event(span, book, "prj_a")[1]


def tokens(span: SpanEvent) -> tuple[int | None, int | None]:
    usage = normalise_usage(span.provider, span.model, span.usage, span.usage_convention)
    return usage.input_tokens, usage.output_tokens


def sonnet(fresh: int, read: int = 0, write_5m: int = 0, write_1h: int = 0, out: int = 0) -> int:
    """Nano-dollars by the public price list: 3, 0.30, 3.75, 6 and 15 dollars a million."""
    return fresh * 3000 + read * 300 + write_5m * 3750 + write_1h * 6000 + out * 15_000


def own(*overrides: Any) -> PriceBook:
    book = PriceBook()
    book.use_overrides(OverrideSet(1, overrides, lambda _project: "org_a"))
    return book


# Cached tokens


def test_langfuse_12306_otel_input_that_already_includes_the_cache_is_not_added_again():
    span = otlp(
        {
            "gen_ai.system": "Anthropic",
            "gen_ai.response.model": SONNET,
            "gen_ai.usage.prompt_tokens": 130_213,
            "gen_ai.usage.cache_read_input_tokens": 130_208,
        },
        scope="opentelemetry.instrumentation.anthropic",
    )

    assert tokens(span)[0] == 130_213
    assert cost(span) == sonnet(5, read=130_208)


def test_langfuse_10592_openrouter_counts_cache_inside_input():
    span = event(
        provider="openrouter",
        model="anthropic/claude-sonnet-4.5",
        usage={
            "prompt_tokens": 17_903,
            "completion_tokens": 10,
            "prompt_tokens_details": {"cached_tokens": 17_817},
        },
    )

    assert tokens(span) == (17_903, 10)


def test_langfuse_12635_cache_reads_are_not_billed_at_the_full_rate():
    span = event(
        provider="anthropic",
        model=SONNET,
        usage={"input_tokens": 1000, "cache_read_input_tokens": 100_000, "output_tokens": 100},
    )

    assert cost(span) == sonnet(1000, read=100_000, out=100)


@pytest.mark.parametrize("prefix", ["gen_ai.usage.{}_tokens", "llm.token_count.{}"])
def test_langfuse_14725_two_spellings_of_one_call_have_one_cost(prefix: str):
    names = ("input", "output") if "gen_ai" in prefix else ("prompt", "completion")
    span = otlp(
        {
            "gen_ai.system": "openai",
            "gen_ai.response.model": "gpt-4o",
            prefix.format(names[0]): 1000,
            prefix.format(names[1]): 100,
        }
    )

    assert cost(span) == 1000 * 2500 + 100 * 10_000


def test_codex_observability_plugin_22_cached_is_a_part_and_not_more():
    span = event(
        provider="openai",
        model="gpt-5",
        usage={"input_tokens": 10_000, "output_tokens": 0, "input_tokens_details": {"cached_tokens": 9000}},
    )

    assert tokens(span)[0] == 10_000
    assert cost(span) == 1000 * 1250 + 9000 * 125


def test_litellm_14849_a_gemini_cache_hit_leaves_the_text_bucket():
    span = event(
        provider="google",
        model="gemini-2.5-pro",
        usage={"promptTokenCount": 100_000, "cachedContentTokenCount": 90_000, "candidatesTokenCount": 10},
    )

    assert cost(span) == 10_000 * 1250 + 90_000 * 125 + 10 * 10_000


def test_litellm_6215_openai_cached_tokens_replace_and_do_not_add():
    span = event(
        provider="openai",
        model="gpt-4o",
        usage={
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "prompt_tokens_details": {"cached_tokens": 1920},
        },
    )

    assert cost(span) == 86 * 2500 + 1920 * 1250 + 300 * 10_000


def test_litellm_40006_custom_prices_do_not_count_anthropics_cache_twice():
    terms = rates(input_tokens="3", output_tokens="15", cache_read_tokens="0.3", cache_write_5m_tokens="3.75")
    book = own(an_override(provider="anthropic", model="claude-*", terms=terms))
    span = event(
        provider="anthropic",
        model=SONNET,
        usage={
            "input_tokens": 100,
            "cache_read_input_tokens": 5000,
            "cache_creation_input_tokens": 1000,
            "output_tokens": 10,
        },
    )

    assert cost(span, book) == sonnet(100, read=5000, write_5m=1000, out=10)


def test_phoenix_10036_a_cached_bedrock_call_is_not_42_times_too_dear():
    span = event(
        provider="bedrock",
        model="us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        usage={
            "inputTokens": 3,
            "outputTokens": 100,
            "totalTokens": 60_103,
            "cacheReadInputTokens": 60_000,
        },
    )

    assert tokens(span)[0] == 60_003
    assert cost(span) == sonnet(3, read=60_000, out=100) * 11 // 10  # the us. profile costs a tenth more


def test_phoenix_10783_output_is_not_total_minus_input():
    span = event(
        provider="google",
        model="gemini-2.5-pro",
        usage={"promptTokenCount": 1000, "candidatesTokenCount": 442, "totalTokenCount": 9709},
    )

    assert tokens(span)[1] == 442


def test_phoenix_13379_an_unmapped_cache_field_is_not_billed_as_output():
    span = event(
        provider="openai", model="gpt-4o", usage={"input_tokens": 10, "output_tokens": 5, "cache_moons": 900}
    )

    assert cost(span) == 10 * 2500 + 5 * 10_000
    assert "unit_unpriced" in price_event(span, BOOK)[0].flags


def test_bifrost_3451_a_streamed_cache_write_is_billed_once():
    """A stream tells the writes at its beginning, the output at its end, and some tell all of it twice."""
    whole = {"input_tokens": 10, "cache_creation_input_tokens": 150_000, "output_tokens": 100}
    streamed = {**whole, "cache_creation": {"ephemeral_5m_input_tokens": 150_000}}

    costs = {cost(event(provider="anthropic", model=SONNET, usage=usage)) for usage in (whole, streamed)}

    assert costs == {sonnet(10, write_5m=150_000, out=100)}


def test_aider_5516_a_fully_cached_call_costs_the_cache_rate_alone():
    span = event(
        provider="anthropic",
        model=SONNET,
        usage={"input_tokens": 0, "cache_read_input_tokens": 50_000, "output_tokens": 0},
    )

    assert cost(span) == sonnet(0, read=50_000)


def test_langfuse_2112_a_local_cache_hit_costs_nothing():
    span = event(provider="openai", model="gpt-4o", tokens_in=1000, tokens_out=100, local_cache_hit=True)

    assert cost(span) == 0


# Tiers, regions, reasoning


def _own_above(threshold: int, factor_in: str, factor_out: str) -> PriceBook:
    terms = Terms(
        kind="rates",
        rates=tuple(
            Rate(unit=unit, usd=Decimal(usd), per=1_000_000, above_input_tokens=above)
            for unit, usd, above in (
                ("input_tokens", "1", 0),
                ("output_tokens", "4", 0),
                ("input_tokens", factor_in, threshold),
                ("output_tokens", factor_out, threshold),
            )
        ),
    )
    return own(an_override(provider="", model="*", terms=terms))


def test_litellm_30135_custom_prices_above_200k_hold_for_the_whole_request():
    span = event(provider="google", model="gemini-x", tokens_in=200_001, tokens_out=10)

    assert cost(span, _own_above(200_000, "2", "6")) == 200_001 * 2000 + 10 * 6000


def test_litellm_15338_a_threshold_at_128k_holds_for_the_whole_request():
    book = _own_above(128_000, "2", "8")

    below, above = (
        cost(event(provider="xai", model="grok-x", tokens_in=count, tokens_out=10), book)
        for count in (128_000, 128_001)
    )

    assert (below, above) == (128_000 * 1000 + 10 * 4000, 128_001 * 2000 + 10 * 8000)


def test_opik_6982_a_prompt_above_200k_is_not_billed_at_half_its_price():
    span = event(provider="google", model="gemini-2.5-pro", tokens_in=300_000, tokens_out=1000)

    assert cost(span) == 300_000 * 2500 + 1000 * 15_000


def test_litellm_13810_flex_is_billed_by_the_tier_that_the_response_names():
    asked_flex_got_standard = otlp(
        {
            "gen_ai.provider.name": "openai",
            "gen_ai.response.model": "gpt-5",
            "openai.request.service_tier": "flex",
            "openai.response.service_tier": "default",
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 0,
        }
    )
    flex = event(provider="openai", model="gpt-5", service_tier="flex", tokens_in=1000, tokens_out=0)

    assert (cost(asked_flex_got_standard), cost(flex)) == (1000 * 1250, 1000 * 625)


def test_litellm_35925_reasoning_on_the_priority_tier_has_the_tiers_rate():
    span = event(
        provider="openai",
        model="gpt-5",
        service_tier="priority",
        usage={
            "prompt_tokens": 1000,
            "completion_tokens": 1000,
            "completion_tokens_details": {"reasoning_tokens": 900},
        },
    )

    assert cost(span) == 1000 * 2500 + 1000 * 20_000


@pytest.mark.parametrize("complaint", ["litellm_26795_regional_uplift", "litellm_42469_a_missing_region"])
def test_litellm_26795_and_42469_a_region_has_its_price_or_says_that_it_has_none(complaint: str):
    if complaint.endswith("uplift"):
        regional, everywhere = (
            cost(
                event(
                    provider="bedrock", model=f"{area}.anthropic.{SONNET}-v1:0", tokens_in=1000, tokens_out=0
                )
            )
            for area in ("us", "global")
        )
        assert (regional, everywhere) == (3_300_000, 3_000_000)
    else:
        span = event(
            provider="bedrock",
            model="amazon.nova-pro-v1:0",
            region="eu-west-2",
            tokens_in=1000,
            tokens_out=0,
        )
        assert "region_fallback" in price_event(span, BOOK)[0].flags


def test_genai_prices_689_an_unversioned_regional_id_is_found():
    span = event(provider="bedrock", model="us.anthropic.claude-sonnet-4-5", tokens_in=1000, tokens_out=0)

    assert cost(span) == 3_300_000


def test_litellm_20615_a_price_typed_for_the_wrong_number_of_tokens_can_be_taken_back():
    """That such a price is refused first is in `prices/test_checks.py`, that history follows in
    `prices/test_repricing.py`."""
    book = own(an_override(terms=rates(per=1, input_tokens="2.5")))
    span = event(provider="openai", model="gpt-4o", tokens_in=1000, tokens_out=0)
    assert cost(span, book) == 1000 * 2_500_000_000

    book.use_overrides(OverrideSet(2, (), lambda _project: "org_a"))

    assert cost(span, book) == 1000 * 2500


def test_a_price_by_the_hour_of_the_day_is_taken_at_the_hour():
    terms = Terms(
        kind="flat",
        usd_per_million_tokens=Decimal(1),
        hour_factors=(HourWindow(from_minute=12 * 60, until_minute=13 * 60, factor=Decimal(2)),),
    )
    book = own(an_override(provider="", model="*", terms=terms))
    span = event(provider="deepseek", model="deepseek-x", tokens_in=1000, tokens_out=0)

    span.start_time_us = NOON_US
    assert price_event(span, book, "prj_a")[1] == 2_000_000
    span.start_time_us = NOON_US - 1
    assert price_event(span, book, "prj_a")[1] == 1_000_000
