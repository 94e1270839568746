"""What a call costs, by the bundled prices."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from lynex_server.kernel.clock import us_from_datetime
from lynex_server.pricing.public import LOCAL_CACHE_HIT, Cost, PriceBook, Usage, normalise_usage

BOOK = PriceBook()
NOVEMBER = datetime(2026, 11, 2, 12, tzinfo=UTC)
MILLION = 1_000_000


def cost(
    reported: Mapping[str, int],
    provider: str = "openai",
    model: str = "gpt-5",
    tier: str = "",
    region: str = "",
    at: datetime = NOVEMBER,
    convention: str = "unknown",
) -> Cost:
    usage = normalise_usage(provider, model, reported, convention)
    return BOOK.price(provider, model, tier, region, usage, us_from_datetime(at))


def usd(reported: Mapping[str, int], **call: str) -> float:
    nanousd = cost(reported, **call).nanousd
    assert nanousd is not None
    return nanousd / 1e9


def test_cache_reads_are_priced_at_their_own_rate_and_leave_the_text_bucket() -> None:
    """langfuse#12635: cache reads at the full rate; litellm#14849: a Gemini hit charged twice, $0.7642 for
    $0.1849; litellm#6215: cached tokens added instead of replaced."""
    reported = {"input_tokens": MILLION, "cache_read_tokens": MILLION, "output_tokens": 0}

    assert usd(reported) == 0.125
    assert usd(reported, provider="gcp.gemini", model="gemini-2.5-flash") == 0.03


def test_cache_writes_are_priced_by_their_time_to_live() -> None:
    """litellm#40006: custom prices double-counted Anthropic's cache; bifrost#3451: writes billed twice."""
    sonnet = {"provider": "anthropic", "model": "claude-sonnet-4-6"}

    assert usd({"input_tokens": 0, "cache_write_5m_tokens": MILLION, "output_tokens": 0}, **sonnet) == 3.75
    assert usd({"input_tokens": 0, "cache_write_1h_tokens": MILLION, "output_tokens": 0}, **sonnet) == 6.0
    both = {"cache_write_5m_tokens": MILLION, "cache_write_1h_tokens": MILLION}
    assert usd({"input_tokens": 0, "output_tokens": 0, **both}, **sonnet) == 9.75


def test_a_fully_cached_call_costs_the_cache_rate_only() -> None:
    """aider#5516: shown at 10.9 times its price."""
    reported = {"input_tokens": 0, "cache_read_tokens": 100_000, "output_tokens": 0}

    assert usd(reported, provider="anthropic", model="claude-sonnet-4-5") == 0.03


@pytest.mark.parametrize("provider", ["openai", "anthropic", "aws.bedrock", "gcp.gemini"])
def test_two_spellings_of_one_call_cost_the_same(provider: str) -> None:
    """langfuse#14725: same tokens, two attribute spellings, two costs."""
    models = {
        "openai": "gpt-5",
        "anthropic": "claude-haiku-4-5",
        "aws.bedrock": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "gcp.gemini": "gemini-2.5-pro",
    }
    nested = {"input_tokens": 1_000, "cache_read_tokens": 800, "output_tokens": 77}
    apart = {**nested, "input_tokens": 200}

    inclusive = cost(nested, provider, models[provider], convention="inclusive")
    exclusive = cost(apart, provider, models[provider], convention="exclusive")

    assert inclusive == exclusive
    assert inclusive.nanousd is not None


def test_a_local_cache_hit_costs_nothing() -> None:
    """langfuse#2112: an answer from the caller's own cache was still priced."""
    assert LOCAL_CACHE_HIT.nanousd == 0


def test_the_long_context_rate_holds_for_the_whole_request() -> None:
    """litellm#30135, litellm#15338 and opik#6982: the threshold ignored, or only the tokens above it at
    the higher rate."""
    gemini = {"provider": "gcp.gemini", "model": "gemini-2.5-pro"}

    assert usd({"input_tokens": 200_000, "output_tokens": 1_000}, **gemini) == 0.26
    assert usd({"input_tokens": 200_001, "output_tokens": 1_000}, **gemini) == 0.5150025


