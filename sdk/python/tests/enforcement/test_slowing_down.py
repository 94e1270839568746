"""A used up budget that slows calls down: how long they wait, and who waits."""

from __future__ import annotations

import asyncio

import openai
import pytest
from control_server import ControlServer, a_budget
from enforcing import QUESTION, call, enforce, events

import lynex
from lynex._internal.enforcement import gate as gate_module


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


def test_warning_only_says_what_a_budget_would_ask(
    control: ControlServer, caplog: pytest.LogCaptureFixture
) -> None:
    control.say(budgets=(a_budget(action="slow_down"),))
    enforce(control, enforce="warn")

    call()
    call()

    said = [record.message for record in caplog.records]
    assert said.count("lynex would slow calls down: The budget 'ten a day' is used up") == 1
