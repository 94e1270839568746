"""The sign-on providers of an organisation, and whose a domain of e-mail addresses is.

A provider says which address somebody has, and whoever has an address is that person here. So an
organisation's provider may vouch for an address only when its domain is the organisation's: else anybody who
may add a provider could sign in as anybody. The first organisation is that of whoever runs Lynex, and its
domains are taken to be its own; for another one, whoever runs Lynex says so (`lynex sso confirm-domain`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity import sso_storage, tenant_storage
from lynex_server.identity.names import checked_name
from lynex_server.identity.oidc import checked_issuer
from lynex_server.identity.organisations import FIRST_ORGANISATION
from lynex_server.identity.permissions import ROLES, Role
from lynex_server.identity.sso_storage import SsoProvider
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import OrganisationId, new_id
from lynex_server.safety.public import Actor, AuditLog, Vault

MAX_PROVIDERS = 20
MAX_DOMAINS = 50
MAX_MAPPED = 200
MAX_TEXT_CHARS = 300

_DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class ProviderWish:
    """What somebody wants a provider to be. Without `client_secret` the one that is kept stays."""

    name: str
    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    email_domains: tuple[str, ...]
    role_claim: str
    role_mapping: Mapping[str, Role]
    default_role: Role | None


@dataclass(frozen=True, slots=True)
class ShownProvider:
    """A provider with those of its domains for which it may not vouch (yet)."""

    provider: SsoProvider
    unconfirmed_domains: tuple[str, ...]


class SsoProviders:
    """The service. Calls block and are safe from any thread; every change is audited."""

    def __init__(self, database: Database, clock: Clock, audit: AuditLog, vault: Vault) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._vault = vault

    def of_organisation(self, organisation_id: str) -> list[ShownProvider]:
        """The providers of an organisation, the oldest first."""
        with self._database.read() as connection:
            found = sso_storage.providers_of(connection, organisation_id, MAX_PROVIDERS)
            return [_shown(connection, provider) for provider in found]

    def get(self, organisation_id: str, provider_id: str) -> ShownProvider:
        """One provider. Raises `NotFound`, also for another organisation's."""
        with self._database.read() as connection:
            return _shown(connection, _found(connection, organisation_id, provider_id))

    def for_domain(self, domain: str) -> list[SsoProvider]:
        """The providers by which somebody with an address of this domain may sign in."""
        domain = domain.strip().lower()
        with self._database.read() as connection:
            owner = sso_storage.owners_of_domains(connection, [domain]).get(domain)
            found = [] if owner is None else sso_storage.providers_of(connection, owner, MAX_PROVIDERS)
        return [provider for provider in found if domain in provider.email_domains]

    def add(self, actor: Actor, organisation_id: OrganisationId, wish: ProviderWish) -> ShownProvider:
        """Add a provider.

        Raises `InvalidInput` naming the field, `Conflict` over `MAX_PROVIDERS`.
        """
        if not wish.client_secret:
            raise InvalidInput("a client secret is needed", field="client_secret")
        wish = _checked(wish)
        with self._database.begin() as connection:
            self._database.lock(connection, f"lynex sso {organisation_id}")
            if len(sso_storage.providers_of(connection, organisation_id, MAX_PROVIDERS)) == MAX_PROVIDERS:
                raise Conflict(f"An organisation has at most {MAX_PROVIDERS} sign-on providers.")
            provider_id = new_id("sso")
            secret_id = self._vault.put(
                connection, organisation_id, f"sso client secret {provider_id}", wish.client_secret or ""
            )
            provider = _wished(wish, provider_id, organisation_id, secret_id, self._clock.now_us())
            self._put(connection, provider)
            self._record(connection, actor, "sso_provider.created", None, provider)
            return _shown(connection, provider)

    def change(
        self, actor: Actor, organisation_id: str, provider_id: str, wish: ProviderWish
    ) -> ShownProvider:
        """Replace what a provider is. Raises `NotFound`, and `InvalidInput` as `add` does."""
        wish = _checked(wish)
        with self._database.begin() as connection:
            self._database.lock(connection, f"lynex sso {organisation_id}")
            before = _found(connection, organisation_id, provider_id)
            if wish.client_secret:
                self._vault.replace(connection, before.secret_id, wish.client_secret)
            elif wish.issuer != before.issuer:
                # It would be sent to another server than the one that it is shared with.
                raise InvalidInput("another issuer needs its own client secret", field="client_secret")
            after = _wished(wish, before.id, before.organisation_id, before.secret_id, before.created_at_us)
            self._put(connection, after)
            self._record(connection, actor, "sso_provider.changed", before, after, bool(wish.client_secret))
            return _shown(connection, after)

    def remove(self, actor: Actor, organisation_id: str, provider_id: str) -> None:
        """Remove a provider; who signed in by it stays a member. Raises `NotFound`."""
        with self._database.begin() as connection:
            before = _found(connection, organisation_id, provider_id)
            self._vault.remove(connection, before.secret_id)
            sso_storage.remove_provider(connection, before.id)
            self._record(connection, actor, "sso_provider.deleted", before, None)

    def confirm_domain(self, actor: Actor, organisation_id: str, domain: str) -> None:
        """Say that a domain is this organisation's, so that its providers may vouch for its addresses.

        Only for whoever runs Lynex. Raises `NotFound` without the organisation, `InvalidInput`.
        """
        [domain] = _checked_domains((domain,))
        with self._database.begin() as connection:
            if tenant_storage.find_organisation(connection, organisation_id) is None:
                raise NotFound("There is no such organisation.")
            before = sso_storage.owners_of_domains(connection, [domain]).get(domain)
            now_us = self._clock.now_us()
            sso_storage.put_domain(self._database, connection, domain, organisation_id, now_us)
            for told in sorted({organisation_id, before or organisation_id}):
                self._audit.record(
                    connection,
                    actor,
                    "sso_domain.confirmed",
                    organisation_id=told,
                    target=domain,
                    before={"organisation_id": before},
                    after={"organisation_id": organisation_id},
                )

    def _put(self, connection: sa.Connection, provider: SsoProvider) -> None:
        sso_storage.put_provider(self._database, connection, provider)
        if provider.organisation_id != FIRST_ORGANISATION:
            return
        taken = sso_storage.owners_of_domains(connection, provider.email_domains)
        for domain in provider.email_domains:
            if domain not in taken:
                now_us = self._clock.now_us()
                sso_storage.put_domain(self._database, connection, domain, FIRST_ORGANISATION, now_us)

    def _record(
        self,
        connection: sa.Connection,
        actor: Actor,
        action: str,
        before: SsoProvider | None,
        after: SsoProvider | None,
        secret_changed: bool = False,
    ) -> None:
        [provider, *_] = [each for each in (after, before) if each is not None]
        told_after = None if after is None else _told(after)
        if told_after is not None and secret_changed:
            told_after["client_secret_changed"] = True
        self._audit.record(
            connection,
            actor,
            action,
            organisation_id=provider.organisation_id,
            target=provider.id,
            before=None if before is None else _told(before),
            after=told_after,
        )


