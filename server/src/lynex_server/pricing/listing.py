"""Price entries for people to read: every rate, its source, its conditions, and what held before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import islice

from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice, Provider, StartDateConstraint

from lynex_server.pricing.catalog import Catalog
from lynex_server.pricing.community import CommunityPrices
from lynex_server.pricing.overrides import per_unit_usd
from lynex_server.pricing.rates import ExactPrices, Rates, exact_of, exact_prices
from lynex_server.pricing.units import PER, our_unit

_SORTED_MAX = 5000
"""Prices that are found before the nearest are taken; more than the bundled data has."""


@dataclass(frozen=True, slots=True)
class ListedRate:
    """`usd` (a decimal text) for each `per` of `unit`, above so many input tokens (0: from the first)."""

    unit: str
    usd: str
    per: int
    above_input_tokens: int


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """One price of one model. `condition` says in words when it holds beside the standard one: a service
    tier, hours of the day; empty for the standard price. `valid_from` None: for as long as is known."""

    source: str
    provider: str
    model: str
    condition: str
    valid_from: date | None
    current: bool
    rates: tuple[ListedRate, ...]


def listed_rates(rates: Rates) -> tuple[ListedRate, ...]:
    """The rates as a person would write them down."""
    return _listed(exact_of(rates))


def listed_prices(
    catalog: Catalog, community: CommunityPrices | None, query: str, on: date, limit: int
) -> list[ListedPrice]:
    """Up to `limit` prices of the sources whose provider or model holds every word of `query`.

    Of the community file only models that the bundled data lacks. Nearest names first, past prices last.
    """
    words = query.lower().split()
    found = list(islice(_found(catalog, community, words, on), _SORTED_MAX))
    found.sort(key=lambda price: (not price.rates, not price.current, len(price.model)))
    return found[:limit]


def _found(
    catalog: Catalog, community: CommunityPrices | None, words: list[str], on: date
) -> Iterator[ListedPrice]:
    for provider in catalog.providers:
        for model in provider.models:
            name = f"{provider.id} {provider.name} {model.id} {model.name or ''}".lower()
            if all(word in name for word in words):
                yield from _of_model(catalog.source, provider, model, on)
    for entry in community.entries() if community else ():
        if not all(word in f"{entry.provider} {entry.key}" for word in words):
            continue
        if catalog.day_prices(entry.provider, entry.key, "", "", on).has_any:
            continue
        for tier, exact in entry.prices.items():
            condition = f"service tier {tier}" if tier else ""
            version = community.version if community else ""
            yield ListedPrice(version, entry.provider, entry.key, condition, None, True, _listed(exact))


def _of_model(source: str, provider: Provider, model: ModelInfo, on: date) -> Iterator[ListedPrice]:
    """The price of today first, then that of tiers, then history, the latest before."""
    noon = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    current = model.get_prices(noon, {})
    if not isinstance(model.prices, ModelPrice):
        dated = [_dated(each) for each in model.prices]
    else:
        dated = [(None, "", model.prices)]
    begun = [(start, price) for start, _, price in dated if price is current]
    yield ListedPrice(
        source,
        provider.id,
        model.id,
        "",
        begun[0][0] if begun else None,
        True,
        _listed(exact_prices(current)),
    )
    for variant in model.price_variants or ():
        condition = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in variant.when.items())
        start = variant.constraint.start_date if isinstance(variant.constraint, StartDateConstraint) else None
        yield ListedPrice(
            source, provider.id, model.id, condition, start, True, _listed(exact_prices(variant.prices))
        )
    for start, condition, price in sorted(dated, key=lambda each: each[0] or date.min, reverse=True):
        if price is not current:
            yield ListedPrice(
                source, provider.id, model.id, condition, start, bool(condition), _listed(exact_prices(price))
            )


def _dated(price: ConditionalPrice) -> tuple[date | None, str, ModelPrice]:
    if isinstance(price.constraint, StartDateConstraint):
        return price.constraint.start_date, "", price.prices
    if price.constraint is None:
        return None, "", price.prices
    return None, f"{price.constraint.start_time} to {price.constraint.end_time}", price.prices


def _listed(exact: ExactPrices) -> tuple[ListedRate, ...]:
    return tuple(
        ListedRate(our_unit(unit), per_unit_usd(Fraction(rate), PER[unit]), PER[unit], max(0, floor))
        for unit, bands in sorted(exact.items())
        for floor, rate in bands
    )
