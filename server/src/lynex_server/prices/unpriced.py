"""Calls whose model or usage has no price: listed, so that none stays unseen."""

from collections.abc import Sequence
from dataclasses import dataclass

from lynex_server.engines.columnar.protocol import Columnar, QueryLimits

LISTED_MAX = 500

_UNPRICED = """
SELECT provider, model, count() AS spans, toUnixTimestamp64Micro(min(start_time)),
    toUnixTimestamp64Micro(max(start_time)), argMax((trace_id, span_id), start_time),
    sum(ifNull(input_tokens, 0)), sum(ifNull(output_tokens, 0)), groupUniqArrayArray(10)(usage_flags)
FROM spans
WHERE project_id = {project:String} AND cost_source = 'unpriced'
    AND start_time >= fromUnixTimestamp64Micro({from_us:Int64})
    AND start_time < fromUnixTimestamp64Micro({until_us:Int64})
GROUP BY provider, model
ORDER BY spans DESC, provider, model
LIMIT {limit:UInt32}
"""
_LIMITS = QueryLimits(max_rows=LISTED_MAX)


@dataclass(frozen=True, slots=True)
class UnpricedModel:
    """A model, how many of its calls have no cost and since when, the latest of them, and what is said of
    them: `model_unknown`, `usage_missing`, …"""

    provider: str
    model: str
    spans: int
    first_seen_us: int
    last_seen_us: int
    trace_id: str
    span_id: str
    input_tokens: int
    output_tokens: int
    flags: tuple[str, ...]


def unpriced_models(
    columnar: Columnar, project_id: str, from_us: int, until_us: int
) -> Sequence[UnpricedModel]:
    """Up to `LISTED_MAX` of them, the most frequent first."""
    params = {"project": project_id, "from_us": from_us, "until_us": until_us, "limit": LISTED_MAX}
    found = columnar.query(_UNPRICED, params, _LIMITS).rows
    return [
        UnpricedModel(
            provider=row[0],
            model=row[1],
            spans=int(row[2]),
            first_seen_us=int(row[3]),
            last_seen_us=int(row[4]),
            trace_id=row[5][0],
            span_id=row[5][1],
            input_tokens=int(row[6]),
            output_tokens=int(row[7]),
            flags=tuple(sorted(row[8])),
        )
        for row in found
    ]
