"""Where the bundled prices and the community file disagree: found, kept, made once a night."""

import json
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from clocks import NOON_US, FixedClock

from lynex_server.engines.relational.database import Database
from lynex_server.prices.source_check import KEPT, SourceChecks, compare
from lynex_server.prices.tables import price_source_checks
from lynex_server.pricing.public import PriceBook, read_community_file

HOUR_US = 3600 * 1_000_000
MIDNIGHT_US = NOON_US - 12 * HOUR_US
NIGHTLY_HOUR = 3


def file_of(folder: Path, **changes: float) -> Path:
    """A community file with gpt-4o at its list price, but for `changes`, and a model that nobody else has."""
    gpt_4o = {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token": 2.5e-06,
        "output_cost_per_token": 1e-05,
        "cache_read_input_token_cost": 1.25e-06,
        **changes,
    }
    alone = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1e-06}
    path = folder / "prices.json"
    path.write_text(json.dumps({"gpt-4o": gpt_4o, "acme/alone": alone}))
    return path


def book_with(folder: Path, **changes: float) -> PriceBook:
    return PriceBook(community=read_community_file(file_of(folder, **changes)))


def test_equal_prices_are_no_difference(tmp_path: Path):
    assert compare(book_with(tmp_path), date(2026, 1, 5)) == (1, ())


def test_a_price_that_differs_is_told_by_unit_the_greatest_first(tmp_path: Path):
    book = book_with(tmp_path, output_cost_per_token=1.1e-05, cache_read_input_token_cost=2.5e-06)

    compared, found = compare(book, date(2026, 1, 5))

    assert compared == 1
    assert [(each.model, each.unit, each.first, each.second, each.ratio) for each in found] == [
        ("gpt-4o", "cache_read_tokens", 1.25, 2.5, 2.0),
        ("gpt-4o", "output_tokens", 10.0, 11.0, 1.1),
    ]


def test_what_the_sources_round_differently_is_no_difference(tmp_path: Path):
    assert compare(book_with(tmp_path, input_cost_per_token=2.5001e-06), date(2026, 1, 5))[1] == ()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MIDNIGHT_US)


def test_it_is_made_once_a_night_by_whichever_process(database: Database, clock: FixedClock, tmp_path: Path):
    book = book_with(tmp_path, input_cost_per_token=5e-06)
    one, other = (SourceChecks(database, book, clock, NIGHTLY_HOUR) for _ in range(2))

    def made() -> list[int]:
        """When checks were made, as far as `latest` tells, over two nights."""
        seen = []
        for _ in range(48):
            for process in (one, other):
                process.make_if_due()
                latest = process.latest()
                if latest is not None and latest.made_at_us not in seen:
                    seen.append(latest.made_at_us)
            clock.advance_us(HOUR_US)
        return seen

    assert made() == [MIDNIGHT_US + NIGHTLY_HOUR * HOUR_US, MIDNIGHT_US + (24 + NIGHTLY_HOUR) * HOUR_US]


def test_the_latest_is_read_back_as_it_was_made(database: Database, clock: FixedClock, tmp_path: Path):
    checks = SourceChecks(database, book_with(tmp_path, input_cost_per_token=5e-06), clock, NIGHTLY_HOUR)
    assert checks.latest() is None

    made = checks.make()

    assert checks.latest() == made
    assert (made.first[:12], made.second[:9], made.compared) == ("genai-prices", "community", 1)


def test_without_a_second_source_there_is_nothing_to_compare(database: Database, clock: FixedClock):
    checks = SourceChecks(database, PriceBook(), clock, 0)

    checks.make_if_due()

    assert checks.latest() is None


def test_old_comparisons_are_forgotten(database: Database, clock: FixedClock):
    checks = SourceChecks(database, PriceBook(), clock, 0)
    for _ in range(KEPT + 3):
        checks.make()
        clock.advance_us(1)

    latest = checks.latest()
    assert latest is not None
    assert latest.made_at_us == clock.now_us() - 1
    with database.read() as connection:
        kept = connection.execute(sa.select(sa.func.count()).select_from(price_source_checks)).scalar_one()
    assert kept == KEPT
