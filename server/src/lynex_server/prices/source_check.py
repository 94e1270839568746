"""Where the price sources disagree: compared every night, and when asked.

For each model of the community file that the bundled data has too, the prices of every kind of token are
compared. Neither is right by itself: a difference is a reason to look at the provider's page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import msgspec
import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock, datetime_from_us
from lynex_server.kernel.ids import new_id
from lynex_server.prices import tables
from lynex_server.pricing.public import PER, PriceBook

KEPT = 60
"""Checks that are kept: two months of nights."""
DIFFERENCES_MAX = 2000
SAME_WITHIN = Fraction(1, 1000)
"""Prices nearer than this to each other are the same: the sources round."""
_COMPARED_UNITS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
)
_DAY_US = 86_400_000_000


class SourceDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that two sources price differently: dollars for each `per` of it. `ratio` is second to first."""

    provider: str
    model: str
    unit: str
    per: int
    first: float
    second: float
    ratio: float


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """One comparison: which sources, how many models both have, and where they differ."""

    id: str
    made_at_us: int
    first: str
    second: str
    compared: int
    differences: tuple[SourceDifference, ...]


class _Stored(msgspec.Struct):
    first: str
    second: str
    differences: list[SourceDifference]


class SourceChecks:
    """Makes and keeps the comparisons. Blocks; safe from any thread."""

    def __init__(self, database: Database, book: PriceBook, clock: Clock, hour: int) -> None:
        """`hour` is the UTC hour of the nightly one."""
        self._database = database
        self._book = book
        self._clock = clock
        self._hour = hour

    def make(self) -> SourceCheck:
        """Compare now, and keep what comes out."""
        now_us = self._clock.now_us()
        compared, differences = compare(self._book, datetime_from_us(now_us).date())
        community = self._book.community
        check = SourceCheck(
            id=new_id("chk"),
            made_at_us=now_us,
            first=self._book.catalog.source,
            second=community.version if community else "",
            compared=compared,
            differences=differences,
        )
        body = msgspec.json.encode(_Stored(check.first, check.second, list(differences))).decode()
        with self._database.begin() as connection:
            connection.execute(
                sa.insert(tables.price_source_checks).values(
                    id=check.id, made_at_us=now_us, compared=compared, differences=body
                )
            )
            self._forget_old(connection)
        return check

    def latest(self) -> SourceCheck | None:
        """The last one that was made."""
        statement = sa.select(tables.price_source_checks).order_by(
            tables.price_source_checks.c.made_at_us.desc()
        )
        with self._database.read() as connection:
            row = connection.execute(statement.limit(1)).first()
        if row is None:
            return None
        stored = msgspec.json.decode(row.differences, type=_Stored)
        return SourceCheck(
            row.id, row.made_at_us, stored.first, stored.second, row.compared, tuple(stored.differences)
        )

    def make_if_due(self) -> None:
        """Make the nightly one, where a second source is set and nobody made it yet."""
        now_us = self._clock.now_us()
        due_us = now_us - now_us % _DAY_US + self._hour * 3_600_000_000
        if self._book.community is None or now_us < due_us:
            return
        latest = self.latest()
        if latest is None or latest.made_at_us < due_us:
            self.make()

    def _forget_old(self, connection: sa.Connection) -> None:
        checks = tables.price_source_checks.c
        kept = sa.select(checks.id).order_by(checks.made_at_us.desc()).limit(KEPT)
        connection.execute(sa.delete(tables.price_source_checks).where(checks.id.not_in(kept)))


def compare(book: PriceBook, on: date) -> tuple[int, tuple[SourceDifference, ...]]:
    """How many models both sources price on a day, and up to `DIFFERENCES_MAX` differences."""
    compared, found = 0, list[SourceDifference]()
    for provider, model, first, second in _in_both(book, on):
        compared += 1
        for unit in _COMPARED_UNITS:
            if unit in first and unit in second and not _same(first[unit], second[unit]):
                found.append(_difference(provider, model, unit, first[unit], second[unit]))
    found.sort(key=lambda each: (-abs(each.ratio - 1), each.provider, each.model))
    return compared, tuple(found[:DIFFERENCES_MAX])


def _in_both(
    book: PriceBook, on: date
) -> Iterator[tuple[str, str, dict[str, Fraction], dict[str, Fraction]]]:
    for entry in book.community.entries() if book.community else ():
        listed = book.catalog.day_prices(entry.provider, entry.key, "", "", on)
        rates = listed.at(_DAY_US // 2)
        if rates is None:
            continue
        first = {unit: Fraction(rate, rates.denominator) for unit, rate in rates.bands[0].rates.items()}
        second = {unit: bands[0][1] for unit, bands in entry.prices[""].items()}
        yield entry.provider, entry.key, first, second


def _same(one: Fraction, other: Fraction) -> bool:
    return abs(one - other) <= SAME_WITHIN * max(one, other)


def _difference(provider: str, model: str, unit: str, first: Fraction, second: Fraction) -> SourceDifference:
    per = PER[unit]
    return SourceDifference(
        provider=provider,
        model=model,
        unit=unit,
        per=per,
        first=float(first * per / 1_000_000_000),
        second=float(second * per / 1_000_000_000),
        ratio=float(second / first) if first else 0.0,
    )
