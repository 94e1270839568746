"""Signing in by an organisation's own provider: out to it, back, and in as a member with the mapped role.

- A way out and back has a state that only this browser can bring back, once, within `LIFETIME_S`.
- Whoever the provider names is let in when the address is verified and of a domain of the organisation's.
- Who is new becomes a member; a mapped role that has changed at the provider changes here. The last owner
  is never lowered.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
import structlog

from lynex_server.engines.relational.database import Database
from lynex_server.identity import member_storage, sso_storage
from lynex_server.identity.attempts import Attempts
from lynex_server.identity.entrance import Entered, Entrance, Visitor, actor_of
from lynex_server.identity.model import Membership
from lynex_server.identity.names import MAX_NAME_CHARS, checked_email
from lynex_server.identity.oidc import Claims, Client, Flow, OpenIdConnect, SignOnFailed
from lynex_server.identity.organisations import organisation_lock
from lynex_server.identity.permissions import Role, rank
from lynex_server.identity.secret import MAX_SECRET_CHARS, secret_sha256
from lynex_server.identity.sso import is_confirmed
from lynex_server.identity.sso_storage import SsoAttempt, SsoProvider
from lynex_server.identity.user_storage import User, add_user, find_user_by_email
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import InvalidInput, LynexError, NotFound, Unauthorized
from lynex_server.kernel.ids import UserId, new_id
from lynex_server.safety.public import Actor, AuditLog, Vault

LIFETIME_S = 600
TOKEN_BYTES = 32
MAX_RETURN_CHARS = 1_000

_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*", re.ASCII)  # of this server: "//host" and "/\host" are others
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a browser goes to sign in, and what it has to bring back as a cookie."""

    url: str
    browser: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who came back and is signed in, and the page he wanted."""

    entered: Entered
    return_to: str


class SsoSignIn:
    """The service. Calls block, also on the provider, and are safe from any thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        entrance: Entrance,
        attempts: Attempts,
        audit: AuditLog,
        vault: Vault,
        protocol: OpenIdConnect,
    ) -> None:
        self._database = database
        self._clock = clock
        self._entrance = entrance
        self._attempts = attempts
        self._audit = audit
        self._vault = vault
        self._protocol = protocol

    def start(self, provider_id: str, url: str, return_to: str, address: str) -> Departure:
        """Begin a sign-in. `url` is where people reach Lynex, `return_to` a path of it to go to afterwards.

        Raises `NotFound`, `SignOnFailed`, `Unreachable`, `TooManyRequests`.
        """
        self._attempts.count("sso", address)
        provider = self._provider(provider_id)
        client = self._client(provider)
        flow = Flow(
            state=secrets.token_urlsafe(TOKEN_BYTES),
            nonce=secrets.token_urlsafe(TOKEN_BYTES),
            code_verifier=secrets.token_urlsafe(TOKEN_BYTES),
            redirect_uri=f"{url}/v1/auth/sso/{provider.id}/callback",
        )
        leads_to = self._protocol.sign_on_url(self._protocol.discover(provider.issuer), client, flow)
        browser = secrets.token_urlsafe(TOKEN_BYTES)
        now_us = self._clock.now_us()
        attempt = SsoAttempt(
            provider_id=provider.id,
            browser_sha256=secret_sha256(browser),
            nonce=flow.nonce,
            code_verifier=flow.code_verifier,
            redirect_uri=flow.redirect_uri,
            return_to=path_of_ours(return_to),
            expires_at_us=now_us + LIFETIME_S * MICROS_PER_SECOND,
        )
        with self._database.begin() as connection:
            sso_storage.add_attempt(connection, secret_sha256(flow.state), attempt, now_us)
        return Departure(leads_to, browser)

    def finish(
        self, provider_id: str, state: str, browser: str, answer: Mapping[str, str], visitor: Visitor
    ) -> Arrival:
        """Complete a sign-in with the `code` or `error` of the provider's `answer`.

        Raises `Unauthorized` for a state that this browser did not begin with, or has used; `SignOnFailed`
        when the provider, or what it says, lets nobody in; `Unreachable`. Why is in the audit log.
        """
        attempt = self._taken(provider_id, state, browser)
        provider = self._provider(provider_id)
        try:
            claims = self._claims(provider, attempt, state, answer)
            email = _verified_email(claims)
            with self._database.begin() as connection:
                return Arrival(self._admit(connection, provider, email, claims, visitor), attempt.return_to)
        except LynexError as error:
            self._note(provider, visitor, str(error))
            raise

    def _claims(
        self, provider: SsoProvider, attempt: SsoAttempt, state: str, answer: Mapping[str, str]
    ) -> Claims:
        if answer.get("code", "") == "":
            reason = answer.get("error", "")[:100]
            raise SignOnFailed(f"the provider refused: {reason if reason.isprintable() else ''}")
        issuer = self._protocol.discover(provider.issuer)
        # Source: RFC 9207, 2.4: where a provider says who answers, it must be the one that was asked.
        if answer.get("iss", issuer.name) != issuer.name:
            raise SignOnFailed("another provider answered")
        flow = Flow(state, attempt.nonce, attempt.code_verifier, attempt.redirect_uri)
        return self._protocol.claims(issuer, self._client(provider), flow, answer["code"])

    def _admit(
        self, connection: sa.Connection, provider: SsoProvider, email: str, claims: Claims, visitor: Visitor
    ) -> Entered:
        if not is_confirmed(connection, provider, email.rpartition("@")[2]):
            raise SignOnFailed("the address is not of a domain for which this provider may vouch")
        mapped = mapped_role(provider, claims)
        user = find_user_by_email(connection, email)
        role = mapped or provider.default_role
        if role is None:
            raise SignOnFailed("the provider gives no role that lets somebody in")
        if user is None:
            user = User(UserId(new_id("usr")), email, _name_in(claims, email), None, self._clock.now_us())
            if not add_user(self._database, connection, user):
                raise Unauthorized("Somebody signed in with this address a moment ago. Try again.")
        self._let_be_member(connection, provider, user, role, mapped is not None, visitor)
        return self._entrance.let_in(connection, user, f"sso {provider.id}", visitor)

    def _let_be_member(
        self,
        connection: sa.Connection,
        provider: SsoProvider,
        user: User,
        role: Role,
        is_mapped: bool,
        visitor: Visitor,
    ) -> None:
        """Give the role; without a mapped one, who is a member already keeps the role that he has."""
        organisation_id = provider.organisation_id
        self._database.lock(connection, organisation_lock(organisation_id))
        had = member_storage.find_membership(connection, organisation_id, "", user.id)
        if had is not None and (had.role == role or not is_mapped):
            return
        was_owner = had is not None and had.role == "owner"
        if was_owner and member_storage.count_owners(connection, organisation_id) == 1:
            _log.warning("sso.last_owner_kept", organisation_id=organisation_id, provider_id=provider.id)
            return
        membership = Membership(organisation_id, "", user.id, role, self._clock.now_us())
        member_storage.put_membership(self._database, connection, membership)
        self._audit.record(
            connection,
            actor_of(user, visitor),
            "member.added" if had is None else "member.role_changed",
            organisation_id=organisation_id,
            target=user.id,
            before=None if had is None else {"email": user.email, "role": had.role},
            after={"email": user.email, "role": role, "by": provider.id},
        )

    def _taken(self, provider_id: str, state: str, browser: str) -> SsoAttempt:
        """The attempt, which from now on is used, whatever becomes of it."""
        if not 0 < len(state) <= MAX_SECRET_CHARS:
            raise _did_not_begin()
        with self._database.begin() as connection:
            attempt = sso_storage.take_attempt(connection, secret_sha256(state))
        if (
            attempt is None
            or attempt.provider_id != provider_id
            or attempt.browser_sha256 != secret_sha256(browser)
            or attempt.expires_at_us <= self._clock.now_us()
        ):
            raise _did_not_begin()
        return attempt

    def _note(self, provider: SsoProvider, visitor: Visitor, reason: str) -> None:
        _log.info("sso.failed", provider_id=provider.id, reason=reason)
        if not self._attempts.may_be_noted(f"{provider.id} {visitor.address}"):
            return
        with self._database.begin() as connection:
            self._audit.record(
                connection,
                Actor("system", "sign_in", "", visitor.address),
                "sign_in.failed",
                organisation_id=provider.organisation_id,
                target=provider.id,
                after={"how": "sso", "reason": reason},
            )

    def _provider(self, provider_id: str) -> SsoProvider:
        with self._database.read() as connection:
            provider = sso_storage.find_provider(connection, provider_id)
        if provider is None:
            raise NotFound("There is no such sign-on provider.")
        return provider

    def _client(self, provider: SsoProvider) -> Client:
        return Client(provider.issuer, provider.client_id, self._vault.read(provider.secret_id))


