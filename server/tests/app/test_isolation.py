"""Every route keeps organisations and projects apart, whoever asks and whatever he proves himself with.

`QUESTIONS` says how a route is asked for a household's things. A stranger must get 401, 403 or 404, or on
routes that answer about the caller alone his own (empty) list; nothing of the household may be in the answer,
and not a row of it may have changed.
"""

import base64
import contextlib
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from app.households import Asker, Household, Village, Watch
from app.real_lynex import HTTP, Installation, Tenant, an_event, eventually
from app.route_questions import OTLP, OWN_ACCOUNT, QUESTIONS, STREAMS, Operation, filled

from lynex_server.app.http import describe_app
from lynex_server.app.route_marks import Mark, marked_routes
from lynex_server.identity.public import (
    GRANTS,
    SCOPES,
    RequiredCaller,
    RequiredInOrganisation,
    RequiredPermission,
    RequiredPerson,
    sign,
)
from lynex_server.kernel.ids import new_id

MARK_OF: dict[Operation, Mark] = {
    (route.method, route.path): route.marks[0] for route in marked_routes(describe_app()) if route.marks
}
IN_A_PROJECT = [each for each in QUESTIONS if isinstance(MARK_OF[each], RequiredPermission)]
WRITES = [operation for operation in QUESTIONS if operation[0] != "GET"]


@pytest.fixture(scope="module")
def village(installation: Installation) -> Iterator[Village]:
    with contextlib.closing(Village(installation)) as village:
        yield village


@pytest.fixture(scope="module")
def victim(village: Village) -> Household:
    return village.found()


@pytest.fixture(scope="module")
def watch(village: Village, victim: Household) -> Watch:
    """On everything of the victim's organisation."""
    return Watch(village, victim)


@pytest.fixture(scope="module")
def host(village: Village) -> Household:
    """Another victim, in whose organisation others live too."""
    return village.found()


@pytest.fixture(scope="module")
def keys_of_host(installation: Installation, host: Household) -> dict[tuple[str, ...], Asker]:
    """A key of the host's project for each set of scopes that lacks a permission."""
    sets = {lacking(mark) for mark in MARK_OF.values() if isinstance(mark, RequiredPermission)} - {()}
    keys = {scopes: installation.new_key(host.tenant, scopes).api_key for scopes in sets}
    return {scopes: Asker(host.tenant.url, bearer(key)) for scopes, key in keys.items()}


@pytest.fixture(scope="module")
def watch_on_project(village: Village, host: Household, keys_of_host: dict[tuple[str, ...], Asker]) -> Watch:
    """On everything of the host's project, once all its keys are made."""
    return Watch(village, host, of_project_alone=True)


@pytest.fixture(scope="module")
def reader(village: Village) -> tuple[Asker, Asker]:
    """A stranger who only ever reads."""
    return village.stranger()


@pytest.fixture
def stranger(request: pytest.FixtureRequest, village: Village) -> tuple[Asker, Asker]:
    """A key and an owner; anew for each test that writes: what it sent about the victim itself it may find
    again."""
    reads = "operation" in request.fixturenames and request.getfixturevalue("operation")[0] == "GET"
    asking: tuple[Asker, Asker] = request.getfixturevalue("reader") if reads else village.stranger()
    return asking


@pytest.fixture(scope="module")
def resident(village: Village) -> Household:
    """Whose owner only ever reads."""
    return village.found()


@pytest.fixture(scope="module")
def quiet_neighbour(village: Village, host: Household) -> tuple[Asker, Asker]:
    """A neighbour who only ever reads."""
    return village.neighbour(host, "owner")


@pytest.fixture
def neighbour(request: pytest.FixtureRequest, village: Village, host: Household) -> tuple[Asker, Asker]:
    """A key and an owner of another project in the host's organisation; anew for each test that writes."""
    reads = request.getfixturevalue("operation")[0] == "GET"
    asking: tuple[Asker, Asker] = (
        request.getfixturevalue("quiet_neighbour") if reads else village.neighbour(host, "owner")
    )
    return asking


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def lacking(mark: RequiredPermission) -> tuple[str, ...]:
    """The scopes that do not grant what a route needs."""
    return tuple(scope for scope in SCOPES if scope not in GRANTS[mark.permission].scopes)


