"""The promises of `engines.columnar.protocol`, held against every engine."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.columnar.protocol import Column, ColumnType, QueryLimits
from lynex_server.kernel.errors import QueryTooExpensive

_encoder = msgspec.msgpack.Encoder()


def packed(*values: object) -> bytes:
    """A row as `insert` wants it."""
    return b"".join(_encoder.encode(value) for value in values)


def one(columnar: ClickHouse, sql: str, **params: Any) -> Any:
    ((value,),) = columnar.query(sql, params).rows
    return value


def make_table(columnar: ClickHouse, table: str, columns: str = "id UInt64, name String") -> None:
    words = columnar.ddl_words()
    columnar.command(
        f"CREATE TABLE {table} {words['on_cluster']} ({columns}) ENGINE = {words['engine_prefix']}MergeTree "
        f"ORDER BY id PARTITION BY intDiv(id, 1000) SETTINGS {words['dedup_window']}"
    )


# Queries


def test_answers_with_columns_and_rows(columnar: ClickHouse) -> None:
    answer = columnar.query("SELECT number AS n, toString(number) AS text FROM numbers(2)")

    assert answer.columns == ("n", "text")
    assert answer.rows == [(0, "0"), (1, "1")]
    assert answer.dicts() == [{"n": 0, "text": "0"}, {"n": 1, "text": "1"}]


def test_an_empty_answer_has_neither_rows_nor_columns(columnar: ClickHouse) -> None:
    answer = columnar.query("SELECT number AS n FROM numbers(3) WHERE number > 10")

    assert (answer.columns, answer.rows, answer.dicts()) == ((), [], [])


INSTANT = datetime(2026, 1, 5, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("clickhouse_type", "value"),
    [
        ("String", "text"),
        ("String", ""),
        ("String", "'; DROP TABLE spans; --"),
        ("String", "\\' OR 1 = 1 /*"),
        ("String", "tab\tnewline\nreturn\rzero\0bell\b"),
        ("String", "{other:String} %(name)s %s 100%"),
        ("String", "ünïcödé 漢字 🎈"),
        ("UInt64", 2**64 - 1),
        ("Int64", -(2**63)),
        ("Float64", 0.1),
        ("Bool", True),
        ("Nullable(Int64)", None),
        ("Nullable(String)", None),
        ("Date", date(2026, 1, 5)),
        ("Decimal(38, 9)", Decimal("12345.000000001")),
        ("Array(String)", ["a", "it's", "back\\slash", "", "]', 'x"]),
        ("Array(UInt32)", [1, 2, 3]),
        ("Array(String)", []),
    ],
)
def test_a_bound_parameter_arrives_as_it_was_given(
    columnar: ClickHouse, clickhouse_type: str, value: object
) -> None:
    assert one(columnar, f"SELECT {{value:{clickhouse_type}}}", value=value) == value


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=30), texts=st.lists(st.text(max_size=10), max_size=4))
def test_no_text_is_ever_read_as_sql(columnar: ClickHouse, text: str, texts: list[str]) -> None:
    answer = columnar.query("SELECT {text:String}, {texts:Array(String)}", {"text": text, "texts": texts})

    assert answer.rows == [(text, texts)]


def test_an_instant_keeps_its_microseconds_as_a_number(columnar: ClickHouse) -> None:
    """Instants cross as integers of microseconds: no time zone to lose on either side."""
    instant_us = 1_767_616_215_123_456

    row = columnar.query(
        "SELECT fromUnixTimestamp64Micro({us:Int64}, 'UTC') AS t, toUnixTimestamp64Micro(t)",
        {"us": instant_us},
    ).rows[0]

    assert row[1] == instant_us
    assert row[0].replace(tzinfo=UTC) == INSTANT


def test_a_mistake_in_sql_is_an_error_and_not_called_expensive(columnar: ClickHouse) -> None:
    with pytest.raises(DatabaseError, match="no_such_table"):
        columnar.query("SELECT * FROM no_such_table")
    with pytest.raises(DatabaseError):
        columnar.command("CREATE TABEL x")
    assert one(columnar, "SELECT 1") == 1


# Limits


def test_an_answer_with_too_many_rows_is_refused_whole(columnar: ClickHouse) -> None:
    at_limit = columnar.query("SELECT number FROM numbers(1000)", limits=QueryLimits(max_rows=1000))

    assert len(at_limit.rows) == 1000
    with pytest.raises(QueryTooExpensive, match="rows"):
        columnar.query("SELECT number FROM numbers(1001)", limits=QueryLimits(max_rows=1000))


def test_a_query_that_needs_too_much_memory_is_stopped(columnar: ClickHouse) -> None:
    with pytest.raises(QueryTooExpensive, match="memory"):
        columnar.query(
            "SELECT count() FROM (SELECT number, count() FROM numbers(3000000) GROUP BY number)",
            limits=QueryLimits(max_memory_bytes=30_000_000),
        )


def test_a_query_that_takes_too_long_is_stopped(columnar: ClickHouse) -> None:
    with pytest.raises(QueryTooExpensive, match="time"):
        columnar.query(
            "SELECT sum(sipHash64(number)) FROM numbers(100000000000)", limits=QueryLimits(max_seconds=0.2)
        )


def test_a_limit_is_of_its_query_alone(columnar: ClickHouse) -> None:
    with pytest.raises(QueryTooExpensive):
        columnar.query("SELECT number FROM numbers(20)", limits=QueryLimits(max_rows=10))

    assert len(columnar.query("SELECT number FROM numbers(20)").rows) == 20


# Inserts


def test_rows_are_there_when_the_insert_returns(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table)

    columnar.insert(table, ("id", "name"), [packed(1, "a"), packed(2, "b")], token="t")

    assert columnar.query(f"SELECT id, name FROM {table} ORDER BY id").rows == [(1, "a"), (2, "b")]


def test_columns_may_be_given_in_any_order_and_left_out(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table, "id UInt64, name String, more String DEFAULT 'none'")

    columnar.insert(table, ("name", "id"), [packed("a", 1)], token="t")

    assert columnar.query(f"SELECT id, name, more FROM {table}").rows == [(1, "a", "none")]


def test_every_type_of_a_span_can_be_inserted(columnar: ClickHouse, table: str) -> None:
    make_table(
        columnar,
        table,
        "id UInt64, text LowCardinality(String), at DateTime64(6, 'UTC'), ratio Nullable(Float64), "
        "count Nullable(Int64), tags Array(LowCardinality(String)), extra Map(LowCardinality(String), Int64)",
    )
    columns = ("id", "text", "at", "ratio", "count", "tags", "extra")
    full = packed(1, "it's\t漢\0", 1_767_616_215_123_456, 0.25, -(2**63), ["a", ""], {"k": 2**40})
    empty = packed(2, "", 0, None, None, [], {})

    columnar.insert(table, columns, [full, empty], token="t")

    rows = columnar.query(
        f"SELECT id, text, toUnixTimestamp64Micro(at), ratio, count, tags, extra FROM {table} ORDER BY id"
    ).rows
    assert rows == [
        (1, "it's\t漢\0", 1_767_616_215_123_456, 0.25, -(2**63), ["a", ""], {"k": 2**40}),
        (2, "", 0, None, None, [], {}),
    ]


def test_columns_can_be_inserted_whole(columnar: ClickHouse, table: str) -> None:
    make_table(
        columnar,
        table,
        "id Int64, text LowCardinality(String), at DateTime64(6, 'UTC'), ratio Nullable(Float64), "
        "count Nullable(Int64), tags Array(LowCardinality(String)), more String DEFAULT 'none', "
        "labels Map(LowCardinality(String), String), extra Map(LowCardinality(String), Int64)",
    )
    long = "漢" * 6000  # its length takes three bytes
    rows: list[tuple[Any, ...]] = [
        (
            1,
            "it's\t漢\0",
            1_767_616_215_123_456,
            0.25,
            -(2**63),
            ["a", ""],
            {"k": long},
            {"k": 2**40, "l": -1},
        ),
        (2, "", 0, None, None, [], {}, {}),
        (3, "", -1, -0.5, 2**63 - 1, ["a"], {"": ""}, {"m": 0}),
    ]
    types: tuple[ColumnType, ...] = (
        "Int64",
        "String",
        "DateTime64(6, 'UTC')",
        "Nullable(Float64)",
        "Nullable(Int64)",
        "Array(String)",
        "Map(String, String)",
        "Map(String, Int64)",
    )
    names = ("id", "text", "at", "ratio", "count", "tags", "labels", "extra")
    columns = [Column(*each) for each in zip(names, types, zip(*rows, strict=True), strict=True)]

    for token in ("t1", "t1", "t2"):
        columnar.insert_columns(table, columns, token)

    found = columnar.query(
        "SELECT id, text, toUnixTimestamp64Micro(at), ratio, count, tags, labels, extra, more "
        f"FROM {table} ORDER BY id, more"
    ).rows
    assert found == [(*row, "none") for row in rows for _ in range(2)]


def test_columns_of_few_and_of_many_values_arrive_alike(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table, "id Int64, few String, many String, later String")
    count = 1000
    columns = [
        Column("id", "Int64", range(count)),
        Column("few", "String", ["ab"[number % 2] for number in range(count)]),
        Column("many", "String", [str(number) * 40 for number in range(count)]),
        # Looks like few at first.
        Column("later", "String", [str(max(0, number - 500)) for number in range(count)]),
    ]

    columnar.insert_columns(table, columns, "t")

    found = columnar.query(f"SELECT * FROM {table} ORDER BY id").rows
    assert found == list(zip(*(column.values for column in columns), strict=True))


def test_an_insert_of_empty_columns_does_nothing(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table)

    columnar.insert_columns(table, [Column("id", "Int64", [])], token="t")

    assert one(columnar, f"SELECT count() FROM {table}") == 0


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("Int64", 2**63),
        ("Int64", "1"),
        ("Int64", None),
        ("String", 1),
        ("String", None),
        ("String", "\ud800"),
    ],
)
def test_a_value_that_is_not_of_its_column_leaves_nothing_of_its_batch(
    columnar: ClickHouse, table: str, type_: ColumnType, value: Any
) -> None:
    make_table(columnar, table)
    column = Column("id" if type_ == "Int64" else "name", type_, [value])

    with pytest.raises((TypeError, ValueError, AttributeError, OverflowError)):
        columnar.insert_columns(table, [column], token="t")

    assert one(columnar, f"SELECT count() FROM {table}") == 0


def test_columns_of_different_lengths_are_refused(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table)

    with pytest.raises(ValueError, match="name"):
        columnar.insert_columns(table, [Column("id", "Int64", [1, 2]), Column("name", "String", ["a"])], "t")

    assert one(columnar, f"SELECT count() FROM {table}") == 0


def test_an_insert_of_nothing_does_nothing(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table)

    columnar.insert(table, ("id", "name"), [], token="t")

    assert one(columnar, f"SELECT count() FROM {table}") == 0


def test_a_repeated_token_changes_nothing_and_another_one_does(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table)
    rows = [packed(1, "a"), packed(1500, "b")]  # two partitions: what is one insert becomes two parts

    for token in ("t1", "t1", "t2", "t1"):
        columnar.insert(table, ("id", "name"), rows, token)

    assert one(columnar, f"SELECT count() FROM {table}") == 4


def test_a_token_is_one_text_whatever_is_in_it(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table)

    for token in ("it's; --", "it's; --", "back\\slash", "1"):
        columnar.insert(table, ("id", "name"), [packed(1, "a")], token)

    assert one(columnar, f"SELECT count() FROM {table}") == 3


def test_a_repeated_token_changes_nothing_in_views_of_views(columnar: ClickHouse, table: str) -> None:
    words = columnar.ddl_words()
    engine = f"{words['engine_prefix']}SummingMergeTree ORDER BY bucket SETTINGS {words['dedup_window']}"
    make_table(columnar, table)
    for source, target, column in ((table, f"{table}_1", "id"), (f"{table}_1", f"{table}_2", "bucket")):
        columnar.command(
            f"CREATE TABLE {target} {words['on_cluster']} (bucket UInt64, n UInt64) ENGINE = {engine}"
        )
        amount = "count()" if source == table else f"sum({source}.n)"
        columnar.command(
            f"CREATE MATERIALIZED VIEW {target}_view {words['on_cluster']} TO {target} AS "
            f"SELECT intDiv({column}, 10) AS bucket, {amount} AS n FROM {source} GROUP BY bucket"
        )
    rows = [packed(number, "x") for number in range(0, 3000, 7)]

    for token in ("t1", "t1", "t2", "t2", "t1"):
        columnar.insert(table, ("id", "name"), rows, token)

    sums = [one(columnar, f"SELECT sum(n) FROM {table}_{level}") for level in (1, 2)]
    assert sums == [2 * len(rows)] * 2
    for level in (2, 1):
        columnar.command(f"DROP TABLE {table}_{level}_view {words['on_cluster']}")
        columnar.command(f"DROP TABLE {table}_{level} {words['on_cluster']}")


def test_a_row_that_cannot_be_read_leaves_nothing_of_its_batch(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table)
    good = [packed(number, "x") for number in range(100)]

    with pytest.raises(DatabaseError):
        columnar.insert(table, ("id", "name"), [*good, packed("not a number", 1)], token="t")
    assert one(columnar, f"SELECT count() FROM {table}") == 0

    columnar.insert(table, ("id", "name"), good, token="t")
    assert one(columnar, f"SELECT count() FROM {table}") == 100


def test_a_large_batch_is_one_insert(columnar: ClickHouse, table: str) -> None:
    """A crash between two parts would keep half a batch, so there must be one."""
    make_table(columnar, table)
    rows = [packed(number % 1000, "x") for number in range(150_000)]

    for _ in range(2):
        columnar.insert(table, ("id", "name"), rows, token="t")

    assert one(columnar, f"SELECT count() FROM {table}") == 150_000
    parts = "active AND database = currentDatabase() AND table = {table:String}"
    assert one(columnar, f"SELECT count() FROM system.parts WHERE {parts}", table=table) == 1


def test_a_batch_may_hold_a_whole_history(columnar: ClickHouse, table: str) -> None:
    """Each row is in a partition of its own, many more than the engine allows unasked."""
    make_table(columnar, table)

    columnar.insert(table, ("id", "name"), [packed(number * 1000, "x") for number in range(300)], token="t")

    assert one(columnar, f"SELECT count() FROM {table}") == 300


# Threads


def test_many_threads_insert_and_query_at_once(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table)

    def work(number: int) -> int:
        columnar.insert(table, ("id", "name"), [packed(number, "x")], token=f"t{number}")
        return int(one(columnar, f"SELECT id FROM {table} WHERE id = {{id:UInt64}}", id=number))

    with ThreadPoolExecutor(12) as pool:
        seen = list(pool.map(work, range(60)))

    assert seen == list(range(60))
    assert one(columnar, f"SELECT count() FROM {table}") == 60


def test_a_quick_query_does_not_wait_for_a_slow_one(columnar: ClickHouse) -> None:
    slow_ended = threading.Event()

    def slow() -> None:
        with pytest.raises(QueryTooExpensive):
            columnar.query(
                "SELECT sum(sipHash64(number)) FROM numbers(100000000000)", limits=QueryLimits(max_seconds=1)
            )
        slow_ended.set()

    thread = threading.Thread(target=slow)
    thread.start()
    for _ in range(3):
        assert one(columnar, "SELECT 1") == 1
    was_running = not slow_ended.is_set()
    thread.join()

    assert was_running


# Deletes


def test_deleted_rows_are_gone_when_it_returns_and_others_stay(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table)
    columnar.insert(table, ("id", "name"), [packed(1, "ann"), packed(2, "bob"), packed(2000, "ann")], "t")

    columnar.delete(table, "name = {name:String}", {"name": "ann"})

    assert columnar.query(f"SELECT id FROM {table}").rows == [(2,)]


def test_a_delete_may_look_at_other_rows(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table)
    columnar.insert(table, ("id", "name"), [packed(1, "ann"), packed(2, "bob"), packed(3, "ann")], "t")

    where = f"name IN (SELECT name FROM {table} WHERE id = {{id:UInt64}})"
    columnar.delete(table, where, {"id": 3})

    assert columnar.query(f"SELECT id FROM {table}").rows == [(2,)]


def test_deleting_again_or_nothing_is_harmless(columnar: ClickHouse, table: str) -> None:
    make_table(columnar, table)
    columnar.insert(table, ("id", "name"), [packed(1, "ann")], "t")

    for _ in range(2):
        columnar.delete(table, "id = 1")

    assert columnar.query(f"SELECT count() FROM {table}").rows == [(0,)]


def test_the_files_of_deleted_rows_are_told_until_they_are_gone(columnar: ClickHouse, table: str) -> None:
    """The engine keeps what it replaced for some minutes."""
    make_table(columnar, table)
    columnar.insert(table, ("id", "name"), [packed(1, "ann"), packed(2, "bob")], "t")
    columnar.delete(table, "id = 1")

    later_us = (int(time.time()) + 1) * 1_000_000
    assert columnar.outdated_files([table], later_us) >= 1
    assert columnar.outdated_files([table], later_us - 3_600_000_000) == 0
