"""Statements that sum up whole traces and sessions, found by their ids."""

from collections.abc import Sequence

from lynex_server.query.conditions import near_condition
from lynex_server.query.dimensions import CALL_KINDS, ERROR_STATUSES
from lynex_server.query.recent import KeyColumn
from lynex_server.query.statement import WHOLE, Condition, Select, Statement, compile_select
from lynex_server.query.window import Window

_MOST_VALUES = 20  # of models, providers and tags that one summary names

_COMMON = (
    f"countIf(kind IN {CALL_KINDS}) AS calls",
    f"countIf(status IN {ERROR_STATUSES}) AS errors",
    "countIf(cost_source = 'unpriced') AS unpriced",
    "sum(ifNull(input_tokens, 0)) AS all_input_tokens",
    "sum(ifNull(output_tokens, 0)) AS all_output_tokens",
    "sum(ifNull(cost_nanousd, 0)) AS all_cost_nanousd",
    "toUnixTimestamp64Micro(min(start_time)) AS first_us",
    "toUnixTimestamp64Micro(max(start_time)) AS last_us",
)
# The root if there is one, else the earliest span.
_ROOT_FIRST = "(parent_span_id != '', start_time)"

TRACE_COLUMNS: tuple[str, ...] = (
    "trace_id",
    "count() AS spans",
    *_COMMON,
    f"argMin(name, {_ROOT_FIRST}) AS root_name",
    f"argMin(kind, {_ROOT_FIRST}) AS root_kind",
    f"argMin(status, {_ROOT_FIRST}) AS root_status",
    "max(toUnixTimestamp64Micro(start_time) + toInt64(ifNull(duration_ms, 0) * 1000)) AS end_us",
    f"groupUniqArrayIf({_MOST_VALUES})(model, model != '') AS models",
    f"groupUniqArrayIf({_MOST_VALUES})(provider, provider != '') AS providers",
    f"groupUniqArrayArray({_MOST_VALUES})(tags) AS all_tags",
    *(
        f"argMinIf({name}, {_ROOT_FIRST}, {name} != '') AS root_{name}"
        for name in ("route", "environment", "session_id", "end_user_id")
    ),
)

SESSION_COLUMNS: tuple[str, ...] = (
    "session_id",
    *_COMMON,
    "uniqExact(trace_id) AS traces",
    "argMaxIf(end_user_id, start_time, end_user_id != '') AS last_end_user_id",
)


def compile_group_summaries(
    project_id: str, column: KeyColumn, keys: Sequence[str], near: tuple[Window, ...]
) -> Statement:
    """One row for each of `keys`, over all its spans. `near` must hold them all: nothing else is read."""
    of_keys = Condition(f"{column} IN {{keys:Array(String)}}", {"keys": tuple(keys)})
    columns = TRACE_COLUMNS if column == "trace_id" else SESSION_COLUMNS
    tail = f"GROUP BY {column}\n{WHOLE}"
    return compile_select(Select("spans", columns, (of_keys, near_condition(near)), tail), project_id)