def ask(asker: Asker, operation: Operation, about: Household, **more: Any) -> httpx.Response:
    """Ask a route for the things of `about`. Of a stream only the head is read."""
    method, path = operation
    question = QUESTIONS[operation]
    names = about.names | {name: about.names[other] for name, other in question.called.items()}
    names |= {"new_name": new_id("mine")}
    request = {
        "params": filled(question.parameters, names) | more.pop("params", {}),
        "json": filled(question.body, names),
        **more,
    }
    if operation not in STREAMS:
        return asker.ask(method, filled(path, names), **request)
    headers = asker.headers | request.pop("headers", {})
    with HTTP.stream(method, asker.url + path, headers=headers, **request) as response:
        if response.status_code != 200:
            response.read()
        return response


def leaked(answer: httpx.Response, victim: Household, but: Sequence[str] = ()) -> list[str]:
    """What of the victim is in an answer. An error may repeat what the path asked for."""
    forbidden = [*victim.secrets, "123456789", "1024.0", victim.owner.email, victim.tenant.api_key]
    known = but if answer.is_success else (*but, *answer.request.url.path.split("/"))
    return [word for word in forbidden if word in answer.text and word not in known]


# Strangers


@pytest.mark.parametrize("operation", [each for each in QUESTIONS if each not in STREAMS], ids=" ".join)
def test_a_stranger_sees_nothing_and_changes_nothing(
    operation: Operation, watch: Watch, victim: Household, stranger: tuple[Asker, Asker]
) -> None:
    question = QUESTIONS[operation]
    strange_key = question.strange if question.strange_key is None else question.strange_key
    key, owner = stranger
    askers = {
        "another tenant's key": (key, strange_key),
        "another organisation's owner": (owner, question.strange),
        "nobody": (Asker(victim.tenant.url), 401),
        **{name: (asker, 401) for name, asker in victim.dead.items()},
    }

    for name, (asker, expected) in askers.items():
        answer = ask(asker, operation, victim)
        assert answer.status_code == expected, f"{name}: {answer.status_code} {answer.text}"
        assert leaked(answer, victim) == [], f"{name}: {answer.text}"
    assert operation[0] == "GET" or watch.changes() == set()


@pytest.mark.parametrize("operation", sorted(STREAMS), ids=" ".join)
def test_a_stream_opens_for_nobody_without_a_credential_that_works(
    operation: Operation, victim: Household
) -> None:
    for name, asker in {"nobody": Asker(victim.tenant.url), **victim.dead}.items():
        assert ask(asker, operation, victim).status_code == 401, name


@pytest.mark.parametrize(
    "operation", [each for each in QUESTIONS if each not in STREAMS | OWN_ACCOUNT], ids=" ".join
)
def test_a_neighbour_in_the_same_organisation_sees_and_changes_nothing_of_the_project(
    operation: Operation, watch_on_project: Watch, host: Household, neighbour: tuple[Asker, Asker]
) -> None:
    """An organisation's projects are tenants too: a key or a role of one is none in the other."""
    question, known = QUESTIONS[operation], [host.organisation_id]
    known += [host.names["organisation_name"], host.names["shared_override_id"]]  # an organisation's price
    expected = question.strange
    key, person = neighbour
    if isinstance(MARK_OF[operation], RequiredInOrganisation):
        expected_of_key = 200 if "/audit" in operation[1] else 403
    else:
        expected_of_key = expected if question.strange_key is None else question.strange_key

    by_key, by_person = ask(key, operation, host), ask(person, operation, host)

    assert (by_key.status_code, by_person.status_code) == (expected_of_key, expected), by_key.text
    assert leaked(by_key, host, but=known) == []
    assert leaked(by_person, host, but=known) == []
    assert operation[0] == "GET" or watch_on_project.changes() == set()


def test_reading_changed_nothing(watch: Watch, watch_on_project: Watch) -> None:
    """What a GET above changed, the look after the next write sees too; here after the last one."""
    assert watch.changes() | watch_on_project.changes() == set()


@pytest.mark.parametrize("operation", QUESTIONS, ids=" ".join)
def test_the_owner_is_answered(operation: Operation, village: Village, resident: Household) -> None:
    """Shows that the tests above ask for something that is there."""
    needs_data = any(f"{{{name}}}" in operation[1] for name in ("trace_id", "letter_id"))
    if QUESTIONS[operation].strange == 404:
        owner = resident if operation[0] == "GET" else village.found(with_data=needs_data)
        answer = ask(owner.owner_session, operation, owner)
        owned = QUESTIONS[operation].owned
        assert answer.is_success if owned is None else answer.status_code == owned, answer.text


