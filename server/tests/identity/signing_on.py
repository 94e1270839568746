"""Words of the tests of single sign-on: a provider that is added, and a person's way there and back."""

from typing import Any

from identity.openid_provider import CLIENT_ID, CLIENT_SECRET, Provider
from identity.signing_in import LAPTOP, URL, Installation

from lynex_server.identity.entrance import Entered
from lynex_server.identity.permissions import Role
from lynex_server.identity.sso import ProviderWish
from lynex_server.identity.sso_sign_in import Arrival, Departure
from lynex_server.identity.sso_storage import SsoProvider
from lynex_server.safety.public import Actor

OPERATOR = Actor("system", "cli", "command line")


def a_wish(of_issuer: str, **changes: Any) -> ProviderWish:
    fields: dict[str, Any] = {
        "name": "Acme",
        "issuer": of_issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "email_domains": ("acme.test",),
        "role_claim": "groups",
        "role_mapping": {"platform": "admin", "everybody": "viewer", "board": "owner"},
        "default_role": "member",
    }
    return ProviderWish(**(fields | changes))


def add(
    lynex: Installation, provider: Provider, organisation_id: str = "default", **changes: Any
) -> SsoProvider:
    """Let an organisation's people sign in by the provider."""
    with lynex.database.begin() as connection:
        lynex.identity.organisations.ensure_first(connection)
    wish = a_wish(provider.issuer, **changes)
    added = lynex.sign_in.providers.add(OPERATOR, organisation_id, wish).provider
    provider.redirect_uris.append(f"{URL}/v1/auth/sso/{added.id}/callback")
    return added


def start(lynex: Installation, added: SsoProvider, return_to: str = "/traces?page=2") -> Departure:
    return lynex.sign_in.sso.start(added.id, URL, return_to, "192.0.2.7")


def finish(lynex: Installation, added: SsoProvider, departure: Departure, answer: dict[str, str]) -> Arrival:
    return lynex.sign_in.sso.finish(added.id, answer.get("state", ""), departure.browser, answer, LAPTOP)


def sign_in(lynex: Installation, provider: Provider, added: SsoProvider) -> Arrival:
    departure = start(lynex, added)
    return finish(lynex, added, departure, provider.sign_in(departure.url))


def role_of(lynex: Installation, entered: Entered) -> Role | None:
    roles = [each.role for each in lynex.identity.members.of_person(entered.user.id) if not each.project_id]
    return roles[0] if roles else None


def reasons(lynex: Installation) -> list[object]:
    return [
        entry.after["reason"] for entry in lynex.audited() if entry.action == "sign_in.failed" and entry.after
    ]
