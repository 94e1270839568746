"""Money that is set aside on the server before a call."""

from __future__ import annotations

import asyncio

import openai
import pytest
from control_server import ControlServer, a_budget
from enforcing import QUESTION, a_hard_budget, call, enforce, events

import lynex
from lynex._internal.enforcement.reserving import estimate_of


def test_sets_money_aside_where_a_budget_stops_hard(control: ControlServer, model_url: str) -> None:
    control.say(budgets=(a_hard_budget(model="gpt-*"),))
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


def test_money_is_set_aside_for_calls_that_name_a_user(control: ControlServer) -> None:
    control.say(budgets=(a_budget(over=False, hard_stop=True, per="end_user", over_subjects=[]),))
    enforce(control)

    call()
    with lynex.user("ann"):
        call()

    assert [each["end_user"] for each in control.reserved] == ["ann"]


def test_is_stopped_by_the_budget_that_says_no(control: ControlServer) -> None:
    control.say(budgets=(a_hard_budget(),))
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
    control.say(budgets=(a_hard_budget(),))
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
    control.say(budgets=(a_hard_budget(),))
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
    control.say(budgets=(a_hard_budget(),))
    control.refusal = (503, {"detail": "busy"})
    enforce(control, fail=fail)

    if stopped:
        with pytest.raises(lynex.LynexUnreachable, match="503"):
            call()
    else:
        call()


def test_estimates_a_request_by_its_length_and_its_limit() -> None:
    assert estimate_of({"messages": [{"content": "x" * 300}], "max_tokens": 50, "n": 2})[:2] == (101, 100)
    assert estimate_of({"input": "", "max_output_tokens": 5})[:2] == (1, 5)
    assert estimate_of(None)[:2] == (0, None)
