"""Signing in over HTTP: cookies, proof against forged requests, and what the answers do not say."""

import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from clocks import FixedClock
from fastapi import FastAPI
from fastapi.testclient import TestClient
from identity.openid_provider import CLIENT_ID, CLIENT_SECRET, running_provider
from identity.problems import answer_errors
from identity.signing_in import ADA, LAPTOP, PASSWORD, URL, Installation, invite, token_in
from joserfc.jwk import RSAKey

from lynex_server.engines.relational.database import open_database
from lynex_server.identity.csrf import CSRF_HEADER
from lynex_server.identity.permissions import granted_to_role
from lynex_server.identity.public import router
from lynex_server.kernel.errors import Unauthorized

OURS = {"Origin": URL}


class Browser:
    """A browser with its cookies, on our own page: it states its origin, and the token of its session."""

    def __init__(self, app: FastAPI, **options: Any) -> None:
        self.client = TestClient(app, base_url=URL, follow_redirects=False, **options)
        self.csrf = ""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request of the page."""
        sent = {**OURS, **({CSRF_HEADER: self.csrf} if self.csrf else {}), **headers}
        return self.client.request(method, path, json=body, headers=sent)

    def sign_in(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """A request that signs in, and what it says."""
        answer = self.ask(method, path, body)
        assert answer.status_code == 200, answer.text
        self.csrf = answer.json()["csrf_token"]
        return answer.json()

    @property
    def session(self) -> str:
        """The session cookie, empty without one."""
        return self.client.cookies.get("lynex_session", "")


@pytest.fixture
def lynex(sqlite_url: str) -> Iterator[Installation]:
    database = open_database(sqlite_url)
    clock = FixedClock(time.time_ns() // 1000)
    yield Installation.on(database, clock, sign_in_attempts_per_address_per_minute=200)
    database.close()


@pytest.fixture
def app(lynex: Installation) -> FastAPI:
    app = FastAPI()
    answer_errors(app)
    app.include_router(router)
    app.state.identity = lynex.identity
    app.state.sign_in = lynex.sign_in
    app.state.sessions = lynex.sign_in.sessions
    app.state.public_url = ""
    return app


@pytest.fixture
def browser(app: FastAPI) -> Browser:
    return Browser(app)


@pytest.fixture
def owner(lynex: Installation, browser: Browser) -> Browser:
    """Ada's browser, signed in by the first link."""
    token = token_in(lynex.sign_in.links.first_owner_link(URL) or "")
    browser.sign_in("POST", "/v1/auth/links/redeem", {"token": token, "email": ADA, "password": PASSWORD})
    return browser


def cookie(answer: httpx.Response, name: str) -> dict[str, str]:
    """The attributes of a cookie that an answer sets."""
    for header in answer.headers.get_list("set-cookie"):
        parsed = SimpleCookie(header)
        if name in parsed:
            return {key: str(value) for key, value in parsed[name].items() if value} | {
                "value": parsed[name].value
            }
    return {}


# A fresh install


def test_a_fresh_install_says_so_until_it_has_an_owner(lynex: Installation, browser: Browser) -> None:
    assert browser.ask("GET", "/v1/auth/options").json() == {
        "mail": False, "password": True, "owner_exists": False, "sso": [],
    }  # fmt: skip
    token = token_in(lynex.sign_in.links.first_owner_link(URL) or "")

    nameless = browser.ask("POST", "/v1/auth/links/redeem", {"token": token})
    said = browser.sign_in("POST", "/v1/auth/links/redeem", {"token": token, "email": ADA, "name": "Ada"})

    assert nameless.status_code == 400
    assert (said["user"]["email"], said["user"]["name"], said["token"]) == (ADA, "Ada", None)
    assert browser.ask("GET", "/v1/auth/options").json()["owner_exists"] is True
    assert browser.ask("GET", "/v1/me").json()["user"]["email"] == ADA


# Cookies


