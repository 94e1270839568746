"""What is about a whole organisation, over HTTP by signed-in people: budgets, kill switches, digests, and
rules over its budgets.

Each person sits in a browser: a session cookie, our own origin, and the session's CSRF token.
"""

from contextlib import closing
from typing import Any

import pytest
from app.households import Asker, Household, Village
from app.real_lynex import COST_OF_AN_EVENT_NANOUSD, Installation, Tenant, an_event, eventually
from identity.people import a_user, make_member

from lynex_server.engines.relational.database import open_database
from lynex_server.identity.csrf import CSRF_HEADER, csrf_token
from lynex_server.identity.public import COMMAND_LINE, Identity, KeyWish, Role
from lynex_server.identity.sessions import SESSION_COOKIE, Sessions
from lynex_server.identity.settings import SignInSettings
from lynex_server.kernel.clock import SystemClock
from lynex_server.kernel.ids import OrganisationId, ProjectId, new_id

ROLES: tuple[Role, ...] = ("owner", "admin", "member", "viewer")
EVERYWHERE = {"project": "all"}


class Company:
    """An organisation with two projects, and people in browsers."""

    def __init__(self, installation: Installation, household: Household) -> None:
        self.installation = installation
        self.id = household.organisation_id
        self.shop = household.tenant
        with closing(open_database(installation.relational_url)) as database:
            identity = Identity(database, installation.master_key, SystemClock())
            project = identity.create_project("Laboratory", new_id("prj"), OrganisationId(self.id)).id
            wish = KeyWish("ci", ("ingest", "read", "admin"))
            key = identity.keys.create(COMMAND_LINE, ProjectId(project), wish).secret
        self.laboratory = Tenant(installation.url, project, key)

    def person(self, role: Role, project_id: str = "") -> Asker:
        """Somebody with this role, in the organisation or in one project, who looks at the shop."""
        with closing(open_database(self.installation.relational_url)) as database:
            somebody = a_user(database)
            make_member(database, somebody, self.id, role, project_id)
            sessions = Sessions(database, SystemClock(), SignInSettings())
            with database.begin() as connection:
                token = sessions.begin(connection, somebody.user_id, "browser", "", "test").token
        return Asker(
            self.installation.url,
            {
                "Cookie": f"{SESSION_COOKIE}={token}",
                "Origin": self.installation.url,
                CSRF_HEADER: csrf_token(token),
                "X-Lynex-Project": self.shop.project_id,
            },
        )

    def key(self, tenant: Tenant) -> Asker:
        """A program with a project's key."""
        return Asker(tenant.url, {"Authorization": f"Bearer {tenant.api_key}"})


@pytest.fixture
def company(installation: Installation) -> Company:
    return Company(installation, Village(installation).found(with_data=False))


