"""What commands print: lines, and tables.

On a terminal a table fits the window: what is too long goes on below. In a pipe or a file each row is one
line, and no cell is cut: what reads it has no window. What names and messages say is printed as it is,
whatever looks like markup in it.
"""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WHOLE = {"id", "name", "state"}
"""Columns to copy from, or to find a row by: the others give way where the window is narrow."""

out = Console(markup=False, emoji=False, highlight=False, soft_wrap=True)
_unbounded = Console(markup=False, emoji=False, highlight=False, width=1_000_000)


def say(line: str | Text) -> None:
    """Print a line, as it is."""
    out.print(line)


def say_json(document: Any) -> None:
    """Print what JSON can hold, for programs."""
    out.print_json(data=document)


class Rows:
    """A table with `titles`, to add rows to."""

    def __init__(self, *titles: str) -> None:
        self._table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
        for title in titles:
            self._table.add_column(title, overflow="fold", no_wrap=title in _WHOLE)

    def add(self, *cells: str) -> None:
        """Add a row. What would break its line, or tell the terminal something, becomes a space."""
        self._table.add_row(*map(_on_one_line, cells))

    def say(self) -> None:
        """Print the table."""
        (out if out.is_terminal else _unbounded).print(self._table, soft_wrap=False)


def _on_one_line(cell: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in cell)