def test_the_session_is_in_a_cookie_that_no_script_reads(lynex: Installation, browser: Browser) -> None:
    token = token_in(lynex.sign_in.links.first_owner_link(URL) or "")
    answer = browser.ask("POST", "/v1/auth/links/redeem", {"token": token, "email": ADA})

    given = cookie(answer, "lynex_session")

    assert given["value"].startswith("lxs_")
    assert given["value"] not in answer.text
    assert (given["httponly"], given["samesite"], given["path"]) == ("True", "lax", "/")
    assert int(given["max-age"]) == 30 * 86_400
    assert "secure" not in given
    assert "domain" not in given


@pytest.mark.parametrize(("url", "public_url"), [("https://lynex.test", ""), (URL, "https://lynex.test")])
def test_behind_tls_the_cookie_travels_over_tls_alone(
    lynex: Installation, app: FastAPI, url: str, public_url: str
) -> None:
    app.state.public_url = public_url
    token = token_in(lynex.sign_in.links.first_owner_link(URL) or "")
    client = TestClient(app, base_url=url)

    answer = client.post("/v1/auth/links/redeem", json={"token": token, "email": ADA})

    assert cookie(answer, "lynex_session")["secure"] == "True"


def test_every_sign_in_gives_another_token_and_ends_the_one_before(owner: Browser) -> None:
    before = owner.session

    owner.sign_in("POST", "/v1/auth/password", {"email": ADA, "password": PASSWORD})

    assert owner.session not in ("", before)
    owner.client.cookies.clear()
    owner.client.cookies.set("lynex_session", before)
    assert owner.ask("GET", "/v1/me").status_code == 401


def test_a_session_that_somebody_planted_is_not_the_one_that_begins(owner: Browser, app: FastAPI) -> None:
    victim = Browser(app)
    victim.client.cookies.set("lynex_session", "lxs_" + "a" * 42)

    victim.sign_in("POST", "/v1/auth/password", {"email": ADA, "password": PASSWORD})

    assert "lxs_" + "a" * 42 not in [
        each.value for each in victim.client.cookies.jar if each.domain == "lynex.test"
    ]


def test_signing_out_ends_the_session_and_takes_the_cookie_back(lynex: Installation, owner: Browser) -> None:
    token = owner.session

    answer = owner.ask("POST", "/v1/auth/sign-out")

    assert answer.status_code == 204
    assert cookie(answer, "lynex_session")["max-age"] == "0"
    assert lynex.sign_in.sessions.user_of(token) is None
    owner.csrf = ""
    assert owner.ask("POST", "/v1/auth/sign-out").status_code == 204  # harmless when repeated


# Links


def test_a_link_is_for_the_browser_that_asked(lynex: Installation, owner: Browser, app: FastAPI) -> None:
    mine, other = Browser(app), Browser(app)
    asked = mine.ask("POST", "/v1/auth/links", {"email": ADA})
    token = lynex.mailed_tokens()[-1]

    given = cookie(asked, "lynex_browser")
    assert (given["httponly"], given["samesite"], given["path"]) == ("True", "lax", "/v1/auth")
    assert asked.json() == {"expires_in_s": 900, "link": None}
    assert other.ask("POST", "/v1/auth/links/redeem", {"token": token}).status_code == 403
    assert mine.sign_in("POST", "/v1/auth/links/redeem", {"token": token})["user"]["email"] == ADA


def test_looking_at_a_link_does_not_use_it(lynex: Installation, owner: Browser, app: FastAPI) -> None:
    """Mail scanners open links before people do, by GET."""
    mine = Browser(app)
    mine.ask("POST", "/v1/auth/links", {"email": ADA})
    token = lynex.mailed_tokens()[-1]

    for method in ("GET", "HEAD"):
        assert mine.ask(method, f"/v1/auth/links/redeem?token={token}").status_code == 405

    assert mine.ask("POST", "/v1/auth/links/redeem", {"token": token}).status_code == 200


def test_the_answer_is_the_same_whoever_is_asked_for(owner: Browser, app: FastAPI) -> None:
    answers = [
        Browser(app).ask("POST", "/v1/auth/links", {"email": email}) for email in (ADA, "eve@acme.test")
    ]

    first, second = ((each.status_code, each.text, sorted(each.headers.keys())) for each in answers)
    assert first == second


