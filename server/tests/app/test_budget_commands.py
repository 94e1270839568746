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
        return CliRunner(env={"COLUMNS": "300"}).invoke(cli, arguments)

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
    assert run("budgets", "override", "none", "30", "--reason", "x").exit_code != 0


def test_kills_and_releases(run, tenant: Tenant):
    said = run("kill", "runaway agent", "--environment", "production", "--allow-route", "/health")
    assert "Stops calls in production, but not those of /health" in said.output
    [switch] = tenant.get("/v1/kill-switch", active="true")["items"]

    assert f"{switch['id']} is released" in run("release").output
    assert tenant.get("/v1/kill-switch", active="true")["items"] == []
    assert "No kill switch holds." in run("release").output
