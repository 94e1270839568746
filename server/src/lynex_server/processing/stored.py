"""What an earlier try of a batch stored: prices may have changed since, and the books follow the spans."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from lynex_server.engines.columnar.protocol import Columnar, QueryLimits
from lynex_server.spans.public import SpanRow

_STORED_COSTS = """
SELECT trace_id, span_id, toUnixTimestamp64Micro(start_time), ifNull(input_tokens, -1),
    ifNull(output_tokens, -1), cost_nanousd, cost_source, price_version, usage_flags
FROM spans
WHERE batch_id = {batch_id:String}
ORDER BY ALL
"""
_LIMITS = QueryLimits(max_rows=2_000_000)
_Key = tuple[str, str, int, int, int]


def as_stored(columnar: Columnar, batch_id: str, rows: Sequence[SpanRow]) -> list[SpanRow]:
    """The rows of a batch with the costs that are stored of them; as they are where nothing is stored."""
    stored: defaultdict[_Key, list[tuple[int | None, str, str, list[str]]]] = defaultdict(list)
    for row in columnar.query(_STORED_COSTS, {"batch_id": batch_id}, _LIMITS).rows:
        stored[row[:5]].append((row[5], row[6], row[7], list(row[8])))
    return [_with(row, stored.get(_key(row))) for row in rows]


def _key(row: SpanRow) -> _Key:
    tokens_in = -1 if row.input_tokens is None else row.input_tokens
    tokens_out = -1 if row.output_tokens is None else row.output_tokens
    return row.trace_id, row.span_id, row.start_time, tokens_in, tokens_out


def _with(row: SpanRow, found: list[tuple[int | None, str, str, list[str]]] | None) -> SpanRow:
    if not found:
        return row
    # A span that is in the batch twice is stored twice: each takes one, the last is left for good.
    cost, source, version, flags = found.pop() if len(found) > 1 else found[0]
    return msgspec.structs.replace(
        row, cost_nanousd=cost, cost_source=source, price_version=version, usage_flags=flags
    )
