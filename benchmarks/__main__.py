"""`python -m benchmarks`: runs the named benchmark, or all of them, and prints a JSON line per figure."""

import argparse
import sys
from collections.abc import Callable, Iterable

from benchmarks import (
    budgets_kill_switch,
    budgets_race,
    budgets_reserve,
    cli_start,
    footprint,
    gateway_hard_stop,
    gateway_overhead,
    gateway_soak,
    identity_audit,
    identity_auth,
    ingest_crash,
    ingest_decode,
    ingest_otlp,
    pricing_rates,
    pricing_reprice,
    query_panels,
    sdk_overhead,
)
from benchmarks.result import Result, Size, report

Benchmark = Callable[[Size, int], Iterable[Result]]

BENCHMARKS: dict[str, Benchmark] = {
    "budgets.kill_switch": budgets_kill_switch.run,
    "budgets.race": budgets_race.run,
    "budgets.reserve": budgets_reserve.run,
    "cli.start": cli_start.run,
    "gateway.hard_stop": gateway_hard_stop.run,
    "gateway.overhead": gateway_overhead.run,
    "gateway.soak": gateway_soak.run,
    "identity.audit": identity_audit.run,
    "identity.auth": identity_auth.run,
    "ingest.decode": ingest_decode.run,
    "ingest.otlp": ingest_otlp.run,
    "pricing.rates": pricing_rates.run,
    "pricing.reprice": pricing_reprice.run,
    "ingest.crash": ingest_crash.run,
    "query.panels": query_panels.run,
    "sdk.overhead": sdk_overhead.run,
    "server.footprint": footprint.run,
}


def main() -> int:
    """Run and print. In the small size a missed target is not a failure: it is no measurement."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--name", choices=sorted(BENCHMARKS), help="which one; all when left out")
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="say what there is and stop")
    options = parser.parse_args()
    if options.list:
        print("\n".join(f"{name:20} {_summary(BENCHMARKS[name])}" for name in sorted(BENCHMARKS)))
        print("\nmake bench NAME=… SIZE=full runs one; make bench SIZE=small runs all, as a smoke test")
        return 0
    missed = False
    for name in [options.name] if options.name else sorted(BENCHMARKS):
        for result in BENCHMARKS[name](options.size, options.seed):
            print(report(result, options.size, options.seed), flush=True)
            missed = missed or not result.ok
    return 1 if missed and options.size == "full" else 0


def _summary(benchmark: Benchmark) -> str:
    """The first sentence of what its module says of it."""
    sentence = " ".join((sys.modules[benchmark.__module__].__doc__ or "").split()).partition(". ")[0]
    summary = sentence.partition(": ")[2] or sentence
    return summary[:1].lower() + summary[1:].rstrip(".")


if __name__ == "__main__":
    sys.exit(main())
