"""What an own price may say, and what is too strange to be meant.

litellm#20615: a price for a token typed as one for a million blocks a user for good. A price that is far from
any that was ever asked for is refused unless it is confirmed, and every change can be taken back.
"""

from decimal import Decimal
from fractions import Fraction

from lynex_server.kernel.errors import InvalidInput
from lynex_server.kernel.money import NANOUSD_PER_USD
from lynex_server.pricing.public import PER, HourWindow, Override, Rate, Terms, book_unit, is_token_unit

TOKEN_USD_PER_MILLION_MAX = 10_000
"""Above it a price of tokens must be confirmed: the dearest ever sold costs a few hundred dollars."""
UNLIKE_LIST_FACTOR = 100
"""Further than this from the list price, up or down, must be confirmed."""

_PER_MAX = 10**12
_USD_MAX = Decimal(10**9)
_FACTOR_MAX = Decimal(1000)
_RATES_MAX = 100
_FACTORS_MAX = 50
_GPUS_MAX = 100_000
_MODEL_CHARS_MAX = 300
_MINUTES = 24 * 60


def check_override(override: Override) -> None:
    """Raises `InvalidInput` for an override that can have no meaning."""
    if not override.model.strip() or len(override.model) > _MODEL_CHARS_MAX:
        raise InvalidInput(f"model: 1 to {_MODEL_CHARS_MAX} characters expected", field="model")
    if override.valid_until_us is not None and override.valid_until_us <= override.valid_from_us:
        raise InvalidInput("valid_until: must come after valid_from", field="valid_until")
    terms = override.terms
    _check_kind(terms)
    for name, factors in (("tier_factors", terms.tier_factors), ("region_factors", terms.region_factors)):
        if len(factors) > _FACTORS_MAX:
            raise InvalidInput(f"terms.{name}: at most {_FACTORS_MAX}", field=f"terms.{name}")
        for factor in factors.values():
            _check_amount(factor, _FACTOR_MAX, f"terms.{name}")
    if len(terms.hour_factors) > _FACTORS_MAX:
        raise InvalidInput(f"terms.hour_factors: at most {_FACTORS_MAX}", field="terms.hour_factors")
    for window in terms.hour_factors:
        _check_window(window)


def strangeness(override: Override, listed: dict[str, Fraction]) -> str:
    """Why the price looks like a slip, in a sentence; empty where it does not.

    `listed` is the list price in nano-dollars of one, by the price data's units; empty where there is none.
    """
    exact = override.terms.exact(None) if override.terms.kind != "factor" else None
    for unit, bands in (exact or {}).items():
        dearest = max(rate for _, rate in bands)
        usd = dearest / NANOUSD_PER_USD
        if is_token_unit(unit) and usd * 1_000_000 > TOKEN_USD_PER_MILLION_MAX:
            return f"{unit} would cost ${float(usd * 1_000_000):,.0f} a million"
        usual = listed.get(unit)
        if usual and dearest > usual * UNLIKE_LIST_FACTOR:
            return f"{unit} would cost {float(dearest / usual):,.0f} times the list price"
        if usual and 0 < dearest < usual / UNLIKE_LIST_FACTOR:
            return f"{unit} would cost a {float(usual / dearest):,.0f}th of the list price"
    return ""


def _check_kind(terms: Terms) -> None:
    if terms.kind == "rates":
        _check_rates(terms.rates)
    elif terms.kind == "factor":
        _check_amount(_needed(terms.factor, "factor"), _FACTOR_MAX, "terms.factor")
    elif terms.kind == "flat":
        usd = _needed(terms.usd_per_million_tokens, "usd_per_million_tokens")
        _check_amount(usd, _USD_MAX, "terms.usd_per_million_tokens")
    else:
        _check_amount(_needed(terms.gpu_hour_usd, "gpu_hour_usd"), _USD_MAX, "terms.gpu_hour_usd")
        if not 1 <= terms.gpus <= _GPUS_MAX:
            raise InvalidInput(f"terms.gpus: 1 to {_GPUS_MAX} expected", field="terms.gpus")
        if not 0 < terms.busy_share <= 1:
            raise InvalidInput("terms.busy_share: more than 0, at most 1", field="terms.busy_share")
        if terms.tokens_per_s is not None and not 0 < terms.tokens_per_s <= _USD_MAX:
            raise InvalidInput("terms.tokens_per_s: more than 0 expected", field="terms.tokens_per_s")


def _check_rates(rates: tuple[Rate, ...]) -> None:
    if not 1 <= len(rates) <= _RATES_MAX:
        raise InvalidInput(f"terms.rates: 1 to {_RATES_MAX} expected", field="terms.rates")
    seen: set[tuple[str, int]] = set()
    for rate in rates:
        if book_unit(rate.unit) not in PER:
            known = ", ".join(sorted(PER))
            raise InvalidInput(
                f"terms.rates: {rate.unit!r} is no unit. There are: {known}", field="terms.rates"
            )
        _check_amount(rate.usd, _USD_MAX, "terms.rates")
        if not 1 <= rate.per <= _PER_MAX or rate.above_input_tokens < 0:
            raise InvalidInput(
                f"terms.rates: {rate.unit}: `per` from 1, threshold from 0", field="terms.rates"
            )
        key = (book_unit(rate.unit), rate.above_input_tokens)
        if key in seen:
            raise InvalidInput(f"terms.rates: {rate.unit} is there twice", field="terms.rates")
        seen.add(key)
    for unit, above in seen:
        if above and (unit, 0) not in seen:
            text = f"terms.rates: {unit} has a rate above {above:,} tokens and none below"
            raise InvalidInput(text, field="terms.rates")


def _check_window(window: HourWindow) -> None:
    field = "terms.hour_factors"
    _check_amount(window.factor, _FACTOR_MAX, field)
    if not (0 <= window.from_minute < _MINUTES and 0 <= window.until_minute <= _MINUTES):
        raise InvalidInput("terms.hour_factors: times of one day expected", field=field)
    if window.from_minute == window.until_minute:
        raise InvalidInput("terms.hour_factors: a window that is empty", field=field)


def _needed(amount: Decimal | None, name: str) -> Decimal:
    if amount is None:
        raise InvalidInput(f"terms.{name}: missing", field=f"terms.{name}")
    return amount


def _check_amount(amount: Decimal, most: Decimal, field: str) -> None:
    if not amount.is_finite() or not 0 <= amount <= most:
        raise InvalidInput(f"{field}: a number from 0 to {most:,} expected", field=field)
