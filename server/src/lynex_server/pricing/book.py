"""The price book: what a call costs, fast enough to be asked for every span."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from lynex_server.kernel.clock import MICROS_PER_SECOND
from lynex_server.pricing.catalog import Catalog, DayPrices
from lynex_server.pricing.rates import cost_of
from lynex_server.pricing.usage import Usage

RESOLVED_PRICES_MAX = 8192
"""Resolved (provider, model, tier, region, day) entries kept. Over it the longest unused half goes."""

_DAY_US = 86_400 * MICROS_PER_SECOND
_EPOCH = date(1970, 1, 1)
_LAST_DAY = (date.max - _EPOCH).days


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call cost. `nanousd` is `None` where it is unpriced, which is never the same as 0.

    `version` names the price source, the entry and a hash of its rates, so that history can be priced
    again; it is empty where there was no entry. `flags` are words of `pricing.flags`.
    """

    nanousd: int | None
    version: str
    flags: tuple[str, ...] = ()


LOCAL_CACHE_HIT = Cost(0, "local-cache-hit")
"""A call answered from the caller's own cache reached no provider and costs nothing, whatever its usage."""


class PriceBook:
    """Prices calls. Safe to share between threads; a lost race costs one more look-up.

    Memory is bounded: at most `resolved_prices_max` resolved entries, in two generations. An entry of the
    old one that is used again moves to the young one; when that is full it becomes the old one and the
    rest is forgotten.
    """

    def __init__(
        self, catalog: Catalog | None = None, resolved_prices_max: int = RESOLVED_PRICES_MAX
    ) -> None:
        self._catalog = catalog or Catalog()
        self._generation_max = max(1, resolved_prices_max // 2)
        self._young: dict[tuple[str, str, str, str, int], DayPrices] = {}
        self._old: dict[tuple[str, str, str, str, int], DayPrices] = {}

    @property
    def resolved_count(self) -> int:
        """Resolved entries kept now: a gauge that never passes `resolved_prices_max`."""
        return len(self._young) + len(self._old)

    def price(
        self, provider: str, model: str, service_tier: str, region: str, usage: Usage, at_us: int
    ) -> Cost:
        """The cost of a call that started at `at_us`, at the prices valid then.

        `service_tier` is the one that the *response* named; `usage` is normalised. Never raises.
        """
        day, after_midnight_us = divmod(at_us, _DAY_US)
        key = (provider, model, service_tier, region, day)
        prices = self._young.get(key) or self._resolve(key)
        if len(prices.starts_us) == 1:
            rates = prices.rates[0]
        else:
            rates = prices.rates[bisect_right(prices.starts_us, after_midnight_us) - 1]
        if rates is None:
            return Cost(None, "", prices.flags)
        nanousd, flags = cost_of(rates, usage)
        return Cost(nanousd, rates.version, flags)

    def _resolve(self, key: tuple[str, str, str, str, int]) -> DayPrices:
        prices = self._old.get(key)
        if prices is None:
            provider, model, service_tier, region, day = key
            when = _EPOCH + timedelta(days=min(max(day, 0), _LAST_DAY))
            prices = self._catalog.day_prices(provider, model, service_tier, region, when)
        if len(self._young) >= self._generation_max:
            self._old, self._young = self._young, {}
        self._young[key] = prices
        return prices
