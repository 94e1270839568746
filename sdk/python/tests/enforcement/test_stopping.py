"""What is stopped before it leaves the host's process, and what is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import openai
import pytest
from control_server import ControlServer, a_budget, a_switch
from enforcing import QUESTION, call, enforce, events, knows
from sending import configure, wait_until

import lynex


def test_a_process_that_is_born_under_a_kill_switch_makes_no_call(control: ControlServer) -> None:
    control.say(a_switch(until="2999-01-01T00:00:00Z"))
    enforce(control)

    with pytest.raises(lynex.KillSwitchActive, match="runaway") as stopped:
        call()

    assert stopped.value.kill_switch_id == "kil_runaway"
    assert stopped.value.until == "2999-01-01T00:00:00Z"


def test_a_switch_that_is_flipped_stops_and_releases(control: ControlServer) -> None:
    enforce(control)
    call()

    control.say(a_switch())
    wait_until(knows)
    with pytest.raises(lynex.KillSwitchActive):
        call()
    control.say()
    wait_until(lambda: knows(0))
    call()


def test_a_budget_that_is_used_up_stops(control: ControlServer) -> None:
    control.say(budgets=(a_budget(frees_at="2999-01-01T00:00:00Z"), a_budget("slow", action="slow_down")))
    enforce(control)

    with pytest.raises(lynex.BudgetExceeded, match="'ten a day' is used up") as stopped:
        call()

    assert (stopped.value.budget_id, stopped.value.frees_at) == ("bud_ten a day", "2999-01-01T00:00:00Z")


def test_a_limit_for_each_user_stops_those_alone_who_reached_it(control: ControlServer) -> None:
    control.say(budgets=(a_budget(over=False, per="end_user", over_subjects=["ann"]),))
    enforce(control)

    with lynex.user("bob"):
        call()
    call()
    with lynex.user("ann"), pytest.raises(lynex.BudgetExceeded):
        call()


def test_what_a_stop_does_not_mean_goes_on(control: ControlServer) -> None:
    control.say(a_switch(model="gpt-*", environment="production", allow_routes=("/health",)))
    enforce(control, environment="production")

    with pytest.raises(lynex.KillSwitchActive):
        call("gpt-4o")
    call("claude-x")
    call("gpt-4o", route="/health")
    call("gpt-4o", kind="tool")


def test_knows_the_user_session_and_tags_around_a_call(control: ControlServer) -> None:
    control.say(a_switch(end_user="ann", session="s1", tag="beta"))
    enforce(control)

    call()
    with lynex.user("ann"), lynex.session("s1"), lynex.tags("beta"), pytest.raises(lynex.KillSwitchActive):
        call()


def test_a_stop_ends_at_its_time_though_nobody_says_so(control: ControlServer) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    control.say(a_switch(until=past))
    enforce(control)

    call()


def test_a_watched_client_is_stopped_before_anything_leaves(control: ControlServer, model_url: str) -> None:
    control.say(a_switch())
    enforce(control)
    lynex.instrument("openai")
    nowhere = openai.OpenAI(base_url="http://127.0.0.1:1/v1", api_key="test", max_retries=0)

    with pytest.raises(lynex.KillSwitchActive):
        nowhere.chat.completions.create(model="gpt-4o", messages=QUESTION)

    [event] = events(control)
    assert (event["status"], event["error_type"]) == (
        "blocked",
        "lynex._internal.enforcement.errors.KillSwitchActive",
    )
    control.say()
    wait_until(lambda: knows(0))
    openai.OpenAI(base_url=f"{model_url}/v1", api_key="t").chat.completions.create(
        model="m", messages=QUESTION
    )


async def test_async_functions_and_clients_are_stopped(control: ControlServer) -> None:
    control.say(a_switch())
    enforce(control)
    lynex.instrument("openai")
    nowhere = openai.AsyncOpenAI(base_url="http://127.0.0.1:1/v1", api_key="test", max_retries=0)

    @lynex.trace_llm(model="m")
    async def ask() -> None:
        raise AssertionError

    with pytest.raises(lynex.KillSwitchActive):
        await nowhere.chat.completions.create(model="gpt-4o", messages=QUESTION)
    with pytest.raises(lynex.KillSwitchActive):
        await ask()


async def test_generators_are_stopped_at_their_first_piece(control: ControlServer) -> None:
    control.say(a_switch())
    enforce(control)

    @lynex.trace_llm(model="m")
    def pieces() -> Iterator[str]:
        yield "never"

    @lynex.trace_llm(model="m")
    async def pieces_async() -> Any:
        yield "never"

    with pytest.raises(lynex.KillSwitchActive):
        list(pieces())
    with pytest.raises(lynex.KillSwitchActive):
        async for _ in pieces_async():
            pass


def test_warning_only_says_what_it_would_stop(
    control: ControlServer, caplog: pytest.LogCaptureFixture
) -> None:
    control.say(a_switch())
    enforce(control, enforce="warn")

    call()
    call()

    assert [record.message for record in caplog.records].count(
        "lynex would stop calls: A kill switch stops this call: runaway"
    ) == 1


def test_who_does_not_enforce_asks_nothing_and_loads_nothing(control: ControlServer) -> None:
    control.say(a_switch())
    configure(control.url)
    call()
    assert control.asked == []

    program = (
        "import lynex, sys; lynex.configure(enabled=True, ingest_url='http://x', api_key='k')\n"
        "print(*(name for name in sys.modules if 'enforcement.' in name))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert [name.rpartition(".")[2] for name in loaded.split()] == ["errors", "holds"]


def test_refuses_words_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="enforce must be one of off, warn, enforce"):
        lynex.configure(enforce="maybe")
    with pytest.raises(ValueError, match="fail must be one of"):
        lynex.configure(fail="ajar")