def test_the_threshold_counts_cached_input_too() -> None:
    reported = {"input_tokens": 1, "cache_read_tokens": 200_000, "output_tokens": 0}

    nanousd = cost(reported, "anthropic", "claude-sonnet-4-5").nanousd

    assert nanousd == 6_000 + 200_000 * 600


def test_the_tier_is_the_one_the_response_named() -> None:
    """litellm#13810: flex billed double."""
    reported = {"input_tokens": MILLION, "output_tokens": 0}

    assert usd(reported, tier="flex") == 0.625
    assert usd(reported, tier="default") == 1.25
    assert usd(reported, tier="priority") == 2.5
    assert usd(reported, tier="batch") == 0.625


def test_reasoning_is_priced_at_the_rate_of_the_tier() -> None:
    """litellm PR#35925: reasoning at the standard rate on a priority call."""
    reported = {"input_tokens": 0, "output_tokens": MILLION, "reasoning_tokens": MILLION}

    assert usd(reported, tier="priority") == 20.0


def test_a_tier_without_a_price_is_priced_as_standard_and_says_so() -> None:
    answer = cost({"input_tokens": MILLION, "output_tokens": 0}, tier="scale")

    assert answer.nanousd == 1_250_000_000
    assert answer.flags == ("tier_price_missing",)


def test_a_tier_is_not_priced_before_the_day_its_price_is_known() -> None:
    before = cost(
        {"input_tokens": MILLION, "output_tokens": 0}, tier="flex", at=datetime(2026, 1, 1, tzinfo=UTC)
    )

    assert before.nanousd == 1_250_000_000
    assert before.flags == ("tier_price_missing",)


def test_a_regional_profile_costs_its_own_price() -> None:
    """litellm#26795: Bedrock's regional ten per cent was missing."""
    reported = {"input_tokens": MILLION, "output_tokens": 0}
    everywhere = cost(reported, "aws.bedrock", "global.anthropic.claude-haiku-4-5-20251001-v1:0")
    american = cost(reported, "aws.bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0")

    assert everywhere == Cost(1_000_000_000, everywhere.version)
    assert american == Cost(1_100_000_000, american.version)


def test_a_region_without_a_price_is_priced_and_says_so() -> None:
    """litellm#42469: London's price was missing, and nobody could see it."""
    haiku = "anthropic.claude-haiku-4-5-20251001-v1:0"

    def flags(provider: str, model: str, region: str) -> tuple[str, ...]:
        return cost({"input_tokens": 1, "output_tokens": 0}, provider, model, region=region).flags

    assert flags("aws.bedrock", haiku, "eu-west-2") == ("region_fallback",)
    assert flags("aws.bedrock", haiku, "us-east-1") == ()
    assert flags("gcp.vertex_ai", "gemini-2.5-pro", "europe-west4") == ("region_fallback",)
    assert flags("openai", "gpt-5", "eu") == ("region_fallback",)
    assert flags("openai", "gpt-5", "us-east-1") == (), "an app's own region is no data residency"


@pytest.mark.parametrize(
    "model",
    [
        "us.anthropic.claude-sonnet-4-5",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "anthropic.claude-sonnet-4-5",
        "claude-sonnet-4-5",
    ],
)
def test_every_spelling_of_a_bedrock_model_is_found(model: str) -> None:
    """genai-prices#689: unversioned regional ids were not found."""
    assert usd({"input_tokens": MILLION, "output_tokens": 0}, provider="aws.bedrock", model=model) == 3.3


def test_two_versions_of_a_bedrock_family_with_different_prices_are_not_confused() -> None:
    assert cost({"input_tokens": 1}, "aws.bedrock", "us.anthropic.claude").nanousd is None


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-99"),
        ("openai", "llama3.2"),
        ("ollama", "gpt-oss:20b"),
        ("", "my-own-model"),
        ("openai", "ft:gpt-4.1-2025-04-14:acme::id"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"),
        ("", ""),
    ],
)
def test_an_unknown_model_is_unpriced_never_free(provider: str, model: str) -> None:
    """genai-prices#689: the unpriced queue."""
    assert cost({"input_tokens": 10, "output_tokens": 10}, provider, model) == Cost(
        None, "", ("model_unknown",)
    )


