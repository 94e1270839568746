"""Money is an integer of nano-dollars. It is rounded once, when it is born, and never again.

A nano-dollar is a billionth of a US dollar: the cheapest token sold today costs about ten of them, and
a signed 64-bit column holds nine billion dollars.
"""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

NANOUSD_PER_USD = 1_000_000_000
MAX_NANOUSD = 2**63 - 1


def nanousd_from_usd(usd: Decimal | int | float | str) -> int:
    """US dollars to nano-dollars, half to even. A float is read by its shortest decimal form, so 0.1 is 0.1.

    Raises `ValueError` for what is not a finite number or does not fit 64 bits.
    """
    try:
        exact = usd if isinstance(usd, Decimal) else Decimal(str(usd))
        nanousd = int((exact * NANOUSD_PER_USD).to_integral_value(ROUND_HALF_EVEN))
    except (InvalidOperation, OverflowError, ValueError) as error:
        raise ValueError(f"not an amount of dollars: {usd!r}") from error
    if abs(nanousd) > MAX_NANOUSD:
        raise ValueError(f"more dollars than fit: {usd!r}")
    return nanousd


def usd_from_nanousd(nanousd: int) -> float:
    """Nano-dollars to US dollars, for display only: sums are made in nano-dollars."""
    return nanousd / NANOUSD_PER_USD
