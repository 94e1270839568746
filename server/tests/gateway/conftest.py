"""The slice on a real database: once on SQLite, once on PostgreSQL."""

from collections.abc import Iterator

import pytest
from gateway.admin_stage import AdminStage, Asker

from lynex_server.engines.relational.database import Database


@pytest.fixture
def stage(database: Database) -> Iterator[AdminStage]:
    """An installation with one project."""
    stage = AdminStage(database)
    yield stage
    stage.client.close()


@pytest.fixture
def owner(stage: AdminStage) -> Asker:
    """Who administrates that project."""
    return stage.an_asker()
