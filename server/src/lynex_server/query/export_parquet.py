"""Parquet, written page by page. Apart, as pyarrow takes 45 MB of memory: loaded when first asked for."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow
import pyarrow.parquet

from lynex_server.query.export_columns import EXPORT_TYPES, ExportType

Values = dict[str, Any]

pa: Any = pyarrow  # it ships no type information
pq: Any = pyarrow.parquet

_TYPES: Final[Mapping[ExportType, Any]] = {
    "text": pa.string(),
    "number": pa.float64(),
    "count": pa.int64(),
    "instant": pa.timestamp("us", tz="UTC"),
    "texts": pa.list_(pa.string()),
    "counts": pa.map_(pa.string(), pa.int64()),
    "labels": pa.map_(pa.string(), pa.string()),
}
_SCHEMA: Final = pa.schema([(name, _TYPES[said]) for name, said in EXPORT_TYPES.items()])
_MAPS: Final = tuple(name for name, said in EXPORT_TYPES.items() if said in ("counts", "labels"))


class Parquet:
    """Parquet with Zstandard; one row group a page."""

    media_type = "application/vnd.apache.parquet"
    suffix = "parquet"

    def __init__(self) -> None:
        self._sink = _Sink()
        self._writer = pq.ParquetWriter(pa.PythonFile(self._sink, mode="w"), _SCHEMA, compression="zstd")

    def page(self, rows: Sequence[Values]) -> bytes:
        if rows:
            listed = [{**row, **{name: list(row[name].items()) for name in _MAPS}} for row in rows]
            self._writer.write_table(pa.Table.from_pylist(listed, schema=_SCHEMA))
        return self._sink.drain()

    def end(self) -> bytes:
        self._writer.close()
        return self._sink.drain()


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
