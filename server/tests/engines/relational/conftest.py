"""Here the schema is what is tested: databases begin without one."""

from pathlib import Path

import pytest
from servers import create_database

from lynex_server.kernel.ids import new_id


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'relational.db'}"


@pytest.fixture
def postgresql_url(postgres_url: str) -> str:
    """The URL of an empty database of a real PostgreSQL."""
    return create_database(postgres_url, new_id("test"))