@pytest.mark.parametrize(
    ("wanted", "client", "headers", "shown"),
    [
        (True, ("127.0.0.1", 4000), {}, True),
        (True, ("::1", 4000), {}, True),
        (True, ("192.0.2.7", 4000), {}, False),
        (True, ("127.0.0.1", 4000), {"X-Forwarded-For": "127.0.0.1"}, False),
        (False, ("127.0.0.1", 4000), {}, False),
    ],
)
def test_a_link_is_shown_on_the_page_in_development_alone(
    sqlite_url: str, app: FastAPI, wanted: bool, client: tuple[str, int], headers: dict[str, str], shown: bool
) -> None:
    database = open_database(sqlite_url)
    lynex = Installation.on(database, FixedClock(), sign_in_links_on_page=wanted)
    app.state.sign_in = lynex.sign_in

    link = Browser(app, client=client).ask("POST", "/v1/auth/links", {"email": ADA}, **headers).json()["link"]

    assert (link is not None) == shown
    database.close()


def test_links_lead_to_the_public_url_whatever_a_request_claims(
    lynex: Installation, owner: Browser, app: FastAPI
) -> None:
    """Else a stranger could have a link mailed that leads to himself."""
    app.state.public_url = "https://lynex.acme.test/"

    TestClient(app, base_url="http://evil.test").post("/v1/auth/links", json={"email": ADA})

    assert f"https://lynex.acme.test/sign-in#token={lynex.mailed_tokens()[-1]}\n" in lynex.outbox.getvalue()
    assert "evil" not in lynex.outbox.getvalue()


# Requests that are not our page's


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/auth/links", {"email": ADA}),
        ("/v1/auth/links/redeem", {"token": "x"}),
        ("/v1/auth/password", {"email": ADA, "password": PASSWORD}),
        ("/v1/auth/invitations", {"token": "x"}),
    ],
)
def test_another_sites_page_cannot_sign_its_visitor_in(
    owner: Browser, app: FastAPI, path: str, body: dict[str, str]
) -> None:
    for headers in ({"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert Browser(app).ask("POST", path, body, **headers).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/auth/sign-out", None),
        ("PUT", "/v1/me/password", {"new_password": "twenty yellow umbrellas"}),
        ("DELETE", "/v1/me/sessions", None),
        ("DELETE", "/v1/me", None),
        ("POST", "/v1/auth/cli/confirm", {"user_code": "BCDF-GHJK"}),
        ("POST", "/v1/organisations", {"name": "Evil"}),
    ],
)
def test_nothing_changes_by_the_cookie_alone(owner: Browser, method: str, path: str, body: Any) -> None:
    token = owner.csrf
    for headers in (
        {"Origin": "https://evil.test", CSRF_HEADER: token},
        {CSRF_HEADER: ""},
        {CSRF_HEADER: token[::-1]},
    ):
        assert owner.ask(method, path, body, **headers).status_code == 403
    assert owner.ask("GET", "/v1/me").status_code == 200


def test_the_page_can_get_its_token_anew(owner: Browser, app: FastAPI) -> None:
    assert owner.ask("GET", "/v1/auth/csrf").json() == {"csrf_token": owner.csrf}
    assert Browser(app).ask("GET", "/v1/auth/csrf").status_code == 401


# Passwords, sessions, leaving


def test_a_program_gets_a_token_and_no_cookie(owner: Browser, app: FastAPI) -> None:
    client = TestClient(app, base_url=URL)

    answer = client.post("/v1/auth/password", json={"email": ADA, "password": PASSWORD, "kind": "cli"})

    assert cookie(answer, "lynex_session") == {}
    bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert client.get("/v1/me", headers=bearer).json()["user"]["email"] == ADA
    assert client.delete("/v1/me/sessions", headers=bearer).json() == {"ended": 1}


def test_refusals_and_limits_read_the_same_whoever_is_tried(
    lynex: Installation, owner: Browser, app: FastAPI
) -> None:
    def attempt(email: str) -> httpx.Response:
        return Browser(app).ask("POST", "/v1/auth/password", {"email": email, "password": "wrong"})

    wrong, unknown = attempt(ADA), attempt("eve@acme.test")
    assert (wrong.status_code, wrong.text) == (unknown.status_code, unknown.text) == (401, wrong.text)
    for _ in range(19):
        attempt(ADA)
        attempt("eve@acme.test")
    limited, last = attempt(ADA), attempt("eve@acme.test")
    assert (limited.status_code, limited.text) == (last.status_code, last.text) == (429, last.text)


