"""The Python SDK against a running Lynex: what the server says, the process keeps."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from app.real_lynex import Tenant, eventually

import lynex
from lynex._internal import runtime


@pytest.fixture
def call(tenant: Tenant) -> Iterator[Callable[[], str]]:
    """A call of gpt-4o, in a process that enforces."""
    lynex.configure(
        ingest_url=tenant.url,
        api_key=tenant.api_key,
        environment="production",
        enabled=True,
        enforce="enforce",
        flush_interval_s=0.05,
    )

    @lynex.trace_llm(provider="openai", model="gpt-4o")
    def ask() -> str:
        lynex.current_span().set_usage(input_tokens=1000, output_tokens=100)
        return "42"

    yield ask
    lynex.configure(enabled=False)
    runtime.install(None)


@pytest.fixture
def call_as_the_project_says(tenant: Tenant, call: Callable[[], str]) -> Callable[[], str]:
    """The same, in a process that leaves it to its project whether it enforces."""
    lynex.configure(
        ingest_url=tenant.url, api_key=tenant.api_key, environment="production", enabled=True,
        enforce="project",
    )  # fmt: skip
    return call


def made(tenant: Tenant, path: str, **body: Any) -> Any:
    answer = tenant.ask("POST", path, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def stopped(call: Callable[[], str]) -> bool:
    try:
        call()
    except lynex.CallBlocked:
        return True
    return False


def test_a_kill_switch_reaches_the_process_and_leaves_it_again(tenant: Tenant, call: Callable[[], str]):
    assert not stopped(call)

    switch = made(tenant, "/v1/kill-switch/trigger", reason="drill", scope={"model": "gpt-*"})
    eventually(lambda: stopped(call))
    with pytest.raises(lynex.KillSwitchActive, match="drill"):
        call()

    made(tenant, f"/v1/kill-switch/{switch['id']}/release")
    eventually(lambda: not stopped(call))


def test_a_project_says_whether_its_processes_enforce(
    tenant: Tenant, call_as_the_project_says: Callable[[], str]
):
    call = call_as_the_project_says
    made(tenant, "/v1/kill-switch/trigger", reason="drill")
    eventually(lambda: runtime.active().gate._listener.rules.stops)
    assert not stopped(call)

    said = tenant.ask("PUT", "/v1/control/enforcement", json={"mode": "enforce"})
    assert (said.status_code, said.json()["mode"]) == (200, "enforce")
    eventually(lambda: stopped(call))

    tenant.ask("PUT", "/v1/control/enforcement", json={"mode": "warn"})
    eventually(lambda: not stopped(call))


def test_a_budget_that_calls_use_up_stops_the_next(tenant: Tenant, call: Callable[[], str]):
    made(tenant, "/v1/budgets", name="one call", limit=0.003, action="stop", period="day")

    call()
    lynex.flush()

    eventually(lambda: stopped(call))
    with pytest.raises(lynex.BudgetExceeded, match="one call"):
        call()


def test_a_hard_budget_sets_money_aside_and_the_span_settles_it(tenant: Tenant, call: Callable[[], str]):
    budget = made(tenant, "/v1/budgets", name="hard", limit=0.1, action="stop", hard_stop=True)["id"]
    eventually(lambda: runtime.active().gate._listener.rules.reserve)

    call()
    lynex.flush()

    [row] = tenant.see(1)
    assert "rsv_" in row["attributes"]
    found = eventually(lambda: tenant.get(f"/v1/budgets/{budget}"), lambda now: now["held"] == 0)
    assert found["spent_exact"] == 3_500_000


def test_a_hard_budget_refuses_what_may_not_fit(tenant: Tenant, call: Callable[[], str]):
    made(tenant, "/v1/budgets", name="hard", limit=0.001, action="stop", hard_stop=True)
    eventually(lambda: runtime.active().gate._listener.rules.reserve)

    with pytest.raises(lynex.BudgetExceeded, match="'hard' has"):
        call()


def test_a_limit_for_each_user_stops_the_one_who_used_it_up(tenant: Tenant, call: Callable[[], str]):
    made(tenant, "/v1/budgets", name="each", limit=0.003, action="stop", period="day", per="end_user")
    with lynex.user("ann"):
        call()
    lynex.flush()

    def stopped_for(user: str) -> bool:
        with lynex.user(user):
            return stopped(call)

    eventually(lambda: stopped_for("ann"))
    assert not stopped_for("bob")
    [budget] = tenant.get("/v1/budgets")["items"]
    assert budget["subjects"]["closest"][0]["subject"] == "ann"
    assert budget["subjects"]["over"] == 1


def test_a_hard_limit_for_each_user_refuses_by_that_users_own(tenant: Tenant, call: Callable[[], str]):
    made(tenant, "/v1/budgets", name="each", limit=0.001, action="stop", hard_stop=True, per="end_user")
    eventually(lambda: runtime.active().gate._listener.rules.reserve)

    assert not stopped(call)  # it names nobody
    with lynex.user("ann"), pytest.raises(lynex.BudgetExceeded, match="for the end user 'ann'"):
        call()


def test_a_used_up_budget_asks_the_process_for_patience_or_a_cheaper_model(
    tenant: Tenant, call: Callable[[], str]
):
    made(tenant, "/v1/budgets", name="slow", limit=0.003, action="slow_down", period="day")
    made(
        tenant, "/v1/budgets", name="cheap", limit=0.003, action="downgrade_model", period="day",
        downgrade_to="gpt-4o-mini",
    )  # fmt: skip
    call()
    lynex.flush()

    asks = eventually(lambda: runtime.active().gate._listener.rules.asks, lambda now: len(now) == 2)
    assert {(rule.action, rule.downgrade_to) for rule in asks} == {
        ("slow_down", ""),
        ("downgrade_model", "gpt-4o-mini"),
    }
    call()
    lynex.flush()
    rows = tenant.see(2)
    assert sum("lynex.slowed_ms" in row["attributes"] for row in rows) == 1
