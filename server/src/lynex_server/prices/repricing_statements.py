"""The statements of pricing history again. Composed of fixed parts; what varies is bound."""

from dataclasses import dataclass
from typing import Any

from lynex_server.engines.columnar.protocol import Columnar, Params, QueryLimits
from lynex_server.prices.repricing import CHANGE_COLUMNS, STAYS, PricedSpan

LIMITS = QueryLimits(max_seconds=120.0, max_memory_bytes=1_500_000_000, max_rows=3_000_000)

_KEY = """cityHash64(trace_id, span_id, start_time, batch_id, provider, model, service_tier, region,
    ifNull(duration_ms, -1), ifNull(input_tokens, -1), ifNull(output_tokens, -1),
    ifNull(cache_read_tokens, -1), ifNull(cache_write_5m_tokens, -1), ifNull(cache_write_1h_tokens, -1),
    ifNull(reasoning_tokens, -1),
    ifNull(input_audio_tokens, -1), ifNull(output_audio_tokens, -1), ifNull(input_image_tokens, -1),
    ifNull(output_image_tokens, -1), usage_other, usage_flags, ifNull(cost_nanousd, -1), cost_source,
    price_version)"""
"""Spans with equal keys have equal prices before and after, so a change may be applied by it. It covers the
price itself: a span that was changed has another key, and applying a change again finds nothing."""

_ELIGIBLE = f"""project_id = {{project:String}}
    AND start_time >= fromUnixTimestamp64Micro({{from_us:Int64}})
    AND start_time < fromUnixTimestamp64Micro({{until_us:Int64}})
    AND cost_source IN ('priced', 'estimated', 'unpriced') AND price_version != '{STAYS}'
    AND ({{provider:String}} = '' OR lower(provider) = {{provider:String}})
    AND ({{model:String}} = '' OR lower(model) LIKE {{model:String}})"""

_COUNT = f"SELECT count() FROM spans WHERE {_ELIGIBLE}"

_BOUNDARY = f"""
SELECT toUnixTimestamp64Micro(start_time) FROM spans WHERE {_ELIGIBLE}
ORDER BY start_time LIMIT 1 OFFSET {{spans:UInt64}}
"""

_READ = f"""
SELECT {_KEY} AS span_key, toUnixTimestamp64Micro(start_time), trace_id, span_id, end_user_id,
    api_key_id, environment, provider, model, route, service, kind, status, service_tier, region,
    duration_ms, input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
    reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens, output_image_tokens,
    usage_other, usage_flags, cost_nanousd, cost_source, price_version
FROM spans
WHERE {_ELIGIBLE}
"""

_BATCHES = f"""
SELECT DISTINCT batch_id FROM spans
WHERE {_ELIGIBLE} AND received_at >= fromUnixTimestamp64Micro({{since_us:Int64}})
"""

_OF_CHUNK = (
    """project_id = {project:String} AND repricing_id = {repricing:String} AND chunk = {chunk:UInt32}"""
)

_CHANGES = f"""
SELECT {", ".join(CHANGE_COLUMNS).replace("start_time", "toUnixTimestamp64Micro(start_time)")}
FROM span_repricings
WHERE {_OF_CHUNK}
"""

_JOINT_DELTAS = f"""
SELECT project_id, toUnixTimestamp(toStartOfHour(start_time, 'UTC')) * 1000000 AS hour_us, environment,
    provider, model, route, end_user_id, api_key_id,
    sum(toInt64(new_cost_source = 'unpriced') - toInt64(old_cost_source = 'unpriced')),
    sum(ifNull(new_cost_nanousd, 0) - ifNull(old_cost_nanousd, 0))
FROM span_repricings
WHERE {_OF_CHUNK}
GROUP BY project_id, hour_us, environment, provider, model, route, end_user_id, api_key_id
"""

_LINES = f"""
SELECT toString(toDate(start_time, 'UTC')) AS day, provider, model, count(),
    sum(ifNull(old_cost_nanousd, 0)), sum(ifNull(new_cost_nanousd, 0)),
    countIf(old_cost_source = 'unpriced'), countIf(new_cost_source = 'unpriced')
FROM span_repricings
WHERE {_OF_CHUNK}
GROUP BY day, provider, model
"""


_HISTORY = """
SELECT repricing_id, old_cost_nanousd, old_cost_source, old_price_version, new_cost_nanousd, new_cost_source,
    new_price_version
FROM span_repricings
WHERE project_id = {project:String} AND trace_id = {trace:String} AND span_id = {span:String}
ORDER BY repricing_id DESC
LIMIT 100
"""


def _of_changes(value: str) -> str:
    """A scalar subquery: one array of the chunk's changes, all of them in the same order."""
    return f"""(SELECT groupArray({value}) FROM (
        SELECT span_key, any(new_cost_nanousd) AS cost, any(new_cost_source) AS source,
            any(new_price_version) AS version, any(new_usage_flags) AS flags
        FROM span_repricings WHERE {_OF_CHUNK} GROUP BY span_key ORDER BY span_key))"""


