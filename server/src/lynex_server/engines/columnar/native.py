"""Columns as a block in ClickHouse's Native format, which the engine copies where it would parse rows.

    block:   number of columns, number of rows, then per column: name, type, data
    text:    its length as a varint, its bytes          number: 8 bytes, little endian
    nullable: a byte per row that is 1 for NULL, then the values
    array:   per row where it ends, then all members     map: an array of keys beside one of values

Most columns of a batch hold few different values, often one: those are encoded once. What is sent as text
becomes `LowCardinality` where the table says so, and so within arrays and maps.
Format: https://clickhouse.com/docs/interfaces/formats/Native
"""

from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any, Final

from lynex_server.engines.columnar.protocol import Column, ColumnType

_SAMPLE = 64
_VARINTS_REMEMBERED = 16_384


def native_block(columns: Sequence[Column]) -> Iterator[bytes]:
    """The parts of the block, one after another, a column at a time: all of them are never in memory at once.

    Raises what `Columnar.insert_columns` says.
    """
    rows = len(columns[0].values)
    yield _varint(len(columns)) + _varint(rows)
    for column in columns:
        if len(column.values) != rows:
            raise ValueError(f"{column.name}: {len(column.values)} values in a block of {rows} rows")
        yield _text(column.name) + _text(column.type)
        yield _ENCODERS[column.type](column.values)


def _texts(values: Sequence[str]) -> bytes:
    if len(set(values[:_SAMPLE])) <= _SAMPLE // 2:
        encoded = {value: _text(value) for value in set(values)}
        if len(encoded) == 1:
            return next(iter(encoded.values())) * len(values)
        return b"".join(map(encoded.__getitem__, values))
    contents = [value.encode() for value in values]
    return b"".join(chain.from_iterable(zip(map(_varint, map(len, contents)), contents, strict=True)))


def _numbers(code: str) -> Callable[[Sequence[float]], bytes]:
    def encoded(values: Sequence[float]) -> bytes:
        return array(code, values).tobytes()

    return encoded


def _nullable(code: str) -> Callable[[Sequence[float | None]], bytes]:
    def encoded(values: Sequence[float | None]) -> bytes:
        nulls = bytes([value is None for value in values])
        return nulls + array(code, [0 if value is None else value for value in values]).tobytes()

    return encoded


def _arrays(values: Sequence[Sequence[str]]) -> bytes:
    return _ends(values) + _texts_or_nothing(list(chain.from_iterable(values)))


def _maps(values_encoded: Callable[[Sequence[Any]], bytes]) -> Callable[[Sequence[Mapping[str, Any]]], bytes]:
    def encoded(maps: Sequence[Mapping[str, Any]]) -> bytes:
        keys = list(chain.from_iterable(maps))
        values = list(chain.from_iterable(each.values() for each in maps if each))
        return _ends(maps) + _texts_or_nothing(keys) + (values_encoded(values) if values else b"")

    return encoded


def _texts_or_nothing(values: Sequence[str]) -> bytes:
    return _texts(values) if values else b""


def _ends(values: Sequence[Collection[Any]]) -> bytes:
    return array("Q", accumulate(map(len, values))).tobytes()


def _text(value: str) -> bytes:
    content = value.encode()
    return _varint(len(content)) + content


@lru_cache(_VARINTS_REMEMBERED)
def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


_ENCODERS: Final[Mapping[ColumnType, Callable[[Sequence[Any]], bytes]]] = {
    "String": _texts,
    "Int64": _numbers("q"),
    "DateTime64(6, 'UTC')": _numbers("q"),
    "Nullable(Int64)": _nullable("q"),
    "Nullable(Float64)": _nullable("d"),
    "Array(String)": _arrays,
    "Map(String, String)": _maps(_texts),
    "Map(String, Int64)": _maps(_numbers("q")),
}