def test_a_fine_tune_has_its_own_price() -> None:
    tuned = "ft:gpt-4o-mini-2024-07-18:acme::id"

    assert usd({"input_tokens": MILLION, "output_tokens": 0}, model=tuned) == 0.3


def test_a_model_that_is_known_but_has_no_price_is_unpriced() -> None:
    answer = cost({"input_tokens": 10, "output_tokens": 10}, "cerebras", "qwen-3-coder-480b")

    assert answer == Cost(None, "", ("price_unknown",))


def test_a_model_that_is_sold_for_nothing_costs_nothing() -> None:
    assert (
        usd(
            {"input_tokens": 10, "output_tokens": 10},
            provider="openrouter",
            model="deepseek/deepseek-r1:free",
        )
        == 0
    )


def test_none_is_not_zero() -> None:
    """litellm#37992: an explicit zero is a cost of zero; nothing reported is no cost at all."""
    assert cost({"input_tokens": 0, "output_tokens": 0}).nanousd == 0
    assert cost({}) == Cost(None, cost({}).version, ("usage_missing",))


def test_a_missing_half_is_left_out_and_said() -> None:
    answer = cost({"input_tokens": MILLION})

    assert answer.nanousd == 1_250_000_000
    assert answer.flags == ("output_not_reported",)


def test_parts_are_billed_when_nobody_reported_their_whole() -> None:
    answer = cost({"cache_read_tokens": MILLION, "output_tokens": 0})

    assert answer.nanousd == 125_000_000
    assert answer.flags == ("input_not_reported",)


def test_an_embedding_needs_no_output() -> None:
    assert cost({"input_tokens": MILLION}, model="text-embedding-3-small") == Cost(
        20_000_000, cost({"input_tokens": 1}, model="text-embedding-3-small").version
    )


def test_a_unit_the_entry_does_not_sell_is_not_billed_as_another() -> None:
    """phoenix#13379: unmapped cache fields were billed as output."""
    plain = {"input_tokens": 1_000, "output_tokens": 100}

    answer = cost({**plain, "novel_cache_tokens": MILLION})

    assert answer.nanousd == cost(plain).nanousd
    assert answer.flags == ("unit_unpriced",)


def test_a_call_whose_every_unit_lacks_a_price_is_unpriced() -> None:
    assert cost({"video_seconds": 10}).nanousd is None


def test_searches_are_priced_where_the_book_sells_them() -> None:
    reported = {"input_tokens": 0, "output_tokens": 0, "web_searches": 3}

    assert usd(reported, provider="anthropic", model="claude-haiku-4-5") == 0.03


def test_audio_is_priced_at_its_own_rate() -> None:
    reported = {
        "input_tokens": 1_000,
        "input_audio_tokens": 900,
        "output_tokens": 500,
        "output_audio_tokens": 400,
    }

    nanousd = cost(reported, model="gpt-realtime").nanousd

    assert nanousd == 100 * 4_000 + 900 * 32_000 + 100 * 16_000 + 400 * 64_000


def test_cached_audio_of_unknown_size_is_assumed_as_small_as_the_counts_allow() -> None:
    reported = {
        "input_tokens": 1_000,
        "input_audio_tokens": 900,
        "cache_read_tokens": 300,
        "output_tokens": 0,
    }

    answer = cost(reported, model="gpt-realtime")

    cached_audio = 900 + 300 - 1_000
    assert answer.nanousd == (300 - cached_audio) * 400 + cached_audio * 400 + (900 - cached_audio) * 32_000
    assert answer.flags == ("cached_modality_assumed",)


def test_a_rate_that_is_borrowed_is_said() -> None:
    cached = cost(
        {"input_tokens": 10, "cache_read_tokens": 5, "output_tokens": 1}, "groq", "llama-3.3-70b-versatile"
    )
    heard = cost({"input_tokens": 10, "input_audio_tokens": 5, "output_tokens": 1})

    assert cached.flags == ("cache_read_at_input_rate",)
    assert heard.flags == ("modality_at_text_rate",)


