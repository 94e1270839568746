"""One PostgreSQL database with the schema for all tests of a process, emptied before each.

A database for each test would be a copy of eight megabytes in three hundred files, to be removed in the end:
hundreds of them take longer than the tests.
"""

import psycopg


class ReusedDatabase:
    """The migrated database at `url`. What migrations put into it is put back whenever it is emptied."""

    def __init__(self, url: str) -> None:
        self.url = url
        with psycopg.connect(url, autocommit=True) as connection:
            self._tables = _tables(connection)
            self._seeded = _not_empty(connection, self._tables)
            connection.execute("CREATE SCHEMA seeds")
            for table in self._seeded:
                connection.execute(f"CREATE TABLE seeds.{table} AS TABLE {table}")

    def empty(self) -> None:
        """As after the migrations. Whoever is still connected, for a test that is over, is cut off."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            )
            used = _not_empty(connection, self._tables)
            with connection.transaction():
                for table in _tables(connection) - self._tables:
                    connection.execute(f"DROP TABLE {table}")
                if used:
                    connection.execute(f"TRUNCATE {', '.join(used)} RESTART IDENTITY CASCADE")
                for table in self._seeded:
                    connection.execute(f"INSERT INTO {table} SELECT * FROM seeds.{table}")


def _tables(connection: psycopg.Connection) -> set[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in found} - {"alembic_version"}


def _not_empty(connection: psycopg.Connection, tables: set[str]) -> list[str]:
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)
    return [name for (name,) in connection.execute(asked).fetchall()]
