"""Dollars to nano-dollars and back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.kernel.money import MAX_NANOUSD, nanousd_from_usd, usd_from_nanousd


@given(st.integers(-MAX_NANOUSD, MAX_NANOUSD))
def test_every_amount_that_fits_is_exact(nanousd: int):
    assert nanousd_from_usd(Decimal(nanousd).scaleb(-9)) == nanousd
    assert nanousd_from_usd(str(Decimal(nanousd).scaleb(-9))) == nanousd


@given(st.integers(-(10**15), 10**15))
def test_what_is_shown_reads_back_as_the_same_amount(nanousd: int):
    assert nanousd_from_usd(usd_from_nanousd(nanousd)) == nanousd


@pytest.mark.parametrize(
    ("usd", "nanousd"),
    [
        (0.1, 100_000_000),
        (1, 1_000_000_000),
        ("0.0000000005", 0),
        ("0.0000000015", 2),
        ("0.0000000025", 2),
        ("-0.0000000015", -2),
        ("0.00000000250000001", 3),
    ],
)
def test_rounds_once_half_to_even_and_reads_a_float_as_it_is_written(usd: float | str, nanousd: int):
    assert nanousd_from_usd(usd) == nanousd


@pytest.mark.parametrize(
    "usd", ["", "a dollar", "1,000", float("nan"), float("inf"), Decimal("-Infinity"), "9223372036.854775808"]
)
def test_refuses_what_is_no_amount_or_does_not_fit(usd: Decimal | float | str):
    with pytest.raises(ValueError, match="dollars"):
        nanousd_from_usd(usd)
