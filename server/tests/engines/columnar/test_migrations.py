"""Numbered `.sql` files: applied once each, resumable, and the same on every engine."""

from pathlib import Path

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.columnar.migrations import Migration, ddl_words, migrate, read_migrations
from lynex_server.kernel.ids import new_id


def a_table(name: str) -> str:
    engine = "${engine_prefix}MergeTree ORDER BY n"
    return f"CREATE TABLE IF NOT EXISTS {name} $on_cluster (n UInt64) ENGINE = {engine}"


def count(columnar: ClickHouse, table: str) -> int:
    return int(columnar.query(f"SELECT count() FROM {table}").rows[0][0])


def test_the_words_for_one_server() -> None:
    assert ddl_words(None) == {
        "on_cluster": "",
        "engine_prefix": "",
        "dedup_window": "non_replicated_deduplication_window = 10000",
    }


def test_the_words_for_a_cluster() -> None:
    assert ddl_words("c1") == {
        "on_cluster": "ON CLUSTER 'c1'",
        "engine_prefix": "Replicated",
        "dedup_window": "replicated_deduplication_window = 10000",
    }


def test_a_cluster_name_is_one_text_whatever_is_in_it() -> None:
    assert ddl_words("it's \\ mine")["on_cluster"] == r"ON CLUSTER 'it\'s \\ mine'"


def test_reads_sql_files_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("0010_c.sql", "0002_b.sql", "0001_a.sql", "README.md"):
        (tmp_path / name).write_text(name)

    assert read_migrations(tmp_path) == [
        Migration("0001_a", "0001_a.sql"),
        Migration("0002_b", "0002_b.sql"),
        Migration("0010_c", "0010_c.sql"),
    ]


def test_applies_each_migration_once_and_in_order(columnar: ClickHouse, table: str) -> None:
    first = Migration(f"{table}_1", f"{a_table(table)}\n;\nINSERT INTO {table} VALUES (1)\n;\n")
    second = Migration(f"{table}_2", f"INSERT INTO {table} SELECT n + 1 FROM {table}")

    assert migrate(columnar, [second, first]) == [first.name, second.name]
    assert migrate(columnar, [first, second]) == []
    assert count(columnar, table) == 2


def test_a_migration_that_was_cut_short_runs_again_from_its_beginning(
    columnar: ClickHouse, table: str
) -> None:
    name = new_id("test")
    broken = Migration(name, f"{a_table(table)}\n;\nINSERT INTO {table} VALUES (1)\n;\nCREATE TABEL oops")
    mended = Migration(name, f"{a_table(table)}\n;\nINSERT INTO {table} VALUES (2)")

    with pytest.raises(DatabaseError):
        migrate(columnar, [broken])

    assert migrate(columnar, [mended]) == [name]
    assert count(columnar, table) == 2
