"""Single sign-on, against real OpenID providers: who is let in as what, and which lies are seen through."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from clocks import FixedClock
from identity.openid_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    OtherProvider,
    Provider,
    running_other_provider,
    running_provider,
)
from identity.signing_in import ADA, LAPTOP, URL, Installation, invite, person_of
from joserfc.jwk import OctKey, RSAKey

from lynex_server.engines.relational.database import Database, open_database
from lynex_server.identity.entrance import Entered
from lynex_server.identity.oidc import SignOnFailed
from lynex_server.identity.permissions import Role
from lynex_server.identity.sso import ProviderWish
from lynex_server.identity.sso_sign_in import Arrival, Departure, path_of_ours
from lynex_server.identity.sso_storage import SsoProvider
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound, Unauthorized
from lynex_server.safety.public import Actor, OutgoingRefused

MINUTE_US = 60_000_000
OPERATOR = Actor("system", "cli", "command line")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(time.time_ns() // 1000)  # the provider's tokens are of today


@pytest.fixture
def lynex(database: Database, clock: FixedClock) -> Installation:
    return Installation.on(database, clock)


@pytest.fixture
def quick_lynex(sqlite_url: str, clock: FixedClock) -> Iterator[Installation]:
    """For what does not depend on the database."""
    database = open_database(sqlite_url)
    yield Installation.on(database, clock)
    database.close()


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048)


@pytest.fixture
def provider(key: RSAKey) -> Iterator[Provider]:
    with running_provider(key) as running:
        yield running


@pytest.fixture(scope="module")
def other_provider() -> Iterator[OtherProvider]:
    with running_other_provider() as running:
        yield running


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


# Whom it lets in, as what


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


# Whom it does not let in


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


# Lies of a provider, or of who stands between


def other_key(provider: Provider) -> None:
    provider.signs_with = RSAKey.generate_key(2048)


def the_public_key_as_a_shared_secret(provider: Provider) -> None:
    """The classic: signed by HMAC with what everybody can read."""
    provider.signs_with = provider.key.as_pem(private=False)


def a_published_shared_secret(provider: Provider) -> None:
    secret = OctKey.generate_key(256, {"kid": "oct"})
    provider.signs_with = secret
    provider.published = [provider.key.as_dict(private=False), secret.as_dict(private=True)]
    provider.lie = lambda header, claims: ({"alg": "HS256", "kid": "oct"}, claims)


def saying(**claims: Any) -> Callable[[Provider], None]:
    def lie(provider: Provider) -> None:
        provider.lie = lambda header, said: (
            header,
            {name: value for name, value in {**said, **claims}.items() if value is not None},
        )

    return lie


def no_signature(provider: Provider) -> None:
    provider.lie = lambda header, claims: ({**header, "alg": "none"}, claims)


def other_persons_userinfo(provider: Provider) -> None:
    provider.userinfo = {"sub": "somebody else", "email": ADA, "email_verified": True}


def other_name(provider: Provider) -> None:
    provider.metadata = {"issuer": "https://accounts.google.com"}


def unsafe_endpoint(provider: Provider) -> None:
    provider.metadata = {"token_endpoint": "http://evil.test/token"}


def no_keys(provider: Provider) -> None:
    provider.published = [OctKey.generate_key(256).as_dict(private=True)]


LIES = {
    "another key": other_key,
    "the public key as a shared secret": the_public_key_as_a_shared_secret,
    "a published shared secret": a_published_shared_secret,
    "no signature": no_signature,
    "another nonce": saying(nonce="of another sign-in"),
    "no nonce": saying(nonce=None),
    "another audience": saying(aud="another client"),
    "several audiences without saying which asked": saying(aud=[CLIENT_ID, "another client"]),
    "another party": saying(azp="another client"),
    "another issuer": saying(iss="https://accounts.google.com"),
    "expired": saying(exp=int(time.time()) - 3600),
    "never expires": saying(exp=None),
    "not yet": saying(nbf=int(time.time()) + 3600),
    "no subject": saying(sub=None),
    "a hash of another access token": saying(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "userinfo of somebody else": other_persons_userinfo,
    "no keys that are meant for this": no_keys,
}
LIES_AT_THE_START = {"another name": other_name, "an endpoint that anybody can listen to": unsafe_endpoint}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_token_that_does_not_hold_lets_nobody_in(
    quick_lynex: Installation, provider: Provider, lie: Callable[[Provider], None]
) -> None:
    added = add(quick_lynex, provider)
    lie(provider)

    with pytest.raises(SignOnFailed):
        sign_in(quick_lynex, provider, added)

    assert quick_lynex.emails() == []
    assert quick_lynex.actions()[-1] == "sign_in.failed"
    provider.lie, provider.signs_with = (lambda header, claims: (header, claims)), None
    provider.published, provider.userinfo = [], {}
    assert sign_in(quick_lynex, provider, added), "and it was the lie alone that stood in the way"


@pytest.mark.parametrize("lie", LIES_AT_THE_START.values(), ids=LIES_AT_THE_START)
def test_a_provider_that_is_not_what_it_says_is_not_gone_to(
    quick_lynex: Installation, provider: Provider, lie: Callable[[Provider], None]
) -> None:
    added = add(quick_lynex, provider)
    lie(provider)

    with pytest.raises(SignOnFailed):
        sign_in(quick_lynex, provider, added)

    assert quick_lynex.emails() == []


def test_a_clock_that_is_a_little_off_does_no_harm(quick_lynex: Installation, provider: Provider) -> None:
    added = add(quick_lynex, provider)
    saying(exp=int(time.time()) - 30)(provider)

    assert sign_in(quick_lynex, provider, added)


# The way out and back


def test_a_way_back_works_once(lynex: Installation, provider: Provider) -> None:
    added = add(lynex, provider)
    departure = start(lynex, added)
    answer = provider.sign_in(departure.url)
    finish(lynex, added, departure, answer)

    with pytest.raises(Unauthorized):
        finish(lynex, added, departure, answer)


def test_a_code_works_once(lynex: Installation, provider: Provider) -> None:
    added = add(lynex, provider)
    departure = start(lynex, added)
    answer = provider.sign_in(departure.url)
    finish(lynex, added, departure, answer)

    again = start(lynex, added)
    replayed = {**provider.sign_in(again.url), "code": answer["code"]}

    with pytest.raises(SignOnFailed, match="invalid_grant"):
        finish(lynex, added, again, replayed)


def test_a_stolen_code_is_worth_nothing_in_another_sign_in(
    quick_lynex: Installation, provider: Provider
) -> None:
    """PKCE: the provider gives nothing for a code without the verifier of the browser that asked for it."""
    added = add(quick_lynex, provider)
    stolen = provider.sign_in(start(quick_lynex, added).url)["code"]
    own = start(quick_lynex, added)

    with pytest.raises(SignOnFailed, match="invalid_grant"):
        finish(quick_lynex, added, own, {**provider.sign_in(own.url), "code": stolen})


def test_only_the_browser_that_went_comes_back(quick_lynex: Installation, provider: Provider) -> None:
    """Else a stranger could send somebody his own way back, who would then work in the stranger's account."""
    added = add(quick_lynex, provider)
    departure, other = start(quick_lynex, added), start(quick_lynex, added)
    answer = provider.sign_in(departure.url)

    for browser in ("", other.browser):
        with pytest.raises(Unauthorized):
            quick_lynex.sign_in.sso.finish(added.id, answer["state"], browser, answer, LAPTOP)
    assert quick_lynex.emails() == []


