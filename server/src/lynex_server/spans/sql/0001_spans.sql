CREATE TABLE IF NOT EXISTS spans $on_cluster
(
    project_id LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    parent_span_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    end_user_id String CODEC(ZSTD(1)),
    start_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    duration_ms Nullable(Float64) CODEC(ZSTD(1)),
    time_to_first_token_ms Nullable(Float64) CODEC(ZSTD(1)),
    kind LowCardinality(String),
    name LowCardinality(String),
    route LowCardinality(String),
    environment LowCardinality(String),
    release LowCardinality(String),
    service LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    model_requested LowCardinality(String),
    service_tier LowCardinality(String),
    input_tokens Nullable(Int64) CODEC(ZSTD(1)),
    output_tokens Nullable(Int64) CODEC(ZSTD(1)),
    cache_read_tokens Nullable(Int64) CODEC(ZSTD(1)),
    cache_write_5m_tokens Nullable(Int64) CODEC(ZSTD(1)),
    cache_write_1h_tokens Nullable(Int64) CODEC(ZSTD(1)),
    reasoning_tokens Nullable(Int64) CODEC(ZSTD(1)),
    input_audio_tokens Nullable(Int64) CODEC(ZSTD(1)),
    output_audio_tokens Nullable(Int64) CODEC(ZSTD(1)),
    input_image_tokens Nullable(Int64) CODEC(ZSTD(1)),
    output_image_tokens Nullable(Int64) CODEC(ZSTD(1)),
    usage_other Map(LowCardinality(String), Int64) CODEC(ZSTD(1)),
    usage_flags Array(LowCardinality(String)),
    cost_nanousd Nullable(Int64) CODEC(ZSTD(1)),
    cost_source LowCardinality(String),
    price_version LowCardinality(String),
    status LowCardinality(String),
    error_type LowCardinality(String),
    error_message String CODEC(ZSTD(1)),
    finish_reason LowCardinality(String),
    prompt_name LowCardinality(String),
    prompt_version LowCardinality(String),
    input String CODEC(ZSTD(3)),
    output String CODEC(ZSTD(3)),
    tags Array(LowCardinality(String)),
    metadata Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attributes String CODEC(ZSTD(3)),
    source LowCardinality(String),
    api_key_id LowCardinality(String),
    received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    batch_id LowCardinality(String),

    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.0005) GRANULARITY 1,
    INDEX session_id_bloom session_id TYPE bloom_filter(0.0005) GRANULARITY 1,
    INDEX end_user_id_bloom end_user_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX input_words input TYPE text(tokenizer = splitByNonAlpha, preprocessor = lower(input)),
    INDEX output_words output TYPE text(tokenizer = splitByNonAlpha, preprocessor = lower(output))
)
ENGINE = ${engine_prefix}MergeTree
PARTITION BY toYYYYMM(start_time)
ORDER BY (project_id, start_time)
SETTINGS
    index_granularity = 2048,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_bytes_for_wide_part = 268435456,
    $dedup_window
;
CREATE TABLE IF NOT EXISTS metric_points $on_cluster
(
    project_id LowCardinality(String),
    name LowCardinality(String),
    time DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    value Float64 CODEC(ZSTD(1)),
    unit LowCardinality(String),
    temporality LowCardinality(String),
    service LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    token_type LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    end_user_id String CODEC(ZSTD(1)),
    attributes String CODEC(ZSTD(3)),
    received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    batch_id LowCardinality(String)
)
ENGINE = ${engine_prefix}MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (project_id, name, time)
SETTINGS
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    $dedup_window
;
