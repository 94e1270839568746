"""Where the spans of a trace or session lie in time, so that a read touches those granules and no others.

`span_bounds` keeps the first and last start of each, under a hash of its id. Ids that share a hash widen each
other's bounds: the bounds only say where to look, never what counts.
"""

from collections.abc import Sequence

from lynex_server.query.run import Runner
from lynex_server.query.settings import QuerySettings
from lynex_server.query.statement import Condition, Select, Statement, compile_select
from lynex_server.query.window import Window

MOST_WINDOWS = 4
"""Windows of one read. Each costs half a millisecond of planning, and within wide ones the index on the ids
still rules out granules: for fifty traces of a rare user, four windows read as little as fifty do."""


async def bounds_of(
    project_id: str, ids: Sequence[str], runner: Runner, settings: QuerySettings
) -> tuple[Window, ...]:
    """Windows that hold every span of the given traces or sessions; none when there is no such span."""
    statement = compile_bounds(project_id, ids)
    rows = (await runner.run(statement, settings.limits(len(ids)))).rows
    return joined([Window(first_us, last_us + 1) for first_us, last_us in rows])


def compile_bounds(project_id: str, ids: Sequence[str]) -> Statement:
    """The bounds of each of `ids` that is known, in no order."""
    columns = (
        "toUnixTimestamp64Micro(min(first_time)) AS first_us",
        "toUnixTimestamp64Micro(max(last_time)) AS last_us",
    )
    # A subquery: the engine does not compute an array of hashes before it looks at the keys.
    keys = "key IN (SELECT cityHash64(arrayJoin({ids:Array(String)})))"
    select = Select("span_bounds", columns, (Condition(keys, {"ids": tuple(ids)}),), "GROUP BY key")
    return compile_select(select, project_id)


def joined(windows: Sequence[Window], most: int = MOST_WINDOWS) -> tuple[Window, ...]:
    """At most `most` windows, in order and apart, that cover the given ones: those that touch become one,
    then those with the smallest gaps between them."""
    apart: list[Window] = []
    for window in sorted(windows, key=lambda one: one.start_us):
        if apart and window.start_us <= apart[-1].end_us:
            apart[-1] = Window(apart[-1].start_us, max(apart[-1].end_us, window.end_us))
        else:
            apart.append(window)
    by_gap = sorted(
        range(1, len(apart)), key=lambda number: apart[number].start_us - apart[number - 1].end_us
    )
    closed = set(by_gap[: max(0, len(apart) - most)])
    kept: list[Window] = []
    for number, window in enumerate(apart):
        if number in closed:
            kept[-1] = Window(kept[-1].start_us, window.end_us)
        else:
            kept.append(window)
    return tuple(kept)
