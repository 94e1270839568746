"""How the whole suite runs: the files that take long begin first, and the end says which they were."""

from collections import Counter

import pytest

SHOWN_FILES = 15


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Seconds by file, set-up and workers together: where a minute of `make test` goes."""
    reports = [
        report
        for outcome in ("passed", "failed", "error", "skipped", "")
        for report in terminalreporter.getreports(outcome)
        if isinstance(report, pytest.TestReport)
    ]
    spent_s: Counter[str] = Counter()
    for report in reports:
        spent_s[report.nodeid.partition("::")[0]] += report.duration
    if len(spent_s) <= 0:
        return
    terminalreporter.section(f"slowest files, of {sum(spent_s.values()):.0f} s")
    for path, seconds in spent_s.most_common(SHOWN_FILES):
        terminalreporter.write_line(f"{seconds:7.1f} s  {path}")
