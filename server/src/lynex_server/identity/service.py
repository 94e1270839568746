"""Projects, their API keys, and the check of a request's credential."""

import re
from collections.abc import Collection, Mapping

import sqlalchemy as sa
import structlog

from lynex_server.engines.relational.database import Database
from lynex_server.identity import storage
from lynex_server.identity.credentials import (
    KeyCredential,
    SignedCredential,
    credential_in,
    unauthorized,
)
from lynex_server.identity.model import ApiKey, NewKey, Organisation, Principal, Project
from lynex_server.identity.permissions import SCOPES, granted_to_scopes
from lynex_server.identity.recent import Recent
from lynex_server.identity.secret import (
    MASTER_KEY_BYTES,
    MAX_SECRET_CHARS,
    MIN_SECRET_CHARS,
    SHOWN_CHARS,
    new_secret,
    seal,
    secret_sha256,
    unseal,
)
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import KeyId, OrganisationId, ProjectId, UserId, new_id

REMEMBERED_US = MICROS_PER_SECOND
"""A revoked key works for at most this long in other processes."""
REMEMBERED_ANSWERS = 10_000
KEYS_TRIED_PER_SIGNATURE = 20
LISTED_AT_ONCE = 1_000
MAX_NAME_CHARS = 200

FIRST_ORGANISATION = OrganisationId("default")
FIRST_PROJECT = ProjectId("default")

_PROJECT_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
_PRINTABLE = re.compile(r"[!-~]+", re.ASCII)

Signers = tuple[tuple[Principal, str], ...]
"""Keys that may have made a signature, each with its secret."""

_log = structlog.get_logger(__name__)


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
        self._principals: Recent[tuple[bytes, str], Principal] = Recent(
            clock, REMEMBERED_US, REMEMBERED_ANSWERS
        )
        self._signers: Recent[str, Signers] = Recent(clock, REMEMBERED_US, REMEMBERED_ANSWERS)

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
        self._principals.clear()
        self._signers.clear()

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

    def authenticate(self, headers: Mapping[str, str], body: bytes) -> Principal:
        """Who sent a request. `body` is as it came over the wire, before any decompression.

        `headers` ignores case or has lower-case names; what counts in them is told in `credentials.py`.
        Raises `Unauthorized`, with the same text whatever was wrong.
        """
        credential = credential_in(headers)
        if isinstance(credential, KeyCredential):
            return self._principal_with(credential)
        for principal, secret in self._signers_of(credential):
            if credential.is_of(secret, body):
                return principal
        raise unauthorized()

    def authenticate_headers(self, headers: Mapping[str, str]) -> Principal | None:
        """As `authenticate`, before the body is read: who sent it, where the headers alone prove it.

        None means a signature that can be right (its key exists, its time is now): read the body and call
        `authenticate`. Raises `Unauthorized`.
        """
        credential = credential_in(headers)
        if isinstance(credential, KeyCredential):
            return self._principal_with(credential)
        self._signers_of(credential)
        return None

    def remembered(self, headers: Mapping[str, str]) -> Principal | None:
        """As `authenticate_headers`, from memory alone: for an event loop, which must not wait.

        None means that it must be asked on a thread. Raises `Unauthorized` when there is no credential.
        """
        credential = credential_in(headers)
        if isinstance(credential, KeyCredential):
            return self._principals.get(_question(credential))
        return None

    def _principal_with(self, credential: KeyCredential) -> Principal:
        question = _question(credential)
        known = self._principals.get(question)
        if known is not None:
            return known
        asked_at_us = self._clock.now_us()
        with self._database.read() as connection:
            key = storage.find_key_by_secret(connection, secret_sha256(credential.secret))
            if key is None or key.revoked_at_us is not None:
                raise unauthorized()
            claimed = credential.claimed_project
            if claimed not in ("", key.project_id) and storage.find_project(connection, claimed):
                raise unauthorized()
            project = storage.find_project(connection, key.project_id)
            if project is None:
                raise unauthorized()
        principal = _principal(key, project.organisation_id)
        self._principals.put(question, principal, asked_at_us)
        return principal

    def _signers_of(self, credential: SignedCredential) -> Signers:
        now_us = self._clock.now_us()
        if not credential.is_fresh(now_us):
            raise unauthorized()
        known = self._signers.get(credential.signer)
        if known is not None:
            return known
        with self._database.read() as connection:
            stored = storage.active_keys_of_signer(connection, credential.signer, KEYS_TRIED_PER_SIGNATURE)
        signers = tuple(self._opened(stored))
        if not signers:
            raise unauthorized()
        self._signers.put(credential.signer, signers, now_us)
        return signers

    def _opened(self, stored: list[storage.StoredKey]) -> list[tuple[Principal, str]]:
        opened = []
        for entry in stored:
            secret = unseal(self._master_key, entry.sealed_secret, entry.key.id)
            if secret is None:
                # To the caller this is one more invalid signature; the operator must learn the cause.
                _log.error("api key was sealed with another master key", api_key_id=entry.key.id)
                continue
            opened.append((_principal(entry.key, entry.organisation_id), secret))
        return opened

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


def _question(credential: KeyCredential) -> tuple[bytes, str]:
    # The hash, so that memory holds no more secrets than it must.
    return secret_sha256(credential.secret), credential.claimed_project


def _principal(key: ApiKey, organisation_id: OrganisationId) -> Principal:
    return Principal(
        project_id=key.project_id,
        organisation_id=organisation_id,
        api_key_id=key.id,
        user_id=UserId(""),
        permissions=granted_to_scopes(frozenset(key.scopes)),
        name=key.name,
    )


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
