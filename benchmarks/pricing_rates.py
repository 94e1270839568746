"""`pricing.rates`: what it takes to normalise a call's usage and price it, once its prices are resolved."""

import random
import time
from collections.abc import Iterator
from itertools import cycle, islice

from benchmarks.result import Result, Size, at_most, report
from lynex_server.pricing.public import PriceBook, normalise_usage

MODELS = (
    ("openai", "gpt-5", "default", "inclusive"),
    ("anthropic", "claude-sonnet-4-5-20250929", "standard", "exclusive"),
    ("gcp.gemini", "gemini-2.5-pro", "", "unknown"),
    ("aws.bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "", "exclusive"),
)
NOVEMBER_2026_US = 1_793_620_800_000_000
MICROS_PER_NANO = 1e-3

Call = tuple[str, str, str, str, dict[str, int]]


def run(size: Size, seed: int) -> Iterator[Result]:
    """Processor microseconds a call; the best of five rounds is what it takes when nothing disturbs it."""
    count = 100_000 if size == "full" else 2_000
    book = PriceBook()
    work = list(islice(cycle(_calls(random.Random(seed))), count))
    _round_us(book, work[: len(MODELS) * 2])
    yield at_most("pricing.rates", min(_round_us(book, work) for _ in range(5)), "us a call", 6.0)


def _calls(chance: random.Random) -> list[Call]:
    """Cached and uncached calls of several providers, in their own spelling."""
    calls: list[Call] = []
    for provider, model, tier, convention in MODELS * 25:
        fresh, cached = chance.randrange(1, 5_000), chance.randrange(0, 50_000)
        usage = {
            "input_tokens": fresh + cached if convention != "exclusive" else fresh,
            "output_tokens": chance.randrange(1, 2_000),
            "cache_read_tokens": cached,
        }
        calls.append((provider, model, tier, convention, usage))
    return calls


def _round_us(book: PriceBook, work: list[Call]) -> float:
    began_ns = time.process_time_ns()
    for provider, model, tier, convention, reported in work:
        usage = normalise_usage(provider, model, reported, convention)
        book.price(provider, model, tier, "", usage, NOVEMBER_2026_US)
    return (time.process_time_ns() - began_ns) / len(work) * MICROS_PER_NANO


def main() -> None:
    """Measure at full size and print the result as one JSON line."""
    for result in run("full", 1):
        print(report(result, "full", 1))


if __name__ == "__main__":
    main()
