"""Filters and windows as conditions over the columns of a table."""

import re

from lynex_server.query.filters import Filters
from lynex_server.query.statement import Condition
from lynex_server.query.window import Window

_PHRASE = re.compile(r'"([^"]*)"')
_WORD = re.compile(r"[^\W_]", re.UNICODE)
_TOKENS = "ifNull(input_tokens, 0) + ifNull(output_tokens, 0)"


def instant(name: str) -> str:
    """The bound parameter `name` (microseconds since the epoch) as an instant."""
    return f"fromUnixTimestamp64Micro({{{name}:Int64}}, 'UTC')"


def window_condition(windows: tuple[Window, ...], column: str, prefix: str = "") -> Condition:
    """`column` (a time) lies in one of the windows."""
    params: dict[str, int] = {}
    alternatives = []
    for number, window in enumerate(windows):
        start, end = f"{prefix}start_us_{number}", f"{prefix}end_us_{number}"
        params[start], params[end] = window.start_us, window.end_us
        alternatives.append(f"{column} >= {instant(start)} AND {column} < {instant(end)}")
    if len(alternatives) == 1:
        return Condition(alternatives[0], params)
    return Condition("(" + " OR ".join(f"({one})" for one in alternatives) + ")", params)


def near_condition(windows: tuple[Window, ...]) -> Condition:
    """Rows outside the granules that the windows touch are not read; those inside are not compared: whoever
    asks knows by another condition that all it wants lies in the windows."""
    inside = window_condition(windows, "start_time", "near_")
    return Condition(f"indexHint({inside.sql})", inside.params)


def filter_conditions(filters: Filters) -> tuple[Condition, ...]:
    """Every filter as a condition over `spans`; those of `equals` hold for a rollup with the column too."""
    found = [_equals(column, values) for column, values in sorted(filters.equals.items())]
    if filters.tags:
        found.append(Condition("hasAny(tags, {tags:Array(String)})", {"tags": filters.tags}))
    for number, (key, values) in enumerate(sorted(filters.metadata.items())):
        name, wanted = f"metadata_key_{number}", f"metadata_values_{number}"
        # A key that is absent reads as "": without mapContains it would pass a filter for "".
        sql = (
            f"mapContains(metadata, {{{name}:String}}) "
            f"AND metadata[{{{name}:String}}] IN {{{wanted}:Array(String)}}"
        )
        found.append(Condition(sql, {name: key, wanted: values}))
    if filters.min_cost_nanousd is not None:
        found.append(
            Condition(
                "cost_nanousd >= {min_cost_nanousd:Int64}", {"min_cost_nanousd": filters.min_cost_nanousd}
            )
        )
    if filters.min_latency_ms is not None:
        found.append(
            Condition("duration_ms >= {min_latency_ms:Float64}", {"min_latency_ms": filters.min_latency_ms})
        )
    if filters.min_tokens is not None:
        found.append(Condition(f"{_TOKENS} >= {{min_tokens:Int64}}", {"min_tokens": filters.min_tokens}))
    found.extend(_text_conditions(filters.text))
    return tuple(found)


def _equals(column: str, values: tuple[str, ...]) -> Condition:
    return Condition(f"{column} IN {{{column}:Array(String)}}", {column: values})


def _text_conditions(text: str) -> list[Condition]:
    """Words by the text indexes; a phrase by its words first, then as written.

    The needle is one string: the engine cuts and lowers it as the index does (`hasAllTokens` with an
    array would take the words as they are). Text without a word character has no tokens: it is looked
    for as written.
    """
    if not text:
        return []
    found = []
    phrases = [phrase for phrase in _PHRASE.findall(text) if phrase.strip()]
    if _WORD.search(text):
        words = text.replace('"', " ")
        sql = "(hasAllTokens(input, {q_words:String}) OR hasAllTokens(output, {q_words:String}))"
        found.append(Condition(sql, {"q_words": words}))
    elif not phrases:
        phrases = [text]
    for number, phrase in enumerate(phrases):
        name = f"q_phrase_{number}"
        sql = (
            f"(positionCaseInsensitiveUTF8(input, {{{name}:String}}) > 0 "
            f"OR positionCaseInsensitiveUTF8(output, {{{name}:String}}) > 0)"
        )
        found.append(Condition(sql, {name: phrase}))
    return found
