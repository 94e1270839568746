"""What a benchmark reports: one JSON line per figure."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Size = Literal["small", "full"]


@dataclass(frozen=True, slots=True)
class Result:
    """One figure. `target` reads like `<= 20` or `>= 15000`; `ok` says whether `value` meets it."""

    name: str
    value: float
    unit: str
    target: str
    ok: bool


def at_most(name: str, value: float, unit: str, limit: float) -> Result:
    """A figure that should not pass `limit`."""
    return Result(name, value, unit, f"<= {limit:g}", value <= limit)


def at_least(name: str, value: float, unit: str, limit: float) -> Result:
    """A figure that should reach `limit`."""
    return Result(name, value, unit, f">= {limit:g}", value >= limit)


def percentile(values: Sequence[float], fraction: float) -> float:
    """The nearest-rank percentile: `fraction` 0.95 is the value that 95 % of `values` do not pass."""
    ranked = sorted(values)
    return ranked[max(0, min(len(ranked) - 1, round(fraction * len(ranked) + 0.5) - 1))]


def report(result: Result, size: Size, seed: int) -> str:
    """The JSON line."""
    return json.dumps(
        {
            "name": result.name,
            "size": size,
            "value": round(result.value, 4),
            "unit": result.unit,
            "target": result.target,
            "ok": result.ok,
            "commit": _commit(),
            "seed": seed,
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        }
    )


def _commit() -> str:
    git = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
        check=False,
    )
    return git.stdout.strip() or "unknown"
