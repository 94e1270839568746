"""Compiled integer rates against the price library's own decimal arithmetic: equal to the nano-dollar."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, Provider, Tier, TieredPrices
from genai_prices.types import Usage as LibraryUsage
from hypothesis import given, settings
from hypothesis import strategies as st

from lynex_server.kernel.clock import us_from_datetime
from lynex_server.pricing.catalog import Catalog
from lynex_server.pricing.public import PriceBook, Usage
from lynex_server.pricing.rates import compile_rates, cost_of

ENTRIES = [(provider, model) for provider in providers for model in provider.models]
TIERS = ("", "flex", "priority", "batch", "fast")
BOOK = PriceBook(Catalog())


@dataclass(frozen=True)
class Call:
    """A consistent usage, as we and as the library spell it."""

    ours: Usage
    theirs: dict[str, int]


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Input is cut into fresh text, cache reads, writes and audio; output into answer, reasoning, audio."""
    part = st.one_of(st.integers(0, 5_000), st.integers(0, 300_000))
    fresh, cached_text, write_5m, write_1h, audio_in, cached_audio = (draw(part) for _ in range(6))
    answer, reasoning, audio_out = (draw(part) for _ in range(3))
    searches = draw(st.integers(0, 5))
    cache_read = cached_text + cached_audio
    audio_in += cached_audio
    input_tokens = fresh + cached_text + write_5m + write_1h + audio_in
    output_tokens = answer + reasoning + audio_out
    return Call(
        Usage(
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cache_read_tokens=cache_read,
            cache_write_5m_tokens=write_5m,
            cache_write_1h_tokens=write_1h,
            reasoning_tokens=reasoning,
            input_audio_tokens=audio_in,
            output_audio_tokens=audio_out,
            other={"cache_audio_read_tokens": cached_audio, "web_searches": searches},
        ),
        {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cache_read_tokens": cache_read,
            "cache_write_tokens": write_5m + write_1h,
            "cache_write_5m_tokens": write_5m,
            "cache_write_1h_tokens": write_1h,
            "output_reasoning_tokens": reasoning,
            "input_audio_tokens": audio_in,
            "output_audio_tokens": audio_out,
            "cache_audio_read_tokens": cached_audio,
            "web_searches": searches,
        },
    )


def by_the_library(
    provider: Provider, model: ModelInfo, usage: dict[str, int], at: datetime, tier: str = ""
) -> int:
    context = {"service_tier": tier, "processing": tier, "speed": tier} if tier else None
    priced = model.calc_price(
        LibraryUsage(**usage), provider, genai_request_timestamp=at, price_context=context
    )
    return int((priced.total_price * 10**9).to_integral_value(ROUND_HALF_EVEN))


moments = st.integers(0, 3 * 365 * 86_400).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(ENTRIES), calls(), st.sampled_from(TIERS), moments)
def test_equals_the_library_for_every_entry_tier_and_instant(
    entry: tuple[Provider, ModelInfo], call: Call, tier: str, at: datetime
) -> None:
    provider, model = entry
    context = {"service_tier": tier, "processing": tier, "speed": tier} if tier else None
    rates = compile_rates(model.get_prices(at, context), "test")
    if rates is None:
        return

    nanousd, _ = cost_of(rates, call.ours)

    expected = by_the_library(provider, model, call.theirs, at, tier)
    assert nanousd == expected or (nanousd is None and expected == 0)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [
            ("openai", "gpt-5.4"),
            ("openai", "o3"),
            ("anthropic", "claude-sonnet-4-5"),
            ("anthropic", "claude-opus-4-6"),
            ("google", "gemini-2.5-pro"),
            ("google", "gemini-2.5-flash"),
            ("deepseek", "deepseek-v4-pro"),
            ("deepseek", "deepseek-chat"),
            ("x-ai", "grok-4.5"),
            ("mistral", "mistral-large-2512"),
        ]
    ),
    calls(),
    st.sampled_from(TIERS),
    moments,
)
def test_the_book_resolves_names_days_and_hours_as_the_library_does(
    name: tuple[str, str], call: Call, tier: str, at: datetime
) -> None:
    provider = next(provider for provider in providers if provider.id == name[0])
    model = provider.find_model(name[1])
    assert model is not None

    cost = BOOK.price(*name, tier, "", call.ours, us_from_datetime(at))

    assert cost.nanousd == by_the_library(provider, model, call.theirs, at, tier)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ENTRIES), calls())
