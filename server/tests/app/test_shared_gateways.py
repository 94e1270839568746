"""Two gateways on PostgreSQL and Redis: budgets and limits a minute hold for both together."""

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import redis
from app.gateway_tenant import QUESTION, GatewayTenant
from app.real_lynex import Installation, Tenant, running
from app.scripted_upstream import ScriptedUpstream, scripted_upstream
from servers import RedisServer, create_database

from lynex_server.kernel.ids import new_id

CALLS = 40
ALLOWED = 10
SECONDS_PER_TOKEN = 60 / ALLOWED


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with scripted_upstream() as running_upstream:
        yield running_upstream


@pytest.fixture(scope="module")
def installed(
    postgres_url: str, running_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, list[str]]]:
    """A process with the API, and the addresses of two gateways."""
    with redis.Redis.from_url(running_redis.url) as client:
        client.flushdb()
    folder = tmp_path_factory.mktemp("gateways")
    environment = {
        "LYNEX_RELATIONAL_URL": create_database(postgres_url, new_id("gateways")),
        "LYNEX_QUEUE_URL": running_redis.url,
        "LYNEX_LIVE_URL": running_redis.url,
        "LYNEX_MASTER_KEY": secrets.token_hex(32),
    }
    with ExitStack() as held:
        names = ("serve", "gateway", "gateway")
        processes = [
            held.enter_context(running(name, **environment, LYNEX_DATA_DIR=str(folder / f"machine-{number}")))
            for number, name in enumerate(names)
        ]
        serving, *gateways = [process.url() for process in processes]
        yield (
            Installation(
                serving,
                environment["LYNEX_RELATIONAL_URL"],
                environment["LYNEX_QUEUE_URL"],
                bytes.fromhex(environment["LYNEX_MASTER_KEY"]),
            ),
            gateways,
        )


def ask_both(tenant: Tenant, gateways: list[str]) -> list[int]:
    """The statuses of `CALLS` calls at once, half of them through each gateway."""

    def ask(number: int) -> int:
        through = Tenant(gateways[number % 2], tenant.project_id, tenant.api_key)
        wanted = {"model": "whole", "messages": QUESTION, "max_tokens": 100}
        return through.ask("POST", "/v1/chat/completions", json=wanted).status_code

    with ThreadPoolExecutor(CALLS) as threads:
        return sorted(threads.map(ask, range(CALLS)))


def test_a_budget_allows_as_many_calls_through_both_as_through_one(
    installed: tuple[Installation, list[str]], upstream: ScriptedUpstream
) -> None:
    installation, gateways = installed
    set_up = GatewayTenant(installation.new_tenant(), upstream)
    set_up.price()
    set_up.budget(ALLOWED, unit="requests")

    statuses = ask_both(set_up.tenant, gateways)

    assert statuses == [200] * ALLOWED + [429] * (CALLS - ALLOWED)


def test_a_limit_a_minute_is_one_for_both(
    installed: tuple[Installation, list[str]], upstream: ScriptedUpstream
) -> None:
    installation, gateways = installed
    set_up = GatewayTenant(installation.new_tenant(), upstream)
    rates = {"rates": [{"per": "project", "requests_per_minute": ALLOWED}]}
    assert set_up.tenant.ask("PUT", "/v1/gateway/settings", json=rates).status_code == 200

    began_s = time.monotonic()
    statuses = ask_both(set_up.tenant, gateways)
    came_back = int((time.monotonic() - began_s) / SECONDS_PER_TOKEN)

    assert set(statuses) == {200, 429}
    assert ALLOWED <= statuses.count(200) <= ALLOWED + came_back
