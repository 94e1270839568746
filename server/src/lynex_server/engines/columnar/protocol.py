"""What a columnar engine promises.

- The same SQL and the same migrations on every engine; parameters are always bound (`{name:Type}`), and are
  texts, numbers, booleans, dates, None or lists of those. Instants go as integers of microseconds.
- `insert` is atomic per call and happens once per `token`: repeating it with the token of an earlier
  insert changes nothing, in the table and in every materialised view behind it. When it returns, the
  rows are on disk and visible to every later query.
- Every query runs under `QueryLimits`; passing one raises `QueryTooExpensive`, never a partial answer.
- When the engine cannot be reached, `Busy` is raised; nothing was changed or the call may be repeated.
- All calls block; they are safe from any thread, and several run in parallel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What one query may cost. `max_rows` bounds the answer, not what is read."""

    max_seconds: float = 30.0
    max_memory_bytes: int = 1_000_000_000
    max_rows: int = 100_000


@dataclass(frozen=True, slots=True)
class Rows:
    """A finished answer: column names, then one tuple per row. Without rows there are no names either:
    the embedded engine does not tell them then."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def dicts(self) -> list[dict[str, Any]]:
        """The rows as dictionaries by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


ColumnType = Literal[
    "String",
    "Int64",
    "DateTime64(6, 'UTC')",
    "Nullable(Int64)",
    "Nullable(Float64)",
    "Array(String)",
    "Map(String, String)",
    "Map(String, Int64)",
]
"""What a column's values are: texts, whole numbers, microseconds since 1970, numbers or None, lists,
dictionaries. The table may hold them as what they can be converted to, such as `LowCardinality(String)`."""


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one column, one per row, as they are inserted."""

    name: str
    type: ColumnType
    values: Sequence[Any]


class Columnar(Protocol):
    """See the module text for the promises."""

    def query(self, sql: str, params: Params | None = None, limits: QueryLimits | None = None) -> Rows:
        """Run a SELECT. Raises `QueryTooExpensive` or `Busy`."""
        ...

    def command(self, sql: str, params: Params | None = None) -> None:
        """Run a statement that returns nothing (DDL, ALTER)."""
        ...

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[bytes], token: str) -> None:
        """Insert `rows` once per `token`.

        Each row is the MessagePack encoding of its values one after another in the order of `columns`,
        without an enclosing array: what the engine reads natively, so no cell passes through Python.
        """
        ...

    def insert_columns(self, table: str, columns: Sequence[Column], token: str) -> None:
        """As `insert`, column by column: for large batches, of which it costs the engine half as much.

        Raises `TypeError`, `ValueError`, `AttributeError` or `OverflowError` for a value that is not of its
        column's type, `ValueError` for columns of different lengths; nothing was inserted then.
        """
        ...

    def delete(self, table: str, where: str, params: Params | None = None) -> None:
        """Remove the rows of `table` for which `where` holds.

        When it returns no query finds them. What held them is rewritten, not masked; the engine removes the
        old files some minutes later (see `outdated_files`). Rows in materialised views behind the table
        stay. The engine remembers the text of `where` with its parameters: say nothing secret there.
        Raises `Busy`; repeating it is harmless.
        """
        ...

    def outdated_files(self, tables: Sequence[str], since_us: int) -> int:
        """How many files of these tables that were replaced by `since_us` are still on disk."""
        ...

    def ddl_words(self) -> Mapping[str, str]:
        """What a migration's `$placeholders` stand for on this engine (see `migrations.py`)."""
        ...

    def close(self) -> None:
        """Release connections and files. No call may follow."""
        ...
