"""How the whole suite runs: what takes long begins first, and the end says which files took longest."""

import gc
from collections import Counter

import pytest

SHOWN_FILES = 15
LONG = "server/tests/app/"
"""These start servers: a few tests take as long as hundreds of others."""


def pytest_configure() -> None:
    """What follows makes objects that stay."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A long file that began last would keep one process busy while the others have nothing left to do."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was imported and collected is kept to the end: garbage is not looked for in it, which takes the
    better part of a second each time."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Seconds by file, of all processes together: where a minute of `make test` goes."""
    spent_s: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                spent_s[report.nodeid.partition("::")[0]] += report.duration
    if len(spent_s) <= SHOWN_FILES:
        return
    terminalreporter.section(f"slowest files, of {sum(spent_s.values()):.0f} s")
    for path, seconds in spent_s.most_common(SHOWN_FILES):
        terminalreporter.write_line(f"{seconds:7.1f} s  {path}")