@pytest.mark.parametrize("operation", IN_A_PROJECT, ids=" ".join)
def test_naming_another_project_finds_nothing(
    operation: Operation, watch: Watch, victim: Household, stranger: tuple[Asker, Asker]
) -> None:
    named: list[dict[str, Any]] = [
        {"headers": {"X-Lynex-Project": victim.tenant.project_id}},
        {"params": {"project_id": victim.tenant.project_id}},
    ]

    for more in named:
        for asker in stranger:
            answer = ask(asker, operation, victim, **more)
            assert answer.status_code == 404, answer.text
            assert leaked(answer, victim) == []
    assert operation[0] == "GET" or watch.changes() == set()


# With what


def foreign_signature(tenant: Tenant, age_s: int = 0, body: bytes = b"") -> dict[str, str]:
    """Headers of a signature that the tenant's key made `age_s` ago for `body`."""
    timestamp = str(int(time.time()) - age_s)
    return {
        "X-Lynex-Key": tenant.project_id,
        "X-Lynex-Timestamp": timestamp,
        "X-Lynex-Signature": sign(tenant.api_key, timestamp, body),
    }


def bad_credentials(tenant: Tenant) -> dict[str, dict[str, Any]]:
    own = tenant.api_key
    basic = base64.b64encode(f"victim:{own}x".encode()).decode()
    return {
        "nothing": {},
        "an empty bearer": {"Authorization": "Bearer"},
        "another Lynex's key": {"Authorization": f"Bearer lx_{hashlib.sha256(own.encode()).hexdigest()}"},
        "a cut key": {"Authorization": f"Bearer {own[:-1]}"},
        "a longer key": {"Authorization": f"Bearer {own}x"},
        "a wrong x-api-key": {"x-api-key": own[::-1]},
        "a wrong Basic password": {"Authorization": f"Basic {basic}"},
        "no Base64": {"Authorization": "Basic !!!"},
        "another scheme": {"Authorization": f"Digest {own}"},
        "bytes": {"Authorization": b"Bearer \xff\xfe\xfd"},
        "a made-up session": {"Authorization": "Bearer lxs_0123456789"},
        "a made-up cookie": {"Cookie": "lynex_session=lxs_0123456789"},
        "an API key as a cookie": {"Cookie": f"lynex_session={own}"},
        "an old signature": foreign_signature(tenant, age_s=400),
        "a future signature": foreign_signature(tenant, age_s=-400),
        "the signature of another body": foreign_signature(tenant, body=b"another"),
        "a signature without its time": foreign_signature(tenant) | {"X-Lynex-Timestamp": ""},
        "an empty signature": foreign_signature(tenant) | {"X-Lynex-Signature": ""},
    }


def says_unauthorized(operation: Operation, answer: httpx.Response) -> bool:
    if answer.status_code != 401:
        return False
    if operation in OTLP:
        return answer.headers["content-type"] == "application/json" and bool(answer.json()["code"] == 16)
    problem = answer.json()
    return (
        answer.headers["content-type"] == "application/problem+json"
        and answer.headers["www-authenticate"].startswith("Bearer")
        and (problem["status"], problem["code"]) == (401, "unauthorized")
    )


@pytest.mark.parametrize("operation", [("GET", "/v1/spans"), *WRITES], ids=" ".join)
def test_no_bad_credential_opens_a_route(operation: Operation, watch: Watch, victim: Household) -> None:
    for name, headers in bad_credentials(victim.tenant).items():
        answer = ask(Asker(victim.tenant.url, headers), operation, victim)
        assert says_unauthorized(operation, answer), f"{name}: {answer.status_code} {answer.text}"
        assert victim.tenant.api_key not in answer.text
    assert watch.changes() == set()


# For what


@pytest.mark.parametrize("operation", IN_A_PROJECT, ids=" ".join)
def test_a_key_without_the_scope_is_forbidden(
    operation: Operation,
    keys_of_host: dict[tuple[str, ...], Asker],
    watch_on_project: Watch,
    host: Household,
) -> None:
    mark = MARK_OF[operation]
    assert isinstance(mark, RequiredPermission)
    if not lacking(mark):
        pytest.skip("every scope may call it")

    answer = ask(keys_of_host[lacking(mark)], operation, host)

    assert answer.status_code == 403, answer.text
    assert operation[0] == "GET" or watch_on_project.changes() == set()


@pytest.fixture(scope="module")
def viewer(village: Village, host: Household) -> Asker:
    return village.visitor("viewer", host)


