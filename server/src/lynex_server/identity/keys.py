"""API keys: made, changed, rotated and revoked. What a key makes can never do more than the key itself."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity import key_storage, tenant_storage
from lynex_server.identity.authentication import Authentication, key_context
from lynex_server.identity.model import ApiKey, NewKey, Project
from lynex_server.identity.names import checked_name
from lynex_server.identity.networks import parse_networks
from lynex_server.identity.permissions import SCOPES, Scope
from lynex_server.identity.secret import (
    MAX_SECRET_CHARS,
    MIN_SECRET_CHARS,
    SHOWN_CHARS,
    new_secret,
    secret_sha256,
)
from lynex_server.identity.sessions import TOKEN_PREFIX
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from lynex_server.kernel.ids import KeyId, ProjectId, new_id
from lynex_server.limits.public import pass_on
from lynex_server.safety.public import Actor, AuditLog, Vault

LISTED_AT_ONCE = 1_000
MAX_WORKING_KEYS_OF_A_PROJECT = 1_000
MAX_OVERLAP_S = 30 * 24 * 3600

_PRINTABLE = re.compile(r"[!-~]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What a key shall be. No expiry means for ever, no networks mean from anywhere."""

    name: str
    scopes: Collection[str] = SCOPES
    expires_at_us: int | None = None
    allowed_networks: Collection[str] = ()