def made(asker: Asker, path: str, **body: Any) -> Any:
    answer = asker.ask("POST", path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def looking_at(asker: Asker, tenant: Tenant) -> Asker:
    return Asker(asker.url, asker.headers | {"X-Lynex-Project": tenant.project_id})


def without(asker: Asker, header: str) -> Asker:
    return Asker(asker.url, {name: value for name, value in asker.headers.items() if name != header})


def names(answer: Any) -> set[str]:
    return {each["name"] for each in answer.json()["items"]}


# Budgets


def a_budget(asker: Asker, **changes: Any) -> Any:
    wanted = {"name": "all of us", "limit": 0.001, "period": "day", "scope": EVERYWHERE, **changes}
    return made(asker, "/v1/budgets", **wanted)


def test_an_organisations_budget_covers_the_calls_of_each_of_its_projects(company: Company):
    owner = company.person("owner")
    company.shop.send(an_event(1))  # before it was made: counts, too
    company.shop.see(1)
    budget = a_budget(owner, action="stop", hard_stop=True)
    company.laboratory.send(an_event(2))

    now = eventually(
        lambda: owner.ask("GET", f"/v1/budgets/{budget['id']}").json(),
        lambda now: now["spent_exact"] == 2 * COST_OF_AN_EVENT_NANOUSD,
    )

    assert now["scope"]["project_id"] is None
    assert now["describes"].startswith("Stops every project's calls once $0.001 are spent")
    for tenant in (company.shop, company.laboratory):  # what is left is less than this, whoever asks
        refused = company.key(tenant).ask("POST", "/v1/reservations", json={"cost_usd": 0.0003})
        assert (refused.status_code, refused.json()["budget_id"]) == (402, budget["id"])
        [told] = company.key(tenant).ask("GET", "/v1/control/state").json()["budgets"]
        assert (told["name"], told["hard_stop"]) == ("all of us", True)


def test_money_that_one_project_sets_aside_is_not_there_for_the_other(company: Company):
    a_budget(company.person("owner"), action="stop", hard_stop=True)
    shop, laboratory = company.key(company.shop), company.key(company.laboratory)

    held = made(shop, "/v1/reservations", cost_usd=0.0008)
    assert laboratory.ask("POST", "/v1/reservations", json={"cost_usd": 0.0005}).status_code == 402

    shop.ask("DELETE", f"/v1/reservations/{held['id']}")
    made(laboratory, "/v1/reservations", cost_usd=0.0005)


@pytest.mark.parametrize("role", ROLES)
def test_budgets_of_the_organisation_are_seen_by_all_and_changed_by_owners_and_admins(
    company: Company, role: Role
):
    budget = a_budget(company.person("owner"))
    there, somebody = f"/v1/budgets/{budget['id']}", company.person(role)
    may_change = role in ("owner", "admin")

    for tenant in (company.shop, company.laboratory):  # from wherever he looks
        assert "all of us" in names(looking_at(somebody, tenant).ask("GET", "/v1/budgets"))
    for reading in (there, f"{there}/forecast", f"{there}/history"):
        assert somebody.ask("GET", reading).status_code == 200

    wanted = {"name": "more", "limit": 5, "scope": EVERYWHERE}
    answers = [
        somebody.ask("POST", "/v1/budgets", json=wanted).status_code,
        somebody.ask("PUT", there, json=wanted).status_code,
        somebody.ask("POST", f"{there}/override", json={"minutes": 5, "reason": "launch"}).status_code,
        somebody.ask("DELETE", there).status_code,
    ]
    assert answers == ([201, 200, 200, 204] if may_change else [403] * 4)
    left = names(company.person("owner").ask("GET", "/v1/budgets"))
    assert left & {"all of us", "more"} == ({"more"} if may_change else {"all of us"})


def test_a_project_cannot_be_made_to_speak_for_all(company: Company):
    """An owner of one project, or a key of it, neither sees nor changes what is about every project."""
    budget = a_budget(company.person("owner"))
    there, wanted = f"/v1/budgets/{budget['id']}", {"name": "mine", "limit": 5}

    for somebody in (company.person("owner", company.shop.project_id), company.key(company.shop)):
        assert "all of us" not in names(somebody.ask("GET", "/v1/budgets"))
        assert somebody.ask("POST", "/v1/budgets", json={**wanted, "scope": EVERYWHERE}).status_code == 403
        for reading in (there, f"{there}/forecast", f"{there}/history"):
            assert somebody.ask("GET", reading).status_code == 404
        assert somebody.ask("PUT", there, json=wanted).status_code == 404
        assert somebody.ask("DELETE", there).status_code == 404
        override = somebody.ask("POST", f"{there}/override", json={"minutes": 5, "reason": "x"})
        assert override.status_code == 404
        own = made(somebody, "/v1/budgets", **wanted)["id"]
        widened = somebody.ask("PUT", f"/v1/budgets/{own}", json={**wanted, "scope": EVERYWHERE})
        assert widened.status_code == 403


def test_another_organisations_owner_does_not_find_it(company: Company, installation: Installation):
    budget = a_budget(company.person("owner"))
    stranger = Company(installation, Village(installation).found(with_data=False)).person("owner")

    assert names(stranger.ask("GET", "/v1/budgets")) & {"all of us"} == set()
    for method in ("GET", "DELETE"):
        assert stranger.ask(method, f"/v1/budgets/{budget['id']}").status_code == 404
    assert looking_at(stranger, company.shop).ask("GET", "/v1/budgets").status_code == 404


def test_a_browser_that_does_not_prove_its_page_changes_nothing(company: Company):
    owner = company.person("owner")
    budget = a_budget(owner)
    wanted = {"name": "forged", "limit": 5, "scope": EVERYWHERE}

    for forged in (without(owner, CSRF_HEADER), without(owner, "Origin")):
        assert forged.ask("POST", "/v1/budgets", json=wanted).status_code == 403
        assert forged.ask("DELETE", f"/v1/budgets/{budget['id']}").status_code == 403
        assert forged.ask("POST", "/v1/alerts/digests", json={"name": "forged"}).status_code == 403
    strange = Asker(owner.url, owner.headers | {"Origin": "https://elsewhere.example.org"})
    assert strange.ask("POST", "/v1/budgets", json=wanted).status_code == 403
    assert "forged" not in names(owner.ask("GET", "/v1/budgets"))


# Kill switch


@pytest.mark.parametrize("role", ROLES)
def test_members_of_the_organisation_stop_all_of_its_projects_and_viewers_none(company: Company, role: Role):
    somebody = company.person(role)
    stop = {"reason": "drill", "scope": EVERYWHERE}

    answer = somebody.ask("POST", "/v1/kill-switch/trigger", json=stop)

    if role == "viewer":
        assert answer.status_code == 403
        return
    assert answer.status_code == 201, answer.text
    for tenant in (company.shop, company.laboratory):
        reserve = company.key(tenant).ask("POST", "/v1/reservations", json={"cost_usd": 0.01})
        assert (reserve.status_code, reserve.json()["kill_switch_id"]) == (423, answer.json()["id"])
    release = f"/v1/kill-switch/{answer.json()['id']}/release"
    project_owner = company.person("owner", company.shop.project_id)
    for in_one_project in (project_owner, company.key(company.shop)):
        assert in_one_project.ask("POST", release).status_code == 403
    assert somebody.ask("POST", release).status_code == 200
    made(company.key(company.laboratory), "/v1/reservations", cost_usd=0.01)


# Digests and rules


def test_a_digest_of_the_organisation_tells_the_sums_of_each_project(company: Company):
    owner = company.person("owner")
    for number, tenant in enumerate((company.shop, company.laboratory), start=1):
        tenant.send(an_event(number, ts=_yesterday_s()))
        tenant.see(1)
    digest = made(owner, "/v1/alerts/digests", name="Spend", period="daily", hour=0, whole_organisation=True)

    told = owner.ask("GET", f"/v1/alerts/digests/{digest['id']}/preview").json()

    assert "The whole organisation" in told["text"]
    assert "2 calls" in told["text"]
    for tenant in (company.shop, company.laboratory):
        assert tenant.project_id in told["text"]


@pytest.mark.parametrize("role", ROLES)
def test_members_of_the_organisation_have_its_digests_and_viewers_only_see_that_there_are(
    company: Company, role: Role
):
    whole = {"name": "Spend", "whole_organisation": True}
    digest = made(company.person("owner"), "/v1/alerts/digests", **whole)
    there, somebody = f"/v1/alerts/digests/{digest['id']}", company.person(role)

    assert "Spend" in names(somebody.ask("GET", "/v1/alerts/digests"))
    answers = [
        somebody.ask("POST", "/v1/alerts/digests", json={**whole, "name": "More"}).status_code,
        somebody.ask("GET", f"{there}/preview").status_code,
        somebody.ask("PUT", there, json={**whole, "hour": 9}).status_code,
        somebody.ask("DELETE", there).status_code,
    ]
    assert answers == ([403] * 4 if role == "viewer" else [201, 200, 200, 204])


def test_an_organisations_digest_cannot_be_had_by_who_is_in_one_project(company: Company):
    whole = {"name": "Spend", "whole_organisation": True}
    digest = made(company.person("owner"), "/v1/alerts/digests", **whole)
    there = f"/v1/alerts/digests/{digest['id']}"

    for somebody in (company.person("owner", company.shop.project_id), company.key(company.shop)):
        assert somebody.ask("POST", "/v1/alerts/digests", json=whole).status_code == 403
        assert somebody.ask("GET", f"{there}/preview").status_code == 403
        # Nor by having it sent to a channel of one's own.
        assert somebody.ask("PUT", there, json=whole).status_code == 403
        assert somebody.ask("PUT", there, json={"name": "Spend"}).status_code == 403
        assert somebody.ask("DELETE", there).status_code == 403


def test_a_rule_watches_the_organisations_budgets_for_those_who_may_see_them(company: Company):
    a_budget(company.person("owner"))
    rule = {
        "name": "Close",
        "metric": "budget_percent",
        "condition": {"kind": "above", "limit": 30},
        "organisation_budgets": True,
    }
    member = company.person("member")

    for somebody in (company.person("admin", company.shop.project_id), company.key(company.shop)):
        assert somebody.ask("POST", "/v1/alerts/rules", json=rule).status_code == 403
        assert somebody.ask("POST", "/v1/alerts/rules/preview", json=rule).status_code == 403
    there = f"/v1/alerts/rules/{made(member, '/v1/alerts/rules', **rule)['id']}"
    for somebody in (company.person("admin", company.shop.project_id), company.key(company.shop)):
        assert somebody.ask("PUT", there, json={**rule, "organisation_budgets": False}).status_code == 403
        assert somebody.ask("DELETE", there).status_code == 403
    company.laboratory.send(an_event(1))

    [incident] = eventually(
        lambda: [
            each
            for each in member.ask("GET", "/v1/alerts/incidents").json()["items"]
            if each["rule"] == "Close"
        ]
    )
    assert "all of us" in incident["summary"]


def _yesterday_s() -> float:
    return SystemClock().now_us() / 1e6 - 24 * 3600
