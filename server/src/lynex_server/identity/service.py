"""Projects, their API keys, and the check of a request's credential."""

import re
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity import storage
from lynex_server.identity.authentication import Authentication
from lynex_server.identity.credentials import unauthorized
from lynex_server.identity.key_use import KeyUse
from lynex_server.identity.model import ApiKey, NewKey, Organisation, Principal, Project
from lynex_server.identity.permissions import SCOPES
from lynex_server.identity.roles import Roles
from lynex_server.identity.secret import (
    MASTER_KEY_BYTES,
    MAX_SECRET_CHARS,
    MIN_SECRET_CHARS,
    SHOWN_CHARS,
    new_secret,
    seal,
    secret_sha256,
)
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import KeyId, OrganisationId, ProjectId, new_id

LISTED_AT_ONCE = 1_000
MAX_NAME_CHARS = 200

FIRST_ORGANISATION = OrganisationId("default")
FIRST_PROJECT = ProjectId("default")

_PROJECT_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
_PRINTABLE = re.compile(r"[!-~]+", re.ASCII)


class Identity:
    """The service. Calls block (a look-up in the relational database) and are safe from any thread.

    `master_key` seals what must be read again; it is `MASTER_KEY_BYTES` long and never stored with the data.
    """

    def __init__(self, database: Database, master_key: bytes, clock: Clock) -> None:
        if len(master_key) != MASTER_KEY_BYTES:
            raise ValueError(f"the master key must have {MASTER_KEY_BYTES} bytes, not {len(master_key)}")
        self._database = database
        self._master_key = master_key
        self._clock = clock
        self.key_use = KeyUse(database)
        self.authentication = Authentication(database, master_key, clock, self.key_use)
        self.roles = Roles(database)

    # Projects and keys

    def create_project(
        self,
        name: str,
        project_id: str | None = None,
        organisation_id: OrganisationId = FIRST_ORGANISATION,
    ) -> Project:
        """Add a project; `project_id` is made up when it is None. The first organisation is made as needed.

        Raises `InvalidInput` for a name or id that is not allowed, `Conflict` when the id is taken.
        """
        project = Project(_project_id(project_id), organisation_id, _name(name), self._clock.now_us())
        with self._database.begin() as connection:
            if organisation_id == FIRST_ORGANISATION:
                self._ensure_first_organisation(connection)
            if not storage.add_project(self._database, connection, project):
                raise Conflict(f"A project with the id {project.id!r} exists already.")
        return project

    def create_key(
        self,
        project_id: ProjectId,
        name: str,
        scopes: Collection[str] = SCOPES,
        secret: str | None = None,
    ) -> NewKey:
        """Add a key; its secret is in the answer and cannot be read again.

        `secret` is for a key that automation has chosen: 16 to 256 printable ASCII characters, no spaces.
        Raises `NotFound` without the project, `InvalidInput` for what is not allowed, `Conflict` when
        another key has this secret.
        """
        made = self._new_key(project_id, name, scopes, secret)
        try:
            with self._database.begin() as connection:
                if storage.find_project(connection, project_id) is None:
                    raise NotFound("There is no such project.")
                self._store(connection, made)
        except sa.exc.IntegrityError as error:
            raise Conflict("Another API key has this secret.") from error
        return made

    def list_projects(self) -> list[Project]:
        """The newest `LISTED_AT_ONCE` projects, newest first."""
        with self._database.read() as connection:
            return storage.newest_projects(connection, LISTED_AT_ONCE)

    def list_keys(self, project_id: ProjectId) -> list[ApiKey]:
        """The newest `LISTED_AT_ONCE` keys of a project, newest first, revoked ones included."""
        with self._database.read() as connection:
            return storage.newest_keys(connection, project_id, LISTED_AT_ONCE)

    def revoke_key(self, project_id: ProjectId, key_id: KeyId) -> None:
        """End a key for good: here at once, in other processes within `REMEMBERED_US`.

        Harmless when repeated. Raises `NotFound` when the project has no such key.
        """
        with self._database.begin() as connection:
            if storage.find_key(connection, project_id, key_id) is None:
                raise NotFound("There is no such API key.")
            storage.revoke(connection, key_id, self._clock.now_us())
        self.authentication.forget()

    def describe(self, principal: Principal) -> tuple[Project, ApiKey]:
        """The project and key behind a principal, by name. Raises `Unauthorized` when they are gone."""
        with self._database.read() as connection:
            project = storage.find_project(connection, principal.project_id)
            key = storage.find_key(connection, principal.project_id, principal.api_key_id)
        if project is None or key is None:
            raise unauthorized()
        return project, key

    def bootstrap(self, api_key: str | None) -> NewKey | None:
        """Make sure that somebody can get in. Safe to call at every start, in several processes at once.

        Without `api_key`: the project `default` and a first key, unless a key was ever made. With it: the
        same project and a key with this secret, unless one has it (a revoked one stays revoked). The answer
        is the key that was made now, or None. Raises `InvalidInput` for a secret that is not allowed.
        """
        with self._database.begin() as connection:
            self._database.lock(connection, "lynex bootstrap")
            if api_key is None:
                settled = storage.any_key_exists(connection)
            else:
                settled = storage.find_key_by_secret(connection, secret_sha256(api_key)) is not None
            if settled:
                return None
            made = self._new_key(FIRST_PROJECT, "first key", SCOPES, api_key)
            self._ensure_first_organisation(connection)
            project = Project(FIRST_PROJECT, FIRST_ORGANISATION, FIRST_PROJECT, self._clock.now_us())
            storage.add_project(self._database, connection, project)
            self._store(connection, made)
            return made

    # Requests

    def authenticate(self, headers: Mapping[str, str], body: bytes, address: str = "") -> Principal:
        """As `Authentication.authenticate`."""
        return self.authentication.authenticate(headers, body, address)

    def _new_key(
        self, project_id: ProjectId, name: str, scopes: Collection[str], secret: str | None
    ) -> NewKey:
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown or not scopes:
            raise InvalidInput(f"scopes must be some of {', '.join(SCOPES)}", field="scopes")
        key_id = KeyId(new_id("key"))
        text = new_secret(key_id) if secret is None else _allowed_secret(secret)
        key = ApiKey(
            id=key_id,
            project_id=project_id,
            name=_name(name),
            scopes=tuple(scope for scope in SCOPES if scope in scopes),
            prefix=text[:SHOWN_CHARS],
            allowed_networks=(),
            created_by="",
            created_at_us=self._clock.now_us(),
            expires_at_us=None,
            last_used_at_us=None,
            revoked_at_us=None,
            replaced_by=None,
        )
        return NewKey(key, text)

    def _ensure_first_organisation(self, connection: sa.Connection) -> None:
        organisation = Organisation(FIRST_ORGANISATION, FIRST_ORGANISATION, self._clock.now_us())
        storage.add_organisation(self._database, connection, organisation)

    def _store(self, connection: sa.Connection, made: NewKey) -> None:
        sealed = seal(self._master_key, made.secret, made.key.id)
        storage.add_key(connection, made.key, secret_sha256(made.secret), sealed)


def _name(name: str) -> str:
    if not 0 < len(name.strip()) <= MAX_NAME_CHARS or not name.isprintable():
        raise InvalidInput(f"name must be 1 to {MAX_NAME_CHARS} printable characters", field="name")
    return name.strip()


def _project_id(given: str | None) -> ProjectId:
    if given is None:
        return ProjectId(new_id("prj"))
    if not _PROJECT_ID.fullmatch(given):
        raise InvalidInput(
            "project_id must be 1 to 63 of a-z, 0-9, _ and -, no sign first", field="project_id"
        )
    return ProjectId(given)


def _allowed_secret(secret: str) -> str:
    if not (MIN_SECRET_CHARS <= len(secret) <= MAX_SECRET_CHARS and _PRINTABLE.fullmatch(secret)):
        raise InvalidInput(
            f"An API key must be {MIN_SECRET_CHARS} to {MAX_SECRET_CHARS} printable ASCII characters "
            "without spaces.",
            field="secret",
        )
    return secret
