"""Rows of the metrics statements, shaped as the wire wants them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from lynex_server.kernel.clock import MICROS_PER_SECOND, datetime_from_us
from lynex_server.kernel.money import usd_from_nanousd
from lynex_server.query.metrics_query import OTHER, SUMS
from lynex_server.query.schemas import BreakdownRow, MetricValues, Percentiles, Series, SeriesPoint

Row = Mapping[str, Any]
_NO_PERCENTILES = Percentiles(p50=None, p95=None, p99=None)


def values_from(row: Row) -> dict[str, Any]:
    """The fields of `MetricValues`; percentiles are null where the statement did not ask for them."""
    return {
        "calls": row["calls"],
        **{name: row[name] for name in SUMS},
        "cost_usd": usd_from_nanousd(row["cost_nanousd"]),
        "latency_ms": percentiles(row.get("duration_ms")),
        "time_to_first_token_ms": percentiles(row.get("time_to_first_token_ms")),
    }


def metric_values(row: Row) -> MetricValues:
    """One row as values without a key."""
    return MetricValues(**values_from(row))


def breakdown_row(row: Row, by_model: bool) -> BreakdownRow:
    """One row with its key."""
    return BreakdownRow(key=row["key_0"], provider=row["key_1"] if by_model else None, **values_from(row))


def finite(value: float | None) -> float | None:
    """The number, or null for the NaN that the quantile of nothing is."""
    return None if value is None or math.isnan(value) else value


def series_from(rows: Sequence[Row], starts_us: Iterable[int], keys: Sequence[str]) -> list[Series]:
    """One series for each of `keys`, with a point for every step; `(other)` last, when there is one."""
    found = {(row.get("shown_key", ""), row["step_s"]): row for row in rows}
    rest = [OTHER] if OTHER not in keys and any(key == OTHER for key, _ in found) else []
    starts = [start_us // MICROS_PER_SECOND for start_us in starts_us]
    return [
        Series(key=key, points=[_point(start, found.get((key, start))) for start in starts])
        for key in (*keys, *rest)
    ]


def step_time(start_s: int) -> datetime:
    """The start of a step."""
    return datetime_from_us(start_s * MICROS_PER_SECOND)


def _point(start_s: int, row: Row | None) -> SeriesPoint:
    return SeriesPoint(time=step_time(start_s), **(_NOTHING if row is None else values_from(row)))


def percentiles(quantiles: Sequence[float] | None) -> Percentiles:
    """The three quantiles of a row; null where the statement did not ask for them."""
    if quantiles is None:
        return _NO_PERCENTILES
    p50, p95, p99 = (finite(value) for value in quantiles)
    return Percentiles(p50=p50, p95=p95, p99=p99)


_NOTHING: dict[str, Any] = values_from({"calls": 0, **dict.fromkeys(SUMS, 0)})
