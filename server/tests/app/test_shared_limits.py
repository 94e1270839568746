"""Two server processes on PostgreSQL and Redis: one limit for both."""

import json
from collections.abc import Iterator

import pytest
from app.cluster import new_cluster
from app.real_lynex import Installation, Tenant, eventually
from servers import RedisServer

BURST = 40
PLANS = {"default": {"requests_per_s": 0.01, "burst": BURST}}


@pytest.fixture(scope="module")
def both(
    postgres_url: str, running_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Installation]]:
    """The same installation through each of its two processes."""
    folder = tmp_path_factory.mktemp("shared")
    with (
        new_cluster(postgres_url, running_redis, folder, LYNEX_PLANS=json.dumps(PLANS)) as cluster,
        cluster.serving(2) as installations,
    ):
        yield installations


def through_each(both: list[Installation]) -> list[Tenant]:
    """One new tenant, through each process."""
    tenant = both[0].new_tenant()
    return [Tenant(each.url, tenant.project_id, tenant.api_key) for each in both]


def test_two_processes_share_one_limit(both: list[Installation]) -> None:
    tenants = through_each(both)

    statuses = [tenants[number % 2].ask("GET", "/v1/me").status_code for number in range(2 * BURST)]

    assert statuses == [200] * BURST + [429] * BURST


def test_what_one_process_lowers_holds_in_the_other_soon(both: list[Installation]) -> None:
    here, there = through_each(both)
    assert f"q={BURST};" in policy_of(there)

    lowered = here.ask("PUT", f"/v1/projects/{here.project_id}/limits", json={"burst": 3})

    assert lowered.status_code == 200
    assert "q=3;" in policy_of(here)
    eventually(lambda: policy_of(there), lambda policy: "q=3;" in policy)


def policy_of(tenant: Tenant) -> str:
    """What an answer tells of the limits; refusals tell it as well."""
    return tenant.ask("GET", "/v1/me").headers["ratelimit-policy"]


def test_requests_go_on_while_the_redis_of_the_limits_is_away(
    both: list[Installation], running_redis: RedisServer
) -> None:
    here, _ = through_each(both)
    here.get("/v1/me")

    running_redis.stop()
    try:
        statuses = {here.ask("GET", "/v1/me").status_code for _ in range(BURST + 5)}
    finally:
        running_redis.start()

    assert statuses == {200}
