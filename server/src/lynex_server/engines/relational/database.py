"""One database, SQLite or PostgreSQL, reached through SQLAlchemy Core.

Promises:

- A transaction is all or nothing; a committed one survives `kill -9`.
- Several threads may hold transactions at once. SQLite lets one write at a time and makes the others wait
  up to `BUSY_TIMEOUT_S`; `read` never waits for a writer.
- When the database cannot be reached, is full or stays locked, `Busy` is raised and nothing was changed.

Never call the network inside a transaction.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from lynex_server.kernel.errors import Busy, InvalidInput

BUSY_TIMEOUT_S = 30
CONNECT_TIMEOUT_S = 5
POOL_SIZE = 10

_READ_ONLY = "lynex_read_only"
_ROW_COUNTS = {"preserve_rowcount": True}  # without it, psycopg's INSERTs report -1 rows
_UNAVAILABLE_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
}
_PRIMARY_CODE_BITS = 0xFF  # SQLite's extended error codes carry the primary one in the lowest byte


class Database:
    """An open database. Made by `open_database`, closed once by whoever opened it."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._reading_engine = engine.execution_options(**{_READ_ONLY: True, "postgresql_readonly": True})

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction: committed at the end of the block, rolled back when it raises.

        On SQLite it holds the one write lock from its beginning. Raises `Busy`.
        """
        with _unavailable_as_busy(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that may only read, and never waits for one that writes. Raises `Busy`."""
        with _unavailable_as_busy(), self._reading_engine.begin() as connection:
            yield connection

    def lock(self, connection: sa.Connection, name: str) -> None:
        """Hold the lock called `name` until the transaction of `begin` ends; waits while another has it.

        Costs nothing on SQLite, where every such transaction already is the only one that writes.
        """
        if connection.dialect.name == "postgresql":
            connection.execute(
                sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
            )

    def lock_shared(self, connection: sa.Connection, name: str) -> None:
        """As `lock`, but held together with others that hold it shared; `lock` waits for all of them."""
        if connection.dialect.name == "postgresql":
            connection.execute(
                sa.text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))"), {"name": name}
            )

    def insert(self, table: sa.Table) -> "postgresql.Insert | sqlite.Insert":
        """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update` (the same on both).

        The result's `rowcount` says how many rows went in or were changed.
        """
        if self.engine.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    def scrub(self, tables: Sequence[str]) -> None:
        """Leave nothing of the deleted rows of `tables` in the files, as far as they are ours to rewrite.

        SQLite overwrites what it deletes; here its log is emptied too. PostgreSQL frees the rows; its
        archived log and backups are its operator's. Raises `Busy`.
        """
        with _unavailable_as_busy(), self.engine.connect() as connection:
            outside = connection.execution_options(isolation_level="AUTOCOMMIT")
            if self.engine.dialect.name == "postgresql":
                quoted = map(self.engine.dialect.identifier_preparer.quote, tables)
                outside.exec_driver_sql(f"VACUUM {', '.join(quoted)}")
                return
            cursor = outside.connection.cursor()
            blocked = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            cursor.close()
        if blocked:
            raise Busy("the relational database is being read: its log cannot be emptied now")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open `sqlite:///path/to/file` or `postgresql://user:password@host/name`.

    Raises `ValueError` for another kind of URL; connects when first used.
    """
    parsed = sa.make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("relational URL must name a file: sqlite:///path/to/file")
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(
            parsed,
            pool_size=POOL_SIZE,
            connect_args={"timeout": BUSY_TIMEOUT_S},
            execution_options=_ROW_COUNTS,
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return Database(engine)
    if backend == "postgresql":
        patience = {} if "connect_timeout" in parsed.query else {"connect_timeout": CONNECT_TIMEOUT_S}
        engine = sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=POOL_SIZE,
            pool_pre_ping=True,
            connect_args=patience,
            execution_options=_ROW_COUNTS,
        )
        return Database(engine)
    raise ValueError(f"relational URL must begin with sqlite:/// or postgresql://, not {backend!r}")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not by the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    if connection.get_execution_options().get(_READ_ONLY):
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN")
    else:
        # A transaction that reads first and writes later would fail at once when another wrote in between;
        # taking the write lock at the start makes it wait instead.
        connection.exec_driver_sql("PRAGMA query_only = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _unavailable_as_busy() -> Iterator[None]:
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise Busy("every connection to the relational database is in use") from error
    except sa.exc.DBAPIError as error:
        if _is_unavailable(error.orig):
            raise Busy("the relational database cannot be reached or is locked") from error
        if isinstance(error.orig, psycopg.DataError) and "NUL" in str(error.orig):
            # SQLite keeps such a text, PostgreSQL has none. None of ours holds one, only what callers send.
            raise InvalidInput("a text holds the character NUL") from error
        raise


def _is_unavailable(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)  # absent on errors that SQLite itself did not raise
        return code is not None and code & _PRIMARY_CODE_BITS in _UNAVAILABLE_SQLITE
    # PEP 249: what is "related to the database's operation and not necessarily under the control of the
    # programmer"; psycopg keeps to that and files lost connections, deadlocks and full disks there.
    return isinstance(error, psycopg.OperationalError)
