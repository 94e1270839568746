"""What an own price may say, and what is too strange to be meant."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pricing.override_factories import an_override, rates

from lynex_server.kernel.errors import InvalidInput
from lynex_server.prices.checks import check_override, strangeness
from lynex_server.pricing.public import HourWindow, Rate, Terms

LISTED = {"input_tokens": Fraction(2500), "output_tokens": Fraction(10_000)}


@pytest.mark.parametrize(
    "terms",
    [
        rates(input_tokens="0"),
        Terms(kind="factor", factor=Decimal("0.8")),
        Terms(kind="flat", usd_per_million_tokens=Decimal("0.2")),
        Terms(kind="gpu_hour", gpu_hour_usd=Decimal(2), busy_share=Decimal("0.01")),
        Terms(kind="rates", rates=(Rate(unit="input_document_pages", usd=Decimal(2), per=1000),)),
    ],
)
def test_a_price_with_a_meaning_is_taken(terms: Terms):
    check_override(an_override(terms=terms))


def _rate(unit: str = "input_tokens", usd: str = "1", per: int = 1, above: int = 0) -> Rate:
    return Rate(unit=unit, usd=Decimal(usd), per=per, above_input_tokens=above)


@pytest.mark.parametrize(
    "terms",
    [
        Terms(kind="rates"),
        Terms(kind="rates", rates=(_rate("moons"),)),
        Terms(kind="rates", rates=(_rate(usd="-1"),)),
        Terms(kind="rates", rates=(_rate(usd="NaN"),)),
        Terms(kind="rates", rates=(_rate(usd="Infinity"),)),
        Terms(kind="rates", rates=(_rate(per=0),)),
        Terms(kind="rates", rates=(_rate(), _rate())),
        Terms(kind="rates", rates=(_rate(above=200_000),)),
        Terms(kind="factor"),
        Terms(kind="factor", factor=Decimal(-1)),
        Terms(kind="flat"),
        Terms(kind="gpu_hour"),
        Terms(kind="gpu_hour", gpu_hour_usd=Decimal(2), busy_share=Decimal(0)),
        Terms(kind="gpu_hour", gpu_hour_usd=Decimal(2), busy_share=Decimal("1.1")),
        Terms(kind="gpu_hour", gpu_hour_usd=Decimal(2), tokens_per_s=Decimal(0)),
        Terms(kind="gpu_hour", gpu_hour_usd=Decimal(2), gpus=0),
        Terms(
            kind="flat",
            usd_per_million_tokens=Decimal(1),
            hour_factors=(HourWindow(from_minute=5, until_minute=5, factor=Decimal(2)),),
        ),
        Terms(kind="flat", usd_per_million_tokens=Decimal(1), tier_factors={"batch": Decimal(-1)}),
    ],
)
def test_a_price_without_a_meaning_is_refused(terms: Terms):
    with pytest.raises(InvalidInput):
        check_override(an_override(terms=terms))


@pytest.mark.parametrize(
    "changes", [{"model": " "}, {"model": "x" * 301}, {"valid_from_us": 5, "valid_until_us": 5}]
)
def test_a_price_of_nothing_or_never_is_refused(changes):
    with pytest.raises(InvalidInput):
        check_override(an_override(**changes))


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (rates(per=1, input_tokens="2.5"), "input_tokens would cost $2,500,000 a million"),
        (rates(input_tokens="251"), "times the list price"),
        (rates(input_tokens="0.01"), "th of the list price"),
        (rates(input_tokens="2.4", output_tokens="11"), ""),
        (rates(input_tokens="0"), ""),
        (Terms(kind="factor", factor=Decimal("0.001")), ""),
        (Terms(kind="gpu_hour", gpu_hour_usd=Decimal(4), tokens_per_s=Decimal("0.001")), "a million"),
    ],
)
def test_a_price_that_looks_like_a_slip_is_said(terms: Terms, said: str):
    """litellm#20615: dollars a million typed as dollars a token."""
    found = strangeness(an_override(terms=terms), LISTED)

    assert said in found
    assert bool(found) == bool(said)


@given(st.decimals(allow_nan=True, allow_infinity=True), st.integers())
def test_whatever_is_taken_has_a_price_from_zero(usd: Decimal, per: int):
    override = an_override(terms=Terms(kind="rates", rates=(Rate(unit="input_tokens", usd=usd, per=per),)))
    try:
        check_override(override)
    except InvalidInput:
        return
    exact = override.terms.exact(None)
    assert exact is not None
    assert all(rate >= 0 for bands in exact.values() for _, rate in bands)


def test_a_change_of_nothing_but_names_is_a_price_still():
    check_override(replace(an_override(), model="*", provider=""))
