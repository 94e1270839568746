"""What the columnar engine holds: spans, metric points, and what is made of them.

Every table with a `project_id` belongs to its project, and every one with an `end_user_id` tells of end
users: the tables are asked of the engine, so one that is added later cannot be forgotten. Rows that sum up
over many end users name nobody and stay (`docs/decisions`).

The engine remembers the text of each deletion, so an end user is named there by their salted hash.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from lynex_server.engines.columnar.protocol import Columnar, Params, QueryLimits
from lynex_server.kernel.clock import us_from_datetime
from lynex_server.privacy.holders import EndUser, Line

PAGE_BYTES: Final = 8_000_000
FIRST_PAGE_ROWS: Final = 50
MOST_PAGE_ROWS: Final = 5_000
_ROW_BYTES: Final = 1_000  # a span without its text, roughly
_LIMITS: Final = QueryLimits(max_seconds=120, max_memory_bytes=1_500_000_000, max_rows=MOST_PAGE_ROWS)

_TABLES: Final = """
SELECT table, max(name = 'end_user_id') AS tells_of_end_users FROM system.columns
WHERE database = currentDatabase() AND name IN ('project_id', 'end_user_id')
AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')
GROUP BY table HAVING max(name = 'project_id') ORDER BY table
"""
_IS_SUBJECT: Final = (
    "project_id = {project_id:String} "
    "AND lower(hex(SHA256(concat({salt:String}, end_user_id)))) = {subject:String}"
)
_IS_THEIRS: Final = "project_id = {project_id:String} AND end_user_id = {end_user_id:String}"
# A trace is somebody's when one of its spans says so; often only the first one does.
_IN_THEIR_TRACES: Final = (
    "project_id = {project_id:String} AND end_user_id = '' AND trace_id IN (SELECT trace_id FROM spans WHERE "
)


class ColumnarHolder:
    """See `holders.Holder`."""

    def __init__(self, columnar: Columnar) -> None:
        self._columnar = columnar

    def count_end_user(self, user: EndUser) -> Mapping[str, int]:
        params = {"project_id": user.project_id, "end_user_id": user.end_user_id}
        counts = {table: self._count(table, _IS_THEIRS, params) for table in self._tables(end_users=True)}
        counts["spans"] += self._count("spans", f"{_IN_THEIR_TRACES}{_IS_THEIRS})", params)
        return counts

    def named_elsewhere(self, user: EndUser) -> Mapping[str, int]:
        where = (
            "project_id = {project_id:String} AND end_user_id != {end_user_id:String} AND "
            "(session_id = {end_user_id:String} OR has(tags, {end_user_id:String}) "
            "OR has(mapValues(metadata), {end_user_id:String}) OR route = {end_user_id:String} "
            "OR name = {end_user_id:String})"
        )
        params = {"project_id": user.project_id, "end_user_id": user.end_user_id}
        return {"spans": self._count("spans", where, params)}

    def erase_end_user(self, user: EndUser) -> None:
        params = {"project_id": user.project_id, "salt": user.salt, "subject": user.subject}
        # First what only their spans lead to: it cannot be found once those are gone.
        self._delete_where_any("spans", f"{_IN_THEIR_TRACES}{_IS_SUBJECT})", params)
        for table in self._tables(end_users=True):
            self._delete_where_any(table, _IS_SUBJECT, params)

    def export_end_user(self, user: EndUser) -> Iterator[Line]:
        params = {"project_id": user.project_id, "end_user_id": user.end_user_id}
        yield from self._spans(f"(({_IS_THEIRS}) OR ({_IN_THEIR_TRACES}{_IS_THEIRS})))", params)
        yield from self._points(_IS_THEIRS, params)

    def count_project(self, project_id: str) -> Mapping[str, int]:
        params = {"project_id": project_id}
        return {
            table: self._count(table, "project_id = {project_id:String}", params)
            for table in self._tables(end_users=False)
        }

    def erase_project(self, project_id: str) -> None:
        for table in self._tables(end_users=False):
            self._delete_where_any(table, "project_id = {project_id:String}", {"project_id": project_id})

    def export_project(self, project_id: str) -> Iterator[Line]:
        where, params = "project_id = {project_id:String}", {"project_id": project_id}
        yield from self._spans(where, params)
        yield from self._points(where, params)

    def settle(self) -> None:
        """The engine removes files by itself, and only by itself."""

    def outdated_files(self, since_us: int) -> int:
        return self._columnar.outdated_files(self._tables(end_users=False), since_us)

    def _tables(self, end_users: bool) -> list[str]:
        rows = self._columnar.query(_TABLES).rows
        return [table for table, tells_of_end_users in rows if tells_of_end_users or not end_users]

    def _count(self, table: str, where: str, params: Params) -> int:
        found = self._columnar.query(f"SELECT count() FROM {table} WHERE {where}", params, _LIMITS)
        return int(found.rows[0][0])

    def _delete_where_any(self, table: str, where: str, params: Params) -> None:
        """A deletion looks through every file of the table; a count is far cheaper."""
        if self._count(table, where, params):
            self._columnar.delete(table, where, params)

    def _spans(self, where: str, params: Params) -> Iterator[Line]:
        """In the order of time, each page as large as fits `PAGE_BYTES` if spans go on as they were."""
        after: dict[str, Any] | None = None
        limit = FIRST_PAGE_ROWS
        while True:
            more = "" if after is None else f" AND {_AFTER}"
            found = self._columnar.query(
                f"SELECT * FROM spans WHERE {where}{more} "
                f"ORDER BY start_time, trace_id, span_id LIMIT {limit:d}",
                {**params, **(after or {})},
                _LIMITS,
            ).dicts()
            yield from ({"held": "span", **row} for row in found)
            if len(found) < limit:
                return
            last = found[-1]
            after = {
                "after_us": us_from_datetime(last["start_time"]),
                "after_trace": last["trace_id"],
                "after_span": last["span_id"],
            }
            limit = _next_rows(found)

    def _points(self, where: str, params: Params) -> Iterator[Line]:
        offset = 0
        while True:
            found = self._columnar.query(
                f"SELECT * FROM metric_points WHERE {where} "
                f"ORDER BY name, time, batch_id, attributes LIMIT {MOST_PAGE_ROWS:d} OFFSET {offset:d}",
                params,
                _LIMITS,
            ).dicts()
            yield from ({"held": "metric_point", **row} for row in found)
            if len(found) < MOST_PAGE_ROWS:
                return
            offset += MOST_PAGE_ROWS


_AFTER: Final = (
    "start_time >= fromUnixTimestamp64Micro({after_us:Int64}, 'UTC') AND (start_time, trace_id, span_id) > "
    "(fromUnixTimestamp64Micro({after_us:Int64}, 'UTC'), {after_trace:String}, {after_span:String})"
)


def _next_rows(rows: Sequence[Mapping[str, Any]]) -> int:
    text_bytes = sum(len(row["input"]) + len(row["output"]) + len(row["attributes"]) for row in rows)
    fitting = PAGE_BYTES // (text_bytes // len(rows) + _ROW_BYTES)
    return max(1, min(fitting, 4 * len(rows), MOST_PAGE_ROWS))
