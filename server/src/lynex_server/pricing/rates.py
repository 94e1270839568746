"""A price entry compiled to integers, and the sum that makes a call's cost.

A cost is linear in its counts once the parts are taken out of their whole: a cache read costs its own
rate *instead of* the input rate, so its weight is the difference of the two. Rates are nano-dollars
over one common denominator, the sum is exact, and it is rounded once, half to even.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from genai_prices.types import ModelPrice, TieredPrices

from lynex_server.kernel.money import MAX_NANOUSD, NANOUSD_PER_USD
from lynex_server.pricing import flags as flag
from lynex_server.pricing.units import BOOK_UNIT, DIMENSIONS, GPU_TIME_UNIT, PER, UNIT_BY_PRICE_KEY
from lynex_server.pricing.usage import Usage

ExactPrices = Mapping[str, tuple[tuple[int, Fraction], ...]]
"""Unit → (input tokens above which it holds, nano-dollars of one), lowest first; the base stands above -1."""

_MODALITIES = ("audio", "image", "video")
_MODALITY_UNITS = ("input_audio_tokens", "output_audio_tokens", "input_image_tokens", "output_image_tokens")


@dataclass(frozen=True, slots=True)
class Weights:
    """What one token of each kind adds to the cost on top of its whole, in 1/denominator nano-dollars."""

    input: int
    output: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    reasoning: int


@dataclass(frozen=True, slots=True)
class Band:
    """The rates of one interval of input length. They hold for the whole request."""

    weights: Weights
    rates: Mapping[str, int]
    """Unit → its own rate, in units of 1/denominator nano-dollars."""


@dataclass(frozen=True, slots=True)
class Rates:
    """A price entry, ready to multiply.

    `bands[i]` holds above `thresholds[i - 1]` input tokens. `order` lists the priced units, parts before
    their whole, each with the priced units that are part of it. `per_request` is the fee of one call.
    `flags` are true of every call priced with this entry.
    """

    version: str
    denominator: int
    thresholds: tuple[int, ...]
    bands: tuple[Band, ...]
    order: tuple[tuple[str, tuple[str, ...]], ...]
    per_request: int
    audio_seconds_min: int
    flags: tuple[str, ...]
    prices_output: bool
    prices_cache_read: bool
    prices_cache_write: bool
    prices_cache_write_1h: bool
    prices_gpu_time: bool = False
    """Billed by how long a call kept a machine busy: its tokens cost nothing by themselves."""

    def band(self, input_tokens: int) -> Band:
        """The band of a request with so many input tokens, cache included."""
        index = 0
        for threshold in self.thresholds:
            if input_tokens <= threshold:
                break
            index += 1
        return self.bands[index]


def compile_rates(
    price: ModelPrice, version: str, flags: tuple[str, ...] = (), audio_seconds_min: int = 0
) -> Rates | None:
    """Integer rates of an entry of the price data, or `None` where it prices nothing."""
    return compile_exact(exact_prices(price), version, flags, audio_seconds_min)


def compile_exact(
    exact: ExactPrices, version: str, flags: tuple[str, ...] = (), audio_seconds_min: int = 0
) -> Rates | None:
    """Integer rates of exact prices, whatever source they are from; `None` where there are none."""
    if not exact:
        return None
    thresholds = tuple(sorted({start for bands in exact.values() for start, _ in bands if start >= 0}))
    floors = (-1, *thresholds)
    by_floor = [{unit: _rate_above(bands, floor) for unit, bands in exact.items()} for floor in floors]
    denominator = lcm(*(rate.denominator for rates in by_floor for rate in rates.values()))
    scaled = [{unit: int(rate * denominator) for unit, rate in rates.items()} for rates in by_floor]
    order = _parts_first(exact.keys() - {"requests"})
    return Rates(
        version=version,
        denominator=denominator,
        thresholds=thresholds,
        bands=tuple(Band(_weights(rates, order), rates) for rates in scaled),
        order=order,
        per_request=scaled[0].get("requests", 0),
        audio_seconds_min=audio_seconds_min,
        flags=flags,
        prices_output="output_tokens" in exact,
        prices_cache_read="cache_read_tokens" in exact,
        prices_cache_write="cache_write_tokens" in exact,
        prices_cache_write_1h="cache_write_1h_tokens" in exact,
        prices_gpu_time=GPU_TIME_UNIT in exact,
    )


def multiplied(exact: ExactPrices, factor: Fraction) -> ExactPrices:
    """Every price times `factor`: a discount, an uplift, or a tier that is sold by a factor."""
    return {unit: tuple((start, rate * factor) for start, rate in bands) for unit, bands in exact.items()}


def exact_of(rates: Rates) -> ExactPrices:
    """The prices that rates were compiled from, where every unit changes at every threshold."""
    floors = (-1, *rates.thresholds)
    return {
        unit: tuple(
            (floor, Fraction(band.rates[unit], rates.denominator))
            for floor, band in zip(floors, rates.bands, strict=True)
        )
        for unit in rates.bands[0].rates
    }


def cost_of(rates: Rates, usage: Usage) -> tuple[int | None, tuple[str, ...]]:
    """Nano-dollars of a call and what there is to say about them. `None`: nothing that was reported has a
    price, or the cost does not fit 64 bits."""
    input_tokens, output_tokens = usage.input_tokens, usage.output_tokens
    cache_read = usage.cache_read_tokens or 0
    write_5m, write_1h = usage.cache_write_5m_tokens or 0, usage.cache_write_1h_tokens or 0
    reasoning = usage.reasoning_tokens or 0
    if (
        input_tokens is None
        or output_tokens is None
        or usage.other
        or usage.input_audio_tokens
        or usage.output_audio_tokens
        or usage.input_image_tokens
        or usage.output_image_tokens
        or cache_read + write_5m + write_1h > input_tokens
        or reasoning > output_tokens
        or (cache_read and not rates.prices_cache_read)
        or (write_5m and not rates.prices_cache_write)
        or (write_1h and not rates.prices_cache_write_1h)
        or not rates.prices_output
    ):
        return _cost_by_unit(rates, usage)
    weights = rates.band(input_tokens).weights if rates.thresholds else rates.bands[0].weights
    scaled = (
        input_tokens * weights.input
        + output_tokens * weights.output
        + cache_read * weights.cache_read
        + write_5m * weights.cache_write_5m
        + write_1h * weights.cache_write_1h
        + reasoning * weights.reasoning
        + rates.per_request
    )
    nanousd = _round_half_even(scaled, rates.denominator)
    if nanousd > MAX_NANOUSD:
        return None, (*rates.flags, flag.COST_OUT_OF_RANGE)
    return nanousd, rates.flags


def _round_half_even(numerator: int, denominator: int) -> int:
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient & 1))


def _cost_by_unit(rates: Rates, usage: Usage) -> tuple[int | None, tuple[str, ...]]:
    """The full form: any unit, and a word on everything that is not plain."""
    counts = _counts_by_unit(usage)
    if not counts:
        return None, (*rates.flags, flag.USAGE_MISSING)
    said = list(rates.flags)
    band = rates.band(counts.get("input_tokens", 0))
    _assume_cached_modality(band.rates, counts, said)
    if rates.audio_seconds_min:
        _raise_to_minimum(counts, rates.audio_seconds_min)
    scaled = rates.per_request
    leaves: dict[str, int] = {}
    for unit, parts in rates.order:
        of_parts = sum(leaves[part] for part in parts)
        whole = counts.get(unit)
        if whole is not None and whole < of_parts:
            said.append(flag.BUCKETS_EXCEED_TOTAL)
        leaves[unit] = max(0, (whole or 0) - of_parts)
        scaled += leaves[unit] * band.rates[unit]
    covered = _say_what_has_no_rate(rates, usage, counts, said)
    nanousd = _round_half_even(scaled, rates.denominator)
    if nanousd > MAX_NANOUSD:
        said.append(flag.COST_OUT_OF_RANGE)
    flags = tuple(dict.fromkeys(said))
    return (nanousd if covered and nanousd <= MAX_NANOUSD else None), flags


def _counts_by_unit(usage: Usage) -> dict[str, int]:
    """Every reported count under the price data's name for it."""
    counts = {
        unit: count
        for unit, count in (
            ("input_tokens", usage.input_tokens),
            ("output_tokens", usage.output_tokens),
            ("cache_read_tokens", usage.cache_read_tokens),
            ("cache_write_5m_tokens", usage.cache_write_5m_tokens),
            ("cache_write_1h_tokens", usage.cache_write_1h_tokens),
            ("output_reasoning_tokens", usage.reasoning_tokens),
            ("input_audio_tokens", usage.input_audio_tokens),
            ("output_audio_tokens", usage.output_audio_tokens),
            ("input_image_tokens", usage.input_image_tokens),
            ("output_image_tokens", usage.output_image_tokens),
        )
        if count is not None
    }
    if usage.cache_write_5m_tokens is not None or usage.cache_write_1h_tokens is not None:
        counts["cache_write_tokens"] = (usage.cache_write_5m_tokens or 0) + (usage.cache_write_1h_tokens or 0)
    _complete_wholes(counts)
    for unit, count in usage.other.items():
        counts.setdefault(BOOK_UNIT.get(unit, unit), count)
    return counts


