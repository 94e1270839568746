"""`lynex gateway` beside `lynex up` on one data folder: what it answers, and what becomes of it then."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from app.gateway_tenant import QUESTION, GatewayTenant
from app.real_lynex import (
    HTTP,
    Installation,
    Process,
    Tenant,
    eventually,
    ledger_equals_spans,
    running,
)
from app.scripted_upstream import TEXT, ScriptedUpstream, scripted_upstream

HOLD_S = 10


class Beside:
    """A tenant of a running `lynex up`, and how to start gateways on the same folder."""

    def __init__(self, installation: Installation, folder: Path, upstream: ScriptedUpstream) -> None:
        self.installation = installation
        self.folder = folder
        self.upstream = upstream
        self.set_up = GatewayTenant(installation.new_tenant(), upstream)
        self.set_up.price()
        self.tenant = self.set_up.tenant

    @contextmanager
    def gateway(self, **environment: str) -> Iterator[tuple[Process, Tenant]]:
        """A gateway of its own, and the tenant through it."""
        with running("gateway", LYNEX_DATA_DIR=str(self.folder), **environment) as process:
            url = process.url()
            yield process, Tenant(url, self.tenant.project_id, self.tenant.api_key)


def ask(tenant: Tenant, model: str = "whole", **more: Any) -> httpx.Response:
    wanted = {"model": model, "messages": QUESTION, "max_tokens": 100, **more}
    return tenant.ask("POST", "/v1/chat/completions", json=wanted)


@contextmanager
def held_stream(tenant: Tenant, model: str = "held-stream") -> Iterator[Iterator[str]]:
    """The lines of a stream that has begun, and goes on when the provider is let go on."""
    wanted = {"model": model, "messages": QUESTION, "max_tokens": 100, "stream": True}
    headers = {"Authorization": f"Bearer {tenant.api_key}"}
    url = f"{tenant.url}/v1/chat/completions"
    with HTTP.stream("POST", url, json=wanted, headers=headers) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        assert "first" in next(lines)
        yield lines


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with scripted_upstream() as running_upstream:
        yield running_upstream


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Path]]:
    folder = tmp_path_factory.mktemp("beside")
    with running("up", LYNEX_DATA_DIR=str(folder)) as process:
        yield Installation.in_folder(process.url(), folder), folder


@pytest.fixture
def beside(up: tuple[Installation, Path], upstream: ScriptedUpstream) -> Iterator[Beside]:
    upstream.hold.clear()
    yield Beside(*up, upstream)
    upstream.hold.set()


def test_calls_that_nobody_else_was_there_for_are_seen_once_afterwards(
    tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    environment = {"LYNEX_DATA_DIR": str(tmp_path)}
    with running("up", **environment) as first:
        made = Beside(Installation.in_folder(first.url(), tmp_path), tmp_path, upstream)
        budget_id = made.set_up.budget(3, unit="requests")
        assert first.end(signal.SIGTERM) == 0

    with made.gateway() as (process, alone):
        answers = [ask(alone) for _ in range(4)]
        assert process.end(signal.SIGTERM) == 0

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].json()["choices"][0]["message"]["content"] == TEXT
    with running("up", **environment) as again:
        tenant = Tenant(again.url(), made.tenant.project_id, made.tenant.api_key)
        rows = tenant.see(4)
        assert {row["trace_id"] for row in rows} >= {answer.headers["x-lynex-trace-id"] for answer in answers}
        assert sorted(row["status"] for row in rows) == ["blocked", "ok", "ok", "ok"]
        eventually(lambda: ledger_equals_spans(made.installation, tenant))
        eventually(lambda: tenant.get(f"/v1/budgets/{budget_id}"), lambda budget: budget["held"] == 0)
        assert tenant.get(f"/v1/budgets/{budget_id}")["spent"] == 3


def test_what_is_called_through_it_is_seen_by_the_process_beside_it(beside: Beside) -> None:
    with beside.gateway() as (_, alone):
        answer = ask(alone)

        [row] = beside.tenant.see(1)

    assert row["trace_id"] == answer.headers["x-lynex-trace-id"]
    assert beside.tenant.get("/v1/gateway/summary")["providers"][0]["calls"] == 1


def test_a_path_that_it_does_not_know_is_not_found_in_the_words_of_a_provider(beside: Beside) -> None:
    with beside.gateway() as (_, alone):
        answer = alone.ask("GET", "/v1/spans")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "unknown_path"


def test_told_to_stop_it_lets_a_stream_end_and_takes_no_new_call(beside: Beside) -> None:
    with beside.gateway() as (process, alone), held_stream(alone) as lines:
        process.send(signal.SIGTERM)
        ready = eventually(lambda: HTTP.get(f"{alone.url}/readyz"), lambda answer: answer.status_code == 503)
        refused = ask(alone)
        beside.upstream.hold.set()
        rest = list(lines)
        code = process.child.wait(60)

    assert ready.json()["checks"]["gateway"] == "busy"
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "stopping")
    assert "data: [DONE]" in rest
    assert code == 0
    [row] = beside.tenant.see(1)
    assert (row["status"], row["input_tokens"], row["output_tokens"]) == ("ok", 20, 10)


def test_a_stream_that_does_not_end_in_time_is_cut_off_and_told_so(beside: Beside) -> None:
    with beside.gateway(LYNEX_GATEWAY_DRAIN_S="0.2") as (process, alone), held_stream(alone) as lines:
        process.send(signal.SIGTERM)
        rest = [line for line in lines if line]
        code = process.child.wait(60)

    assert json.loads(rest[-1].removeprefix("data: "))["error"]["code"] == "stopping"
    assert code == 0
    [row] = beside.tenant.see(1)
    assert (row["status"], row["error_type"]) == ("error", "stopping")


def test_as_many_calls_as_it_takes_are_taken_and_the_next_is_told_to_come_again(beside: Beside) -> None:
    with beside.gateway(LYNEX_GATEWAY_MAX_CALLS="1") as (_, alone), held_stream(alone) as lines:
        refused = ask(alone)
        beside.upstream.hold.set()
        list(lines)
        taken = eventually(lambda: ask(alone), lambda answer: answer.status_code == 200)

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "busy")
    assert (refused.headers["retry-after"], refused.headers["x-should-retry"]) == ("1", "true")
    assert taken.json()["choices"][0]["message"]["content"] == TEXT


def test_no_call_is_made_that_could_not_be_recorded_and_none_is_lost(
    tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    in_log, in_memory = 4, 3
    environment = {"LYNEX_DATA_DIR": str(tmp_path), "LYNEX_QUEUE_MAX_ENTRIES": str(in_log)}
    with running("up", **environment) as first:
        made = Beside(Installation.in_folder(first.url(), tmp_path), tmp_path, upstream)
        assert first.end(signal.SIGTERM) == 0

    bounds = {"LYNEX_QUEUE_MAX_ENTRIES": str(in_log), "LYNEX_GATEWAY_MAX_UNSAVED_SPANS": str(in_memory)}
    with made.gateway(**bounds) as (_, alone):
        answers = []
        while not answers or answers[-1].status_code == 200:
            answers.append(ask(alone))
        refused = answers.pop()

        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "log_full")
        assert refused.headers["retry-after"] == "5"
        with running("up", **environment) as again:
            tenant = Tenant(again.url(), made.tenant.project_id, made.tenant.api_key)
            eventually(lambda: ask(alone).status_code, lambda status: status == 200)
            rows = tenant.see(len(answers) + 1)

    assert {row["trace_id"] for row in rows} >= {answer.headers["x-lynex-trace-id"] for answer in answers}


def test_what_a_killed_gateway_had_set_aside_is_free_again_by_itself(beside: Beside) -> None:
    budget_id = beside.set_up.budget(1000)
    with (
        beside.gateway(LYNEX_GATEWAY_HOLD_S=str(HOLD_S)) as (process, alone),
        pytest.raises(httpx.TransportError),
        held_stream(alone) as lines,
    ):
        assert beside.set_up.held(budget_id) > 0
        process.end(signal.SIGKILL)
        list(lines)

    beside.set_up.nothing_stays_held(budget_id)
    with beside.gateway() as (_, alone):
        assert ask(alone).status_code == 200
        beside.tenant.see(1)
    eventually(lambda: ledger_equals_spans(beside.installation, beside.tenant))
    spent = eventually(
        lambda: beside.tenant.get(f"/v1/budgets/{budget_id}"), lambda budget: budget["spent"] > 0
    )
    assert spent["spent"] == 0.03


def a_file(beside: Beside, **models: str) -> str:
    """A configuration with a route to each of these models."""
    provider = (
        f'[[providers]]\nname = "filed"\nkind = "openai_compatible"\nbase_url = "{beside.upstream.url}"'
    )
    routes = (
        f'[[routes]]\nname = "{name}"\ntargets = [{{ provider = "filed", model = "{model}" }}]'
        for name, model in models.items()
    )
    return "\n".join([f'project = "{beside.tenant.project_id}"', provider, *routes])


def test_a_file_that_changes_under_a_stream_counts_at_once_and_drops_nothing(
    beside: Beside, tmp_path: Path
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(a_file(beside, fast="held-stream", probe="nothing-used"))

    def asked_for(route: str) -> str:
        assert ask(alone, route).status_code == 200
        return beside.upstream.asked[-1].document["model"]

    with (
        beside.gateway(LYNEX_GATEWAY_CONFIG=str(file)) as (process, alone),
        held_stream(alone, "fast") as lines,
    ):
        assert asked_for("probe") == "nothing-used"
        file.write_text(a_file(beside, fast="whole", probe="whole"))
        eventually(lambda: asked_for("probe"), lambda model: model == "whole")
        assert asked_for("fast") == "whole"

        file.write_text(a_file(beside, fast="whole", probe="whole") + "\n[[routes")
        process.says("gateway.config_refused")
        process.says("it is not TOML")
        assert asked_for("fast") == "whole"

        beside.upstream.hold.set()
        rest = list(lines)

    assert "data: [DONE]" in rest
    assert not any('"error"' in line for line in rest)
