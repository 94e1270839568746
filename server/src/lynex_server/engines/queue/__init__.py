"""The durable log between ingest and store: a SQLite file, or Redis Streams."""