def test_groq_bills_ten_seconds_of_audio_at_least() -> None:
    def transcribed(seconds: int) -> int | None:
        return cost({"audio_seconds": seconds}, "groq", "whisper-large-v3").nanousd

    assert transcribed(1) == transcribed(10) == 308_333
    assert transcribed(3600) == 111_000_000


@pytest.mark.parametrize(
    ("hour", "minute", "usd_per_million"),
    [(0, 59, 0.66), (1, 0, 1.32), (3, 59, 1.32), (4, 0, 0.66), (6, 0, 1.32), (10, 0, 0.66)],
)
def test_a_price_that_depends_on_the_hour_is_taken_at_the_hour(
    hour: int, minute: int, usd_per_million: float
) -> None:
    moment = datetime(2026, 11, 2, hour, minute, tzinfo=UTC)

    answer = cost({"input_tokens": MILLION, "output_tokens": 0}, "deepseek", "deepseek-v4-pro", at=moment)

    assert answer.nanousd == round(usd_per_million * 1e9)


def test_a_price_that_depends_on_the_half_hour_is_taken_at_the_half_hour() -> None:
    def at(hour: int, minute: int) -> int | None:
        moment = datetime(2026, 11, 2, hour, minute, tzinfo=UTC)
        reported = {"input_tokens": MILLION, "output_tokens": 0}
        return cost(reported, "deepseek", "deepseek-chat", at=moment).nanousd

    day, night = 270_000_000, 135_000_000
    assert [at(0, 29), at(0, 30), at(16, 29), at(16, 30)] == [night, day, day, night]


def test_a_call_is_priced_at_the_prices_of_its_day() -> None:
    reported = {"input_tokens": MILLION, "output_tokens": 0}
    then = cost(reported, model="o3", at=datetime(2025, 6, 9, 23, 59, tzinfo=UTC))
    later = cost(reported, model="o3", at=datetime(2025, 6, 10, tzinfo=UTC))

    assert (then.nanousd, later.nanousd) == (10_000_000_000, 2_000_000_000)
    assert then.version != later.version


def test_the_version_names_source_entry_and_rates() -> None:
    version = cost({"input_tokens": 1, "output_tokens": 1}).version

    source, entry = version.split(":", 1)
    assert source.startswith("genai-prices-")
    assert entry.startswith("openai/gpt-5@")


def test_a_guessed_provider_is_said() -> None:
    assert cost({"input_tokens": 1, "output_tokens": 1}, provider="").flags == ("provider_guessed",)


def test_money_is_rounded_once_half_to_even() -> None:
    """A cached flex token of gpt-5 costs 62.5 nano-dollars."""

    def nanousd(tokens: int) -> int | None:
        reported = {"input_tokens": tokens, "cache_read_tokens": tokens, "output_tokens": 0}
        return cost(reported, tier="flex").nanousd

    assert [nanousd(tokens) for tokens in (1, 2, 3)] == [62, 125, 188]


def test_a_cost_beyond_64_bits_is_unpriced() -> None:
    answer = cost({"input_tokens": 2**62, "output_tokens": 2**62})

    assert answer.nanousd is None
    assert answer.flags == ("cost_out_of_range",)


def test_any_instant_can_be_priced() -> None:
    for at_us in (-(2**62), 0, 2**62):
        assert BOOK.price("openai", "gpt-5", "", "", Usage(1, 1), at_us).nanousd is not None


def test_the_book_forgets_what_is_not_used() -> None:
    """litellm#12685 and its kin: memory that grows with what clients send."""
    book = PriceBook(resolved_prices_max=10)

    for number in range(1_000):
        book.price("openai", f"made-up-{number}", "", "", Usage(1, 1), 0)

    assert book.resolved_count <= 10


def test_what_is_used_again_is_kept() -> None:
    book = PriceBook(resolved_prices_max=4)
    usage, at_us = Usage(1, 1), us_from_datetime(NOVEMBER)

    costs = []
    for number in range(20):
        book.price("openai", f"made-up-{number}", "", "", usage, at_us)
        costs.append(book.price("openai", "gpt-5", "", "", usage, at_us))

    assert set(costs) == {costs[0]}
    assert costs[0].nanousd == 11_250
