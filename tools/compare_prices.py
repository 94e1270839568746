"""Prices the same 200 usages by the bundled data and by a community price file, and says why they differ.

    .venv/bin/python tools/compare_prices.py model_prices_and_context_window.json

The file is yours: nothing here fetches it. The models are every so-manieth of those that both sources price,
provider by provider, so the same file gives the same table.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from lynex_server.kernel.clock import us_from_datetime
from lynex_server.pricing.community import CommunityEntry, CommunityPrices
from lynex_server.pricing.public import PriceBook, Rates, Usage, model_ref, read_community_file
from lynex_server.pricing.rates import cost_of

CALLS = 200
PROVIDERS = (
    "openai",
    "anthropic",
    "google",
    "aws",
    "azure",
    "deepseek",
    "groq",
    "mistral",
    "x-ai",
    "openrouter",
)
USAGES: tuple[tuple[str, Usage], ...] = (
    ("plain", Usage(input_tokens=1_200, output_tokens=400)),
    ("cached", Usage(input_tokens=50_000, output_tokens=900, cache_read_tokens=40_000)),
    ("cache written", Usage(input_tokens=9_000, output_tokens=500, cache_write_5m_tokens=8_000)),
    ("long", Usage(input_tokens=300_000, output_tokens=2_000)),
)
_NOON_US = 12 * 3_600_000_000


@dataclass(frozen=True, slots=True)
class Compared:
    """One usage of one model, priced twice, in nano-dollars."""

    provider: str
    model: str
    usage: str
    ours: int
    theirs: int
    reason: str


def compared(community: CommunityPrices, on: date) -> Iterator[Compared]:
    """The calls, in the order of providers and models."""
    book = PriceBook()
    for entry in _models(book, community, on):
        for name, usage in USAGES:
            yield _priced(book, community, entry, name, usage, on)


def _priced(
    book: PriceBook, community: CommunityPrices, entry: CommunityEntry, name: str, usage: Usage, on: date
) -> Compared:
    at_us = us_from_datetime(datetime(on.year, on.month, on.day, tzinfo=UTC)) + _NOON_US
    first = book.rates_at(entry.provider, entry.key, "", "", at_us)
    second = community.day_prices(entry.provider, entry.key, "", "").at(_NOON_US)
    if first is None or second is None:
        raise ValueError(f"{entry.key} is not in both sources")
    ours, theirs = cost_of(first, usage)[0] or 0, cost_of(second, usage)[0] or 0
    reason = "" if ours == theirs else _reason(first, second, usage)
    return Compared(entry.provider, entry.key, name, ours, theirs, reason)


def _models(book: PriceBook, community: CommunityPrices, on: date) -> list[CommunityEntry]:
    by_provider: defaultdict[str, dict[str, CommunityEntry]] = defaultdict(dict)
    for entry in community.entries():
        tokens = {"input_tokens", "output_tokens"} <= entry.prices[""].keys()
        rates = book.catalog.day_prices(entry.provider, entry.key, "", "", on).at(_NOON_US)
        if tokens and rates is not None and entry.provider in PROVIDERS:
            # One entry of a model: the file names many twice, with and without a prefix.
            name = model_ref(entry.provider, entry.key).ids[0]
            by_provider[entry.provider].setdefault(name, entry)
    wanted = CALLS // len(USAGES)
    share = -(-wanted // max(1, len(by_provider)))
    chosen: list[CommunityEntry] = []
    for provider in PROVIDERS:
        found = [entry for _, entry in sorted(by_provider[provider].items())]
        step = max(1, len(found) // share)
        chosen += found[::step][:share]
    return chosen[:wanted]


def _reason(first: Rates, second: Rates, usage: Usage) -> str:
    """The first thing that explains a difference, the most telling first."""
    length = usage.input_tokens or 0
    for unit, count in (
        ("cache_read_tokens", usage.cache_read_tokens),
        ("cache_write_tokens", usage.cache_write_5m_tokens),
    ):
        if count and (unit in first.band(length).rates) != (unit in second.band(length).rates):
            lacking = "the file" if unit in first.band(length).rates else "the bundled data"
            return f"{lacking} has no rate of {unit}: they count as input"
    if bool(length > 0 and first.thresholds) != bool(second.thresholds) and length > min(
        *(first.thresholds or second.thresholds), 10**9
    ):
        lacking = "the file" if first.thresholds else "the bundled data"
        return f"{lacking} has no price for long input"
    for unit in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"):
        one, other = _rate(first, unit, length), _rate(second, unit, length)
        if one != other:
            return f"another rate of {unit}"
    return "rounding"


def _rate(rates: Rates, unit: str, length: int) -> float:
    return rates.band(length).rates.get(unit, 0) / rates.denominator


def _dollars(nanousd: int) -> str:
    return f"${nanousd / 1_000_000_000:.6f}"


def main() -> None:
    """Print the differences as a table, then how many there are of each kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="the community price file")
    parser.add_argument("--on", type=date.fromisoformat, default=datetime.now(UTC).date(), help="which day")
    options = parser.parse_args()
    community = read_community_file(options.file)
    found = list(compared(community, options.on))
    print(f"{community.version}, {len(community)} models; {len(found)} calls on {options.on}\n")
    print("| provider | model | usage | bundled data | file | why |\n|---|---|---|---|---|---|")
    for each in found:
        if each.reason:
            print(
                f"| {each.provider} | {each.model} | {each.usage} | {_dollars(each.ours)} "
                f"| {_dollars(each.theirs)} | {each.reason} |"
            )
    print("\n| calls | |\n|---|---|")
    for reason, count in Counter(each.reason or "agree to the nano-dollar" for each in found).most_common():
        print(f"| {count} | {reason} |")


if __name__ == "__main__":
    main()
