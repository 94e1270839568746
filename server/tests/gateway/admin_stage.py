"""What the gateway is configured with, on a real database, over HTTP with a real identity."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import sqlalchemy as sa
from clocks import FixedClock
from fastapi import FastAPI
from fastapi.testclient import TestClient

from lynex_server.app.problems import add_problem_handlers
from lynex_server.engines.relational.database import Database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.gateway.public import (
    GatewayAdmin,
    GatewayConfigSettings,
    GatewaySettings,
    admin_router,
    open_gateway_admin,
)
from lynex_server.identity.public import Identity
from lynex_server.identity.tables import projects
from lynex_server.kernel.ids import new_id
from lynex_server.safety.public import (
    AuditFilters,
    AuditLog,
    Vault,
    fixed_master_key,
)
from lynex_server.safety.tables import secrets


@dataclass(frozen=True)
class Asker:
    """A client of one project, with a key of it."""

    stage: "AdminStage"
    project: str
    key: str

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.stage.client.request(method, f"/v1/gateway{path}", json=body, headers=headers)

    def told(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an answer that must be a success."""
        answer = self.ask(method, path, body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and text of an answer that must be a problem."""
        answer = self.ask(method, path, body)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        return answer.status_code, answer.json()["detail"]

    def a_provider(self, name: str = "openai", kind: str = "openai", **fields: Any) -> Any:
        return self.told("POST", "/providers", {"name": name, "kind": kind, **fields})

    def a_route(self, name: str = "fast", provider: str = "openai", **fields: Any) -> Any:
        targets = [{"provider": provider, "model": "gpt-4o-mini"}]
        return self.told("POST", "/routes", {"name": name, "targets": targets, **fields})


class AdminStage:
    """An installation with one project, and a clock that stands still."""

    def __init__(self, database: Database, clock: FixedClock | None = None) -> None:
        self.database = database
        self.clock = clock or FixedClock()
        self.variables: dict[str, str] = {}
        self.private_upstreams: Literal["allow", "refuse"] = "allow"
        migrate(database)
        self.identity = Identity(database, bytes(32), self.clock)
        self.vault = Vault(database, fixed_master_key(bytes(32)), self.clock)
        self.audit = AuditLog(database, self.clock, self.vault)
        self.admin = self.another_process()
        app = FastAPI()
        app.include_router(admin_router)
        add_problem_handlers(app)
        app.state.identity = self.identity
        app.state.gateway_admin = self.admin
        self.client = TestClient(app)

    def another_process(self, config: Path | None = None) -> GatewayAdmin:
        """Another process on the same database, with this configuration file."""
        return open_gateway_admin(
            database=self.database,
            vault=self.vault,
            audit=self.audit,
            identity=self.identity,
            settings=GatewaySettings(gateway_private_upstreams=self.private_upstreams),
            config_settings=GatewayConfigSettings(gateway_config=config),
            read_variable=self.variables.get,
            clock=self.clock,
        )

    def on(self, database: Database) -> "AdminStage":
        """Another process with connections of its own."""
        return AdminStage(database, self.clock)

    def an_asker(self, *scopes: Any) -> Asker:
        """A new project, with a key that may administrate it."""
        project = new_id("prj")
        self.identity.create_project("Acme", project)
        return Asker(self, project, self.identity.create_key(project, "ci", scopes or ("admin",)).secret)

    def audited(self, project: str) -> list[str]:
        """What was recorded of the gateway, oldest first."""
        with self.database.read() as connection:
            found = sa.select(projects.c.organisation_id).where(projects.c.id == project)
            organisation = connection.execute(found).scalar_one()
        page = self.audit.page(organisation, AuditFilters())
        return [entry.action for entry in reversed(page.entries) if entry.action.startswith("gateway")]

    def in_vault(self) -> list[str]:
        """What the vault holds for gateways: names, in order."""
        with self.database.read() as connection:
            names = connection.scalars(sa.select(secrets.c.name)).all()
        return sorted(name for name in names if name.startswith("gateway"))