def test_a_person_sees_and_ends_his_sessions(owner: Browser, app: FastAPI) -> None:
    phone = Browser(app)
    phone.client.headers["User-Agent"] = "A phone"
    phone.sign_in("POST", "/v1/auth/password", {"email": ADA, "password": PASSWORD})

    listed = {each["is_this_one"]: each for each in owner.ask("GET", "/v1/me/sessions").json()["items"]}

    assert (listed[False]["user_agent"], listed[False]["kind"]) == ("A phone", "browser")
    assert owner.ask("DELETE", f"/v1/me/sessions/{listed[False]['id']}").status_code == 204
    assert phone.ask("GET", "/v1/me").status_code == 401
    assert owner.ask("DELETE", "/v1/me/sessions/ses_of_nobody").status_code == 404


def test_a_password_is_changed(owner: Browser) -> None:
    assert owner.ask("GET", "/v1/me/password").json() == {"is_set": True}
    change = {"old_password": PASSWORD, "new_password": "twenty yellow umbrellas"}

    assert owner.ask("PUT", "/v1/me/password", change | {"old_password": "wrong"}).status_code == 403
    assert owner.ask("PUT", "/v1/me/password", change | {"new_password": "short"}).status_code == 400
    assert owner.ask("PUT", "/v1/me/password", change).status_code == 204


def test_an_invited_person_joins_and_leaves(lynex: Installation, owner: Browser, app: FastAPI) -> None:
    entered = lynex.sign_in.accounts.sign_in(ADA, PASSWORD, LAPTOP)
    token = invite(lynex, entered, "grace@acme.test")
    grace = Browser(app)
    grace.sign_in("POST", "/v1/auth/invitations", {"token": token, "name": "Grace", "password": PASSWORD})

    assert grace.ask("GET", "/v1/me").json()["organisations"][0]["role"] == "member"
    assert grace.ask("DELETE", "/v1/me", {"password": "wrong"}).status_code == 403
    assert grace.ask("DELETE", "/v1/me", {"password": PASSWORD}).status_code == 204
    assert grace.ask("GET", "/v1/me").status_code == 401
    assert owner.ask("DELETE", "/v1/me", {"password": PASSWORD}).status_code == 409
    assert lynex.emails() == [ADA]


def test_who_somebody_is_tells_what_he_may_do_in_each_organisation(
    lynex: Installation, owner: Browser, app: FastAPI
) -> None:
    entered = lynex.sign_in.accounts.sign_in(ADA, PASSWORD, LAPTOP)
    token = invite(lynex, entered, "grace@acme.test")
    grace = Browser(app)
    grace.sign_in("POST", "/v1/auth/invitations", {"token": token, "name": "Grace", "password": PASSWORD})

    [of_owner] = owner.ask("GET", "/v1/me").json()["organisations"]
    [of_member] = grace.ask("GET", "/v1/me").json()["organisations"]

    assert of_owner["permissions"] == sorted(granted_to_role("owner"))
    assert of_member["permissions"] == sorted(granted_to_role("member"))
    assert "organisation:write" in of_owner["permissions"]
    assert not {"organisation:write", "members:write", "audit:read"} & set(of_member["permissions"])
    shown = owner.ask("GET", f"/v1/organisations/{of_owner['id']}").json()
    assert shown == of_owner


# A command line


def test_a_browser_lets_a_command_line_in(owner: Browser, app: FastAPI) -> None:
    terminal = TestClient(app, base_url=URL, headers={"User-Agent": "lynex on a workstation"})
    begun = terminal.post("/v1/auth/cli").json()
    question = {"device_code": begun["device_code"]}
    assert begun["url"] == f"{URL}/cli#code={begun['user_code']}"
    assert terminal.post("/v1/auth/cli/token", json=question).json() == {"waiting": True, "signed_in": None}

    shown = owner.ask("GET", f"/v1/auth/cli/{begun['user_code']}").json()
    confirmed = owner.ask("POST", "/v1/auth/cli/confirm", {"user_code": begun["user_code"]})
    answer = terminal.post("/v1/auth/cli/token", json=question)

    assert shown["user_agent"] == "lynex on a workstation"
    assert confirmed.status_code == 204
    assert cookie(answer, "lynex_session") == {}
    bearer = {"Authorization": f"Bearer {answer.json()['signed_in']['token']}"}
    assert terminal.get("/v1/me", headers=bearer).json()["user"]["email"] == ADA
    assert terminal.post("/v1/auth/cli/token", json=question).status_code == 401


