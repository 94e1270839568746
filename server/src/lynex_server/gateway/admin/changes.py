"""One change of a project's gateway: who makes it, in one transaction, on record, seen by every process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.gateway import storage
from lynex_server.gateway.catalog import GatewayCatalog
from lynex_server.gateway.model import ManagedBy
from lynex_server.identity.public import Principal
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Conflict
from lynex_server.safety.public import Actor, AuditLog, Vault


@dataclass(frozen=True, slots=True)
class Editor:
    """Who changes a project's gateway: somebody by the API, or the configuration file."""

    actor: Actor
    organisation_id: str
    project_id: str
    managed_by: ManagedBy = "api"

    def check_may_change(self, managed_by: ManagedBy, what: str) -> None:
        """Raises `Conflict` for a person who wants to change what belongs to the file."""
        if managed_by == "file" and self.managed_by != "file":
            raise Conflict(
                f"{what} comes from the configuration file (LYNEX_GATEWAY_CONFIG) and is changed there."
            )


def editor_of(principal: Principal) -> Editor:
    """The caller of the API, in the project of the request."""
    return Editor(principal.actor(), principal.organisation_id, principal.project_id)


class Changes:
    """What the services change things with. Calls block and are safe from any thread."""

    def __init__(
        self, database: Database, vault: Vault, audit: AuditLog, catalog: GatewayCatalog, clock: Clock
    ) -> None:
        self.database = database
        self.vault = vault
        self.clock = clock
        self._audit = audit
        self._catalog = catalog

    @contextmanager
    def begin(self, project_id: str) -> Iterator[sa.Connection]:
        """A transaction in which nobody else changes the project's gateway. Calls see the change once it is
        committed."""
        with self.database.begin() as connection:
            self.database.lock(connection, storage.changes_lock(project_id))
            yield connection
        self._catalog.changed(project_id)

    def keep_secret(self, connection: sa.Connection, editor: Editor, name: str, secret: str) -> str:
        """Put a secret into the vault; gives its id. What is kept under an id never changes: another secret
        gets another id."""
        return self.vault.put(connection, editor.organisation_id, name, secret)

    def record(
        self,
        connection: sa.Connection,
        editor: Editor,
        action: str,
        target: str,
        before: dict[str, object] | None,
        after: dict[str, object] | None,
    ) -> None:
        """Write a change into the audit log, and let every process see that there was one."""
        storage.count_change(self.database, connection, editor.project_id)
        self._audit.record(
            connection,
            editor.actor,
            action,
            organisation_id=editor.organisation_id,
            project_id=editor.project_id,
            target=target,
            before=before,
            after=after,
        )
