ALTER TABLE spans $on_cluster
    ADD COLUMN IF NOT EXISTS region LowCardinality(String) AFTER service_tier
;
ALTER TABLE spans $on_cluster
    MODIFY SETTING enable_block_number_column = 1, enable_block_offset_column = 1
;
CREATE TABLE IF NOT EXISTS span_repricings $on_cluster
(
    project_id LowCardinality(String),
    repricing_id LowCardinality(String),
    chunk UInt32,
    span_key UInt64,
    start_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    end_user_id String CODEC(ZSTD(1)),
    api_key_id LowCardinality(String),
    environment LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    route LowCardinality(String),
    service LowCardinality(String),
    kind LowCardinality(String),
    status LowCardinality(String),
    old_cost_nanousd Nullable(Int64) CODEC(ZSTD(1)),
    old_cost_source LowCardinality(String),
    old_price_version LowCardinality(String),
    new_cost_nanousd Nullable(Int64) CODEC(ZSTD(1)),
    new_cost_source LowCardinality(String),
    new_price_version LowCardinality(String),
    new_usage_flags Array(LowCardinality(String))
)
ENGINE = ${engine_prefix}MergeTree
PARTITION BY toYYYYMM(start_time)
ORDER BY (project_id, repricing_id, chunk, start_time)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, $dedup_window
;
CREATE MATERIALIZED VIEW IF NOT EXISTS span_repricings_to_minute $on_cluster TO spans_by_minute AS
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
    toUInt64(sum(toInt64(new_cost_source = 'unpriced') - toInt64(old_cost_source = 'unpriced'))) AS unpriced,
    toUInt64(sum(toInt64(new_cost_source = 'estimated') - toInt64(old_cost_source = 'estimated'))) AS estimated,
    sum(ifNull(new_cost_nanousd, 0) - ifNull(old_cost_nanousd, 0)) AS cost_nanousd
FROM span_repricings
GROUP BY project_id, time, environment, provider, model, route, service, kind, status
;
CREATE MATERIALIZED VIEW IF NOT EXISTS span_repricings_to_end_user_hour $on_cluster TO spans_by_end_user_hour AS
SELECT
    project_id,
    toStartOfHour(start_time, 'UTC') AS time,
    end_user_id,
    kind IN ('llm', 'embedding') AS is_call,
    toUInt64(sum(toInt64(new_cost_source = 'unpriced') - toInt64(old_cost_source = 'unpriced'))) AS unpriced,
    toUInt64(sum(toInt64(new_cost_source = 'estimated') - toInt64(old_cost_source = 'estimated'))) AS estimated,
    sum(ifNull(new_cost_nanousd, 0) - ifNull(old_cost_nanousd, 0)) AS cost_nanousd
FROM span_repricings
WHERE end_user_id != ''
GROUP BY project_id, time, end_user_id, is_call
;
