"""The statements about single sign-on, one named function each, in a transaction that the caller began."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity.permissions import Role
from lynex_server.identity.tables import sso_attempts, sso_domains, sso_providers
from lynex_server.kernel.ids import OrganisationId


@dataclass(frozen=True, slots=True)
class SsoProvider:
    """Somebody else's server that says who a person is. `secret_id` names the client's secret in the vault.

    `role_mapping` gives a role for a value of the claim `role_claim`; `default_role` is for new people
    without such a value, who may not enter when it is None.
    """

    id: str
    organisation_id: OrganisationId
    name: str
    issuer: str
    client_id: str
    secret_id: str
    email_domains: tuple[str, ...]
    role_claim: str
    role_mapping: Mapping[str, Role]
    default_role: Role | None
    created_at_us: int


@dataclass(frozen=True, slots=True)
class SsoAttempt:
    """A sign-in that is under way at a provider."""

    provider_id: str
    browser_sha256: bytes
    nonce: str
    code_verifier: str
    redirect_uri: str
    return_to: str
    expires_at_us: int


def put_provider(database: Database, connection: sa.Connection, provider: SsoProvider) -> None:
    """Add a provider, or change the one with this id."""
    values = {
        "organisation_id": provider.organisation_id,
        "protocol": "oidc",
        "name": provider.name,
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "client_secret": provider.secret_id,
        "email_domains": " ".join(provider.email_domains),
        "role_claim": provider.role_claim,
        "role_mapping": json.dumps(dict(provider.role_mapping), ensure_ascii=False),
        "default_role": provider.default_role,
        "created_at_us": provider.created_at_us,
    }
    statement = database.insert(sso_providers).values(id=provider.id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def find_provider(connection: sa.Connection, provider_id: str) -> SsoProvider | None:
    """The provider with this id, whoever's it is."""
    row = connection.execute(sa.select(sso_providers).where(sso_providers.c.id == provider_id)).first()
    return None if row is None else _provider(row)


def providers_of(connection: sa.Connection, organisation_id: str, limit: int) -> list[SsoProvider]:
    """The providers of an organisation, the oldest first."""
    statement = (
        sa.select(sso_providers)
        .where(sso_providers.c.organisation_id == organisation_id)
        .order_by(sso_providers.c.created_at_us, sso_providers.c.id)
        .limit(limit)
    )
    return [_provider(row) for row in connection.execute(statement)]


def remove_provider(connection: sa.Connection, provider_id: str) -> None:
    """Forget a provider; its secret is the vault's to forget."""
    connection.execute(sa.delete(sso_providers).where(sso_providers.c.id == provider_id))


def owners_of_domains(connection: sa.Connection, domains: Collection[str]) -> dict[str, OrganisationId]:
    """Whose each of these domains is; one that is nobody's is left out."""
    rows = connection.execute(sa.select(sso_domains).where(sso_domains.c.domain.in_(domains)))
    return {row.domain: OrganisationId(row.organisation_id) for row in rows}


def put_domain(
    database: Database, connection: sa.Connection, domain: str, organisation_id: str, now_us: int
) -> None:
    """Let a domain be an organisation's, whosever it was."""
    values = {"organisation_id": organisation_id, "confirmed_at_us": now_us}
    statement = database.insert(sso_domains).values(domain=domain, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["domain"], set_=values))


def remove_domains(connection: sa.Connection, organisation_id: str) -> None:
    """Let the domains of an organisation be nobody's."""
    connection.execute(sa.delete(sso_domains).where(sso_domains.c.organisation_id == organisation_id))


def add_attempt(connection: sa.Connection, state_sha256: bytes, attempt: SsoAttempt, now_us: int) -> None:
    """Remember a sign-in that begins; those that took too long are forgotten."""
    connection.execute(sa.delete(sso_attempts).where(sso_attempts.c.expires_at_us <= now_us))
    connection.execute(
        sa.insert(sso_attempts).values(
            state_sha256=state_sha256,
            provider_id=attempt.provider_id,
            browser_sha256=attempt.browser_sha256,
            nonce=attempt.nonce,
            code_verifier=attempt.code_verifier,
            redirect_uri=attempt.redirect_uri,
            return_to=attempt.return_to,
            expires_at_us=attempt.expires_at_us,
        )
    )


def take_attempt(connection: sa.Connection, state_sha256: bytes) -> SsoAttempt | None:
    """The sign-in with this state, which nobody finds again."""
    mine = sso_attempts.c.state_sha256 == state_sha256
    row = connection.execute(sa.select(sso_attempts).where(mine).with_for_update()).first()
    if row is None or connection.execute(sa.delete(sso_attempts).where(mine)).rowcount != 1:
        return None
    return SsoAttempt(
        provider_id=row.provider_id,
        browser_sha256=row.browser_sha256,
        nonce=row.nonce,
        code_verifier=row.code_verifier,
        redirect_uri=row.redirect_uri,
        return_to=row.return_to,
        expires_at_us=row.expires_at_us,
    )


def _provider(row: sa.Row[Any]) -> SsoProvider:
    return SsoProvider(
        id=row.id,
        organisation_id=OrganisationId(row.organisation_id),
        name=row.name,
        issuer=row.issuer,
        client_id=row.client_id,
        secret_id=row.client_secret,
        email_domains=tuple(row.email_domains.split()),
        role_claim=row.role_claim,
        role_mapping=json.loads(row.role_mapping),
        default_role=cast("Role | None", row.default_role),
        created_at_us=row.created_at_us,
    )
