"""Everything about tenants, people's roles and keys, put together over one database."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity import key_storage
from lynex_server.identity.authentication import Authentication
from lynex_server.identity.invitations import Invitations
from lynex_server.identity.key_use import KeyUse
from lynex_server.identity.keys import Keys, KeyWish
from lynex_server.identity.members import Members
from lynex_server.identity.model import ApiKey, NewKey, Principal, Project
from lynex_server.identity.organisations import FIRST_ORGANISATION, Organisations
from lynex_server.identity.permissions import SCOPES
from lynex_server.identity.projects import Projects
from lynex_server.identity.roles import Roles
from lynex_server.identity.secret import secret_sha256
from lynex_server.identity.settings import DEFAULT_GRACE_DAYS
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.ids import KeyId, OrganisationId, ProjectId
from lynex_server.safety.public import Actor, AuditExporter, AuditLog, Vault, fixed_master_key

FIRST_PROJECT = ProjectId("default")
COMMAND_LINE = Actor("system", "cli", "command line")
"""Who runs a command on the machine itself: whoever may read its data folder."""


class Identity:
    """The services of this slice. Calls block and are safe from any thread.

    `secrets` is the vault that seals the secrets of keys, or the 32 bytes of its master key.
    """

    def __init__(
        self,
        database: Database,
        secrets: Vault | bytes,
        clock: Clock,
        project_deletion_grace_days: int = DEFAULT_GRACE_DAYS,
    ) -> None:
        self._database = database
        self._clock = clock
        vault = Vault(database, fixed_master_key(secrets), clock) if isinstance(secrets, bytes) else secrets
        self.audit = AuditLog(database, clock, vault)
        self.audit_exporter = AuditExporter(database, vault, clock)
        self.key_use = KeyUse(database)
        self.authentication = Authentication(database, vault, clock, self.key_use)
        self.roles = Roles(database)
        self.organisations = Organisations(database, clock, self.audit)
        self.projects = Projects(
            database, clock, self.audit, self.authentication, project_deletion_grace_days
        )
        self.keys = Keys(database, clock, self.audit, vault, self.authentication)
        self.members = Members(database, clock, self.audit)
        self.invitations = Invitations(database, clock, self.audit, self.members)

    def authenticate(self, headers: Mapping[str, str], body: bytes, address: str = "") -> Principal:
        """As `Authentication.authenticate`."""
        return self.authentication.authenticate(headers, body, address)

    def now_us(self) -> int:
        """The time by which keys expire."""
        return self._clock.now_us()

    # As the command line, which acts in the first organisation

    def create_project(
        self,
        name: str,
        project_id: str | None = None,
        organisation_id: OrganisationId = FIRST_ORGANISATION,
    ) -> Project:
        """As `Projects.create`; the first organisation is made as needed."""
        if organisation_id == FIRST_ORGANISATION:
            with self._database.begin() as connection:
                self.organisations.ensure_first(connection)
        return self.projects.create(COMMAND_LINE, organisation_id, name, project_id)

    def create_key(
        self,
        project_id: ProjectId,
        name: str,
        scopes: Collection[str] = SCOPES,
        secret: str | None = None,
    ) -> NewKey:
        """As `Keys.create`."""
        return self.keys.create(COMMAND_LINE, project_id, KeyWish(name, scopes), secret)

    def list_projects(self) -> list[Project]:
        """The newest projects of the installation, newest first."""
        return self.projects.newest()

    def list_keys(self, project_id: ProjectId) -> list[ApiKey]:
        """As `Keys.of_project`."""
        return self.keys.of_project(project_id)

    def revoke_key(self, project_id: ProjectId, key_id: KeyId) -> None:
        """As `Keys.revoke`."""
        self.keys.revoke(COMMAND_LINE, project_id, key_id)

    def bootstrap(self, api_key: str | None) -> NewKey | None:
        """Make sure that somebody can get in. Safe to call at every start, in several processes at once.

        Without `api_key`: the project `default` and a first key, unless a key was ever made. With it: the
        same project and a key with this secret, unless one has it (a revoked one stays revoked). The answer
        is the key that was made now, or None. Raises `InvalidInput` for a secret that is not allowed.
        """
        with self._database.begin() as connection:
            self._database.lock(connection, "lynex bootstrap")
            if self._is_settled(connection, api_key):
                return None
            self.organisations.ensure_first(connection)
            project = Project(FIRST_PROJECT, FIRST_ORGANISATION, FIRST_PROJECT, self._clock.now_us())
            self.projects.ensure(connection, COMMAND_LINE, project)
            return self.keys.create_in(connection, COMMAND_LINE, FIRST_PROJECT, KeyWish("first key"), api_key)

    @staticmethod
    def _is_settled(connection: sa.Connection, api_key: str | None) -> bool:
        if api_key is None:
            return key_storage.any_key_exists(connection)
        return key_storage.find_key_by_secret(connection, secret_sha256(api_key)) is not None