def path_of_ours(text: str) -> str:
    """`text` where it is a path of this server, else the first page: nobody is led elsewhere."""
    return text if len(text) <= MAX_RETURN_CHARS and _PATH.fullmatch(text) else "/"


def mapped_role(provider: SsoProvider, claims: Claims) -> Role | None:
    """The highest role that the values of the provider's claim are mapped to; None when there is none."""
    values = _values_of(claims, provider.role_claim) if provider.role_claim else []
    roles = [provider.role_mapping[value] for value in values if value in provider.role_mapping]
    return max(roles, key=rank, default=None)


def _values_of(claims: Claims, name: str) -> list[str]:
    """The texts in a claim; `realm_access.roles` means the part of a claim that is called so."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list) else [found]
    return [value for value in values if isinstance(value, str)]


def _verified_email(claims: Claims) -> str:
    # Some providers write it as a text. Absent is not verified.
    if claims.get("email_verified") not in (True, "true"):
        raise SignOnFailed("the provider does not say that it has verified the address")
    try:
        return checked_email(str(claims.get("email", "")))
    except InvalidInput as error:
        raise SignOnFailed("the provider states no e-mail address") from error


def _name_in(claims: Claims, email: str) -> str:
    name = claims.get("name")
    fits = isinstance(name, str) and 0 < len(name.strip()) <= MAX_NAME_CHARS and name.isprintable()
    return str(name).strip() if fits else email.partition("@")[0]


def _did_not_begin() -> Unauthorized:
    return Unauthorized("This sign-in was not begun in this browser, or took too long. Begin again.")
