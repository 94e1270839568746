"""`lynex gateway providers`, `routes`, `models`, `check`, `export` and `import` against a running Lynex."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from app.gateway_tenant import GatewayTenant
from app.real_lynex import Tenant
from app.scripted_upstream import scripted_upstream
from safety.local_servers import Answer, local_server
from typer.testing import CliRunner, Result

from lynex_server.app.cli import cli

SECRET = "sk-planted-0123456789-wxyz"
Run = Callable[..., Result]


@pytest.fixture
def run(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("LYNEX_URL", tenant.url)
    monkeypatch.setenv("LYNEX_API_KEY", tenant.api_key)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)

    def command(*arguments: str, succeeds: bool = True, **said: str) -> Result:
        result = CliRunner().invoke(cli, ["gateway", *arguments], **said)
        assert (result.exit_code == 0) == succeeds, result.output
        assert SECRET not in result.output
        return result

    return command


def test_a_provider_is_made_listed_and_removed(run: Run, tenant: Tenant) -> None:
    run("providers", "add", "openai", "openai", "--key-env", "OPENAI_API_KEY", "--model", "gpt-*")
    run("providers", "add", "mine", "ollama", "--key-file", "-", input="key of mine 01234\n")

    listed = run("providers", "list").output
    assert "…wxyz" in listed
    assert "…1234" in listed
    run("providers", "remove", "mine")

    [provider] = tenant.get("/v1/gateway/providers")["items"]
    assert (provider["name"], provider["models"]) == ("openai", ["gpt-*"])
    run("providers", "remove", "mine", succeeds=False)
    run("providers", "add", "other", "openai", "--key-env", "NOT_SET_ANYWHERE", succeeds=False)


def test_a_provider_is_tried(run: Run) -> None:
    answers = [Answer(200, body=json.dumps({"data": [{"id": "llama"}]}).encode()), Answer(401, body=b"{}")]
    with local_server(lambda _seen: answers.pop(0)) as server:
        url = f"http://127.0.0.1:{server.port}/v1"
        run("providers", "add", "mine", "openai_compatible", "--base-url", url)

        assert "It has 1 model." in run("providers", "test", "mine", "--model", "llama").output
        run("providers", "test", "mine", succeeds=False)


def test_a_route_is_made_listed_and_removed(run: Run, tenant: Tenant) -> None:
    run("providers", "add", "openai", "openai")
    run("providers", "add", "mine", "ollama")
    run("routes", "add", "fast", "openai/gpt-4o-mini=9", "mine=0", "--retries", "2")

    [route] = tenant.get("/v1/gateway/routes")["items"]
    assert route["retries"] == 2
    assert route["targets"] == [
        {"provider": "openai", "model": "gpt-4o-mini", "weight": 9},
        {"provider": "mine", "model": "", "weight": 0},
    ]
    listed = run("routes", "list").output
    assert "openai/gpt-4o-mini=9," in listed
    assert "mine=0" in listed
    assert run("models").output.splitlines()[0] == "fast"
    run("routes", "remove", "fast")
    assert tenant.get("/v1/gateway/routes")["items"] == []


def test_lists_are_told_to_programs_too(run: Run, tenant: Tenant) -> None:
    run("providers", "add", "openai", "openai")
    run("routes", "add", "fast", "openai/gpt-4o-mini")

    for things in ("providers", "routes"):
        assert json.loads(run(things, "list", "--json").output) == tenant.get(f"/v1/gateway/{things}")


def test_what_went_through_is_summed_up(run: Run, tenant: Tenant) -> None:
    with scripted_upstream() as upstream:
        gateway = GatewayTenant(tenant, upstream)
        assert gateway.call("gpt-4o-mini").status_code == 200
        gateway.span()

        told = [re.split("  +", line.strip()) for line in run("summary").output.splitlines()]
        document = json.loads(run("summary", "--json", "--range", "1h").output)

    assert told[0][:4] == ["name", "calls", "failed", "refused"]
    assert [line[:4] for line in told[1:3]] == [["scripted", "1", "0", "0"], ["in all", "1", "0", "0"]]
    assert told[3] == ["From the cache: 0, saved $0.000000"]
    assert (document["calls"], document["cache_hits"]) == (1, 0)


def test_what_is_exported_can_be_checked_and_imported(
    run: Run, tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("providers", "add", "openai", "openai", "--key-env", "OPENAI_API_KEY")
    webhook = {"url": "https://guard.example.org", "secret": "guards sign with it"}
    guardrails = {"blocked_input": ['say "no"'], "output_schema": {"enum": [None, 1]}, "webhook": webhook}
    wanted = {"name": "fast", "targets": [{"provider": "openai"}], "guardrails": guardrails}
    assert tenant.ask("POST", "/v1/gateway/routes", json=wanted).status_code == 201
    file = tmp_path / "gateway.toml"
    file.write_text(run("export").output)

    assert '"api_key_env" = "OPENAI_API_KEY"' in file.read_text()
    run("check", str(file), succeeds=False)
    monkeypatch.setenv("FAST_GUARD_SECRET", "another one of it")
    assert "1 providers, 1 routes" in run("check", str(file)).output
    before = [tenant.get(f"/v1/gateway/{what}") for what in ("providers", "routes", "settings")]
    run("import", str(file))
    after = [tenant.get(f"/v1/gateway/{what}") for what in ("providers", "routes", "settings")]

    assert [_lasting(each) for each in after] == [_lasting(each) for each in before]


def test_a_file_that_would_not_be_taken_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('[[providers]]\nname = "p"\nkind = "unknown"\n')

    assert "providers.0.kind" in str(run("check", str(file), succeeds=False).exception)


def _lasting(document: object) -> object:
    """Without what is new of each change."""
    if isinstance(document, dict):
        return {
            name: _lasting(value)
            for name, value in document.items()
            if name not in ("created_at", "updated_at") and not (name == "id" and "hint" in document)
        }
    return [_lasting(each) for each in document] if isinstance(document, list) else document