def is_confirmed(connection: sa.Connection, provider: SsoProvider, domain: str) -> bool:
    """Whether this provider may vouch for addresses of `domain`."""
    owner = sso_storage.owners_of_domains(connection, [domain]).get(domain)
    return domain in provider.email_domains and owner == provider.organisation_id


def _found(connection: sa.Connection, organisation_id: str, provider_id: str) -> SsoProvider:
    provider = sso_storage.find_provider(connection, provider_id)
    if provider is None or provider.organisation_id != organisation_id:
        raise NotFound("There is no such sign-on provider.")
    return provider


def _shown(connection: sa.Connection, provider: SsoProvider) -> ShownProvider:
    owners = sso_storage.owners_of_domains(connection, provider.email_domains)
    return ShownProvider(
        provider,
        tuple(each for each in provider.email_domains if owners.get(each) != provider.organisation_id),
    )


def _wished(
    wish: ProviderWish, provider_id: str, organisation_id: OrganisationId, secret_id: str, created_at_us: int
) -> SsoProvider:
    return SsoProvider(
        id=provider_id,
        organisation_id=organisation_id,
        name=wish.name,
        issuer=wish.issuer,
        client_id=wish.client_id,
        secret_id=secret_id,
        email_domains=wish.email_domains,
        role_claim=wish.role_claim,
        role_mapping=wish.role_mapping,
        default_role=wish.default_role,
        created_at_us=created_at_us,
    )


def _checked(wish: ProviderWish) -> ProviderWish:
    if not 0 < len(wish.client_id) <= MAX_TEXT_CHARS or not wish.client_id.isprintable():
        raise InvalidInput("client_id must be what the provider calls this client", field="client_id")
    if len(wish.role_claim) > MAX_TEXT_CHARS or (wish.role_mapping and not wish.role_claim):
        raise InvalidInput("role_claim must name the claim whose values are mapped", field="role_claim")
    values_fit = all(0 < len(value) <= MAX_TEXT_CHARS for value in wish.role_mapping)
    roles_fit = all(role in ROLES for role in wish.role_mapping.values())
    if len(wish.role_mapping) > MAX_MAPPED or not values_fit or not roles_fit:
        raise InvalidInput(f"role_mapping maps at most {MAX_MAPPED} values to roles", field="role_mapping")
    return replace(
        wish,
        name=checked_name(wish.name),
        issuer=checked_issuer(wish.issuer),
        email_domains=_checked_domains(wish.email_domains),
    )


def _checked_domains(domains: tuple[str, ...]) -> tuple[str, ...]:
    lower = tuple(dict.fromkeys(domain.strip().lower() for domain in domains))
    if not 0 < len(lower) <= MAX_DOMAINS or not all(_DOMAIN.fullmatch(domain) for domain in lower):
        raise InvalidInput(f"email_domains must be 1 to {MAX_DOMAINS} domains", field="email_domains")
    return lower


def _told(provider: SsoProvider) -> dict[str, object]:
    """What the audit log says of a provider."""
    return {
        "name": provider.name,
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "email_domains": list(provider.email_domains),
        "role_claim": provider.role_claim,
        "role_mapping": dict(provider.role_mapping),
        "default_role": provider.default_role,
    }
