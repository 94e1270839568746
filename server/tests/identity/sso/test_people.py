"""Whom single sign-on lets in, as what, and whom it does not."""

import time

import pytest
from identity.openid_provider import OtherProvider, Provider
from identity.signing_in import ADA, LAPTOP, URL, Installation, invite, person_of
from identity.signing_on import OPERATOR, a_wish, add, finish, reasons, role_of, sign_in, start

from lynex_server.identity.oidc import SignOnFailed
from lynex_server.identity.permissions import Role


def test_a_new_person_becomes_a_member_and_comes_to_the_wanted_page(
    lynex: Installation, provider: Provider
) -> None:
    added = add(lynex, provider)

    arrival = sign_in(lynex, provider, added)

    assert (arrival.entered.user.email, arrival.entered.user.name) == (ADA, "Ada")
    assert arrival.return_to == "/traces?page=2"
    assert role_of(lynex, arrival.entered) == "member"
    found = lynex.sign_in.sessions.user_of(arrival.entered.begun.token)
    assert found is not None
    assert lynex.actions()[-2:] == ["member.added", "session.begun"]


def test_the_provider_of_somebody_else_is_spoken_to_just_the_same(
    lynex: Installation, other_provider: OtherProvider
) -> None:
    subject = f"grace-{time.time_ns()}"
    wish = a_wish(other_provider.issuer)
    with lynex.database.begin() as connection:
        lynex.identity.organisations.ensure_first(connection)
    added = lynex.sign_in.providers.add(OPERATOR, "default", wish).provider
    client_id, secret = other_provider.register(f"{URL}/v1/auth/sso/{added.id}/callback")
    registered = a_wish(other_provider.issuer, client_id=client_id, client_secret=secret)
    lynex.sign_in.providers.change(OPERATOR, "default", added.id, registered)
    other_provider.set_person(
        subject, email="grace@acme.test", email_verified=True, name="Grace", groups=["everybody", "platform"]
    )

    departure = start(lynex, added)
    answer = other_provider.sign_in(departure.url, subject)
    arrival = finish(lynex, added, departure, answer)

    assert (arrival.entered.user.email, role_of(lynex, arrival.entered)) == ("grace@acme.test", "admin")
    again = start(lynex, added)
    replayed = {**other_provider.sign_in(again.url, subject), "code": answer["code"]}
    with pytest.raises(SignOnFailed, match="invalid_grant"):
        finish(lynex, added, again, replayed)


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (None, "member"),
        ([], "member"),
        ("platform", "admin"),
        (["unknown", "everybody"], "viewer"),
        (["everybody", "platform"], "admin"),
        (["board", "everybody"], "owner"),
        ([1, None, {"a": 1}], "member"),
        ({"platform": True}, "member"),
    ],
)
def test_the_highest_role_that_is_mapped_counts(
    quick_lynex: Installation, provider: Provider, groups: object, role: Role
) -> None:
    provider.person["groups"] = groups

    arrival = sign_in(quick_lynex, provider, add(quick_lynex, provider))

    assert role_of(quick_lynex, arrival.entered) == role


def test_a_claim_within_a_claim_can_be_named(quick_lynex: Installation, provider: Provider) -> None:
    provider.person["realm_access"] = {"roles": ["platform"]}

    arrival = sign_in(quick_lynex, provider, add(quick_lynex, provider, role_claim="realm_access.roles"))

    assert role_of(quick_lynex, arrival.entered) == "admin"


def test_what_the_token_leaves_out_is_asked_for(quick_lynex: Installation, provider: Provider) -> None:
    provider.person = {"sub": "ada-1815"}
    provider.userinfo = {"sub": "ada-1815", "email": ADA, "email_verified": "true", "groups": ["platform"]}

    arrival = sign_in(quick_lynex, provider, add(quick_lynex, provider))

    assert (arrival.entered.user.email, role_of(quick_lynex, arrival.entered)) == (ADA, "admin")


def test_a_role_that_changes_at_the_provider_changes_here(lynex: Installation, provider: Provider) -> None:
    add_first = lynex.first_owner("owner@acme.test")
    assert role_of(lynex, add_first) == "owner"
    added = add(lynex, provider)
    provider.person["groups"] = ["platform"]
    sign_in(lynex, provider, added)

    provider.person["groups"] = ["everybody"]
    arrival = sign_in(lynex, provider, added)

    assert role_of(lynex, arrival.entered) == "viewer"
    changed = [entry for entry in lynex.audited() if entry.action == "member.role_changed"]
    assert [(entry.before or {}).get("role") for entry in changed] == ["admin"]


