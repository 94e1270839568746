"""What an own price says: rates by unit, a factor on the list price, a flat rate, or a GPU's hour.

Amounts are exact decimals of US dollars as a person typed them; they become nano-dollars here and nowhere
else. Factors by tier, region and hour of the day apply to whatever the terms come to.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from lynex_server.kernel.money import NANOUSD_PER_USD
from lynex_server.pricing.rates import ExactPrices, multiplied
from lynex_server.pricing.units import GPU_TIME_UNIT, PER, book_unit

TermsKind = Literal["rates", "factor", "flat", "gpu_hour"]
SECONDS_PER_HOUR = 3600


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """`usd` for each `per` of `unit`, where the input has more than `above_input_tokens` (0: always).

    A rate above a threshold holds for the whole request, not for the tokens above it.
    """

    unit: str
    usd: Decimal
    per: int
    above_input_tokens: int = 0


class HourWindow(msgspec.Struct, frozen=True, kw_only=True):
    """`factor` applies from `from_minute` to before `until_minute` after midnight UTC; may pass midnight."""

    from_minute: int
    until_minute: int
    factor: Decimal

    def holds(self, minute: int) -> bool:
        """Whether the window covers that minute of the day."""
        if self.from_minute < self.until_minute:
            return self.from_minute <= minute < self.until_minute
        return minute >= self.from_minute or minute < self.until_minute


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """An own price. Which of the other fields count depends on `kind`:

    - `rates`: `rates`, by unit. A unit without a rate is billed at that of its whole, as in any entry.
    - `factor`: `factor` times the list price, such as 0.85 for a discount of 15 %.
    - `flat`: `usd_per_million_tokens` for every token, in or out.
    - `gpu_hour`: `gpu_hour_usd` × `gpus` is what an hour costs. With `tokens_per_s`, the price of a token is
      that hour divided by the tokens that it makes: 3600 × tokens_per_s × busy_share, where `busy_share` is
      the part of the paid time in which the GPU works. Without, a call is billed for its duration times
      `busy_share`, the part of the GPU that one call holds.
    """

    kind: TermsKind
    rates: tuple[Rate, ...] = ()
    factor: Decimal | None = None
    usd_per_million_tokens: Decimal | None = None
    gpu_hour_usd: Decimal | None = None
    gpus: int = 1
    tokens_per_s: Decimal | None = None
    busy_share: Decimal = Decimal(1)
    tier_factors: Mapping[str, Decimal] = {}
    region_factors: Mapping[str, Decimal] = {}
    hour_factors: tuple[HourWindow, ...] = ()

    def factor_at(self, tier: str, region: str, minute: int) -> Fraction:
        """What tier, region and minute of the day multiply the price by."""
        factor = Fraction(self.tier_factors.get(tier, 1)) * Fraction(self.region_factors.get(region, 1))
        for window in self.hour_factors:
            if window.holds(minute):
                factor *= Fraction(window.factor)
        return factor

    def exact(self, listed: ExactPrices | None) -> ExactPrices | None:
        """The prices without those factors. `listed` is the list price; `None` where there is none, and
        the answer is `None` where the terms need one."""
        if self.kind == "factor":
            return multiplied(listed, Fraction(self.factor or 1)) if listed else None
        if self.kind == "rates":
            return _exact_rates(self.rates)
        if self.kind == "flat":
            per_token = Fraction(self.usd_per_million_tokens or 0) * NANOUSD_PER_USD / 1_000_000
            return _every_token(per_token)
        hour_nanousd = Fraction(self.gpu_hour_usd or 0) * self.gpus * NANOUSD_PER_USD
        if self.tokens_per_s:
            tokens_an_hour = SECONDS_PER_HOUR * Fraction(self.tokens_per_s) * Fraction(self.busy_share)
            return _every_token(hour_nanousd / tokens_an_hour)
        share = hour_nanousd * Fraction(self.busy_share)
        return {GPU_TIME_UNIT: ((-1, share / PER[GPU_TIME_UNIT]),)}


def _every_token(nanousd: Fraction) -> ExactPrices:
    return {"input_tokens": ((-1, nanousd),), "output_tokens": ((-1, nanousd),)}


def _exact_rates(rates: tuple[Rate, ...]) -> ExactPrices:
    exact: dict[str, list[tuple[int, Fraction]]] = {}
    for rate in sorted(rates, key=lambda rate: rate.above_input_tokens):
        floor = rate.above_input_tokens or -1
        nanousd = Fraction(rate.usd) * NANOUSD_PER_USD / rate.per
        exact.setdefault(book_unit(rate.unit), []).append((floor, nanousd))
    return {unit: tuple(bands) for unit, bands in exact.items()}
