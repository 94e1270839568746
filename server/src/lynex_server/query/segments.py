"""Which table answers which part of a time range.

A range is covered exactly once: by the coarsest rollup that the step allows where its whole buckets fit,
by finer ones towards the edges, and by the raw spans for what is left. Because sums and BFloat16 quantile
states merge exactly, the answer equals that of the raw spans, at any start and end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lynex_server.query.statement import Table
from lynex_server.query.window import DAY_US, HOUR_US, MINUTE_US, Window


@dataclass(frozen=True, slots=True)
class Rollup:
    """A table of buckets, and how long its buckets are."""

    table: Table
    bucket_us: int


@dataclass(frozen=True, slots=True)
class Segment:
    """The windows of a range that one table answers, in order of time."""

    table: Table
    windows: tuple[Window, ...]


DAY, HOUR, MINUTE = (
    Rollup("spans_by_day", DAY_US),
    Rollup("spans_by_hour", HOUR_US),
    Rollup("spans_by_minute", MINUTE_US),
)
SPAN_ROLLUPS = (DAY, HOUR, MINUTE)
DIMENSION_ROLLUPS = (Rollup("spans_by_dimension_day", DAY_US), Rollup("spans_by_dimension_hour", HOUR_US))
"""Each row is one value of one dimension: far fewer states to merge, when no two dimensions are asked for."""
END_USER_ROLLUPS = (Rollup("spans_by_end_user_day", DAY_US), Rollup("spans_by_end_user_hour", HOUR_US))


def plan_segments(
    window: Window, rollups: Sequence[Rollup], step_us: int | None = None
) -> tuple[Segment, ...]:
    """The segments that cover `window`. `rollups` go from coarse to fine; those whose buckets do not
    divide `step_us` are left out, as their buckets would straddle two steps."""
    fitting = [rollup for rollup in rollups if step_us is None or step_us % rollup.bucket_us == 0]
    windows: dict[Table, list[Window]] = {}
    for table, part in _cover(window.start_us, window.end_us, fitting):
        windows.setdefault(table, []).append(part)
    return tuple(Segment(table, tuple(parts)) for table, parts in windows.items())


def _cover(start_us: int, end_us: int, rollups: Sequence[Rollup]) -> list[tuple[Table, Window]]:
    if start_us >= end_us:
        return []
    if not rollups:
        return [("spans", Window(start_us, end_us))]
    coarsest, finer = rollups[0], rollups[1:]
    first_us = -(-start_us // coarsest.bucket_us) * coarsest.bucket_us
    last_us = end_us // coarsest.bucket_us * coarsest.bucket_us
    if first_us >= last_us:
        return _cover(start_us, end_us, finer)
    return [
        *_cover(start_us, first_us, finer),
        (coarsest.table, Window(first_us, last_us)),
        *_cover(last_us, end_us, finer),
    ]
