"""One database, SQLite or PostgreSQL, reached through SQLAlchemy Core.

Promises: a transaction is all or nothing; a committed one survives `kill -9`; several threads may hold
transactions at once (SQLite lets one write at a time and makes the others wait up to `busy_timeout_s`).
Never call the network inside a transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

BUSY_TIMEOUT_S = 30
POOL_SIZE = 10


class Database:
    """An open database. Made by `open_database`, closed once by whoever opened it."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        with self.engine.begin() as connection:
            yield connection

    def insert(self, table: sa.Table) -> Any:
        """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update` (the same on both)."""
        if self.engine.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open `sqlite:///path/to/file` or `postgresql://user:password@host/name`.

    Raises `ValueError` for another kind of URL; does not connect to PostgreSQL until first used.
    """
    parsed = sa.make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_immediate)
        return Database(engine)
    if backend == "postgresql":
        return Database(
            sa.create_engine(
                parsed.set(drivername="postgresql+psycopg"), pool_size=POOL_SIZE, pool_pre_ping=True
            )
        )
    raise ValueError(f"relational URL must begin with sqlite:/// or postgresql://, not {backend!r}")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy begins transactions itself, see _begin_immediate
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    # A transaction that reads first and writes later would fail at once when another wrote in between;
    # taking the write lock at the start makes it wait instead.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
