"""System benchmarks. Each has a small size, which runs as a smoke test, and a full one, which measures."""
