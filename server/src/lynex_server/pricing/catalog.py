"""The bundled price data of `genai-prices`: from names to the rates of a day.

This is the slow path, taken once per (provider, model, tier, region, day). It uses the library's own
matching and its own choice of dated prices and variants, but none of its look-up caches: those are
keyed by whatever a client sends and never shrink.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version

from genai_prices.data import providers as bundled_providers
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    TimeOfDateConstraint,
)

from lynex_server.kernel.clock import MICROS_PER_SECOND
from lynex_server.pricing import flags as flag
from lynex_server.pricing.models import ModelRef, bedrock_family, canonical_tier, model_ref
from lynex_server.pricing.rates import Rates, compile_rates

_REFERENCE_REGIONS = {
    "aws": frozenset(("us-east-1",)),
    "google": frozenset(("global",)),
    "azure": frozenset(("global",)),
}
"""Where the bundled prices of the providers that price by region were taken."""
_RESIDENCIES = frozenset(("us", "eu", "uk", "au", "jp", "in", "kr", "sg", "ca", "ae"))
"""Data residencies that OpenAI and Anthropic sell at an uplift; the book has only their global price."""
_RESIDENT_PROVIDERS = frozenset(("openai", "anthropic"))
_FREE = ModelPrice(input_mtok=Decimal(0), output_mtok=Decimal(0))
"""A router's `:free` ids have no price because they cost nothing; any other entry without one is unknown."""
_TIER_CONTEXTS = ("service_tier", "processing", "speed")
"""The names under which the price data files what clients know as one word: flex, batch, fast."""
_GROQ_WHISPER = frozenset(("whisper-large-v3", "whisper-large-v3-turbo"))
_GROQ_AUDIO_SECONDS_MIN = 10


@dataclass(frozen=True, slots=True)
class DayPrices:
    """The rates of one UTC day: `rates[i]` from `starts_us[i]` microseconds after midnight. Most models
    have one; those priced by the time of day have several. `None`: known model, no price."""

    starts_us: tuple[int, ...]
    rates: tuple[Rates | None, ...]
    flags: tuple[str, ...]
    """Why there is no price, where there is none."""

    def at(self, after_midnight_us: int) -> Rates | None:
        """The rates at a time of the day, in microseconds after midnight UTC."""
        if len(self.starts_us) == 1:
            return self.rates[0]
        return self.rates[bisect_right(self.starts_us, after_midnight_us) - 1]

    @property
    def has_any(self) -> bool:
        """Whether there is a price at any time of the day."""
        return any(rates is not None for rates in self.rates)


