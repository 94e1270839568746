"""Data out: spans, traces, sessions, metrics, live tail and export."""
