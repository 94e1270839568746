"""The promises of `engines.relational.database`, held against SQLite and a real PostgreSQL."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from servers import free_port

from lynex_server.engines.relational import database as database_module
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.kernel.errors import Busy, InvalidInput

counters = sa.Table(
    "counters",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)


@pytest.fixture(autouse=True)
def _counters_table(database: Database) -> None:
    with database.begin() as connection:
        counters.create(connection)


def values_in(database: Database) -> list[tuple[str, int]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(sa.select(counters).order_by(counters.c.name))]


def add(connection: sa.Connection, name: str, value: int = 1) -> None:
    connection.execute(sa.insert(counters).values(name=name, value=value))


def test_keeps_a_finished_transaction(database: Database, open_relational: Callable[[], Database]) -> None:
    with database.begin() as connection:
        add(connection, "a")

    assert values_in(open_relational()) == [("a", 1)]


def test_keeps_nothing_of_a_transaction_that_raised(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        add(connection, "a")
        _ = 1 / 0

    assert values_in(database) == []


def test_a_reader_neither_waits_for_a_writer_nor_sees_its_half_work(database: Database) -> None:
    with database.begin() as connection:
        add(connection, "a")

        assert values_in(database) == []

    assert values_in(database) == [("a", 1)]


def test_a_read_transaction_cannot_write(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError), database.read() as connection:
        add(connection, "a")

    assert values_in(database) == []


def test_can_write_again_on_a_connection_that_was_used_to_read(database: Database) -> None:
    values_in(database)

    with database.begin() as connection:
        add(connection, "a")

    assert values_in(database) == [("a", 1)]


def test_the_same_upsert_works_on_both(database: Database) -> None:
    for _ in range(3):
        with database.begin() as connection:
            statement = database.insert(counters).values(name="a", value=1)
            connection.execute(
                statement.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
            )

    assert values_in(database) == [("a", 3)]


def test_an_insert_counts_the_rows_that_went_in(database: Database) -> None:
    statement = database.insert(counters).on_conflict_do_nothing()

    with database.begin() as connection:
        counts = [
            connection.execute(statement.values(name="a", value=1)).rowcount,
            connection.execute(statement.values(name="a", value=1)).rowcount,
            connection.execute(statement, [{"name": name, "value": 1} for name in "abc"]).rowcount,
        ]

    assert counts == [1, 0, 2]


def test_a_named_lock_lets_read_then_write_run_one_after_the_other(database: Database) -> None:
    with database.begin() as connection:
        add(connection, "a", 0)

    def increase() -> None:
        for _ in range(10):
            with database.begin() as connection:
                database.lock(connection, "counters")
                value = connection.execute(sa.select(counters.c.value)).scalar_one()
                connection.execute(sa.update(counters).values(value=value + 1))

    threads = [threading.Thread(target=increase) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert values_in(database) == [("a", 40)]


def test_says_busy_when_sqlite_stays_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_S", 0.05)
    database = open_database(f"sqlite:///{tmp_path / 'locked.db'}")

    with database.begin(), pytest.raises(Busy), database.begin():
        pass

    database.close()


def test_says_busy_when_sqlite_cannot_open_its_file(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    database = open_database(f"sqlite:///{tmp_path / 'folder.db'}")

    with pytest.raises(Busy), database.begin():
        pass


def test_says_busy_when_postgresql_cannot_be_reached() -> None:
    database = open_database(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")

    with pytest.raises(Busy), database.read():
        pass


def test_a_mistake_in_a_statement_is_not_called_busy(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError), database.read() as connection:
        connection.execute(sa.text("SELECT no_such_column FROM no_such_table"))


def test_a_text_that_no_database_of_ours_holds_is_the_callers_mistake(database: Database) -> None:
    """PostgreSQL has no NUL in texts. SQLite has, and finds nothing by it."""
    try:
        with database.read() as connection:
            found = connection.execute(sa.select(counters).where(counters.c.name == "a\0b")).all()
    except InvalidInput:
        found = []

    assert found == []


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite://", "sqlite:///:memory:"])
def test_refuses_a_url_that_names_neither_a_file_nor_postgresql(url: str) -> None:
    with pytest.raises(ValueError, match="relational URL must"):
        open_database(url)


def test_scrubbing_leaves_the_data_and_takes_the_log_away(database: Database, relational_url: str) -> None:
    with database.begin() as connection:
        connection.execute(sa.text("CREATE TABLE scrubbed (word TEXT)"))
        connection.execute(sa.text("INSERT INTO scrubbed VALUES ('kept'), ('MARKER-to-go')"))
    with database.begin() as connection:
        connection.execute(sa.text("DELETE FROM scrubbed WHERE word != 'kept'"))

    database.scrub(["scrubbed"])

    with database.read() as connection:
        assert connection.execute(sa.text("SELECT word FROM scrubbed")).all() == [("kept",)]
    if relational_url.startswith("sqlite"):
        file = Path(relational_url.removeprefix("sqlite:///"))
        files = [path for path in file.parent.iterdir() if path.name.startswith(file.name)]
        assert not [path for path in files if b"MARKER-to-go" in path.read_bytes()]