def test_a_way_back_does_not_lead_through_another_provider(
    quick_lynex: Installation, provider: Provider
) -> None:
    first, second = add(quick_lynex, provider), add(quick_lynex, provider)
    departure = start(quick_lynex, first)

    with pytest.raises(Unauthorized):
        finish(quick_lynex, second, departure, provider.sign_in(departure.url))


def test_an_answer_that_names_another_issuer_is_refused(
    quick_lynex: Installation, provider: Provider
) -> None:
    added = add(quick_lynex, provider)
    departure = start(quick_lynex, added)

    with pytest.raises(SignOnFailed, match="another provider"):
        finish(quick_lynex, added, departure, {**provider.sign_in(departure.url), "iss": "https://evil.test"})


def test_a_way_out_is_open_for_ten_minutes(
    quick_lynex: Installation, provider: Provider, clock: FixedClock
) -> None:
    added = add(quick_lynex, provider)
    departure = start(quick_lynex, added)
    answer = provider.sign_in(departure.url)
    clock.advance_us(10 * MINUTE_US)

    with pytest.raises(Unauthorized):
        finish(quick_lynex, added, departure, answer)


def test_another_process_takes_the_way_back(
    lynex: Installation, open_relational: Callable[[], Database], provider: Provider, clock: FixedClock
) -> None:
    added = add(lynex, provider)
    departure = start(lynex, added)
    elsewhere = Installation.on(open_relational(), clock)

    arrival = finish(elsewhere, added, departure, provider.sign_in(departure.url))

    assert lynex.sign_in.sessions.user_of(arrival.entered.begun.token) is not None


def test_a_refusal_of_the_provider_is_told_in_the_log(quick_lynex: Installation, provider: Provider) -> None:
    added = add(quick_lynex, provider)
    provider.person = {}

    with pytest.raises(SignOnFailed):
        sign_in(quick_lynex, provider, added)

    assert reasons(quick_lynex) == ["the provider refused: access_denied"]


def test_a_wrong_client_secret_is_told_in_the_log_without_it(
    quick_lynex: Installation, provider: Provider
) -> None:
    added = add(quick_lynex, provider, client_secret="not the secret")

    with pytest.raises(SignOnFailed, match="invalid_client"):
        sign_in(quick_lynex, provider, added)

    assert "not the secret" not in str(quick_lynex.audited())


def test_a_provider_on_a_private_address_is_not_spoken_to(
    quick_lynex: Installation, provider: Provider
) -> None:
    added = add(quick_lynex, provider, issuer="https://10.0.0.1")

    with pytest.raises(OutgoingRefused):
        start(quick_lynex, added)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/traces?page=2#top", "/traces?page=2#top"),
        ("", "/"),
        ("traces", "/"),
        ("//evil.test/x", "/"),
        ("/\\evil.test", "/"),
        ("https://evil.test", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("/" + "a" * 2000, "/"),
    ],
)
def test_afterwards_nobody_is_led_elsewhere(text: str, path: str) -> None:
    assert path_of_ours(text) == path


# Looking after providers


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
