"""CSV, NDJSON and Parquet, written page by page so that memory is bounded by one page."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from lynex_server.query.export_columns import EXPORT_COLUMNS

Values = dict[str, Any]

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


def parquet() -> ExportFormat:
    """Parquet with Zstandard; one row group a page."""
    from lynex_server.query.export_parquet import Parquet  # noqa: PLC0415  # pyarrow is large: only on demand

    return Parquet()


EXPORT_FORMATS: dict[str, Callable[[], ExportFormat]] = {"csv": Csv, "ndjson": Ndjson, "parquet": parquet}


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
