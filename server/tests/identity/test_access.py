"""Who gets through the dependencies that routes state, and as whom."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from clocks import FixedClock
from fastapi import FastAPI
from fastapi.testclient import TestClient
from identity.people import a_user, an_organisation, make_member, session_token
from identity.problems import answer_errors

from lynex_server.engines.limits.memory import MemoryLimiter
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.identity.attempts import Attempts
from lynex_server.identity.csrf import csrf_token
from lynex_server.identity.model import Caller, Person, Principal
from lynex_server.identity.public import (
    Identity,
    NewKey,
    open_to_all,
    require,
    require_caller,
    require_in_organisation,
    require_person,
)
from lynex_server.identity.sessions import Sessions
from lynex_server.identity.settings import SignInSettings
from lynex_server.identity.tables import projects
from lynex_server.kernel.ids import OrganisationId, ProjectId


class World:
    """A small app, the people in its database, and requests by them."""

    def __init__(self, database: Database, client: TestClient, clock: FixedClock) -> None:
        self.database = database
        self.client = client
        self.clock = clock
        self.identity = Identity(database, bytes(32), clock)

    def a_project(self, organisation_id: OrganisationId, project_id: str) -> ProjectId:
        return self.identity.create_project(project_id, project_id, organisation_id).id

    def a_key(self, project_id: str, *scopes: str) -> NewKey:
        return self.identity.create_key(ProjectId(project_id), "laptop", scopes or ("read", "ingest"))

    def bearer(self, person: Person) -> dict[str, str]:
        return {"Authorization": f"Bearer {session_token(self.database, self.clock, person)}"}

    def get(self, path: str, headers: dict[str, str]) -> Any:
        return self.client.get(path, headers=headers)


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    database = open_database(sqlite_url)
    clock = FixedClock()
    app = FastAPI()
    add_routes(app)
    answer_errors(app)
    with TestClient(app) as client:
        world = World(database, client, clock)
        app.state.identity = world.identity
        app.state.sessions = Sessions(database, clock, SignInSettings())
        yield world
    database.close()


def add_routes(app: FastAPI) -> None:
    @app.get("/spans")
    @app.get("/projects/{project_id}")
    async def spans(principal: Annotated[Principal, require("spans:read")]) -> dict[str, str]:
        return {"project": principal.project_id, "user": principal.user_id, "address": principal.address}

    @app.post("/events")
    async def events(principal: Annotated[Principal, require("events:write")]) -> dict[str, str]:
        return {"project": principal.project_id}

    @app.get("/organisations/{organisation_id}")
    async def members(
        principal: Annotated[Principal, require_in_organisation("members:read")],
    ) -> dict[str, str]:
        return {"organisation": principal.organisation_id, "project": principal.project_id}

    @app.get("/organisations/{organisation_id}/audit")
    async def audit(
        principal: Annotated[Principal, require_in_organisation("audit:read", keys=True)],
    ) -> dict[str, str]:
        return {"organisation": principal.organisation_id, "project": principal.project_id}

    @app.get("/person")
    async def person(person: Annotated[Person, require_person()]) -> dict[str, str]:
        return {"email": person.email}

    @app.get("/caller")
    async def caller(caller: Annotated[Caller, require_caller()]) -> dict[str, str]:
        return {"kind": type(caller).__name__}

    @app.get("/open", dependencies=[open_to_all("a test")])
    async def open_route() -> dict[str, str]:
        return {}


def key_header(made: NewKey) -> dict[str, str]:
    return {"Authorization": f"Bearer {made.secret}"}


# In a project


def test_a_person_in_one_project_need_not_name_it(world: World) -> None:
    organisation = an_organisation(world.database)
    project = world.a_project(organisation, "shop")
    person = a_user(world.database)
    make_member(world.database, person, organisation, "viewer")

    answer = world.get("/spans", world.bearer(person))

    assert answer.json() == {"project": project, "user": person.user_id, "address": "testclient"}


def test_a_person_in_several_projects_names_one_by_path_header_or_query(world: World) -> None:
    organisation = an_organisation(world.database)
    for name in ("shop", "blog", "third"):
        world.a_project(organisation, name)
    person = a_user(world.database)
    make_member(world.database, person, organisation, "viewer")
    headers = world.bearer(person)

    assert world.get("/spans", headers).status_code == 400
    assert world.get("/projects/shop", headers).json()["project"] == "shop"
    assert world.get("/spans?project_id=blog", headers).json()["project"] == "blog"
    assert world.get("/spans", headers | {"X-Lynex-Project": "blog"}).json()["project"] == "blog"


def test_the_path_counts_before_the_header_and_the_header_before_the_query(world: World) -> None:
    organisation = an_organisation(world.database)
    for name in ("shop", "blog"):
        world.a_project(organisation, name)
    person = a_user(world.database)
    make_member(world.database, person, organisation, "viewer")
    headers = world.bearer(person) | {"X-Lynex-Project": "blog"}

    assert world.get("/projects/shop?project_id=blog", headers).json()["project"] == "shop"
    assert world.get("/spans?project_id=shop", headers).json()["project"] == "blog"


def test_a_person_does_not_find_a_project_without_a_role_in_it(world: World) -> None:
    organisation, other = an_organisation(world.database), an_organisation(world.database)
    world.a_project(organisation, "mine")
    world.a_project(organisation, "sibling")
    world.a_project(other, "foreign")
    person = a_user(world.database)
    make_member(world.database, person, organisation, "owner", project_id="mine")
    headers = world.bearer(person)

    answers = [world.get(f"/projects/{name}", headers) for name in ("sibling", "foreign", "nowhere")]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({answer.text for answer in answers}) == 1
    assert world.get("/spans", headers).json()["project"] == "mine"


def test_a_person_in_no_project_is_told_so(world: World) -> None:
    answer = world.get("/spans", world.bearer(a_user(world.database)))

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("in_organisation", "in_project", "may_write"),
    [
        ("viewer", None, False),
        (None, "viewer", False),
        ("viewer", "member", True),
        ("member", "viewer", True),
        (None, "member", True),
    ],
)
def test_the_higher_of_two_roles_counts(
    world: World, in_organisation: Any, in_project: Any, may_write: bool
) -> None:
    organisation = an_organisation(world.database)
    world.a_project(organisation, "shop")
    person = a_user(world.database)
    if in_organisation:
        make_member(world.database, person, organisation, in_organisation)
    if in_project:
        make_member(world.database, person, organisation, in_project, project_id="shop")

    answer = world.client.post("/events", headers=world.bearer(person))

    assert answer.status_code == (200 if may_write else 403)


def test_a_role_in_a_project_of_the_same_name_elsewhere_does_not_count(world: World) -> None:
    """A membership names its organisation too: it never reaches across."""
    organisation, other = an_organisation(world.database), an_organisation(world.database)
    world.a_project(organisation, "shop")
    person = a_user(world.database)
    make_member(world.database, person, other, "owner", project_id="shop")

    assert world.get("/projects/shop", world.bearer(person)).status_code == 404


def test_a_key_that_names_another_project_finds_nothing(world: World) -> None:
    organisation = an_organisation(world.database)
    world.a_project(organisation, "shop")
    world.a_project(organisation, "blog")
    headers = key_header(world.a_key("shop"))

    assert world.get("/projects/shop?project_id=shop", headers).json()["project"] == "shop"
    for path, more in (
        ("/projects/blog", {}),
        ("/spans?project_id=blog", {}),
        ("/spans?project_id=shop&project_id=blog", {}),
        ("/spans", {"X-Lynex-Project": "blog"}),
        ("/projects/nowhere", {}),
    ):
        assert world.get(path, headers | more).status_code == 404


def test_a_project_that_waits_for_its_deletion_takes_nothing_in_and_can_be_read(world: World) -> None:
    organisation = an_organisation(world.database)
    world.a_project(organisation, "shop")
    with world.database.begin() as connection:
        connection.execute(projects.update().values(erase_after_us=1))
    person = a_user(world.database)
    make_member(world.database, person, organisation, "owner")

    for headers in (key_header(world.a_key("shop")), world.bearer(person)):
        answer = world.client.post("/events", headers=headers)
        assert answer.status_code == 409
        assert "restore" in answer.json()["detail"]
        assert world.get("/spans", headers).status_code == 200


# In an organisation


def test_an_organisation_is_for_its_own_members_alone(world: World) -> None:
    organisation, other = an_organisation(world.database), an_organisation(world.database)
    world.a_project(organisation, "shop")
    member, project_member = a_user(world.database), a_user(world.database)
    make_member(world.database, member, organisation, "viewer")
    make_member(world.database, project_member, organisation, "owner", project_id="shop")
    asked = [
        (f"/organisations/{organisation}", member, 200),
        (f"/organisations/{organisation}/audit", member, 403),
        (f"/organisations/{other}", member, 404),
        ("/organisations/nowhere", member, 404),
        (f"/organisations/{organisation}", project_member, 404),
    ]

    answers = [world.get(path, world.bearer(person)).status_code for path, person, _ in asked]

    assert answers == [expected for *_, expected in asked]


def test_a_key_speaks_for_its_project_not_for_the_organisation(world: World) -> None:
    organisation, other = an_organisation(world.database), an_organisation(world.database)
    world.a_project(organisation, "shop")
    headers = key_header(world.a_key("shop", "admin"))

    assert world.get(f"/organisations/{organisation}", headers).status_code == 403
    assert world.get(f"/organisations/{other}", headers).status_code == 404
    assert world.get(f"/organisations/{other}/audit", headers).status_code == 404
    assert world.get(f"/organisations/{organisation}/audit", headers).json() == {
        "organisation": organisation,
        "project": "shop",
    }


# Of one's own


def test_a_person_and_a_key_are_told_apart(world: World) -> None:
    organisation = an_organisation(world.database)
    world.a_project(organisation, "shop")
    person = a_user(world.database, "ada@example.org")
    key = key_header(world.a_key("shop"))

    assert world.get("/person", world.bearer(person)).json() == {"email": "ada@example.org"}
    assert world.get("/person", key).status_code == 401
    assert world.get("/caller", world.bearer(person)).json() == {"kind": "Person"}
    assert world.get("/caller", key).json() == {"kind": "Principal"}
    assert world.get("/caller", {}).status_code == 401
    assert world.get("/open", {}).status_code == 200


def test_a_session_that_is_no_more_is_refused_everywhere(world: World) -> None:
    headers = {"Authorization": "Bearer lxs_0123456789"}

    for path in ("/spans", "/projects/shop", "/organisations/acme", "/person", "/caller"):
        assert world.get(path, headers).status_code == 401


def test_a_browser_changes_something_only_from_our_own_page(world: World) -> None:
    organisation = an_organisation(world.database)
    world.a_project(organisation, "shop")
    person = a_user(world.database)
    make_member(world.database, person, organisation, "member")
    token = session_token(world.database, world.clock, person)
    cookie = {"Cookie": f"lynex_session={token}"}
    ours = {"Sec-Fetch-Site": "same-origin", "X-Lynex-CSRF": csrf_token(token)}

    assert world.get("/spans", cookie).status_code == 200
    assert world.client.post("/events", headers=cookie).status_code == 403
    assert (
        world.client.post("/events", headers=cookie | ours | {"Sec-Fetch-Site": "cross-site"}).status_code
        == 403
    )
    assert world.client.post("/events", headers=cookie | ours).status_code == 200


def test_a_key_in_a_header_counts_before_the_cookie_of_the_browser(world: World) -> None:
    organisation = an_organisation(world.database)
    world.a_project(organisation, "shop")
    person = a_user(world.database)
    make_member(world.database, person, organisation, "owner")
    token = session_token(world.database, world.clock, person)
    key = world.a_key("shop")

    answer = world.get("/caller", key_header(key) | {"Cookie": f"lynex_session={token}"})

    assert answer.json() == {"kind": "Principal"}


# Where a key may be used


def test_the_principal_knows_the_address_it_came_from(world: World) -> None:
    world.a_project(an_organisation(world.database), "shop")

    assert world.get("/spans", key_header(world.a_key("shop"))).json()["address"] == "testclient"


# How often one may be refused


def test_a_storm_of_wrong_keys_is_slowed_and_right_ones_behind_the_address_go_on(world: World) -> None:
    settings = SignInSettings(refused_credentials_per_address_per_minute=3)
    world.client.app.state.attempts = Attempts(MemoryLimiter(), settings)
    organisation = an_organisation(world.database)
    world.a_project(organisation, "acme")
    right = {"Authorization": f"Bearer {world.a_key('acme').secret}"}
    wrong = {"Authorization": "Bearer lx_wrong"}

    answers = [world.get("/spans", wrong).status_code for _ in range(5)]

    assert answers == [401, 401, 401, 429, 429]
    assert world.get("/spans", {"Authorization": "Bearer lxs_made_up"}).status_code == 429
    assert world.get("/spans", right).status_code == 200