def _complete_wholes(counts: dict[str, int]) -> None:
    """Parts whose whole nobody reported are still billed: the whole is at least as much as they are."""
    for whole, parts, modalities in (
        (
            "input_tokens",
            ("cache_read_tokens", "cache_write_tokens"),
            ("input_audio_tokens", "input_image_tokens"),
        ),
        ("output_tokens", ("output_reasoning_tokens",), ("output_audio_tokens", "output_image_tokens")),
    ):
        least = max(sum(counts.get(unit, 0) for unit in units) for units in (parts, modalities))
        if whole not in counts and least:
            counts[whole] = least


def _assume_cached_modality(rates: Mapping[str, int], counts: dict[str, int], said: list[str]) -> None:
    """Cached audio is billed as neither cache nor audio but at a rate of its own, and few say how much of
    it there was. Where that is needed, assume as little as the counts allow."""
    cache_read = counts.get("cache_read_tokens", 0)
    excess = cache_read + counts.get("cache_write_tokens", 0) - counts.get("input_tokens", 0)
    excess += sum(counts.get(f"input_{modality}_tokens", 0) for modality in _MODALITIES)
    for modality in _MODALITIES:
        cached_unit, whole = f"cache_{modality}_read_tokens", counts.get(f"input_{modality}_tokens", 0)
        if cache_read and whole and cached_unit in rates and cached_unit not in counts:
            counts[cached_unit] = max(0, min(excess, cache_read, whole))
            excess -= counts[cached_unit]
            said.append(flag.CACHED_MODALITY_ASSUMED)