def test_the_short_and_the_full_form_agree(entry: tuple[Provider, ModelInfo], call: Call) -> None:
    """A unit without a field forces the full form; it must not change the cost."""
    rates = compile_rates(entry[1].get_prices(datetime(2026, 11, 1, tzinfo=UTC)), "test")
    if rates is None:
        return
    text = (
        call.ours.input_tokens,
        call.ours.output_tokens,
        call.ours.cache_read_tokens,
        call.ours.cache_write_5m_tokens,
        call.ours.cache_write_1h_tokens,
        call.ours.reasoning_tokens,
    )

    short, _ = cost_of(rates, Usage(*text))
    full, _ = cost_of(rates, Usage(*text, other={"unsold": 0}))

    assert short == full


@settings(deadline=None)
@given(calls())
def test_the_cost_of_a_call_is_the_sum_of_its_buckets(call: Call) -> None:
    """phoenix#10783: never priced from a total."""
    price = ModelPrice(
        input_mtok=Decimal(3),
        output_mtok=Decimal(15),
        cache_read_mtok=Decimal("0.3"),
        cache_write_mtok=Decimal("3.75"),
        cache_write_1h_mtok=Decimal(6),
    )
    rates = compile_rates(price, "test")
    assert rates is not None
    usage = call.ours
    cached = usage.cache_read_tokens or 0
    write_5m, write_1h = usage.cache_write_5m_tokens or 0, usage.cache_write_1h_tokens or 0
    fresh = (usage.input_tokens or 0) - cached - write_5m - write_1h

    nanousd, _ = cost_of(rates, usage)

    assert nanousd == (
        fresh * 3_000
        + cached * 300
        + write_5m * 3_750
        + write_1h * 6_000
        + (usage.output_tokens or 0) * 15_000
    )


def test_bands_begin_above_their_threshold_and_need_not_share_it() -> None:
    price = ModelPrice(
        input_mtok=TieredPrices(Decimal(1), [Tier(100, Decimal(2)), Tier(200, Decimal(3))]),
        output_mtok=TieredPrices(Decimal(10), [Tier(150, Decimal(20))]),
    )
    rates = compile_rates(price, "test")
    assert rates is not None

    costs = [cost_of(rates, Usage(tokens, 1))[0] for tokens in (100, 101, 150, 151, 200, 201)]

    assert costs == [
        100 * 1_000 + 10_000,
        101 * 2_000 + 10_000,
        150 * 2_000 + 10_000,
        151 * 2_000 + 20_000,
        200 * 2_000 + 20_000,
        201 * 3_000 + 20_000,
    ]


def test_an_entry_without_prices_compiles_to_nothing() -> None:
    assert compile_rates(ModelPrice(), "test") is None


def test_a_fee_for_each_request_is_charged_once() -> None:
    rates = compile_rates(
        ModelPrice(input_mtok=Decimal(1), output_mtok=Decimal(1), requests_kcount=Decimal(5)), "test"
    )
    assert rates is not None

    assert cost_of(rates, Usage(0, 0))[0] == 5_000_000
    assert cost_of(rates, Usage(0, 0, other={"unsold": 1}))[0] == 5_000_000


def test_equal_prices_have_equal_versions_and_others_do_not() -> None:
    catalog = Catalog()
    day = date(2025, 6, 9)

    def version(on: date) -> str:
        rates = catalog.day_prices("openai", "o3", "", "", on).rates[0]
        assert rates is not None
        return rates.version

    assert version(day) == version(day - timedelta(days=30))
    assert version(day) != version(day + timedelta(days=1))
