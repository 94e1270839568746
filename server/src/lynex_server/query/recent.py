"""Pages of traces or sessions by their newest matching span, each on exactly one page.

The table is sorted by time, so the newest spans are read in order until enough distinct keys are found:
no page has to group the whole range. A key whose newer spans lie above the page's start was on an earlier
page; such keys are dropped and the page is refilled, `TRIES` times at most (a page may then be short, but
its cursor always moves on).
"""

from dataclasses import dataclass, replace
from typing import Literal

from lynex_server.kernel.paging import decode_cursor, encode_cursor
from lynex_server.query.conditions import filter_conditions, instant, window_condition
from lynex_server.query.filters import Filters
from lynex_server.query.run import Runner
from lynex_server.query.settings import QuerySettings
from lynex_server.query.statement import IN_ORDER, Condition, Select, Statement, compile_select
from lynex_server.query.window import Window

TRIES = 5
_SPARE_KEYS = 20  # read beyond the page, so that dropped keys seldom cost another try

KeyColumn = Literal["trace_id", "session_id"]


@dataclass(frozen=True, slots=True)
class RecentKey:
    """A trace or session, and the start of its newest matching span."""

    key: str
    newest_us: int


@dataclass(frozen=True, slots=True)
class RecentQuery:
    """Which keys. `after` is the last key of the page before; the window ends where the first page began,
    so that spans which arrive while somebody pages do not move keys under them."""

    project_id: str
    column: KeyColumn
    window: Window
    filters: Filters
    limit: int
    after: RecentKey | None = None

    def continued(self, cursor: str | None) -> "RecentQuery":
        """The query of the page that `cursor` asks for. Raises `InvalidInput` for a strange cursor."""
        if cursor is None:
            return self
        end_us, newest_us, key = decode_cursor(cursor, tuple[int, int, str])
        window = Window(min(self.window.start_us, end_us - 1), end_us)
        return replace(self, window=window, after=RecentKey(key, newest_us))


@dataclass(frozen=True, slots=True)
class RecentPage:
    """The keys of a page, newest first, and where the next one begins."""

    keys: tuple[RecentKey, ...]
    next_cursor: str | None


async def recent_page(query: RecentQuery, runner: Runner, settings: QuerySettings) -> RecentPage:
    """One page of keys."""
    kept: list[RecentKey] = []
    after = query.after
    more = True
    for _ in range(TRIES):
        # Before the first page there is none whose keys could be dropped.
        wanted = query.limit + 1 - len(kept) + (_SPARE_KEYS if after else 0)
        candidates = await _keys(compile_candidates(query, after, wanted), wanted, runner, settings)
        fresh = candidates
        if after is not None and candidates:
            earlier = compile_earlier(query, after, tuple(one.key for one in candidates))
            seen = {one.key for one in await _keys(earlier, wanted, runner, settings)}
            fresh = [one for one in candidates if one.key not in seen]
        kept += fresh
        more = len(candidates) == wanted
        if not more or len(kept) > query.limit:
            break
        after = candidates[-1]
    shown = kept[: query.limit]
    if len(kept) > query.limit:
        last: RecentKey | None = shown[-1]
    else:
        last = after if more else None
    return RecentPage(tuple(shown), _cursor(query, shown, last))


def compile_candidates(query: RecentQuery, after: RecentKey | None, limit: int) -> Statement:
    """The newest keys below `after`, read in the order of the table."""
    conditions = [window_condition((query.window,), "start_time"), *filter_conditions(query.filters)]
    if query.column == "session_id":
        conditions.append(Condition("session_id != ''"))
    if after is not None:
        at = instant("after_us")
        sql = f"start_time <= {at} AND (start_time < {at} OR {query.column} < {{after_key:String}})"
        conditions.append(Condition(sql, {"after_us": after.newest_us, "after_key": after.key}))
    tail = (
        f"ORDER BY start_time DESC, {query.column} DESC\n"
        f"LIMIT 1 BY {query.column}\nLIMIT {{limit:UInt32}}\n{IN_ORDER}"
    )
    columns = (query.column, "toUnixTimestamp64Micro(start_time) AS newest_us")
    select = Select("spans", columns, tuple(conditions), tail, {"limit": limit})
    return compile_select(select, query.project_id)


def compile_earlier(query: RecentQuery, after: RecentKey, keys: tuple[str, ...]) -> Statement:
    """Which of `keys` have a matching span at or above `after`: they were on an earlier page."""
    at = instant("after_us")
    conditions = (
        window_condition((query.window,), "start_time"),
        Condition(
            f"start_time >= {at} AND (start_time > {at} OR {query.column} >= {{after_key:String}})",
            {"after_us": after.newest_us, "after_key": after.key},
        ),
        Condition(f"{query.column} IN {{keys:Array(String)}}", {"keys": keys}),
        *filter_conditions(query.filters),
    )
    columns = (query.column, "toUnixTimestamp64Micro(max(start_time)) AS newest_us")
    return compile_select(Select("spans", columns, conditions, f"GROUP BY {query.column}"), query.project_id)


async def _keys(statement: Statement, most: int, runner: Runner, settings: QuerySettings) -> list[RecentKey]:
    rows = (await runner.run(statement, settings.limits(most))).rows
    return [RecentKey(key, newest_us) for key, newest_us in rows]


def _cursor(query: RecentQuery, shown: list[RecentKey], last: RecentKey | None) -> str | None:
    if last is None:
        return None
    end_us = query.window.end_us if query.after or not shown else shown[0].newest_us + 1
    return encode_cursor(end_us, last.newest_us, last.key)
