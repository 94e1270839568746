"""CSV, NDJSON and Parquet, written page by page so that memory is bounded by one page."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import pyarrow
import pyarrow.parquet

from lynex_server.query.export_columns import EXPORT_COLUMNS, EXPORT_SCHEMA

Values = dict[str, Any]

pa: Any = pyarrow  # it ships no type information
pq: Any = pyarrow.parquet

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class ExportFormat(Protocol):
    """Turns pages of rows into the bytes of one file."""

    media_type: str
    suffix: str

    def page(self, rows: Sequence[Values]) -> bytes:
        """The bytes of one page; the first page's begin the file."""
        ...

    def end(self) -> bytes:
        """The bytes that complete the file."""
        ...


class Csv:
    """RFC 4180 with a header. Lists and maps are JSON; null is empty. A text that a spreadsheet would run as
    a formula is given a leading apostrophe (https://owasp.org/www-community/attacks/CSV_Injection)."""

    media_type = "text/csv; charset=utf-8"
    suffix = "csv"

    def __init__(self) -> None:
        self._begun = False

    def page(self, rows: Sequence[Values]) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        if not self._begun:
            writer.writerow(EXPORT_COLUMNS)
            self._begun = True
        writer.writerows([[_csv_cell(value) for value in row.values()] for row in rows])
        return out.getvalue().encode()

    def end(self) -> bytes:
        return b""


class Ndjson:
    """One JSON object a line, with every column; times are ISO 8601, `attributes` is JSON as text."""

    media_type = "application/x-ndjson"
    suffix = "ndjson"

    def page(self, rows: Sequence[Values]) -> bytes:
        lines = [json.dumps(row, ensure_ascii=False, default=_iso) for row in rows]
        return "".join(f"{line}\n" for line in lines).encode()

    def end(self) -> bytes:
        return b""


class Parquet:
    """Parquet with Zstandard; one row group a page."""

    media_type = "application/vnd.apache.parquet"
    suffix = "parquet"

    def __init__(self) -> None:
        self._sink = _Sink()
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._sink, mode="w"), EXPORT_SCHEMA, compression="zstd"
        )

    def page(self, rows: Sequence[Values]) -> bytes:
        if rows:
            listed = [{**row, **{name: list(row[name].items()) for name in _MAPS}} for row in rows]
            self._writer.write_table(pa.Table.from_pylist(listed, schema=EXPORT_SCHEMA))
        return self._sink.drain()

    def end(self) -> bytes:
        self._writer.close()
        return self._sink.drain()


EXPORT_FORMATS: dict[str, Callable[[], ExportFormat]] = {"csv": Csv, "ndjson": Ndjson, "parquet": Parquet}

_MAPS = ("usage_other", "metadata")


class _Sink:
    """A file that is only ever written to; what was written is taken away page by page."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True

    def drain(self) -> bytes:
        """What was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _csv_cell(value: object) -> object:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    raise TypeError(f"not a value of an export: {value!r}")
