"""The price book: what a call costs, fast enough to be asked for every span."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from lynex_server.kernel.clock import MICROS_PER_SECOND
from lynex_server.pricing.catalog import Catalog, DayPrices
from lynex_server.pricing.community import CommunityPrices
from lynex_server.pricing.models import model_ref
from lynex_server.pricing.overrides import OverrideSet
from lynex_server.pricing.rates import Rates, cost_of
from lynex_server.pricing.units import GPU_TIME_UNIT
from lynex_server.pricing.usage import Usage

RESOLVED_PRICES_MAX = 8192
"""Resolved (provider, model, tier, region, day) entries kept. Over it the longest unused half goes."""

_DAY_US = 86_400 * MICROS_PER_SECOND
_EPOCH = date(1970, 1, 1)
_LAST_DAY = (date.max - _EPOCH).days
_Key = tuple[str, str, str, str, str, int]
"""(scope of own prices, provider, model, service tier, region, day)."""


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

    Sources in order: the project's own prices (`use_overrides`), the bundled price data, and a community
    price file for what that lacks.

    Memory is bounded: at most `resolved_prices_max` resolved entries, in two generations. An entry of the
    old one that is used again moves to the young one; when that is full it becomes the old one and the
    rest is forgotten. What was resolved under earlier overrides is kept under their version, so it is never
    found again.
    """

    def __init__(
        self,
        catalog: Catalog | None = None,
        resolved_prices_max: int = RESOLVED_PRICES_MAX,
        community: CommunityPrices | None = None,
    ) -> None:
        self._catalog = catalog or Catalog()
        self._community = community
        self._overrides = OverrideSet()
        self._generation_max = max(1, resolved_prices_max // 2)
        self._young: dict[_Key, DayPrices] = {}
        self._old: dict[_Key, DayPrices] = {}

    @property
    def resolved_count(self) -> int:
        """Resolved entries kept now: a gauge that never passes `resolved_prices_max`."""
        return len(self._young) + len(self._old)

    @property
    def overrides(self) -> OverrideSet:
        """The own prices in force."""
        return self._overrides

    @property
    def catalog(self) -> Catalog:
        """The bundled price data."""
        return self._catalog

    @property
    def community(self) -> CommunityPrices | None:
        """The community price file, where one is set."""
        return self._community

    def use_overrides(self, overrides: OverrideSet) -> None:
        """Price from now on with these own prices."""
        self._overrides = overrides

    def price(
        self,
        provider: str,
        model: str,
        service_tier: str,
        region: str,
        usage: Usage,
        at_us: int,
        *,
        project_id: str = "",
        duration_ms: float | None = None,
    ) -> Cost:
        """The cost of a call that started at `at_us`, at the prices valid then.

        `service_tier` is the one that the *response* named; `usage` is normalised. `project_id` brings its
        own prices in; `duration_ms` counts where a machine's time is what is paid for. Never raises.
        """
        day, after_midnight_us = divmod(at_us, _DAY_US)
        overrides = self._overrides
        scope = overrides.scope(project_id) if project_id else ""
        key = (scope, provider, model, service_tier, region, day)
        prices = self._young.get(key) or self._resolve(key, project_id, overrides)
        rates = prices.rates[0] if len(prices.starts_us) == 1 else prices.at(after_midnight_us)
        if rates is None:
            return Cost(None, "", prices.flags)
        if rates.prices_gpu_time and duration_ms is not None and GPU_TIME_UNIT not in usage.other:
            usage = replace(usage, other={**usage.other, GPU_TIME_UNIT: int(duration_ms * 1000)})
        nanousd, flags = cost_of(rates, usage)
        return Cost(nanousd, rates.version, flags)

    def rates_at(
        self, provider: str, model: str, service_tier: str, region: str, at_us: int, project_id: str = ""
    ) -> Rates | None:
        """The rates that `price` would use; `None` where there are none."""
        day, after_midnight_us = divmod(at_us, _DAY_US)
        overrides = self._overrides
        scope = overrides.scope(project_id) if project_id else ""
        key = (scope, provider, model, service_tier, region, day)
        return (self._young.get(key) or self._resolve(key, project_id, overrides)).at(after_midnight_us)

    def _resolve(self, key: _Key, project_id: str, overrides: OverrideSet) -> DayPrices:
        prices = self._old.get(key)
        if prices is None:
            prices = self._day_prices(key, project_id, overrides)
        if len(self._young) >= self._generation_max:
            self._old, self._young = self._young, {}
        self._young[key] = prices
        return prices

    def _day_prices(self, key: _Key, project_id: str, overrides: OverrideSet) -> DayPrices:
        scope, provider, model, service_tier, region, day = key
        when = _EPOCH + timedelta(days=min(max(day, 0), _LAST_DAY))
        prices = self._catalog.day_prices(provider, model, service_tier, region, when)
        if self._community is not None and not prices.has_any:
            second = self._community.day_prices(provider, model, service_tier, region)
            prices = second if second.has_any else prices
        if scope:
            ref = model_ref(provider, model)
            prices = overrides.applied(project_id, ref, model, service_tier, region, day, prices)
        return prices
