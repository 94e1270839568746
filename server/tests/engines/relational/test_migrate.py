"""Migrations on SQLite and a real PostgreSQL: the schema is what the slices declare, however it came."""

import subprocess
import sys
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from lynex_server.alerts import tables as alerts_tables
from lynex_server.budgets import tables as budgets_tables
from lynex_server.engines.relational.database import Database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.gateway import tables as gateway_tables
from lynex_server.identity import tables as identity_tables
from lynex_server.ingest.redaction import tables as redaction_tables
from lynex_server.kernel.errors import Conflict
from lynex_server.limits import tables as limits_tables
from lynex_server.prices import tables as prices_tables
from lynex_server.privacy import tables as privacy_tables
from lynex_server.processing import tables as processing_tables
from lynex_server.safety import tables as safety_tables

DECLARED = [
    identity_tables.metadata,
    processing_tables.metadata,
    safety_tables.metadata,
    limits_tables.metadata,
    redaction_tables.metadata,
    privacy_tables.metadata,
    prices_tables.metadata,
    budgets_tables.metadata,
    alerts_tables.metadata,
    gateway_tables.metadata,
]
"""The metadata of every slice that owns relational tables."""


def revision_of(database: Database) -> str:
    with database.read() as connection:
        revision: str = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
        return revision


def test_the_sum_of_all_migrations_is_what_the_slices_declare(database: Database) -> None:
    migrate(database)

    with database.begin() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, DECLARED) == []


def test_constraints_carry_the_names_that_the_slices_declare(database: Database) -> None:
    """What has no name can be changed by no later migration on SQLite."""
    migrate(database)

    inspector = sa.inspect(database.engine)
    for metadata in DECLARED:
        for table in metadata.sorted_tables:
            declared = {str(constraint.name) for constraint in table.constraints}
            found = {
                inspector.get_pk_constraint(table.name)["name"],
                *(key["name"] for key in inspector.get_foreign_keys(table.name)),
                *(constraint["name"] for constraint in inspector.get_unique_constraints(table.name)),
                *(constraint["name"] for constraint in inspector.get_check_constraints(table.name)),
            }
            assert found == declared


def test_changes_nothing_the_second_time(database: Database) -> None:
    migrate(database)
    revision = revision_of(database)
    migrate(database)

    assert revision_of(database) == revision


def test_processes_that_start_at_once_all_find_the_schema(relational_url: str, database: Database) -> None:
    program = (
        "import sys; from lynex_server.engines.relational.database import open_database; "
        "from lynex_server.engines.relational.migrate import migrate; migrate(open_database(sys.argv[1]))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, relational_url], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    errors = [process.communicate(timeout=60)[1].decode() for process in started]

    assert errors == ["", ""]
    revision = revision_of(database)
    migrate(database)
    assert revision_of(database) == revision


def test_a_migration_that_fails_leaves_the_old_schema(
    database: Database, open_relational: Callable[[], Database]
) -> None:
    """A name that is taken makes the first migration fail after it made a table."""
    with database.begin() as connection:
        connection.execute(sa.text("CREATE TABLE api_keys (id TEXT)"))

    with pytest.raises(sa.exc.DBAPIError):
        migrate(database)

    assert sa.inspect(open_relational().engine).get_table_names() == ["api_keys"]


def test_refuses_a_database_of_a_newer_version(database: Database) -> None:
    migrate(database)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(Conflict, match="another version of Lynex"):
        migrate(database)
