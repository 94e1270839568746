"""The tables of spans, metric points and their rollups, as numbered migrations."""

from importlib.resources import files

from lynex_server.engines.columnar.migrations import Migration, read_migrations


def spans_migrations() -> list[Migration]:
    """Every migration of this slice, in order."""
    return read_migrations(files("lynex_server.spans") / "sql")
