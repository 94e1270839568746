"""Spans, usage, rollups and metric points: chDB inside the process, or a ClickHouse server."""