class Catalog:
    """Finds prices by name and day. Immutable after construction, so it may be shared between threads."""

    def __init__(self) -> None:
        """Of the bundled data; `source` names it in price versions."""
        self.providers = bundled_providers
        self._by_id = {provider.id: provider for provider in self.providers}
        self.source = f"genai-prices-{version('genai-prices')}"

    def day_prices(self, provider: str, model: str, service_tier: str, region: str, day: date) -> DayPrices:
        """The rates of `model` at `provider` on `day`, for one service tier and region.

        Never raises for an unknown name: the answer then has no rates and says so in its flags.
        """
        ref = model_ref(provider, model)
        host = self._by_id.get(ref.provider)
        region = region.strip().lower() or ref.region
        found, expected_area = self._find(host, ref, region) if host else (None, True)
        if host is None or found is None:
            return DayPrices((0,), (None,), (flag.MODEL_UNKNOWN,))
        flags = []
        if ref.provider_guessed:
            flags.append(flag.PROVIDER_GUESSED)
        if not expected_area or _falls_back(ref, found, region):
            flags.append(flag.REGION_FALLBACK)
        tier = canonical_tier(service_tier)
        starts = tuple(sorted({0, *_price_changes_us(found)}))
        rates = tuple(
            self._rates_at(host, found, tier, _moment(day, start), tuple(flags)) for start in starts
        )
        return DayPrices(starts, rates, (flag.PRICE_UNKNOWN,))

    def _find(self, host: Provider, ref: ModelRef, region: str) -> tuple[ModelInfo | None, bool]:
        """The entry, and whether it is meant for the area that the id names."""
        ids = ref.ids
        if ref.provider == "aws" and not ref.geo and region == "global":
            ids = (f"global.{ids[0]}", *ids)
        for model_id in ids:
            if model := host.find_model(model_id, all_providers=self.providers):
                return model, True
        if ref.provider == "aws":
            return self._bedrock_entry(ref), ref.geo in ("", "global", "us")
        return None, True

    def _bedrock_entry(self, ref: ModelRef) -> ModelInfo | None:
        """The entry of an unversioned id or of an area the book does not list (genai-prices#689)."""
        family = bedrock_family(ref.ids[0])
        names = (family, f"anthropic.{family}")
        scopes = ("global",) if ref.geo == "global" else ("regional", "")
        found = (self._bedrock_families.get((scope, name)) for scope in scopes for name in names)
        return next((model for model in found if model is not None), None)

    @cached_property
    def _bedrock_families(self) -> dict[tuple[str, str], ModelInfo | None]:
        """(scope, family) → entry. `None` where two versions of a family differ in price or scope."""
        families: dict[tuple[str, str], ModelInfo | None] = {}
        bedrock = self._by_id.get("aws")
        for model in bedrock.models if bedrock else ():
            scope = next((scope for scope in ("global", "regional") if model.id.startswith(f"{scope}.")), "")
            key = (scope, bedrock_family(model.id))
            rival = families.get(key, model)
            families[key] = model if rival is not None and rival.prices == model.prices else None
        return families

    def _rates_at(
        self, host: Provider, model: ModelInfo, tier: str, moment: datetime, flags: tuple[str, ...]
    ) -> Rates | None:
        sold_by_host = any(model is own for own in host.models)
        # A host that resells another's models shares its list prices, not its tiers.
        context = dict.fromkeys(_TIER_CONTEXTS, tier) if tier and sold_by_host else {}
        if tier and not any(_applies(variant, context, moment) for variant in model.price_variants or ()):
            flags = (*flags, flag.TIER_PRICE_MISSING)
        price = model.get_prices(moment, context)
        if model.id.endswith(":free") and not any(vars(price).values()):
            price = _FREE
        whisper = host.id == "groq" and model.id in _GROQ_WHISPER
        return compile_rates(
            price,
            self._version(host, model, price),
            flags,
            audio_seconds_min=_GROQ_AUDIO_SECONDS_MIN if whisper else 0,
        )

    def _version(self, host: Provider, model: ModelInfo, price: ModelPrice) -> str:
        """Source, entry and a short hash of the resolved prices: equal exactly when the prices are."""
        lines = sorted(f"{key}={value}" for key, value in vars(price).items() if value is not None)
        digest = sha256("\n".join(lines).encode()).hexdigest()[:8]
        return f"{self.source}:{host.id}/{model.id}@{digest}"


def _falls_back(ref: ModelRef, model: ModelInfo, region: str) -> bool:
    """Whether the price was taken from another region than the call's."""
    if ref.provider == "aws" and (ref.geo or model.id.startswith("global.")):
        return False  # an inference profile has one price, wherever it is called from
    if ref.provider in _RESIDENT_PROVIDERS:
        return region in _RESIDENCIES
    reference = _REFERENCE_REGIONS.get(ref.provider)
    return bool(region) and reference is not None and region not in reference


def _applies(variant: PriceVariant, context: dict[str, str], moment: datetime) -> bool:
    if variant.constraint is not None and not variant.constraint.active(moment):
        return False
    return all(context.get(key) == value for key, value in variant.when.items())


def _price_changes_us(model: ModelInfo) -> Iterator[int]:
    """Times of day at which the price may change, in microseconds after midnight UTC."""
    dated: list[ConditionalPrice | PriceVariant] = list(model.price_variants or ())
    if not isinstance(model.prices, ModelPrice):
        dated.extend(model.prices)
    for price in dated:
        if isinstance(price.constraint, TimeOfDateConstraint):
            yield _us_after_midnight(price.constraint.start_time)
            yield _us_after_midnight(price.constraint.end_time)


def _us_after_midnight(moment: time) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    utc = datetime.combine(date(1970, 1, 2), aware).astimezone(UTC)
    return (utc.hour * 3600 + utc.minute * 60 + utc.second) * MICROS_PER_SECOND + utc.microsecond


def _moment(day: date, after_midnight_us: int) -> datetime:
    seconds, micros = divmod(after_midnight_us, MICROS_PER_SECOND)
    minutes, second = divmod(seconds, 60)
    return datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, second, micros, tzinfo=UTC)
