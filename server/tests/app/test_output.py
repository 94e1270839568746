"""What commands print, on a terminal and where there is none."""

import io
import re

import pytest
from rich.console import Console

from lynex_server.app import output
from lynex_server.app.output import Rows, say

LONG = "a sentence that no window holds, " * 8


def test_without_a_terminal_a_row_is_one_line_with_every_cell_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = Rows("id", "name", "models", "why")
    rows.add("prov_01", "first", "gpt-*, " * 60 + "gpt-*", LONG)
    rows.add("prov_02", "second", "-", "short")
    rows.say()

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert [re.split("  +", line.strip()) for line in lines] == [
        ["id", "name", "models", "why"],
        ["prov_01", "first", "gpt-*, " * 60 + "gpt-*", LONG.strip()],
        ["prov_02", "second", "-", "short"],
    ]


def test_a_cell_neither_breaks_its_row_nor_speaks_to_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = Rows("name", "what")
    rows.add("[bold]mine[/x] :smile:", "two\nlines \x1b[2J")
    rows.say()

    assert capsys.readouterr().out.splitlines()[1].split() == [
        "[bold]mine[/x]", ":smile:", "two", "lines", "[2J",
    ]  # fmt: skip


def test_on_a_terminal_a_table_fits_the_window_and_an_id_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    window = Console(file=io.StringIO(), force_terminal=True, width=60, markup=False, soft_wrap=True)
    monkeypatch.setattr(output, "out", window)
    rows = Rows("id", "why")
    rows.add("prov_0123456789abcdef0123456789", LONG)
    rows.say()

    shown = re.sub(r"\x1b\[[0-9;]*m", "", window.file.getvalue())  # type: ignore[attr-defined]  # a StringIO
    assert "prov_0123456789abcdef0123456789" in shown
    assert max(map(len, shown.splitlines())) <= 60


def test_a_line_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"[red]{LONG}[/red] :smile:")

    assert capsys.readouterr().out == f"[red]{LONG}[/red] :smile:\n"
