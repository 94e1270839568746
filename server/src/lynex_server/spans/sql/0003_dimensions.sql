CREATE TABLE IF NOT EXISTS spans_by_dimension_hour $on_cluster
(
    project_id LowCardinality(String),
    dimension LowCardinality(String),
    time DateTime('UTC') CODEC(Delta, ZSTD(1)),
    value LowCardinality(String),
    detail LowCardinality(String),
    is_call UInt8,
    spans SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, UInt64),
    unpriced SimpleAggregateFunction(sum, UInt64),
    estimated SimpleAggregateFunction(sum, UInt64),
    input_tokens SimpleAggregateFunction(sum, Int64),
    output_tokens SimpleAggregateFunction(sum, Int64),
    cache_read_tokens SimpleAggregateFunction(sum, Int64),
    cache_write_tokens SimpleAggregateFunction(sum, Int64),
    reasoning_tokens SimpleAggregateFunction(sum, Int64),
    cost_nanousd SimpleAggregateFunction(sum, Int64),
    duration_ms AggregateFunction(quantilesBFloat16(0.5, 0.95, 0.99), Nullable(Float64)),
    time_to_first_token_ms AggregateFunction(quantilesBFloat16(0.5, 0.95, 0.99), Nullable(Float64))
)
ENGINE = ${engine_prefix}AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (project_id, dimension, time, value, detail, is_call)
SETTINGS index_granularity = 64, $dedup_window
;
CREATE MATERIALIZED VIEW IF NOT EXISTS spans_to_dimension_hour $on_cluster TO spans_by_dimension_hour AS
SELECT
    project_id,
    tuples.1 AS dimension,
    spans_by_hour.time AS time,
    tuples.2 AS value,
    tuples.3 AS detail,
    kind IN ('llm', 'embedding') AS is_call,
    sum(spans_by_hour.spans) AS spans,
    sum(spans_by_hour.errors) AS errors,
    sum(spans_by_hour.unpriced) AS unpriced,
    sum(spans_by_hour.estimated) AS estimated,
    sum(spans_by_hour.input_tokens) AS input_tokens,
    sum(spans_by_hour.output_tokens) AS output_tokens,
    sum(spans_by_hour.cache_read_tokens) AS cache_read_tokens,
    sum(spans_by_hour.cache_write_tokens) AS cache_write_tokens,
    sum(spans_by_hour.reasoning_tokens) AS reasoning_tokens,
    sum(spans_by_hour.cost_nanousd) AS cost_nanousd,
    quantilesBFloat16MergeState(0.5, 0.95, 0.99)(spans_by_hour.duration_ms) AS duration_ms,
    quantilesBFloat16MergeState(0.5, 0.95, 0.99)(spans_by_hour.time_to_first_token_ms) AS time_to_first_token_ms
FROM spans_by_hour
ARRAY JOIN [
    ('', '', ''),
    ('environment', environment, ''),
    ('provider', provider, ''),
    ('model', model, provider),
    ('route', route, ''),
    ('service', service, ''),
    ('kind', kind, ''),
    ('status', status, '')
] AS tuples
GROUP BY project_id, dimension, time, value, detail, is_call
;
CREATE TABLE IF NOT EXISTS spans_by_dimension_day $on_cluster
(
    project_id LowCardinality(String),
    dimension LowCardinality(String),
    time DateTime('UTC') CODEC(Delta, ZSTD(1)),
    value LowCardinality(String),
    detail LowCardinality(String),
    is_call UInt8,
    spans SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, UInt64),
    unpriced SimpleAggregateFunction(sum, UInt64),
    estimated SimpleAggregateFunction(sum, UInt64),
    input_tokens SimpleAggregateFunction(sum, Int64),
    output_tokens SimpleAggregateFunction(sum, Int64),
    cache_read_tokens SimpleAggregateFunction(sum, Int64),
    cache_write_tokens SimpleAggregateFunction(sum, Int64),
    reasoning_tokens SimpleAggregateFunction(sum, Int64),
    cost_nanousd SimpleAggregateFunction(sum, Int64),
    duration_ms AggregateFunction(quantilesBFloat16(0.5, 0.95, 0.99), Nullable(Float64)),
    time_to_first_token_ms AggregateFunction(quantilesBFloat16(0.5, 0.95, 0.99), Nullable(Float64))
)
ENGINE = ${engine_prefix}AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (project_id, dimension, time, value, detail, is_call)
SETTINGS index_granularity = 64, $dedup_window
;
CREATE MATERIALIZED VIEW IF NOT EXISTS spans_to_dimension_day $on_cluster TO spans_by_dimension_day AS
SELECT
    project_id,
    dimension,
    toStartOfDay(spans_by_dimension_hour.time, 'UTC') AS time,
    value,
    detail,
    is_call,
    sum(spans_by_dimension_hour.spans) AS spans,
    sum(spans_by_dimension_hour.errors) AS errors,
    sum(spans_by_dimension_hour.unpriced) AS unpriced,
    sum(spans_by_dimension_hour.estimated) AS estimated,
    sum(spans_by_dimension_hour.input_tokens) AS input_tokens,
    sum(spans_by_dimension_hour.output_tokens) AS output_tokens,
    sum(spans_by_dimension_hour.cache_read_tokens) AS cache_read_tokens,
    sum(spans_by_dimension_hour.cache_write_tokens) AS cache_write_tokens,
    sum(spans_by_dimension_hour.reasoning_tokens) AS reasoning_tokens,
    sum(spans_by_dimension_hour.cost_nanousd) AS cost_nanousd,
    quantilesBFloat16MergeState(0.5, 0.95, 0.99)(spans_by_dimension_hour.duration_ms) AS duration_ms,
    quantilesBFloat16MergeState(0.5, 0.95, 0.99)(spans_by_dimension_hour.time_to_first_token_ms) AS time_to_first_token_ms
FROM spans_by_dimension_hour
GROUP BY project_id, dimension, time, value, detail, is_call
;