def test_without_a_mapped_role_a_member_keeps_the_one_that_was_given_here(
    quick_lynex: Installation, provider: Provider
) -> None:
    owner = quick_lynex.first_owner(ADA)

    arrival = sign_in(quick_lynex, provider, add(quick_lynex, provider))

    assert (arrival.entered.user.id, role_of(quick_lynex, arrival.entered)) == (owner.user.id, "owner")


def test_the_last_owner_is_never_lowered(lynex: Installation, provider: Provider) -> None:
    owner = lynex.first_owner(ADA)
    added = add(lynex, provider)
    provider.person["groups"] = ["everybody"]

    assert role_of(lynex, sign_in(lynex, provider, added).entered) == "owner"

    grace = lynex.sign_in.joining.join(
        invite(lynex, owner, "grace@acme.test", "owner"), "Grace", None, LAPTOP
    )
    assert role_of(lynex, sign_in(lynex, provider, added).entered) == "viewer"
    assert role_of(lynex, grace) == "owner"


def test_who_is_not_mapped_stays_out_where_there_is_no_default(
    quick_lynex: Installation, provider: Provider
) -> None:
    added = add(quick_lynex, provider, default_role=None)
    provider.person["groups"] = ["strangers"]

    with pytest.raises(SignOnFailed, match="no role"):
        sign_in(quick_lynex, provider, added)

    assert quick_lynex.emails() == []
    provider.person["groups"] = ["platform"]
    assert sign_in(quick_lynex, provider, added)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"email_verified": False}, "verified"),
        ({"email_verified": None}, "verified"),
        ({"email_verified": "false"}, "verified"),
        ({"email_verified": 1, "email": None}, "no e-mail"),
        ({"email": "ada"}, "no e-mail"),
        ({"email": "ada@evil.test"}, "domain"),
        ({"email": "ada@sub.acme.test"}, "domain"),
        ({"email": "ada@acme.test.evil.test"}, "domain"),
        ({"email": "ada@evil.test\n@acme.test"}, "no e-mail"),
    ],
)
def test_an_address_must_be_verified_and_of_an_allowed_domain(
    quick_lynex: Installation, provider: Provider, claims: dict[str, object], reason: str
) -> None:
    provider.person |= claims

    with pytest.raises(SignOnFailed, match=reason):
        sign_in(quick_lynex, provider, add(quick_lynex, provider))

    assert quick_lynex.emails() == []
    assert reason in str(reasons(quick_lynex)[-1])


def test_nobody_signs_in_as_anothers_people_by_a_provider_of_his_own(
    lynex: Installation, provider: Provider
) -> None:
    """Whoever founds an organisation could else add a provider that says: this is ada@acme.test."""
    ada = lynex.first_owner(ADA)
    eve = lynex.sign_in.joining.join(invite(lynex, ada, "eve@evil.test"), "Eve", None, LAPTOP)
    hers = lynex.identity.organisations.create(person_of(eve), "Evil")
    added = add(lynex, provider, hers.id)

    assert lynex.sign_in.providers.get(hers.id, added.id).unconfirmed_domains == ("acme.test",)
    assert lynex.sign_in.providers.for_domain("acme.test") == []
    with pytest.raises(SignOnFailed, match="domain"):
        sign_in(lynex, provider, added)

    lynex.sign_in.providers.confirm_domain(OPERATOR, hers.id, "ACME.test")
    assert [each.id for each in lynex.sign_in.providers.for_domain("acme.test")] == [added.id]
    assert sign_in(lynex, provider, added).entered.user.id == ada.user.id


def test_the_first_organisation_does_not_take_a_domain_that_was_confirmed_as_anothers(
    quick_lynex: Installation, provider: Provider
) -> None:
    ada = quick_lynex.first_owner(ADA)
    other = quick_lynex.identity.organisations.create(person_of(ada), "Other")
    quick_lynex.sign_in.providers.confirm_domain(OPERATOR, other.id, "acme.test")

    added = add(quick_lynex, provider)

    with pytest.raises(SignOnFailed, match="domain"):
        sign_in(quick_lynex, provider, added)
