"""Two server processes on PostgreSQL and Redis: one truth about keys, sessions and roles."""

import contextlib
import threading
from collections.abc import Iterator

import pytest
from app.cluster import new_cluster
from app.households import Asker, Household, Village
from app.real_lynex import HTTP, Installation, Tenant, eventually
from servers import RedisServer

from lynex_server.kernel.ids import new_id


@pytest.fixture(scope="module")
def both(
    postgres_url: str, running_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Installation]]:
    """The same installation through each of its two processes."""
    folder = tmp_path_factory.mktemp("shared")
    with (
        new_cluster(postgres_url, running_redis, folder) as cluster,
        cluster.serving(2) as installations,
    ):
        yield installations


@pytest.fixture(scope="module")
def village(both: list[Installation]) -> Iterator[Village]:
    with contextlib.closing(Village(both[0])) as village:
        yield village


@pytest.fixture
def household(village: Village) -> Household:
    return village.found(with_data=False)


def through(process: Installation, asker: Asker) -> Asker:
    """The same person through one of the processes."""
    return Asker(process.url, asker.headers)


def is_refused(asker: Asker | Tenant) -> bool:
    return asker.ask("GET", "/v1/me").status_code == 401


def test_a_key_that_one_process_revokes_stops_in_the_other(
    both: list[Installation], household: Household
) -> None:
    here, there = (Tenant(each.url, "", household.tenant.api_key) for each in both)
    made = here.ask("POST", "/v1/keys", json={"name": "short", "scopes": ["read"]}).json()
    used = Tenant(there.url, "", made["secret"])
    assert not is_refused(used)

    assert here.ask("DELETE", f"/v1/keys/{made['id']}").status_code == 204

    eventually(lambda: is_refused(used))


def test_a_rotated_key_works_in_both_until_it_ends_in_both(
    both: list[Installation], household: Household
) -> None:
    here, there = (Tenant(each.url, "", household.tenant.api_key) for each in both)
    made = here.ask("POST", "/v1/keys", json={"name": "old", "scopes": ["read"]}).json()
    old = [Tenant(each.url, "", made["secret"]) for each in both]
    new = there.ask("POST", f"/v1/keys/{made['id']}/rotate", json={"overlap_s": 2}).json()

    assert not [each for each in old if is_refused(each)]
    assert not is_refused(Tenant(here.url, "", new["secret"]))
    eventually(lambda: all(is_refused(each) for each in old))


def test_a_session_is_good_in_both_and_ends_in_both(both: list[Installation], household: Household) -> None:
    here, there = (through(each, household.owner_session) for each in both)
    assert not is_refused(here) and not is_refused(there)

    assert here.ask("POST", "/v1/auth/sign-out").is_success

    assert is_refused(here)
    eventually(lambda: is_refused(there))


def test_a_command_line_that_waits_at_one_process_is_let_in_at_the_other(
    both: list[Installation], household: Household
) -> None:
    here, there = both
    begun = HTTP.post(f"{here.url}/v1/auth/cli").json()

    browser = through(there, household.owner_session)
    assert browser.ask("POST", "/v1/auth/cli/confirm", json={"user_code": begun["user_code"]}).is_success
    question = {"device_code": begun["device_code"]}
    answers = [HTTP.post(f"{each.url}/v1/auth/cli/token", json=question) for each in (here, there)]

    assert [answer.status_code for answer in answers] == [200, 401], "its session is given once"
    bearer = {"Authorization": f"Bearer {answers[0].json()['signed_in']['token']}"}
    assert {HTTP.get(f"{each.url}/v1/me", headers=bearer).status_code for each in both} == {200}


def test_attempts_at_an_account_count_in_both(both: list[Installation]) -> None:
    attempt = {"email": f"{new_id('nobody')}@acme.test", "password": "not the right one"}

    def status(number: int) -> int:
        return HTTP.post(f"{both[number % 2].url}/v1/auth/password", json=attempt).status_code

    statuses = [status(number) for number in range(26)]

    # Each by itself would have let its 13 through.
    assert set(statuses) == {401, 429}
    assert statuses.count(401) <= 20


def test_a_role_that_one_process_takes_away_is_gone_in_the_other(
    both: list[Installation], village: Village, household: Household
) -> None:
    visitor = through(both[1], village.visitor("admin", household))
    organisation = f"/v1/organisations/{household.organisation_id}"
    user_id = visitor.ask("GET", "/v1/me").json()["user"]["id"]
    assert visitor.ask("GET", f"{organisation}/audit").status_code == 200

    removed = through(both[0], household.owner_session).ask("DELETE", f"{organisation}/members/{user_id}")

    assert removed.status_code == 204
    assert visitor.ask("GET", f"{organisation}/audit").status_code == 404


def test_two_owners_who_leave_through_two_processes_at_once_leave_one(
    both: list[Installation], village: Village, household: Household
) -> None:
    owners = [household.owner_session, village.visitor("owner", household)]
    askers = [through(process, owner) for process, owner in zip(both, owners, strict=True)]
    path = f"/v1/organisations/{household.organisation_id}/leave"
    statuses: list[int] = []

    def leave(asker: Asker) -> None:
        statuses.append(asker.ask("POST", path).status_code)

    threads = [threading.Thread(target=leave, args=(asker,)) for asker in askers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [204, 409]


def test_a_text_with_a_nul_is_told_as_such(both: list[Installation], household: Household) -> None:
    """PostgreSQL has no such texts: what a caller sends must not become an error of ours."""
    asker = through(both[0], household.owner_session)

    for path in (
        "/v1/keys/%00",
        f"/v1/organisations/{household.organisation_id}/audit?target=%00",
        "/v1/projects/%00/members",
        "/v1/me?project_id=%00",
    ):
        assert asker.ask("GET", path).status_code in (200, 400, 404), path
