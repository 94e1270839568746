"""`lynex prices` against a running Lynex."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from app.households import Village
from app.real_lynex import COST_OF_AN_EVENT_NANOUSD, Installation, Tenant, an_event
from typer.testing import CliRunner, Result

from lynex_server.app.cli import cli

MODEL = "gpt-4o-mini-2024-07-18"


@pytest.fixture
def run(tenant: Tenant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LYNEX_URL", tenant.url)
    monkeypatch.setenv("LYNEX_API_KEY", tenant.api_key)

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["prices", *arguments])

    return command


def test_shows_list_prices_and_own_ones_before_them(run):
    run("set", "gpt-4o*", "--provider", "openai", "--input", "2.25", "--output", "9", "--note", "contract")

    shown = json.loads(run("show", "gpt-4o", "--json").output)

    assert (shown["items"][0]["source"], shown["items"][0]["model"]) == ("own", "gpt-4o*")
    assert any(each["source"].startswith("genai-prices-") for each in shown["items"])
    table = run("show", "openai gpt-4o").output
    assert "$2.25" in table
    assert "genai-prices-" in table


def test_sets_a_price_of_every_kind_and_takes_it_back(run, tenant: Tenant):
    run(
        "set",
        "a",
        "--rate",
        "web_searches=10",
        "--input",
        "1",
        "--from",
        "2026-01-01",
        "--until",
        "2027-01-01",
    )
    run("set", "b", "--factor", "0.85", "--tier", "batch", "--region", "eu")
    run("set", "c", "--flat", "0.20")
    run("set", "d", "--gpu-hour", "2.40", "--gpus", "2", "--tokens-per-s", "1500", "--busy-share", "0.4")

    kept = {each["model"]: each for each in tenant.get("/v1/prices/overrides")["items"]}
    assert [kept[model]["terms"]["kind"] for model in "abcd"] == ["rates", "factor", "flat", "gpu_hour"]
    assert [rate["unit"] for rate in kept["a"]["terms"]["rates"]] == ["input_tokens", "web_searches"]
    assert (kept["a"]["valid_from"][:10], kept["a"]["valid_until"][:10]) == ("2026-01-01", "2027-01-01")
    assert (kept["b"]["service_tier"], kept["b"]["region"]) == ("batch", "eu")

    assert "counts no more" in run("remove", kept["c"]["id"]).output
    assert {each["model"] for each in tenant.get("/v1/prices/overrides")["items"]} == set("abd")


def test_sets_a_price_of_the_whole_organisation(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    household = Village(installation).found(with_data=False)
    token = household.owner_session.headers["Authorization"].removeprefix("Bearer ")
    login = {"url": household.tenant.url, "email": household.owner.email, "token": token}
    (tmp_path / "lynex").mkdir()
    (tmp_path / "lynex" / "session.json").write_text(json.dumps(login))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def signed_in(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["prices", *arguments])

    def shared() -> list[str]:
        own = household.tenant.get("/v1/prices/overrides")["items"]
        return [
            each["id"] for each in own if each["model"] == "our-llama" and each["scope"] == "organisation"
        ]

    assert "our-llama" in signed_in("set", "our-llama", "--flat", "0.2", "--all-projects").output
    [price_id] = shared()
    wanted = ("set", "our-llama", "--flat", "0.3", "--replace", price_id)
    assert signed_in(*wanted).exit_code != 0
    assert signed_in(*wanted, "--all-projects").exit_code == 0
    changed = household.tenant.get(f"/v1/prices/overrides/{price_id}")
    assert (changed["scope"], changed["terms"]["usd_per_million_tokens"]) == ("organisation", "0.3")
    assert signed_in("remove", price_id).exit_code != 0
    assert signed_in("remove", price_id, "--all-projects").exit_code == 0
    assert shared() == []


def test_refuses_a_slip_until_it_is_confirmed(run, tenant: Tenant):
    """litellm#20615"""
    slip = ("set", "gpt-4o", "--provider", "openai", "--input", "250000", "--output", "1000000")

    assert run(*slip).exit_code != 0
    assert tenant.get("/v1/prices/overrides")["items"] == []
    assert run(*slip, "--confirm").exit_code == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ("set", "m"),
        ("set", "m", "--flat", "1", "--factor", "2"),
        ("set", "m", "--rate", "web_searches"),
        ("reprice", "--from", "yesterday"),
    ],
    ids=" ".join,
)
def test_refuses_what_makes_no_sense(run, wrong: tuple[str, ...]):
    assert run(*wrong).exit_code != 0


def test_prices_history_again_after_a_look_at_what_would_change(run, tenant: Tenant):
    tenant.send(an_event(1), an_event(2))
    tenant.see(2)
    since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    run("set", "gpt-4o-mini*", "--provider", "openai", "--factor", "2", "--from", since)

    dry = run("reprice", "--from", since, "--model", "gpt-4o*", "--dry-run")
    assert "2 of 2 spans would change, $0.0008 in all" in dry.output
    assert {row["cost_nanousd"] for row in tenant.rows()} == {COST_OF_AN_EVENT_NANOUSD}

    done = run("reprice", "--from", since, "--model", "gpt-4o*")
    assert "done: 2 of 2 spans changed, $0.0008 in all" in done.output
    assert {row["cost_nanousd"] for row in tenant.rows()} == {2 * COST_OF_AN_EVENT_NANOUSD}


def test_lists_what_has_no_price_and_since_when(run, tenant: Tenant):
    tenant.send(an_event(1, provider="vllm", model="our-llama"))
    tenant.see(1)

    said = run("unpriced").output

    assert "our-llama" in said
    assert "model_unknown" in said
    assert datetime.now(UTC).date().isoformat() in said


def test_compares_the_sources(run):
    said = run("diff", "--now").output

    assert "models are in both" in said
    assert run("diff").output == said


def test_imports_a_report_and_says_why_ours_differs(run, tenant: Tenant, tmp_path: Path):
    tenant.send(an_event(1))
    tenant.see(1)
    today = datetime.now(UTC).date().isoformat()
    usage, costs = tmp_path / "usage.csv", tmp_path / "costs.csv"
    usage.write_text(
        f"start_time_iso,model,num_model_requests,input_tokens,output_tokens\n{today},{MODEL},2,1000,1000\n"
    )
    costs.write_text(f"start_time_iso,line_item,amount_value,amount_currency\n{today},{MODEL},0.00075,usd\n")

    assert f"openai usage, {today} to {today}" in run("import", str(usage)).output
    assert f"openai costs, {today} to {today}" in run("import", str(costs)).output
    said = run("reconcile", "openai", "--from", today, "--to", today).output

    assert "missing_calls: $-0.0004" in said
    assert "In all $-0.0004 of $0.0008" in said
