"""The community price file: a second source, for models that the bundled price data lacks.

The file is `model_prices_and_context_window.json` as the LiteLLM project publishes it, loaded as a file that
the operator fetched; nothing of that project's code is used. An entry maps field names to dollars of a unit:

    <unit field>[_above_1hr][_above_<N>k_tokens][_batches | _flex | _priority]

`_above_<N>k_tokens` holds for the whole request, as everywhere here; some entries say the same as a list of
ranges (`tiered_pricing`). The file has no dates: what it says holds for every day. Tiers, resolutions and
times to live that a call does not tell (`_ultrafast`, `_1080p`, `_above_12hr`) are left out. Format: https://docs.litellm.ai/docs/provider_registration/add_model_pricing
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from lynex_server.kernel.money import NANOUSD_PER_USD
from lynex_server.pricing import flags as flag
from lynex_server.pricing.catalog import DayPrices
from lynex_server.pricing.models import ModelRef, canonical_provider, canonical_tier, model_ref
from lynex_server.pricing.rates import ExactPrices, Rates, compile_exact, multiplied

FILE_BYTES_MAX: Final = 64_000_000

_UNITS: Final[Mapping[str, str]] = {
    "input_cost_per_token": "input_tokens",
    "output_cost_per_token": "output_tokens",
    "cache_read_input_token_cost": "cache_read_tokens",
    "cache_creation_input_token_cost": "cache_write_tokens",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h_tokens",
    "output_cost_per_reasoning_token": "output_reasoning_tokens",
    "input_cost_per_audio_token": "input_audio_tokens",
    "output_cost_per_audio_token": "output_audio_tokens",
    "cache_read_input_audio_token_cost": "cache_audio_read_tokens",
    "input_cost_per_image_token": "input_image_tokens",
    "output_cost_per_image_token": "output_image_tokens",
    "input_cost_per_video_token": "input_video_tokens",
    "input_cost_per_character": "input_characters",
    "input_cost_per_audio_per_second": "audio_seconds",
    "input_cost_per_second": "audio_seconds",
    "output_cost_per_video_per_second": "output_video_seconds",
    "input_cost_per_video_per_second": "input_video_seconds",
    "input_cost_per_image": "input_images",
    "output_cost_per_image": "output_images",
    "ocr_cost_per_page": "input_document_pages",
    "annotation_cost_per_page": "input_annotated_document_pages",
    "input_cost_per_query": "rerank_searches",
    "input_cost_per_request": "requests",
    "code_interpreter_cost_per_session": "code_sessions",
    "file_search_cost_per_1k_calls": "storage_searches",
}
_SECOND_NAMES: Final[Mapping[str, str]] = {"input_cost_per_token_cache_hit": "cache_read_tokens"}
"""Other spellings, read where the usual one is not there."""
_VIDEO_SECONDS: Final = "output_cost_per_second"
_RANGES: Final = "tiered_pricing"
_CACHE_WRITES: Final = frozenset(("cache_write_tokens", "cache_write_1h_tokens"))
_PER_THOUSAND: Final = frozenset(("file_search_cost_per_1k_calls",))
_TIERS: Final[Mapping[str, str]] = {"_batches": "batch", "_flex": "flex", "_priority": "priority"}
_FIELD: Final = re.compile(
    r"(?P<unit>.+?)(?:_above_(?P<thousands>\d+)k_tokens)?(?P<tier>_batches|_flex|_priority)?$"
)
_UPLIFTS: Final = "regional_processing_uplift_multiplier_"
_ANY_REGION_UPLIFT: Final = "regional_endpoint_uplift_multiplier"
_ANY_REGION: Final = "*"
_SEARCH_FIELD: Final = "search_context_cost_per_query"
_AUDIO_MODES: Final = frozenset(("audio_transcription", "audio_speech"))


@dataclass(frozen=True, slots=True)
class CommunityEntry:
    """One entry of the file: its key, whose it is, and its prices by tier ("" is the standard one)."""

    key: str
    provider: str
    prices: Mapping[str, ExactPrices]
    uplifts: Mapping[str, Fraction]


class CommunityPrices:
    """The entries of one file. Immutable after construction, so it may be shared between threads."""

    def __init__(self, entries: Mapping[str, Mapping[str, Any]], version: str) -> None:
        """`entries` is the parsed file with exact numbers (`int`, `Decimal`); `version` names it."""
        self.version = version
        self._by_name: dict[tuple[str, str], CommunityEntry] = {}
        for key, fields in entries.items():
            entry = _entry(key, fields)
            if entry is None:
                continue
            for name in _names(entry):
                self._by_name.setdefault((entry.provider, name), entry)

    def __len__(self) -> int:
        return len({id(entry) for entry in self._by_name.values()})

    def entries(self) -> Iterator[CommunityEntry]:
        """Every entry that has a price, once."""
        yield from {id(entry): entry for entry in self._by_name.values()}.values()

    def day_prices(self, provider: str, model: str, service_tier: str, region: str) -> DayPrices:
        """The rates of `model` at `provider` for one tier and region. Never raises for an unknown name."""
        ref = model_ref(provider, model)
        region = region.strip().lower() or ref.region
        entry, in_region = self._find(ref, model, region)
        if entry is None:
            return DayPrices((0,), (None,), (flag.MODEL_UNKNOWN,))
        flags = [flag.PROVIDER_GUESSED] if ref.provider_guessed else []
        tier = canonical_tier(service_tier)
        exact = entry.prices.get(tier)
        if exact is None:
            exact = entry.prices[""]
            flags.append(flag.TIER_PRICE_MISSING)
        uplift = entry.uplifts.get(region)
        if uplift is None and region not in ("", "global") and not in_region:
            uplift = entry.uplifts.get(_ANY_REGION)
        if uplift is not None:
            exact = multiplied(exact, uplift)
        elif region and not in_region and ref.provider in ("aws", "azure") and not ref.geo:
            flags.append(flag.REGION_FALLBACK)
        rates = self.rates(entry, exact, tuple(flags))
        return DayPrices((0,), (rates,), (flag.PRICE_UNKNOWN,))

    def rates(self, entry: CommunityEntry, exact: ExactPrices, flags: tuple[str, ...] = ()) -> Rates | None:
        """Compiled prices of an entry, versioned by file, key and their hash."""
        lines = sorted(f"{unit}>{floor}={rate}" for unit, bands in exact.items() for floor, rate in bands)
        digest = sha256("\n".join(lines).encode()).hexdigest()[:8]
        return compile_exact(exact, f"{self.version}:{entry.key}@{digest}", flags)

    def _find(self, ref: ModelRef, model: str, region: str) -> tuple[CommunityEntry | None, bool]:
        """The entry, and whether it is that of the region."""
        names = (*ref.ids, model.strip().lower())
        if region:
            for name in names:
                if found := self._by_name.get((ref.provider, f"{region}/{name}")):
                    return found, True
        for name in names:
            if found := self._by_name.get((ref.provider, name)):
                return found, False
        return None, False


def read_community_file(path: Path) -> CommunityPrices:
    """Load the file. Raises `ValueError` when it is not such a file, `OSError` when it cannot be read."""
    if path.stat().st_size > FILE_BYTES_MAX:
        raise ValueError(f"{path}: over {FILE_BYTES_MAX:,} bytes, so not a price file")
    body = path.read_bytes()
    try:
        parsed = json.loads(body, parse_float=Decimal)
    except ValueError as error:
        raise ValueError(f"{path}: not JSON ({error})") from error
    if not isinstance(parsed, dict) or not all(isinstance(entry, dict) for entry in parsed.values()):
        raise ValueError(f"{path}: an object of entries by model expected")
    prices = CommunityPrices(parsed, f"community-{sha256(body).hexdigest()[:8]}")
    if not len(prices):
        raise ValueError(f"{path}: no entry with a price in it")
    return prices


def _entry(key: str, fields: Mapping[str, Any]) -> CommunityEntry | None:
    if key == "sample_spec":
        return None
    by_tier: dict[str, dict[str, dict[int, Fraction]]] = {}
    for name, value in fields.items():
        found = _FIELD.match(name)
        unit = _UNITS.get(found["unit"]) if found else None
        nanousd = _nanousd(value)
        if found is None or unit is None or nanousd is None:
            continue
        if unit == "audio_seconds" and "audio" not in name and fields.get("mode") not in _AUDIO_MODES:
            continue  # seconds of a machine, not of a recording
        if unit in _CACHE_WRITES and not nanousd:
            continue  # says that a write costs nothing on top, not that what is written is free
        if name in _PER_THOUSAND:
            nanousd /= 1000
        floor = int(found["thousands"]) * 1000 if found["thousands"] else -1
        by_tier.setdefault(_TIERS.get(found["tier"] or "", ""), {}).setdefault(unit, {})[floor] = nanousd
    standard = by_tier.setdefault("", {})
    for unit, bands in (*_ranges(fields), *_second_names(fields)):
        standard.setdefault(unit, bands)
    searches = fields.get(_SEARCH_FIELD)
    if isinstance(searches, dict) and (nanousd := _nanousd(searches.get("search_context_size_medium"))):
        standard.setdefault("web_searches", {})[-1] = nanousd
    if not any(rate for bands in standard.values() for rate in bands.values()) and not _is_free(fields):
        return None
    prices = {tier: _bands({**standard, **units}) for tier, units in {"": {}, **by_tier}.items()}
    uplifts = {
        name.removeprefix(_UPLIFTS): Fraction(value)
        for name, value in fields.items()
        if name.startswith(_UPLIFTS) and isinstance(value, int | Decimal)
    }
    everywhere = fields.get(_ANY_REGION_UPLIFT)
    if isinstance(everywhere, int | Decimal):
        uplifts[_ANY_REGION] = Fraction(everywhere)
    provider = canonical_provider(str(fields.get("litellm_provider", "")))
    return CommunityEntry(key.lower(), provider, prices, uplifts)


def _ranges(fields: Mapping[str, Any]) -> Iterator[tuple[str, dict[int, Fraction]]]:
    """Prices by ranges of input length, by unit. A range begins above its first number."""
    listed = fields.get(_RANGES)
    by_unit: dict[str, dict[int, Fraction]] = {}
    for each in listed if isinstance(listed, list) else ():
        bounds = each.get("range") if isinstance(each, dict) else None
        if not (isinstance(bounds, list) and bounds and isinstance(bounds[0], int | Decimal)):
            continue
        floor = int(bounds[0]) or -1
        for name, value in each.items():
            unit, nanousd = _UNITS.get(name), _nanousd(value)
            if unit is not None and nanousd is not None:
                by_unit.setdefault(unit, {})[floor] = nanousd
    yield from by_unit.items()


def _second_names(fields: Mapping[str, Any]) -> Iterator[tuple[str, dict[int, Fraction]]]:
    names = dict(_SECOND_NAMES)
    if fields.get("mode") == "video_generation":
        names[_VIDEO_SECONDS] = "output_video_seconds"
    for name, unit in names.items():
        if (nanousd := _nanousd(fields.get(name))) is not None:
            yield unit, {-1: nanousd}


def _is_free(fields: Mapping[str, Any]) -> bool:
    """Zeros in the file mostly mean that nobody looked; a router's free ids are free."""
    return str(fields.get("litellm_provider", "")) == "openrouter" and "input_cost_per_token" in fields


def _bands(units: Mapping[str, Mapping[int, Fraction]]) -> ExactPrices:
    """Units without a base price are left out: a rate above a threshold alone says nothing below it."""
    return {unit: tuple(sorted(bands.items())) for unit, bands in units.items() if -1 in bands}


def _nanousd(value: object) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    return Fraction(value) * NANOUSD_PER_USD if value >= 0 else None


def _names(entry: CommunityEntry) -> Iterator[str]:
    """The names under which a call may ask for an entry: its key, and without the provider before it."""
    yield entry.key
    prefix, _, rest = entry.key.partition("/")
    if rest and canonical_provider(prefix) == entry.provider:
        yield rest
        if rest.startswith("accounts/"):  # Fireworks names models by a path
            yield rest.rpartition("/")[2]
