"""A running Lynex that is killed while something fires tells once; and the command line."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from app.real_lynex import Installation, Process, Tenant, an_event, eventually
from safety.local_servers import Answer, LocalServer, local_server
from typer.testing import CliRunner, Result

from lynex_server.app.cli import cli

ENVIRONMENT = {"LYNEX_ALERTS_EVALUATE_S": "1", "LYNEX_OUTGOING_ALLOWED_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def receiver() -> Iterator[LocalServer]:
    with local_server(lambda _seen: Answer(200)) as server:
        yield server


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], tuple[Process, Installation]]]:
    """Starts a Lynex on one folder, as often as asked; the last one is ended."""
    started: list[Process] = []

    def start_again() -> tuple[Process, Installation]:
        started.append(Process("up", LYNEX_DATA_DIR=str(tmp_path), **ENVIRONMENT))
        return started[-1], Installation.in_folder(started[-1].url(), tmp_path)

    yield start_again
    assert started[-1].end(signal.SIGTERM) == 0


def made(tenant: Tenant, path: str, **body: Any) -> Any:
    answer = tenant.ask("POST", f"/v1/alerts{path}", json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def fire(tenant: Tenant, receiver: LocalServer) -> None:
    """A channel, a rule, and errors for it to find."""
    target = {"kind": "webhook", "url": f"http://127.0.0.1:{receiver.port}/hook"}
    made(tenant, "/channels", name="Hook", target=target, match=[])
    condition = {"kind": "above", "limit": 5}
    made(tenant, "/rules", name="Errors", metric="error_rate_percent", condition=condition)
    tenant.send(*(an_event(number, status="error") for number in range(1, 4)))


def test_a_kill_in_the_middle_tells_nobody_twice(
    start: Callable[[], tuple[Process, Installation]], receiver: LocalServer
) -> None:
    process, installation = start()
    tenant = installation.new_tenant()
    fire(tenant, receiver)
    eventually(lambda: tenant.get("/v1/alerts/incidents")["items"])
    process.end(signal.SIGKILL)

    _, installation = start()
    again = Tenant(installation.url, tenant.project_id, tenant.api_key)
    [incident] = eventually(
        lambda: again.get("/v1/alerts/incidents"), lambda page: page["items"][0]["notified_at"]
    )["items"]
    eventually(lambda: receiver.seen)
    [rule] = again.get("/v1/alerts/rules")["items"]
    eventually(
        lambda: again.get(f"/v1/alerts/rules/{rule['id']}")["evaluated_at"],
        lambda at: at > rule["evaluated_at"],
    )

    keys = {seen.headers["idempotency-key"] for seen in receiver.seen}
    assert len(keys) == 1
    assert json.loads(receiver.seen[0].body)["incident"]["incident_id"] == incident["id"]
    assert len(again.get("/v1/alerts/incidents")["items"]) == 1


def test_the_command_line(
    start: Callable[[], tuple[Process, Installation]],
    receiver: LocalServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, installation = start()
    tenant = installation.new_tenant()
    monkeypatch.setenv("LYNEX_URL", tenant.url)
    monkeypatch.setenv("LYNEX_API_KEY", tenant.api_key)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["alerts", *arguments])

    silenced = run("silence", "migration", "--minutes", "5", "--match", "severity!=critical")
    fire(tenant, receiver)
    eventually(lambda: [each["held_by"] for each in tenant.get("/v1/alerts/incidents")["items"]], any)

    assert "holds until" in silenced.output
    [silence] = tenant.get("/v1/alerts/silences")["items"]
    assert silence["matchers"] == [{"label": "severity", "value": "critical", "how": "is_not"}]
    assert "held by silence" in run("list").output
    assert receiver.seen == []
    assert "Hook: sent" in run("test-channel", "Hook").output
    assert len(receiver.seen) == 1
    assert run("test-channel", "None").exit_code != 0
    assert run("silence", "x", "--match", "severity").exit_code != 0
