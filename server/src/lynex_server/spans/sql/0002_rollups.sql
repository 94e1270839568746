CREATE TABLE IF NOT EXISTS spans_by_minute $on_cluster
(
    project_id LowCardinality(String),
    time DateTime('UTC') CODEC(Delta, ZSTD(1)),
    environment LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    route LowCardinality(String),
    service LowCardinality(String),
    kind LowCardinality(String),
    status LowCardinality(String),
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
ORDER BY (project_id, time, environment, provider, model, route, service, kind, status)
SETTINGS index_granularity = 1024, $dedup_window
;
CREATE MATERIALIZED VIEW IF NOT EXISTS spans_to_minute $on_cluster TO spans_by_minute AS
SELECT
    project_id,
    toStartOfMinute(start_time, 'UTC') AS time,
    environment,
    provider,
    model,
    route,
    service,
    kind,
    status,
    count() AS spans,
    countIf(status IN ('error', 'timeout')) AS errors,
    countIf(cost_source = 'unpriced') AS unpriced,
    countIf(cost_source = 'estimated') AS estimated,
    sum(ifNull(spans.input_tokens, 0)) AS input_tokens,
    sum(ifNull(spans.output_tokens, 0)) AS output_tokens,
    sum(ifNull(spans.cache_read_tokens, 0)) AS cache_read_tokens,
    sum(ifNull(spans.cache_write_5m_tokens, 0) + ifNull(spans.cache_write_1h_tokens, 0)) AS cache_write_tokens,
    sum(ifNull(spans.reasoning_tokens, 0)) AS reasoning_tokens,
    sum(ifNull(spans.cost_nanousd, 0)) AS cost_nanousd,
    quantilesBFloat16State(0.5, 0.95, 0.99)(spans.duration_ms) AS duration_ms,
    quantilesBFloat16State(0.5, 0.95, 0.99)(spans.time_to_first_token_ms) AS time_to_first_token_ms
FROM spans
GROUP BY project_id, time, environment, provider, model, route, service, kind, status
;
CREATE TABLE IF NOT EXISTS spans_by_hour $on_cluster
(
    project_id LowCardinality(String),
    time DateTime('UTC') CODEC(Delta, ZSTD(1)),
    environment LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    route LowCardinality(String),
    service LowCardinality(String),
    kind LowCardinality(String),
    status LowCardinality(String),
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
ORDER BY (project_id, time, environment, provider, model, route, service, kind, status)
SETTINGS index_granularity = 64, $dedup_window
;
CREATE MATERIALIZED VIEW IF NOT EXISTS spans_to_hour $on_cluster TO spans_by_hour AS
SELECT
    project_id,
    toStartOfHour(spans_by_minute.time, 'UTC') AS time,
    environment,
    provider,
    model,
    route,
    service,
    kind,
    status,
    sum(spans_by_minute.spans) AS spans,
    sum(spans_by_minute.errors) AS errors,
    sum(spans_by_minute.unpriced) AS unpriced,
    sum(spans_by_minute.estimated) AS estimated,
    sum(spans_by_minute.input_tokens) AS input_tokens,
    sum(spans_by_minute.output_tokens) AS output_tokens,
    sum(spans_by_minute.cache_read_tokens) AS cache_read_tokens,
    sum(spans_by_minute.cache_write_tokens) AS cache_write_tokens,
    sum(spans_by_minute.reasoning_tokens) AS reasoning_tokens,
    sum(spans_by_minute.cost_nanousd) AS cost_nanousd,
    quantilesBFloat16MergeState(0.5, 0.95, 0.99)(spans_by_minute.duration_ms) AS duration_ms,
    quantilesBFloat16MergeState(0.5, 0.95, 0.99)(spans_by_minute.time_to_first_token_ms) AS time_to_first_token_ms
FROM spans_by_minute
GROUP BY project_id, time, environment, provider, model, route, service, kind, status
;
CREATE TABLE IF NOT EXISTS spans_by_day $on_cluster
(
    project_id LowCardinality(String),
    time DateTime('UTC') CODEC(Delta, ZSTD(1)),
    environment LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    route LowCardinality(String),
    service LowCardinality(String),
    kind LowCardinality(String),
    status LowCardinality(String),
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
ORDER BY (project_id, time, environment, provider, model, route, service, kind, status)
SETTINGS index_granularity = 64, $dedup_window
;
CREATE MATERIALIZED VIEW IF NOT EXISTS spans_to_day $on_cluster TO spans_by_day AS
SELECT
    project_id,
    toStartOfDay(spans_by_hour.time, 'UTC') AS time,
    environment,
    provider,
    model,
    route,
    service,
    kind,
    status,
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
GROUP BY project_id, time, environment, provider, model, route, service, kind, status
;
CREATE TABLE IF NOT EXISTS spans_by_end_user_hour $on_cluster
(
    project_id LowCardinality(String),
    time DateTime('UTC') CODEC(Delta, ZSTD(1)),
    end_user_id String CODEC(ZSTD(1)),
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
    cost_nanousd SimpleAggregateFunction(sum, Int64)
)
ENGINE = ${engine_prefix}AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (project_id, time, end_user_id, is_call)
SETTINGS $dedup_window
;
CREATE MATERIALIZED VIEW IF NOT EXISTS spans_to_end_user_hour $on_cluster TO spans_by_end_user_hour AS
SELECT
    project_id,
    toStartOfHour(start_time, 'UTC') AS time,
    end_user_id,
    kind IN ('llm', 'embedding') AS is_call,
    count() AS spans,
    countIf(status IN ('error', 'timeout')) AS errors,
    countIf(cost_source = 'unpriced') AS unpriced,
    countIf(cost_source = 'estimated') AS estimated,
    sum(ifNull(spans.input_tokens, 0)) AS input_tokens,
    sum(ifNull(spans.output_tokens, 0)) AS output_tokens,
    sum(ifNull(spans.cache_read_tokens, 0)) AS cache_read_tokens,
    sum(ifNull(spans.cache_write_5m_tokens, 0) + ifNull(spans.cache_write_1h_tokens, 0)) AS cache_write_tokens,
    sum(ifNull(spans.reasoning_tokens, 0)) AS reasoning_tokens,
    sum(ifNull(spans.cost_nanousd, 0)) AS cost_nanousd
FROM spans
WHERE end_user_id != ''
GROUP BY project_id, time, end_user_id, is_call
;
CREATE TABLE IF NOT EXISTS spans_by_end_user_day $on_cluster
(
    project_id LowCardinality(String),
    time DateTime('UTC') CODEC(Delta, ZSTD(1)),
    end_user_id String CODEC(ZSTD(1)),
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
    cost_nanousd SimpleAggregateFunction(sum, Int64)
)
ENGINE = ${engine_prefix}AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (project_id, time, end_user_id, is_call)
SETTINGS $dedup_window
;
CREATE MATERIALIZED VIEW IF NOT EXISTS spans_to_end_user_day $on_cluster TO spans_by_end_user_day AS
SELECT
    project_id,
    toStartOfDay(spans_by_end_user_hour.time, 'UTC') AS time,
    end_user_id,
    is_call,
    sum(spans_by_end_user_hour.spans) AS spans,
    sum(spans_by_end_user_hour.errors) AS errors,
    sum(spans_by_end_user_hour.unpriced) AS unpriced,
    sum(spans_by_end_user_hour.estimated) AS estimated,
    sum(spans_by_end_user_hour.input_tokens) AS input_tokens,
    sum(spans_by_end_user_hour.output_tokens) AS output_tokens,
    sum(spans_by_end_user_hour.cache_read_tokens) AS cache_read_tokens,
    sum(spans_by_end_user_hour.cache_write_tokens) AS cache_write_tokens,
    sum(spans_by_end_user_hour.reasoning_tokens) AS reasoning_tokens,
    sum(spans_by_end_user_hour.cost_nanousd) AS cost_nanousd
FROM spans_by_end_user_hour
GROUP BY project_id, time, end_user_id, is_call
;