def _raise_to_minimum(counts: dict[str, int], audio_seconds_min: int) -> None:
    """Groq bills at least ten seconds of audio a request (https://groq.com/pricing)."""
    reported = counts.get("audio_seconds") or counts.get("input_audio_seconds")
    if reported:
        counts["audio_seconds"] = counts["input_audio_seconds"] = max(reported, audio_seconds_min)


def _say_what_has_no_rate(rates: Rates, usage: Usage, counts: Mapping[str, int], said: list[str]) -> bool:
    """Flags counts that are billed at another's rate or not at all. False: nothing reported has a price."""
    if rates.prices_gpu_time:
        return bool(counts.get(GPU_TIME_UNIT))
    if usage.input_tokens is None and counts.keys() & {"output_tokens", "cache_read_tokens"}:
        said.append(flag.INPUT_NOT_REPORTED)
    if usage.output_tokens is None and rates.prices_output:
        said.append(flag.OUTPUT_NOT_REPORTED)
    if usage.cache_read_tokens and not rates.prices_cache_read:
        said.append(flag.CACHE_READ_AT_INPUT_RATE)
    if usage.cache_write_5m_tokens and not rates.prices_cache_write:
        said.append(flag.CACHE_WRITE_AT_INPUT_RATE)
    if usage.cache_write_1h_tokens and not rates.prices_cache_write_1h:
        said.append(flag.CACHE_WRITE_1H_AT_5M_RATE)
    priced = rates.bands[0].rates
    if any(counts.get(unit) and unit not in priced for unit in _MODALITY_UNITS):
        said.append(flag.MODALITY_AT_TEXT_RATE)
    covered = [_is_priced(unit, priced) for unit, count in counts.items() if count]
    if not all(covered):
        said.append(flag.UNIT_UNPRICED)
    return any(covered) or not covered or bool(rates.per_request)


def _is_priced(unit: str, priced: Iterable[str]) -> bool:
    """Whether the unit or a whole that it is part of has a rate."""
    own = DIMENSIONS.get(unit)
    return own is not None and any(DIMENSIONS[other] <= own for other in priced)


def exact_prices(price: ModelPrice) -> dict[str, tuple[tuple[int, Fraction], ...]]:
    """What an entry of the price data says, as exact nano-dollars of one unit."""
    exact: dict[str, tuple[tuple[int, Fraction], ...]] = {}
    for price_key, value in vars(price).items():
        unit = UNIT_BY_PRICE_KEY.get(price_key)
        if unit is None or value is None:
            continue
        scale = Fraction(NANOUSD_PER_USD, PER[unit])
        if isinstance(value, TieredPrices):
            tiers = ((tier.start, Fraction(tier.price) * scale) for tier in value.tiers)
            exact[unit] = ((-1, Fraction(value.base) * scale), *tiers)
        else:
            exact[unit] = ((-1, Fraction(value) * scale),)
    return exact


def _rate_above(bands: tuple[tuple[int, Fraction], ...], floor: int) -> Fraction:
    return next(rate for start, rate in reversed(bands) if start <= floor)


def _parts_first(units: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The units, most specific first, each with those that are part of it (more dimensions, none other)."""
    ordered = sorted(units, key=lambda unit: (-len(DIMENSIONS[unit]), unit))
    return tuple(
        (unit, tuple(other for other in ordered if DIMENSIONS[unit] < DIMENSIONS[other])) for unit in ordered
    )


def _weights(rates: Mapping[str, int], order: tuple[tuple[str, tuple[str, ...]], ...]) -> Weights:
    """The linear form of the leaf-by-leaf sum: a unit's rate minus the weights of the wholes it is taken
    from, so that a part is billed at its own rate and at no other."""
    weight: dict[str, int] = {}
    for unit, _ in reversed(order):
        weight[unit] = rates[unit] - sum(weight[whole] for whole, parts in order if unit in parts)
    any_write = weight.get("cache_write_tokens", 0)
    return Weights(
        input=weight.get("input_tokens", 0),
        output=weight.get("output_tokens", 0),
        cache_read=weight.get("cache_read_tokens", 0),
        cache_write_5m=any_write + weight.get("cache_write_5m_tokens", 0),
        cache_write_1h=any_write + weight.get("cache_write_1h_tokens", 0),
        reasoning=weight.get("output_reasoning_tokens", 0),
    )
