"""The check of a request's key: which one it is, whether it works now, and from there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
import structlog

from lynex_server.engines.relational.database import Database
from lynex_server.identity import key_storage, tenant_storage
from lynex_server.identity.credentials import (
    KeyCredential,
    SignedCredential,
    credential_in,
    unauthorized,
)
from lynex_server.identity.key_use import KeyUse
from lynex_server.identity.model import ApiKey, Principal, Project
from lynex_server.identity.networks import Network, contains, parse_networks
from lynex_server.identity.permissions import Permission, granted_to_scopes
from lynex_server.identity.recent import Recent
from lynex_server.identity.secret import secret_sha256
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Forbidden, Unauthorized
from lynex_server.kernel.ids import UserId
from lynex_server.safety.public import Unreadable, Vault

REMEMBERED_US = MICROS_PER_SECOND // 2
"""For how long another process may not have heard of a revocation. Half of the second that is promised, which
leaves the other half to a slow database."""
REMEMBERED_ANSWERS = 10_000
KEYS_TRIED_PER_SIGNATURE = 20

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _WorkingKey:
    """A key that was neither revoked nor expired when it was looked up, and what limits it from then on."""

    principal: Principal
    expires_at_us: int | None
    networks: tuple[Network, ...]
    secret: str = field(default="", repr=False)
    """Only where a signature is checked."""


class Authentication:
    """Answers who sent a request. Calls block unless they say otherwise, and are safe from any thread."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, key_use: KeyUse) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._key_use = key_use
        self._keys: Recent[tuple[bytes, str], _WorkingKey] = Recent(clock, REMEMBERED_US, REMEMBERED_ANSWERS)
        self._signers: Recent[str, tuple[_WorkingKey, ...]] = Recent(clock, REMEMBERED_US, REMEMBERED_ANSWERS)

    def authenticate(self, headers: Mapping[str, str], body: bytes, address: str = "") -> Principal:
        """Who sent a request. `body` is as it came over the wire, before any decompression.

        `headers` ignores case or has lower-case names; what counts in them is told in `credentials.py`.
        Raises `Unauthorized`, with the same text whatever was wrong, and `Forbidden` when the key may not be
        used from `address`.
        """
        credential = credential_in(headers)
        if isinstance(credential, KeyCredential):
            return self._let_in(self._key_with(credential), address)
        for signer in self._signers_of(credential):
            if credential.is_of(signer.secret, body):
                return self._let_in(signer, address)
        raise unauthorized()

    def authenticate_headers(self, headers: Mapping[str, str], address: str = "") -> Principal | None:
        """As `authenticate`, before the body is read: who sent it, where the headers alone prove it.

        None means a signature that can be right (its key exists, its time is now): read the body and call
        `authenticate`. Raises `Unauthorized` and `Forbidden`.
        """
        credential = credential_in(headers)
        if isinstance(credential, KeyCredential):
            return self._let_in(self._key_with(credential), address)
        self._signers_of(credential)
        return None

    def remembered(self, headers: Mapping[str, str], address: str = "") -> Principal | None:
        """As `authenticate_headers`, from memory alone: for an event loop, which must not wait.

        None means that it must be asked on a thread. Raises `Unauthorized` when there is no credential, and
        `Forbidden`.
        """
        credential = credential_in(headers)
        if not isinstance(credential, KeyCredential):
            return None
        known = self._keys.get(_question(credential))
        return None if known is None else self._let_in(known, address)

    def is_due(self, headers: Mapping[str, str]) -> bool:
        """True, once, when what `remembered` answers will be too old soon: a moment to `renew` it on a
        thread, before a request has to wait for that."""
        credential = credential_in(headers)
        return isinstance(credential, KeyCredential) and self._keys.due(_question(credential))

    def renew(self, headers: Mapping[str, str]) -> None:
        """Look the request's key up anew; one that works no longer is forgotten at once."""
        credential = credential_in(headers)
        if isinstance(credential, KeyCredential):
            try:
                self._look_up(credential)
            except Unauthorized:
                self._keys.forget(_question(credential))

    def still_grants(self, key_id: str, permission: Permission) -> bool:
        """Whether a key that opened a stream works still, and grants what the stream shows."""
        with self._database.read() as connection:
            signers = key_storage.working_keys_of_signer(connection, key_id, self._clock.now_us(), 1)
        return any(permission in granted_to_scopes(frozenset(each.key.scopes)) for each in signers)

    def forget(self) -> None:
        """Look every key up anew: call it after a change, once it is committed."""
        self._keys.clear()
        self._signers.clear()

    def _let_in(self, key: _WorkingKey, address: str) -> Principal:
        now_us = self._clock.now_us()
        if key.expires_at_us is not None and key.expires_at_us <= now_us:
            raise unauthorized()
        if key.networks and not contains(key.networks, address):
            raise Forbidden(f"This API key may not be used from {address or 'an unknown address'}.")
        self._key_use.note(key.principal.api_key_id, now_us)
        return replace(key.principal, address=address)

    def _key_with(self, credential: KeyCredential) -> _WorkingKey:
        question = _question(credential)
        return self._keys.get(question) or self._look_up(credential)

    def _look_up(self, credential: KeyCredential) -> _WorkingKey:
        question = _question(credential)
        asked_at_us = self._clock.now_us()
        with self._database.read() as connection:
            stored = key_storage.find_working_key_by_secret(connection, question[0], asked_at_us)
            if stored is None or not _claims_its_own(connection, credential, stored.key):
                raise unauthorized()
        found = _working(stored.key, stored.project)
        self._keys.put(question, found, asked_at_us)
        return found

    def _signers_of(self, credential: SignedCredential) -> tuple[_WorkingKey, ...]:
        now_us = self._clock.now_us()
        if not credential.is_fresh(now_us):
            raise unauthorized()
        known = self._signers.get(credential.signer)
        if known is not None:
            return known
        with self._database.read() as connection:
            stored = key_storage.working_keys_of_signer(
                connection, credential.signer, now_us, KEYS_TRIED_PER_SIGNATURE
            )
            signers = tuple(self._opened(connection, stored))
        if not signers:
            raise unauthorized()
        self._signers.put(credential.signer, signers, now_us)
        return signers

    def _opened(self, connection: sa.Connection, stored: list[key_storage.StoredKey]) -> list[_WorkingKey]:
        opened = []
        for entry in stored:
            try:
                secret = self._vault.unseal(connection, entry.sealed_secret, key_context(entry.key.id))
            except Unreadable as error:
                # To the caller this is one more invalid signature; the operator must learn the cause.
                _log.error("api key cannot be unsealed", api_key_id=entry.key.id, reason=str(error))
                continue
            opened.append(_working(entry.key, entry.project, secret))
        return opened


def key_context(key_id: str) -> str:
    """What the sealed secret of a key is bound to."""
    return f"api key {key_id}"


def _question(credential: KeyCredential) -> tuple[bytes, str]:
    # The hash, so that memory holds no more secrets than it must.
    return secret_sha256(credential.secret), credential.claimed_project


def _claims_its_own(connection: sa.Connection, credential: KeyCredential, key: ApiKey) -> bool:
    claimed = credential.claimed_project
    return claimed in ("", key.project_id) or tenant_storage.find_project(connection, claimed) is None


def _working(key: ApiKey, project: Project, secret: str = "") -> _WorkingKey:
    principal = Principal(
        project_id=key.project_id,
        organisation_id=project.organisation_id,
        api_key_id=key.id,
        user_id=UserId(""),
        permissions=granted_to_scopes(frozenset(key.scopes)),
        name=key.name,
        erase_after_us=project.erase_after_us,
    )
    return _WorkingKey(principal, key.expires_at_us, parse_networks(key.allowed_networks), secret)
