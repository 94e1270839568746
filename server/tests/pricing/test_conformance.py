"""Well-known calls, priced by hand from the providers' public price pages.

`conformance.json` holds, for each, the page, the sum in dollars as it was written down, and its result in
nano-dollars. The price data may change under us; the invoice of a past call may not.
"""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TypedDict

import pytest

from lynex_server.kernel.clock import us_from_datetime
from lynex_server.kernel.money import nanousd_from_usd
from lynex_server.pricing.public import PriceBook, normalise_usage

BOOK = PriceBook()


class Case(TypedDict):
    """One line of the fixture."""

    name: str
    source: str
    provider: str
    model: str
    service_tier: str
    at: str
    convention: str
    usage: dict[str, int]
    sum_usd: str
    nanousd: int


CASES: list[Case] = json.loads((Path(__file__).parent / "conformance.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_costs_what_the_provider_says(case: Case) -> None:
    usage = normalise_usage(case["provider"], case["model"], case["usage"], case["convention"])
    at_us = us_from_datetime(datetime.fromisoformat(case["at"]))

    cost = BOOK.price(case["provider"], case["model"], case["service_tier"], "", usage, at_us)

    assert (cost.nanousd, cost.flags) == (case["nanousd"], ())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_written_sum_is_the_written_result(case: Case) -> None:
    """`count × price / per + …`, added up without the product's arithmetic."""
    usd = Decimal(0)
    for term in case["sum_usd"].split(" + "):
        count, _, price, _, per = term.split(" ")
        usd += Decimal(count) * Decimal(price) / Decimal(per)

    assert nanousd_from_usd(usd) == case["nanousd"]