# Single sign-on


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048)


def test_a_browser_goes_to_a_provider_and_comes_back_signed_in(
    owner: Browser, app: FastAPI, key: RSAKey
) -> None:
    with running_provider(key) as provider:
        wish = {
            "name": "Acme", "issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
            "email_domains": ["acme.test"], "default_role": "viewer",
        }  # fmt: skip
        added = owner.ask("POST", "/v1/organisations/default/sso", wish)
        shown = added.json()
        assert added.status_code == 201
        assert CLIENT_SECRET not in added.text
        provider.redirect_uris.append(shown["redirect_uri"])
        provider.person["email"] = "grace@acme.test"
        grace = Browser(app)
        [option] = grace.ask("GET", "/v1/auth/options?domain=ACME.test").json()["sso"]

        out = grace.client.get(f"/v1/auth/sso/{option['id']}/start?return_to=/costs")
        back = provider.sign_in(out.headers["location"])
        landed = grace.client.get(f"/v1/auth/sso/{option['id']}/callback", params=back)

        assert cookie(out, "lynex_sso")["path"] == "/v1/auth/sso"
        assert (landed.status_code, urlsplit(landed.headers["location"]).path) == (303, "/costs")
        assert grace.ask("GET", "/v1/me").json()["user"]["email"] == "grace@acme.test"
        assert grace.ask("GET", "/v1/organisations/default/sso").status_code == 403

        stranger = Browser(app)
        again = stranger.client.get(f"/v1/auth/sso/{option['id']}/callback", params=back)
        assert again.headers["location"] == f"{URL}/sign-in#problem=unauthorized"
        assert stranger.session == ""


def test_why_single_sign_on_failed_is_told_to_the_owner_and_to_nobody_else(
    lynex: Installation, owner: Browser, app: FastAPI, key: RSAKey
) -> None:
    with running_provider(key) as provider:
        wish = {
            "name": "Acme", "issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
            "email_domains": ["acme.test"], "default_role": "viewer",
        }  # fmt: skip
        shown = owner.ask("POST", "/v1/organisations/default/sso", wish).json()
        provider.redirect_uris.append(shown["redirect_uri"])
        provider.person["email_verified"] = False
        eve = Browser(app)

        out = eve.client.get(f"/v1/auth/sso/{shown['id']}/start")
        back = provider.sign_in(out.headers["location"])
        landed = eve.client.get(f"/v1/auth/sso/{shown['id']}/callback", params=back)

    assert landed.headers["location"] == f"{URL}/sign-in#problem=sso_failed"
    assert eve.session == ""
    assert "verified" in str(lynex.audited()[-1].after)


def test_providers_are_the_owners_to_change(lynex: Installation, owner: Browser) -> None:
    wish = {
        "name": "Acme", "issuer": "https://login.acme.test", "client_id": "lynex", "client_secret": "s3cr3t",
        "email_domains": ["acme.test"],
    }  # fmt: skip
    shown = owner.ask("POST", "/v1/organisations/default/sso", wish).json()
    path = f"/v1/organisations/default/sso/{shown['id']}"

    assert owner.ask("GET", path).json() == shown
    changed = owner.ask("PUT", path, {**wish, "name": "Renamed", "client_secret": None})
    assert changed.json() == {**shown, "name": "Renamed"}
    assert [each["id"] for each in owner.ask("GET", "/v1/organisations/default/sso").json()["items"]] == [
        shown["id"]
    ]
    assert owner.ask("DELETE", path).status_code == 204
    assert owner.ask("GET", path).status_code == 404
    assert "s3cr3t" not in str(lynex.audited())
    with pytest.raises(Unauthorized):
        lynex.sign_in.sso.finish(shown["id"], "state", "", {}, LAPTOP)
