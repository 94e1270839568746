"""Organisations, people and keys over SQLite and a real PostgreSQL."""

import pytest
from clocks import FixedClock
from identity.people import Tenancy

from lynex_server.engines.relational.database import Database


@pytest.fixture
def tenancy(database: Database) -> Tenancy:
    """An empty installation."""
    return Tenancy(database, FixedClock())
