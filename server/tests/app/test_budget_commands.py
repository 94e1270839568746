"""`lynex budgets`, `lynex kill` and `lynex release` against a running Lynex."""

import pytest
from app.real_lynex import Tenant
from typer.testing import CliRunner, Result

from lynex_server.app.cli import cli


@pytest.fixture
def run(tenant: Tenant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LYNEX_URL", tenant.url)
    monkeypatch.setenv("LYNEX_API_KEY", tenant.api_key)

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments)

    return command


def test_sets_a_budget_and_says_what_it_will_do(run, tenant: Tenant):
    made = run("budgets", "set", "gpt", "50", "--action", "stop", "--model", "gpt-*", "--hard")
    assert "Stops calls to gpt-* once $50 are spent between the 1st and the end of the month" in made.output

    run("budgets", "set", "gpt", "60", "--threshold", "75")

    [budget] = tenant.get("/v1/budgets")["items"]
    assert (budget["limit"], budget["thresholds"], budget["action"]) == (60, [75], "notify")
    assert "$60.00" in run("budgets", "list").output


def test_overrides_a_budget_by_its_name(run, tenant: Tenant):
    run("budgets", "set", "gpt", "50", "--action", "stop")

    said = run("budgets", "override", "gpt", "30", "--reason", "launch")

    assert said.output.startswith("gpt stops nothing until ")
    assert tenant.get("/v1/budgets")["items"][0]["override"]["reason"] == "launch"
    assert "Stops calls once $50 are spent" in run("budgets", "end-override", "gpt").output
    assert tenant.get("/v1/budgets")["items"][0]["override"] is None
    assert run("budgets", "override", "none", "30", "--reason", "x").exit_code != 0


def test_removes_a_budget_by_its_name(run, tenant: Tenant):
    run("budgets", "set", "gpt", "50")

    assert run("budgets", "remove", "gpt").output == "gpt is removed\n"

    assert tenant.get("/v1/budgets")["items"] == []
    assert run("budgets", "remove", "gpt").exit_code != 0


def test_says_what_sdks_of_the_project_do(run, tenant: Tenant):
    assert run("budgets", "enforcement").output == "off\n"

    assert run("budgets", "enforcement", "warn").output.startswith("warn, said test at ")

    assert tenant.get("/v1/control/state")["enforcement"] == "warn"
    assert run("budgets", "enforcement", "sometimes").exit_code != 0


def test_limits_and_stops_calls_of_any_scope(run, tenant: Tenant):
    given = {
        "end_user": "ann",
        "api_key": "key_1",
        "tag": "beta",
        "session": "s1",
        "model": "m",
        "route": "/r",
    }
    names = {"end_user": "--end-user", "api_key": "--key"}
    options = [word for name, value in given.items() for word in (names.get(name, f"--{name}"), value)]

    run("budgets", "set", "narrow", "5", *options)
    run("kill", "drill", "--dry-run", *options)

    [budget], [switch] = (tenant.get(f"/v1/{path}")["items"] for path in ("budgets", "kill-switch"))
    for scope in (budget["scope"], switch["scope"]):
        assert {name: scope[name] for name in given} == given


def test_kills_and_releases(run, tenant: Tenant):
    said = run("kill", "runaway agent", "--environment", "production", "--allow-route", "/health")
    assert "Stops calls in production, but not those of /health" in said.output
    [switch] = tenant.get("/v1/kill-switch", active="true")["items"]

    assert f"{switch['id']} is released" in run("release").output
    assert tenant.get("/v1/kill-switch", active="true")["items"] == []
    assert "No kill switch holds." in run("release").output
