"""The same 200 usages priced by us, by `genai-prices` itself, and by the community file.

The first two must agree to the nano-dollar. Where the community file differs there is a reason that
`docs/explanation/how-a-cost-comes-to-be.md` tells; a difference without one fails.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from genai_prices import Usage as LibraryUsage
from genai_prices import calc_price

from lynex_server.kernel.clock import us_from_datetime
from lynex_server.pricing.public import PriceBook, Usage, read_community_file
from lynex_server.pricing.rates import cost_of

BOOK = PriceBook()
COMMUNITY = read_community_file(Path(__file__).parent / "side_by_side_prices.json")
MODELS = (
    ("openai", "gpt-4o", ("", "batch")),
    ("openai", "gpt-5", ("", "flex", "priority")),
    ("anthropic", "claude-haiku-4-5", ("",)),
    ("google", "gemini-2.5-pro", ("",)),
    ("groq", "llama-3.3-70b-versatile", ("",)),
    ("deepseek", "deepseek-chat", ("",)),
)


@dataclass(frozen=True)
class Call:
    provider: str
    model: str
    tier: str
    usage: Usage
    at: datetime


def calls(count: int = 200, seed: int = 1) -> Iterator[Call]:
    chance = random.Random(seed)
    for number in range(count):
        provider, model, tiers = MODELS[number % len(MODELS)]
        fresh, cached = chance.randrange(1, 150_000), chance.choice([0, chance.randrange(150_000)])
        write = chance.choice([0, chance.randrange(20_000)]) if provider == "anthropic" else 0
        usage = Usage(
            input_tokens=fresh + cached + write,
            output_tokens=chance.randrange(1, 5000),
            cache_read_tokens=cached,
            cache_write_5m_tokens=write,
        )
        at = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(minutes=chance.randrange(14 * 24 * 60))
        yield Call(provider, model, chance.choice(tiers), usage, at)


def ours(call: Call) -> int:
    priced = BOOK.price(call.provider, call.model, call.tier, "", call.usage, us_from_datetime(call.at))
    assert priced.nanousd is not None
    return priced.nanousd


def by_library(call: Call) -> int:
    usage = LibraryUsage(
        input_tokens=call.usage.input_tokens,
        output_tokens=call.usage.output_tokens,
        cache_read_tokens=call.usage.cache_read_tokens,
        cache_write_tokens=call.usage.cache_write_5m_tokens,
    )
    context = {"service_tier": call.tier, "processing": call.tier} if call.tier else None
    price = calc_price(
        usage,
        model_ref=call.model,
        provider_id=call.provider,
        genai_request_timestamp=call.at,
        price_context=context,
    )
    return int((price.total_price * Decimal(10**9)).to_integral_value(ROUND_HALF_EVEN))


def by_community(call: Call) -> int:
    rates = COMMUNITY.day_prices(call.provider, call.model, call.tier, "").at(0)
    assert rates is not None
    nanousd, _ = cost_of(rates, call.usage)
    assert nanousd is not None
    return nanousd


def test_we_and_the_library_agree_to_the_nano_dollar():
    assert [(call, ours(call)) for call in calls()] == [(call, by_library(call)) for call in calls()]


def test_every_difference_from_the_community_file_has_a_known_reason():
    """The file knows no prices by the time of day, which DeepSeek has."""
    differing = {call.provider for call in calls() if ours(call) != by_community(call)}

    assert differing == {"deepseek"}