@pytest.mark.parametrize("operation", QUESTIONS, ids=" ".join)
def test_a_viewer_changes_nothing(
    operation: Operation, viewer: Asker, watch_on_project: Watch, host: Household
) -> None:
    """The least role reads what its permissions say, and no more."""
    mark = MARK_OF[operation]
    if isinstance(mark, RequiredPerson | RequiredCaller) or GRANTS[mark.permission].role == "viewer":
        pytest.skip("a viewer may call it")

    answer = ask(viewer, operation, host, headers={"X-Lynex-Project": host.tenant.project_id})

    assert answer.status_code == 403, answer.text
    assert operation[0] == "GET" or watch_on_project.changes() == set()


def test_a_revoked_key_stops(installation: Installation, tenant: Tenant) -> None:
    tenant.get("/v1/me")

    installation.revoke_every_key(tenant)

    eventually(lambda: tenant.ask("GET", "/v1/me").status_code, lambda status: status == 401)


# Beside the routes


@pytest.fixture
def other(installation: Installation) -> Iterator[Tenant]:
    """A tenant with data, apart from the household that the tests above share."""
    yield installation.new_tenant()


def test_an_event_that_names_another_project_is_rejected(other: Tenant, tenant: Tenant) -> None:
    answer = tenant.ask("POST", "/v1/events", json=an_event(5, project_id=other.project_id))

    assert (answer.status_code, answer.json()["rejected"]) == (207, 1)
    assert "project" in answer.json()["results"][0]["reason"]
    assert other.rows() == []


def test_the_same_idempotency_key_in_two_projects_is_two_requests(other: Tenant, tenant: Tenant) -> None:
    key = {"Idempotency-Key": "the same in both"}
    other.send(an_event(21), **key)

    answer = tenant.send(an_event(21), **key)

    assert "idempotent-replayed" not in answer.headers
    assert tenant.see(1)[0]["span_id"] == f"{21:016x}"


def test_a_live_listener_hears_its_own_project_alone(other: Tenant, tenant: Tenant) -> None:
    with tenant.listen() as lines:
        other.send(an_event(31))
        eventually(lambda: other.span_ids()[f"{31:016x}"])
        tenant.send(an_event(32))
        heard = next(line for line in lines if line.startswith("data:"))

    assert [span["span_id"] for span in json.loads(heard.removeprefix("data:"))] == [f"{32:016x}"]


def test_a_live_listener_whose_key_is_revoked_hears_nothing_more(
    installation: Installation, tenant: Tenant
) -> None:
    listener = installation.new_key(tenant, ("read",))
    with listener.listen() as lines:
        tenant.send(an_event(41))
        assert next(line for line in lines if line.startswith("data:"))
        me = listener.get("/v1/me")["api_key_id"]
        assert tenant.ask("DELETE", f"/v1/keys/{me}").status_code == 204
        time.sleep(0.6)  # what it may have been asked just before is no longer believed
        tenant.send(an_event(42))

        assert not [line for line in lines if line.startswith("data:")]  # and it ends


def first_news(asker: Asker) -> str:
    """The first thing that the stream of the control state says."""
    with HTTP.stream("GET", f"{asker.url}/v1/control/stream", headers=asker.headers) as response:
        assert response.status_code == 200
        return next(line for line in response.iter_lines() if line.startswith("data:"))


def test_a_listener_to_control_is_told_of_its_own_project_alone(
    other: Tenant, tenant: Tenant, stranger: tuple[Asker, Asker]
) -> None:
    stop = {"scope": {}, "reason": "a reason of their own", "dry_run": False}
    assert tenant.ask("POST", "/v1/kill-switch/trigger", json=stop).status_code == 201

    assert stop["reason"] in first_news(Asker(tenant.url, bearer(tenant.api_key)))
    for asker in (Asker(other.url, bearer(other.api_key)), *stranger):
        assert stop["reason"] not in first_news(asker)


def test_a_listener_to_control_whose_key_is_revoked_is_told_nothing_more(
    installation: Installation, tenant: Tenant
) -> None:
    listener = installation.new_key(tenant, ("read",))
    headers = {"Authorization": f"Bearer {listener.api_key}"}
    with HTTP.stream("GET", f"{tenant.url}/v1/control/stream", headers=headers) as response:
        lines = response.iter_lines()
        assert next(line for line in lines if line.startswith("data:"))
        key_id = listener.get("/v1/me")["api_key_id"]
        assert tenant.ask("DELETE", f"/v1/keys/{key_id}").status_code == 204
        time.sleep(0.6)  # what it may have been asked just before is no longer believed
        stop = {"scope": {}, "reason": "drill", "dry_run": False}
        assert tenant.ask("POST", "/v1/kill-switch/trigger", json=stop).status_code == 201

        assert not [line for line in lines if line.startswith("data:")]  # and it ends