_KEYS = _of_changes("span_key")
_APPLY = f"""
UPDATE spans SET
    cost_nanousd = nullIf(transform({_KEY}, {_KEYS}, {_of_changes("ifNull(cost, -1)")}, toInt64(-1)), -1),
    cost_source = transform({_KEY}, {_KEYS}, {_of_changes("toString(source)")}, ''),
    price_version = transform({_KEY}, {_KEYS}, {_of_changes("toString(version)")}, ''),
    usage_flags = arrayElement({_of_changes("flags")}, transform({_KEY}, {_KEYS}, arrayEnumerate({_KEYS}), 1))
WHERE {_ELIGIBLE} AND {_KEY} IN (SELECT span_key FROM span_repricings WHERE {_OF_CHUNK})
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Spans of a project between two instants, of some provider and models (empty: any)."""

    project_id: str
    from_us: int
    until_us: int
    provider: str = ""
    model: str = ""

    def params(self) -> dict[str, str | int]:
        """As the statements bind it. `*` and `?` of a pattern are `%` and `_` there."""
        escaped = self.model.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return {
            "project": self.project_id,
            "from_us": self.from_us,
            "until_us": self.until_us,
            "provider": self.provider.lower(),
            "model": escaped.replace("*", "%").replace("?", "_"),
        }


@dataclass(frozen=True, slots=True)
class Chunk:
    """One step of a repricing: what it changed is kept under this name."""

    repricing_id: str
    number: int
    stretch: Stretch

    @property
    def token(self) -> str:
        """Under which it is inserted, and booked in the ledger."""
        return f"{self.repricing_id}.{self.number}"

    def params(self) -> Params:
        """As the statements bind it."""
        return self.stretch.params() | {"repricing": self.repricing_id, "chunk": self.number}


@dataclass(frozen=True, slots=True)
class PriceChange:
    """What one repricing did to one span."""

    repricing_id: str
    old_cost_nanousd: int | None
    old_cost_source: str
    old_price_version: str
    new_cost_nanousd: int | None
    new_cost_source: str
    new_price_version: str


def changes_of_span(columnar: Columnar, project_id: str, trace_id: str, span_id: str) -> list[PriceChange]:
    """Every price that a span had before, the latest change first (ids of repricings sort by birth)."""
    params = {"project": project_id, "trace": trace_id, "span": span_id}
    return [PriceChange(*row) for row in columnar.query(_HISTORY, params, LIMITS).rows]


def count_spans(columnar: Columnar, stretch: Stretch) -> int:
    """How many spans there are to look at."""
    count: int = columnar.query(_COUNT, stretch.params(), LIMITS).rows[0][0]
    return count


def boundary_us(columnar: Columnar, stretch: Stretch, spans: int) -> int:
    """Before which instant a chunk of so many spans ends. What begins at one instant stays together."""
    found = columnar.query(_BOUNDARY, {**stretch.params(), "spans": spans}, LIMITS).rows
    if not found:
        return stretch.until_us
    return max(int(found[0][0]), stretch.from_us + 1)


def read_spans(columnar: Columnar, stretch: Stretch) -> list[PricedSpan]:
    """The spans, with all that their price depends on."""
    return [PricedSpan(*row) for row in columnar.query(_READ, stretch.params(), LIMITS).rows]


def batches_of(columnar: Columnar, stretch: Stretch, since_us: int) -> list[str]:
    """The batches of the spans that were received since then."""
    params = {**stretch.params(), "since_us": since_us}
    return [row[0] for row in columnar.query(_BATCHES, params, LIMITS).rows]


def recorded_changes(columnar: Columnar, chunk: Chunk) -> list[tuple[object, ...]]:
    """What was written down for a chunk, as values in the order of `CHANGE_COLUMNS`."""
    return columnar.query(_CHANGES, chunk.params(), LIMITS).rows


def joint_deltas(
    columnar: Columnar, chunk: Chunk
) -> list[tuple[tuple[str, int, str, str, str, str, str, str], int, int]]:
    """(joint key of the ledger, unpriced spans more, nano-dollars more) of a chunk."""
    rows = columnar.query(_JOINT_DELTAS, chunk.params(), LIMITS).rows
    return [((r[0], int(r[1]), r[2], r[3], r[4], r[5], r[6], r[7]), int(r[8]), int(r[9])) for r in rows]


def changed_lines(columnar: Columnar, chunk: Chunk) -> list[tuple[Any, ...]]:
    """(day, provider, model, changed, old and new nano-dollars, old and new unpriced) of a chunk."""
    return columnar.query(_LINES, chunk.params(), LIMITS).rows


def apply_changes(columnar: Columnar, chunk: Chunk) -> None:
    """Give the spans of a chunk the prices that were written down. Harmless to repeat."""
    columnar.command(_APPLY, chunk.params())