class Keys:
    """The service. Calls block and are safe from any thread; every change is audited, without secrets."""

    def __init__(
        self, database: Database, clock: Clock, audit: AuditLog, vault: Vault, authentication: Authentication
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._vault = vault
        self._authentication = authentication

    def create(self, actor: Actor, project_id: ProjectId, wish: KeyWish, secret: str | None = None) -> NewKey:
        """Add a key; its secret is in the answer and cannot be read again.

        `secret` is for a key that automation has chosen: 16 to 256 printable ASCII characters, no spaces.
        Raises `NotFound` without the project, `InvalidInput` for what is not allowed, `Forbidden` when a key
        asks for more than it has itself, `Conflict` when another key has this secret or there are
        `MAX_WORKING_KEYS_OF_A_PROJECT`.
        """
        try:
            with self._database.begin() as connection:
                return self.create_in(connection, actor, project_id, wish, secret)
        except sa.exc.IntegrityError as error:
            raise Conflict("Another API key has this secret.") from error

    def create_in(
        self,
        connection: sa.Connection,
        actor: Actor,
        project_id: ProjectId,
        wish: KeyWish,
        secret: str | None = None,
    ) -> NewKey:
        """As `create`, inside the caller's transaction; there `sqlalchemy.exc.IntegrityError` is raised when
        another key has the secret."""
        made = self._new_key(actor, project_id, wish, secret)
        # The row of the project is held, so that two who count its keys at once do not both find room.
        project = tenant_storage.find_project(connection, project_id, to_change=True)
        if project is None:
            raise NotFound("There is no such project.")
        now_us = self._clock.now_us()
        if key_storage.count_working_keys(connection, project_id, now_us) >= MAX_WORKING_KEYS_OF_A_PROJECT:
            raise Conflict(f"A project has at most {MAX_WORKING_KEYS_OF_A_PROJECT} keys that work.")
        self._refuse_more_than_own(connection, actor, made.key)
        self._store(connection, made)
        self._record(connection, actor, "key.created", project, made.key, after=_told(made.key))
        return made

    def of_project(self, project_id: ProjectId) -> list[ApiKey]:
        """The newest `LISTED_AT_ONCE` keys of a project, newest first, revoked ones included."""
        with self._database.read() as connection:
            return key_storage.newest_keys(connection, project_id, LISTED_AT_ONCE)

    def get(self, project_id: str, key_id: str) -> ApiKey:
        """One key of a project. Raises `NotFound`."""
        with self._database.read() as connection:
            return _found(key_storage.find_key(connection, project_id, key_id))

    def change(self, actor: Actor, project_id: ProjectId, key_id: str, wish: KeyWish) -> ApiKey:
        """Let a working key be as wished; its secret stays.

        Raises `NotFound`, `InvalidInput`, `Conflict` for a key that was revoked, rotated or has expired,
        `Forbidden` when a key would touch one that can do more than itself, or make it so.
        """
        with self._database.begin() as connection:
            project, before = self._to_change(connection, actor, project_id, key_id)
            after = replace(
                before,
                name=checked_name(wish.name),
                scopes=_scopes(wish.scopes),
                expires_at_us=self._expiry(wish.expires_at_us),
                allowed_networks=_networks(wish.allowed_networks),
            )
            self._refuse_more_than_own(connection, actor, after)
            key_storage.change_key(connection, after)
            self._record(connection, actor, "key.changed", project, after, _told(before), _told(after))
        self._authentication.forget()
        return after

    def rotate(self, actor: Actor, project_id: ProjectId, key_id: str, overlap_s: int) -> NewKey:
        """Make a key that may do the same; the old one works for `overlap_s` more, at most 30 days.

        The new one expires when the old one was to, and has its lowered limits. Raises as `change` does.
        """
        if not 0 <= overlap_s <= MAX_OVERLAP_S:
            raise InvalidInput(f"overlap_s must be 0 to {MAX_OVERLAP_S}", field="overlap_s")
        with self._database.begin() as connection:
            project, old = self._to_change(connection, actor, project_id, key_id)
            wish = KeyWish(old.name, old.scopes, old.expires_at_us, old.allowed_networks)
            made = self._new_key(actor, project_id, wish, None)
            self._store(connection, made)
            pass_on(self._database, connection, project_id, old.id, made.key.id)
            now_us = self._clock.now_us()
            ends_us = now_us + overlap_s * MICROS_PER_SECOND
            ending = replace(
                old, replaced_by=made.key.id, expires_at_us=min(ends_us, old.expires_at_us or ends_us)
            )
            key_storage.change_key(connection, ending)
            if overlap_s == 0:
                key_storage.revoke(connection, old.id, now_us)
            self._record(
                connection,
                actor,
                "key.rotated",
                project,
                old,
                before=_told(old),
                after=_told(ending) | {"replaced_by": made.key.id},
            )
        self._authentication.forget()
        return made

    def revoke(self, actor: Actor, project_id: ProjectId, key_id: str) -> None:
        """End a key for good: here at once, in other processes within `REMEMBERED_US`.

        Harmless when repeated. Raises `NotFound` when the project has no such key.
        """
        with self._database.begin() as connection:
            key = _found(key_storage.find_key(connection, project_id, key_id, to_change=True))
            if key.revoked_at_us is not None:
                return
            project = tenant_storage.find_project(connection, project_id)
            if project is None:
                raise NotFound("There is no such project.")
            key_storage.revoke(connection, key.id, self._clock.now_us())
            self._record(connection, actor, "key.revoked", project, key, before=_told(key))
        self._authentication.forget()

    def _to_change(
        self, connection: sa.Connection, actor: Actor, project_id: ProjectId, key_id: str
    ) -> tuple[Project, ApiKey]:
        key = _found(key_storage.find_key(connection, project_id, key_id, to_change=True))
        project = tenant_storage.find_project(connection, project_id)
        if project is None:
            raise NotFound("There is no such project.")
        if key.revoked_at_us is not None or (key.expires_at_us or _NEVER_US) <= self._clock.now_us():
            raise Conflict("This key does not work any more: make another.")
        if key.replaced_by is not None:
            raise Conflict(f"This key was rotated: its successor is {key.replaced_by}.")
        self._refuse_more_than_own(connection, actor, key)
        return project, key

    def _refuse_more_than_own(self, connection: sa.Connection, actor: Actor, wanted: ApiKey) -> None:
        """A key makes or touches no key that can do more, for longer or from elsewhere than it can itself."""
        if actor.kind != "api_key":
            return
        own = key_storage.find_key(connection, wanted.project_id, actor.id)
        if own is None:
            raise Forbidden("A key manages keys of its own project alone.")
        lacking = [scope for scope in wanted.scopes if scope not in own.scopes]
        if lacking:
            raise Forbidden(f"This key lacks the scopes {', '.join(lacking)} itself.")
        if (wanted.expires_at_us or _NEVER_US) > (own.expires_at_us or _NEVER_US):
            raise Forbidden("This key expires, and can make no key that outlives it.")
        if not _within(wanted.allowed_networks, own.allowed_networks):
            raise Forbidden("This key is limited to networks, and can make no key that works from others.")

    def _new_key(self, actor: Actor, project_id: ProjectId, wish: KeyWish, secret: str | None) -> NewKey:
        key_id = KeyId(new_id("key"))
        text = new_secret(key_id) if secret is None else _allowed_secret(secret)
        key = ApiKey(
            id=key_id,
            project_id=project_id,
            name=checked_name(wish.name),
            scopes=_scopes(wish.scopes),
            prefix=text[:SHOWN_CHARS],
            allowed_networks=_networks(wish.allowed_networks),
            created_by="" if actor.kind == "system" else actor.id,
            created_at_us=self._clock.now_us(),
            expires_at_us=self._expiry(wish.expires_at_us),
            last_used_at_us=None,
            revoked_at_us=None,
            replaced_by=None,
        )
        return NewKey(key, text)

    def _expiry(self, expires_at_us: int | None) -> int | None:
        if expires_at_us is not None and expires_at_us <= self._clock.now_us():
            raise InvalidInput("expires_at must lie in the future", field="expires_at")
        return expires_at_us

    def _store(self, connection: sa.Connection, made: NewKey) -> None:
        sealed = self._vault.seal(connection, made.secret, key_context(made.key.id))
        key_storage.add_key(connection, made.key, secret_sha256(made.secret), sealed)

    def _record(
        self,
        connection: sa.Connection,
        actor: Actor,
        action: str,
        project: Project,
        key: ApiKey,
        before: dict[str, object] | None = None,
        after: dict[str, object] | None = None,
    ) -> None:
        self._audit.record(
            connection,
            actor,
            action,
            organisation_id=project.organisation_id,
            project_id=project.id,
            target=key.id,
            before=before,
            after=after,
        )


_NEVER_US = 2**63 - 1


def _told(key: ApiKey) -> dict[str, object]:
    """What the audit log says of a key."""
    return {
        "name": key.name,
        "scopes": list(key.scopes),
        "expires_at_us": key.expires_at_us,
        "allowed_networks": list(key.allowed_networks),
    }


def _scopes(given: Collection[str]) -> tuple[Scope, ...]:
    if not given or set(given) - set(SCOPES):
        raise InvalidInput(f"scopes must be some of {', '.join(SCOPES)}", field="scopes")
    return tuple(scope for scope in SCOPES if scope in given)


def _networks(given: Collection[str]) -> tuple[str, ...]:
    return tuple(str(network) for network in parse_networks(given))


def _within(inner: Collection[str], outer: Collection[str]) -> bool:
    """Whether every address of the `inner` blocks is in one of the `outer`; no blocks mean all addresses."""
    if not outer:
        return True
    blocks = parse_networks(outer)
    # `compare` of another family raises, so families are told apart first.
    return bool(inner) and all(
        any(
            block.version == network.version and block.supernet_of(network)  # type: ignore[arg-type]  # same family
            for block in blocks
        )
        for network in parse_networks(inner)
    )


def _allowed_secret(secret: str) -> str:
    if not (MIN_SECRET_CHARS <= len(secret) <= MAX_SECRET_CHARS and _PRINTABLE.fullmatch(secret)):
        raise InvalidInput(
            f"An API key must be {MIN_SECRET_CHARS} to {MAX_SECRET_CHARS} printable ASCII characters "
            "without spaces.",
            field="secret",
        )
    if secret.startswith(TOKEN_PREFIX):
        raise InvalidInput(f"An API key must not begin with {TOKEN_PREFIX}, as sessions do.", field="secret")
    return secret


def _found(key: ApiKey | None) -> ApiKey:
    if key is None:
        raise NotFound("There is no such API key.")
    return key
