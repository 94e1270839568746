"""`cli.start`: how long `lynex` takes before a command that speaks HTTP does something."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.result import Result, Size, at_most

LYNEX = Path(sys.executable).parent / "lynex"
COMMANDS = {
    "cli.start.help": ("--help",),
    # It ends where it would connect: nothing listens on this port, which is answered at once.
    "cli.start.http": ("keys", "list", "--url", "http://127.0.0.1:1", "--api-key", "x"),
}
LIMIT_MS = 400


def run(size: Size, _seed: int) -> Iterator[Result]:
    """The median of the runs of each command, the first left out: it reads the files from disk."""
    runs = 20 if size == "full" else 3
    for name, arguments in COMMANDS.items():
        _run_ms(arguments)
        took = statistics.median(_run_ms(arguments) for _ in range(runs))
        yield at_most(name, took, "ms", LIMIT_MS)


def _run_ms(arguments: tuple[str, ...]) -> float:
    begun = time.perf_counter()
    subprocess.run([LYNEX, *arguments], capture_output=True, check=False)
    return (time.perf_counter() - begun) * 1000
