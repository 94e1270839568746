"""One PostgreSQL database with the schema for all tests of a process, emptied before each.

A database for each test would be a copy of eight megabytes in three hundred files, to be removed in the end:
hundreds of them take longer than the tests. So does TRUNCATE, which begins new files for every table that is
reached by a foreign key, and for each of their indexes; to delete a few rows takes a hundredth of that.
"""

import psycopg


class ReusedDatabase:
    """The migrated database at `url`. What migrations put into it is put back whenever it is emptied."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, autocommit=True)
        # Rows are deleted from all tables in any order: nothing may look for what they refer to.
        self._connection.execute("SET session_replication_role = replica")
        self._tables = _tables(self._connection)
        self._counted = _sequences(self._connection)
        self._seeded = _not_empty(self._connection, self._tables)
        self._connection.execute("CREATE SCHEMA seeds")
        for table in self._seeded:
            self._connection.execute(f"CREATE TABLE seeds.{table} AS TABLE {table}")

    def empty(self) -> None:
        """As after the migrations. Whoever is still connected, for a test that is over, is cut off."""
        self._connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        used = _not_empty(self._connection, self._tables)
        with self._connection.transaction():
            for table in _tables(self._connection) - self._tables:
                self._connection.execute(f"DROP TABLE {table}")
            for table in used:
                self._connection.execute(f"DELETE FROM {table}")
            for sequence in self._counted:
                self._connection.execute(f"ALTER SEQUENCE {sequence} RESTART")
            for table in self._seeded:
                self._connection.execute(f"INSERT INTO {table} SELECT * FROM seeds.{table}")

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def _tables(connection: psycopg.Connection) -> set[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in found} - {"alembic_version"}


def _sequences(connection: psycopg.Connection) -> list[str]:
    found = connection.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'").fetchall()
    return [name for (name,) in found]


def _not_empty(connection: psycopg.Connection, tables: set[str]) -> list[str]:
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)
    return [name for (name,) in connection.execute(asked).fetchall()]
