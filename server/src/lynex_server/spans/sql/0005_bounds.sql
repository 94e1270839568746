CREATE TABLE IF NOT EXISTS span_bounds $on_cluster
(
    project_id LowCardinality(String),
    key UInt64 CODEC(NONE),
    first_time SimpleAggregateFunction(min, DateTime64(6, 'UTC')) CODEC(ZSTD(1)),
    last_time SimpleAggregateFunction(max, DateTime64(6, 'UTC')) CODEC(ZSTD(1))
)
ENGINE = ${engine_prefix}AggregatingMergeTree
ORDER BY (project_id, key)
SETTINGS index_granularity = 256, min_compress_block_size = 4096, $dedup_window
;
CREATE MATERIALIZED VIEW IF NOT EXISTS spans_to_bounds $on_cluster TO span_bounds AS
SELECT
    project_id,
    arrayJoin(
        if(session_id = '', [cityHash64(trace_id)], [cityHash64(trace_id), cityHash64(session_id)])
    ) AS key,
    min(start_time) AS first_time,
    max(start_time) AS last_time
FROM spans
GROUP BY project_id, key
;
INSERT INTO span_bounds
SELECT
    project_id,
    arrayJoin(
        if(session_id = '', [cityHash64(trace_id)], [cityHash64(trace_id), cityHash64(session_id)])
    ) AS key,
    min(start_time) AS first_time,
    max(start_time) AS last_time
FROM spans
GROUP BY project_id, key
SETTINGS max_bytes_before_external_group_by = 300000000
;
ALTER TABLE spans $on_cluster MODIFY SETTING min_compress_block_size = 8192
;
