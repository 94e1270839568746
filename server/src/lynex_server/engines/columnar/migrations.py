"""Numbered `.sql` files, applied once each and in order.

A file holds statements separated by lines that hold only `;`. The few words that differ between one
machine and a cluster are placeholders, and `ddl_words` below is the one place that says what they mean:

- `$on_cluster`: empty, or `ON CLUSTER 'name'`
- `$engine_prefix`: empty, or `Replicated` (so `${engine_prefix}MergeTree`)
- `$dedup_window`: the table setting that makes an insert token count
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from string import Template

from lynex_server.engines.columnar.protocol import Columnar

REMEMBERED_INSERTS = 10_000  # tokens a table remembers; far more than can be in flight after a crash


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its name (`0001_spans`) orders it and is recorded when applied."""

    name: str
    sql: str


def ddl_words(cluster: str | None) -> Mapping[str, str]:
    """What the placeholders stand for: on one server, or on the named ClickHouse cluster."""
    if cluster is None:
        return {
            "on_cluster": "",
            "engine_prefix": "",
            "dedup_window": f"non_replicated_deduplication_window = {REMEMBERED_INSERTS}",
        }
    quoted = cluster.replace("\\", "\\\\").replace("'", "\\'")
    return {
        "on_cluster": f"ON CLUSTER '{quoted}'",
        "engine_prefix": "Replicated",
        "dedup_window": f"replicated_deduplication_window = {REMEMBERED_INSERTS}",
    }


def read_migrations(folder: Traversable) -> list[Migration]:
    """The `.sql` files of a package folder, in the order of their numbers."""
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda f: f.name)
    return [Migration(entry.name.removesuffix(".sql"), entry.read_text()) for entry in files]


def migrate(columnar: Columnar, migrations: Iterable[Migration]) -> list[str]:
    """Apply what is not applied yet; returns the names applied now.

    Statements are written so that repeating one is harmless (`IF NOT EXISTS`): a file that a crash cut
    short is run again from its beginning.
    """
    words = columnar.ddl_words()
    for statement in _statements(_LEDGER_TABLE, words):
        columnar.command(statement)
    done = {row[0] for row in columnar.query("SELECT name FROM schema_migrations").rows}
    applied: list[str] = []
    for migration in sorted(migrations, key=lambda m: m.name):
        if migration.name in done:
            continue
        for statement in _statements(migration.sql, words):
            columnar.command(statement)
        columnar.command(
            "INSERT INTO schema_migrations SELECT {name:String}, now()", {"name": migration.name}
        )
        applied.append(migration.name)
    return applied


_LEDGER_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations $on_cluster (name String, applied_at DateTime('UTC'))
ENGINE = ${engine_prefix}MergeTree ORDER BY name
"""


def _statements(sql: str, words: Mapping[str, str]) -> list[str]:
    rendered = Template(sql).substitute(words)
    return [part.strip() for part in rendered.split("\n;") if part.strip()]
