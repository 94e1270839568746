"""Budgets and kill switches inside the host's process: what is stopped before it leaves, and what is not."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import anthropic
import httpx
import openai
import pytest
from control_server import ControlServer, a_budget, a_switch
from sending import configure, wait_until

import lynex
from lynex._internal.enforcement import gate as gate_module
from lynex._internal.enforcement import listener as listener_module
from lynex._internal.enforcement.reserving import estimate_of
from lynex._internal.enforcement.rules import Call, glob, read_rules
from lynex._internal.runtime import active

QUESTION: list[Any] = [{"role": "user", "content": "Why?"}]


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlServer]:
    monkeypatch.setattr(listener_module, "POLL_S", 0.02)
    monkeypatch.setattr(gate_module, "FIRST_STATE_S", 5.0)
    with ControlServer() as server:
        yield server
        gate = active().gate
        if gate is not None:
            gate.stop()


def enforce(control: ControlServer | str, **settings: Any) -> None:
    url = control if isinstance(control, str) else control.url
    configure(url, **{"enforce": "enforce", **settings})


def call(model: str = "gpt-4o", provider: str = "openai", **more: Any) -> None:
    """A call that a decorated function makes."""

    @lynex.trace_llm(provider=provider, model=model, **more)
    def ask() -> str:
        lynex.current_span().set_usage(input_tokens=10, output_tokens=5)
        return "42"

    assert ask() == "42"


def knows(rules: int = 1) -> bool:
    gate = active().gate
    assert gate is not None
    return len(gate._listener.rules.stops) == rules


def events(control: ControlServer) -> list[dict[str, Any]]:
    assert lynex.flush(5.0)
    return control.events


# What stops


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


def test_a_used_up_budget_slows_calls_down_ever_longer_up_to_a_bound(
    control: ControlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_module, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(gate_module, "MOST_WAIT_S", 0.08)
    control.say(budgets=(a_budget(action="slow_down", model="gpt-*"),))
    enforce(control)

    for _ in range(6):
        call()
    call(model="claude-4")

    waits = [event.get("attributes", {}).get("lynex.slowed_ms") for event in events(control)]
    assert waits == [10, 20, 40, 80, 80, 80, None]


async def test_an_async_call_waits_without_holding_up_the_loop(
    control: ControlServer, model_url: str
) -> None:
    control.say(budgets=(a_budget(action="slow_down"),))
    enforce(control)
    lynex.instrument("openai")
    client = openai.AsyncOpenAI(base_url=f"{model_url}/v1", api_key="t")
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await client.chat.completions.create(model="m", messages=QUESTION)
    ticking.cancel()

    [event] = events(control)
    assert event["attributes"]["lynex.slowed_ms"] == 250
    assert ticks > 1


def test_a_function_and_the_client_inside_it_wait_once(control: ControlServer, model_url: str) -> None:
    control.say(budgets=(a_budget(action="slow_down"),))
    enforce(control)
    lynex.instrument("openai")

    @lynex.trace_llm(model="m")
    def ask() -> None:
        openai.OpenAI(base_url=f"{model_url}/v1", api_key="t").chat.completions.create(
            model="m", messages=QUESTION
        )

    ask()

    waits = [event.get("attributes", {}).get("lynex.slowed_ms") for event in events(control)]
    assert sorted(waits, key=str) == [250, None]


def test_a_guard_waits_for_what_is_called_inside(control: ControlServer, model_url: str) -> None:
    cheaper = a_budget("cheap", action="downgrade_model", downgrade_to="mini")
    control.say(budgets=(a_budget(action="slow_down"), cheaper))
    enforce(control)
    lynex.instrument("openai")

    with lynex.guard(provider="openai", model="m") as held:
        assert held.downgrade_to == "mini"
        openai.OpenAI(base_url=f"{model_url}/v1", api_key="t").chat.completions.create(
            model="m", messages=QUESTION
        )

    [event] = events(control)
    assert "lynex.slowed_ms" not in event.get("attributes", {})


def asked_models(sent: list[httpx.Request]) -> list[str]:
    """The models that requests on their way to a provider name."""
    return [json.loads(request.content)["model"] for request in sent]


@pytest.mark.parametrize("downgrade_to", ["gpt-4o-mini", "openai/gpt-4o-mini"])
def test_a_used_up_budget_lets_a_watched_client_use_a_cheaper_model(
    control: ControlServer, model_url: str, downgrade_to: str
) -> None:
    control.say(budgets=(a_budget(action="downgrade_model", downgrade_to=downgrade_to, model="gpt-4o"),))
    enforce(control)
    lynex.instrument("openai")
    sent: list[httpx.Request] = []
    http_client = httpx.Client(event_hooks={"request": [sent.append]})
    client = openai.OpenAI(base_url=f"{model_url}/v1", api_key="t", http_client=http_client)
    body: dict[str, Any] = {"model": "gpt-4o", "messages": QUESTION}

    for _ in range(2):
        client.chat.completions.create(**body)
    client.chat.completions.create(model="other", messages=QUESTION)

    assert asked_models(sent) == ["gpt-4o-mini", "gpt-4o-mini", "other"]
    first, _, other = events(control)
    assert first["model_requested"] == "gpt-4o"
    assert first["attributes"]["lynex.downgraded_to"] == "gpt-4o-mini"
    assert body["model"] == "gpt-4o"
    assert "lynex.downgraded_to" not in other.get("attributes", {})


async def test_an_async_client_uses_the_cheaper_model_too(control: ControlServer, model_url: str) -> None:
    control.say(budgets=(a_budget(action="downgrade_model", downgrade_to="gpt-4o-mini"),))
    enforce(control)
    lynex.instrument("openai")
    sent: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        sent.append(request)

    http_client = httpx.AsyncClient(event_hooks={"request": [note]})
    client = openai.AsyncOpenAI(base_url=f"{model_url}/v1", api_key="t", http_client=http_client)

    await client.chat.completions.create(model="gpt-4o", messages=QUESTION)

    assert asked_models(sent) == ["gpt-4o-mini"]


def test_an_anthropic_client_uses_the_cheaper_model_too(control: ControlServer, model_url: str) -> None:
    control.say(budgets=(a_budget(action="downgrade_model", downgrade_to="anthropic/claude-haiku"),))
    enforce(control)
    lynex.instrument("anthropic")
    client = anthropic.Anthropic(base_url=model_url, api_key="t")

    raw = client.messages.with_raw_response.create(model="claude-opus", max_tokens=5, messages=QUESTION)

    assert json.loads(raw.http_response.request.content)["model"] == "claude-haiku"


def test_a_model_of_another_provider_is_not_asked_of_a_client(control: ControlServer, model_url: str) -> None:
    control.say(budgets=(a_budget(action="downgrade_model", downgrade_to="anthropic/claude-haiku"),))
    enforce(control)
    lynex.instrument("openai")
    sent: list[httpx.Request] = []
    http_client = httpx.Client(event_hooks={"request": [sent.append]})
    client = openai.OpenAI(base_url=f"{model_url}/v1", api_key="t", http_client=http_client)

    client.chat.completions.create(model="gpt-4o", messages=QUESTION)

    assert asked_models(sent) == ["gpt-4o"]


def test_warning_only_says_what_a_budget_would_ask(
    control: ControlServer, caplog: pytest.LogCaptureFixture
) -> None:
    control.say(budgets=(a_budget(action="slow_down"),))
    enforce(control, enforce="warn")

    call()
    call()

    said = [record.message for record in caplog.records]
    assert said.count("lynex would slow calls down: The budget 'ten a day' is used up") == 1


def test_a_limit_for_each_user_stops_those_alone_who_reached_it(control: ControlServer) -> None:
    control.say(budgets=(a_budget(over=False, per="end_user", over_subjects=["ann"]),))
    enforce(control)

    with lynex.user("bob"):
        call()
    call()
    with lynex.user("ann"), pytest.raises(lynex.BudgetExceeded):
        call()


def test_money_is_set_aside_for_calls_that_name_a_user(control: ControlServer) -> None:
    control.say(budgets=(a_budget(over=False, hard_stop=True, per="end_user", over_subjects=[]),))
    enforce(control)

    call()
    with lynex.user("ann"):
        call()

    assert [each["end_user"] for each in control.reserved] == ["ann"]


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


# When Lynex cannot be reached


def test_fails_open_by_default(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "FIRST_STATE_S", 0.1)
    enforce("http://127.0.0.1:1")

    call()
    active().gate.stop()


def test_fails_closed_where_that_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "FIRST_STATE_S", 0.1)
    enforce("http://127.0.0.1:1", fail="closed")

    with pytest.raises(lynex.LynexUnreachable):
        call()
    active().gate.stop()


def test_closed_goes_by_when_the_server_was_last_heard(control: ControlServer) -> None:
    enforce(control, fail="closed")
    call()

    active().gate._listener.stop()
    active().gate._listener._thread.join()
    active().gate._listener.heard_at_s -= 31

    with pytest.raises(lynex.LynexUnreachable, match="not heard of for 3"):
        call()


def test_what_was_known_to_stop_goes_on_to_when_the_server_is_gone() -> None:
    """A kill switch must not end because the control plane does."""
    with ControlServer() as control:
        control.say(a_switch())
        enforce(control)
        with pytest.raises(lynex.KillSwitchActive):
            call()

    gate = active().gate
    gate._listener.heard_at_s -= 3600
    with pytest.raises(lynex.KillSwitchActive):
        call()
    gate.stop()


def test_polls_where_streams_do_not_get_through(control: ControlServer) -> None:
    control.streams = False
    control.say(a_switch())
    enforce(control)

    with pytest.raises(lynex.KillSwitchActive):
        call()
    control.say()
    wait_until(lambda: knows(0))
    wait_until(lambda: any(headers.get("if-none-match") == '"3"' for _, headers in control.asked))


def test_signs_its_questions_where_a_secret_is_set(control: ControlServer) -> None:
    configure(control.url, api_key="", hmac_secret="s" * 40, project_id="default", enforce="enforce")
    call()

    headers = control.asked[0][1]
    assert {"x-lynex-signature", "x-lynex-timestamp", "x-lynex-key"} <= set(headers)
    assert "authorization" not in headers


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_listens_by_itself(control: ControlServer) -> None:
    enforce(control)
    call()
    child = os.fork()
    if child == 0:
        outcome = 1
        try:
            for _ in range(1000):
                try:
                    call()
                except lynex.KillSwitchActive:
                    outcome = 0
                    break
                time.sleep(0.005)
        finally:
            os._exit(outcome)
    control.say(a_switch())

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# Money set aside


def hard(**changes: Any) -> dict[str, Any]:
    return a_budget("hard", hard_stop=True, over=False, **changes)


def test_sets_money_aside_where_a_budget_stops_hard(control: ControlServer, model_url: str) -> None:
    control.say(budgets=(hard(model="gpt-*"),))
    enforce(control, environment="production", sample_rate=0.0)
    lynex.instrument("openai")
    client = openai.OpenAI(base_url=f"{model_url}/v1", api_key="test")

    client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, max_tokens=77)
    client.chat.completions.create(model="o4", messages=QUESTION)

    [asked] = control.reserved
    assert (asked["provider"], asked["model"], asked["environment"]) == (
        "openai",
        "gpt-4o-mini",
        "production",
    )
    assert asked["usage"]["output_tokens"] == 77
    assert 1 <= asked["usage"]["input_tokens"] <= 20
    [event] = events(control)  # sent though nothing is sampled: it settles the reservation
    assert event["attributes"]["lynex.reservation_id"] == "rsv_1"


def test_is_stopped_by_the_budget_that_says_no(control: ControlServer) -> None:
    control.say(budgets=(hard(),))
    control.refusal = (
        402,
        {"detail": "The budget 'hard' has $0 left", "budget_id": "bud_1", "frees_at": None},
    )
    enforce(control)

    with pytest.raises(lynex.BudgetExceeded, match="has \\$0 left") as stopped:
        call()

    assert stopped.value.budget_id == "bud_1"


def test_a_function_and_the_client_inside_it_set_money_aside_once(
    control: ControlServer, model_url: str
) -> None:
    control.say(budgets=(hard(),))
    enforce(control)
    lynex.instrument("openai")
    client = openai.OpenAI(base_url=f"{model_url}/v1", api_key="test")

    @lynex.trace_llm(provider="openai", model="gpt-4o-mini")
    def ask() -> None:
        client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)

    ask()
    assert len(control.reserved) == 1
    client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)

    assert len(control.reserved) == 2
    assert [event["attributes"]["lynex.reservation_id"] for event in events(control)] == [
        "rsv_1",
        "rsv_1",
        "rsv_2",
    ]


async def test_sets_money_aside_without_holding_up_the_loop(control: ControlServer, model_url: str) -> None:
    control.say(budgets=(hard(),))
    enforce(control)
    lynex.instrument("openai")
    client = openai.AsyncOpenAI(base_url=f"{model_url}/v1", api_key="test")

    await asyncio.gather(
        *(client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION) for _ in range(4))
    )

    assert len(control.reserved) == 4
    assert {event["attributes"]["lynex.reservation_id"] for event in events(control)} == {
        "rsv_1", "rsv_2", "rsv_3", "rsv_4",
    }  # fmt: skip


@pytest.mark.parametrize(("fail", "stopped"), [("open", False), ("closed", True)])
def test_a_reservation_that_cannot_be_made_goes_by_the_setting(
    control: ControlServer, fail: str, stopped: bool
) -> None:
    control.say(budgets=(hard(),))
    control.refusal = (503, {"detail": "busy"})
    enforce(control, fail=fail)

    if stopped:
        with pytest.raises(lynex.LynexUnreachable, match="503"):
            call()
    else:
        call()


# Guards


def test_a_guard_gives_back_what_no_call_took(control: ControlServer) -> None:
    control.say(budgets=(hard(),))
    enforce(control)

    with lynex.guard(model="llama3", input_tokens=9, max_output_tokens=20):
        pass

    assert control.reserved[0]["usage"] == {"input_tokens": 9, "output_tokens": 20}
    assert control.released == ["rsv_1"]


def test_a_guard_settles_what_is_said(control: ControlServer) -> None:
    control.say(budgets=(hard(),))
    enforce(control)

    with lynex.guard(model="llama3") as held:
        held.settle(input_tokens=7, output_tokens=3, cost_usd=0.5)

    assert control.settled == [("rsv_1", {"usage": {"input_tokens": 7, "output_tokens": 3}, "cost_usd": 0.5})]
    assert control.released == []


def test_the_call_inside_a_guard_takes_what_is_set_aside(control: ControlServer) -> None:
    control.say(budgets=(hard(),))
    enforce(control)

    with lynex.guard(model="gpt-4o"):
        call()

    assert len(control.reserved) == 1
    assert control.released == []
    assert events(control)[0]["attributes"]["lynex.reservation_id"] == "rsv_1"


async def test_an_async_guard_is_stopped_and_set_aside_alike(control: ControlServer) -> None:
    control.say(budgets=(hard(),))
    enforce(control)
    async with lynex.guard(model="llama3"):
        pass
    assert control.released == ["rsv_1"]

    control.say(a_switch())
    wait_until(knows)
    with pytest.raises(lynex.KillSwitchActive):
        async with lynex.guard(model="llama3"):
            raise AssertionError


def test_a_guard_does_nothing_where_nothing_is_enforced() -> None:
    with lynex.guard(model="llama3") as held:
        held.settle(input_tokens=1)


# Values


def test_refuses_words_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="enforce must be one of off, warn, enforce"):
        lynex.configure(enforce="maybe")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fail must be one of"):
        lynex.configure(fail="ajar")  # type: ignore[arg-type]


def test_a_pattern_means_only_stars_and_question_marks() -> None:
    assert glob("") is None
    fits = [("gpt-*", "gpt-4o"), ("gpt-4?", "gpt-4o"), ("a.c", "abc"), ("[ab]", "a")]
    assert [bool(glob(pattern).fullmatch(text)) for pattern, text in fits] == [True, True, False, False]


def test_a_model_is_known_with_and_without_its_provider() -> None:
    rules = read_rules({"version": "1", "kill_switches": [a_switch(model="openai/gpt-*")], "budgets": []})

    assert rules.stops[0].meets(Call(provider="openai", model="gpt-4o"))
    assert not rules.stops[0].meets(Call(provider="azure", model="gpt-4o"))


def test_estimates_a_request_by_its_length_and_its_limit() -> None:
    assert estimate_of({"messages": [{"content": "x" * 300}], "max_tokens": 50, "n": 2})[:2] == (101, 100)
    assert estimate_of({"input": "", "max_output_tokens": 5})[:2] == (1, 5)
    assert estimate_of(None)[:2] == (0, None)
