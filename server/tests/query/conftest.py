"""The query API over HTTP, on the embedded columnar engine and a real identity."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clocks import FixedClock
from fastapi import FastAPI
from fastapi.testclient import TestClient
from query.rows import RememberingColumnar, store

from lynex_server.app.problems import add_problem_handlers
from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.live.memory import MemoryLive
from lynex_server.engines.relational.database import open_database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.identity.public import Identity
from lynex_server.kernel.ids import new_id
from lynex_server.query.public import QueryService, QuerySettings, router
from lynex_server.spans.public import SpanRow


class Api:
    """The API as the holder of one project's key sees it."""

    def __init__(self, client: TestClient, columnar: RememberingColumnar, identity: Identity) -> None:
        self.client = client
        self.columnar = columnar
        self.identity = identity
        self.project_id = new_id("prj")
        identity.create_project("Acme", self.project_id)
        key = identity.create_key(self.project_id, "test", ("read",))
        self._headers = {"Authorization": f"Bearer {key.secret}"}

    def another(self) -> "Api":
        """The same API with the key of another project."""
        return Api(self.client, self.columnar, self.identity)

    def store(self, *rows: SpanRow) -> None:
        """Store spans as this project's."""
        for row in rows:
            row.project_id = self.project_id
        store(self.columnar, rows)

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of an answer that must be a success."""
        response = self.ask(path, **parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def ask(self, path: str, **parameters: Any) -> Any:
        """The whole response."""
        return self.client.get(path, params=parameters, headers=self._headers)


@pytest.fixture(scope="session")
def query_app(
    embedded_columnar: ClickHouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestClient, RememberingColumnar, Identity]]:
    """One app for the whole run; tests keep apart by project."""
    folder: Path = tmp_path_factory.mktemp("query")
    database = open_database(f"sqlite:///{folder / 'relational.db'}")
    migrate(database)
    columnar = RememberingColumnar(embedded_columnar)
    app = FastAPI()
    app.include_router(router)
    add_problem_handlers(app)
    clock = FixedClock()
    app.state.identity = Identity(database, bytes(32), clock)
    app.state.query = QueryService(columnar, MemoryLive(), QuerySettings(), clock)
    with TestClient(app) as client:
        yield client, columnar, app.state.identity
    database.close()


@pytest.fixture
def api(query_app: tuple[TestClient, RememberingColumnar, Identity]) -> Api:
    """The API with the key of a new, empty project."""
    return Api(*query_app)
