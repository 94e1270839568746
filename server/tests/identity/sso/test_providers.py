"""Providers of single sign-on as an organisation looks after them."""

from typing import Any

import pytest
from identity.openid_provider import CLIENT_SECRET, Provider
from identity.signing_in import Installation, person_of
from identity.signing_on import OPERATOR, a_wish, add, finish, start

from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound


def test_a_client_secret_is_kept_sealed_and_told_nowhere(lynex: Installation, provider: Provider) -> None:
    added = add(lynex, provider)

    assert lynex.vault.read(added.secret_id) == CLIENT_SECRET
    assert CLIENT_SECRET not in str(added)
    assert CLIENT_SECRET not in str(lynex.audited())
    assert CLIENT_SECRET not in repr(a_wish(provider.issuer))


def test_a_change_keeps_the_secret_but_not_for_another_issuer(
    lynex: Installation, provider: Provider
) -> None:
    """Whoever may change a provider could else have its secret sent to a server of his own."""
    added = add(lynex, provider)
    keep = a_wish(provider.issuer, name="Acme, renamed", client_secret=None)

    changed = lynex.sign_in.providers.change(OPERATOR, "default", added.id, keep).provider
    assert (changed.name, changed.secret_id) == ("Acme, renamed", added.secret_id)
    with pytest.raises(InvalidInput) as refused:
        elsewhere = a_wish("https://evil.test", client_secret=None)
        lynex.sign_in.providers.change(OPERATOR, "default", added.id, elsewhere)

    assert refused.value.field == "client_secret"
    assert lynex.actions()[-2:] == ["sso_provider.created", "sso_provider.changed"]


def test_a_removed_provider_and_its_secret_are_gone(lynex: Installation, provider: Provider) -> None:
    added = add(lynex, provider)
    departure = start(lynex, added)
    answer = provider.sign_in(departure.url)

    lynex.sign_in.providers.remove(OPERATOR, "default", added.id)

    for gone in (
        lambda: finish(lynex, added, departure, answer),
        lambda: start(lynex, added),
        lambda: lynex.vault.read(added.secret_id),
        lambda: lynex.sign_in.providers.get("default", added.id),
    ):
        with pytest.raises(NotFound):
            gone()


def test_anothers_provider_is_not_found(lynex: Installation, provider: Provider) -> None:
    added = add(lynex, provider)
    other = lynex.identity.organisations.create(person_of(lynex.first_owner()), "Other")

    for ask in (
        lambda: lynex.sign_in.providers.get(other.id, added.id),
        lambda: lynex.sign_in.providers.change(OPERATOR, other.id, added.id, a_wish(provider.issuer)),
        lambda: lynex.sign_in.providers.remove(OPERATOR, other.id, added.id),
    ):
        with pytest.raises(NotFound):
            ask()


def test_an_organisation_with_providers_is_not_deleted(lynex: Installation, provider: Provider) -> None:
    other = lynex.identity.organisations.create(person_of(lynex.first_owner()), "Other")
    added = add(lynex, provider, other.id)

    with pytest.raises(Conflict):
        lynex.identity.organisations.delete(OPERATOR, other.id)
    lynex.sign_in.providers.remove(OPERATOR, other.id, added.id)
    lynex.identity.organisations.delete(OPERATOR, other.id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"issuer": "http://login.acme.test"}, "issuer"),
        ({"issuer": "https://login.acme.test?x=1"}, "issuer"),
        ({"issuer": "ftp://login.acme.test"}, "issuer"),
        ({"issuer": "not a url"}, "issuer"),
        ({"issuer": "https://[::1"}, "issuer"),
        ({"client_id": ""}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"email_domains": ()}, "email_domains"),
        ({"email_domains": ("acme",)}, "email_domains"),
        ({"email_domains": ("*.acme.test",)}, "email_domains"),
        ({"email_domains": ("ada@acme.test",)}, "email_domains"),
        ({"role_claim": ""}, "role_claim"),
        ({"role_mapping": {"platform": "king"}}, "role_mapping"),
        ({"name": " "}, "name"),
    ],
)
def test_what_cannot_be_a_provider_is_refused(
    quick_lynex: Installation, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        quick_lynex.sign_in.providers.add(OPERATOR, "default", a_wish("https://login.acme.test", **changes))

    assert refused.value.field == field
