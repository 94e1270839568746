"""`lynex.guard`: what a block of code sets aside, takes and gives back."""

from __future__ import annotations

import pytest
from control_server import ControlServer, a_switch
from enforcing import a_hard_budget, call, enforce, events, knows
from sending import wait_until

import lynex


def test_a_guard_gives_back_what_no_call_took(control: ControlServer) -> None:
    control.say(budgets=(a_hard_budget(),))
    enforce(control)

    with lynex.guard(model="llama3", input_tokens=9, max_output_tokens=20):
        pass

    assert control.reserved[0]["usage"] == {"input_tokens": 9, "output_tokens": 20}
    assert control.released == ["rsv_1"]


def test_a_guard_may_say_the_most_in_dollars(control: ControlServer) -> None:
    control.say(budgets=(a_hard_budget(),))
    enforce(control)

    with lynex.guard(model="llama3", max_cost_usd=0.25):
        pass

    assert control.reserved[0]["cost_usd"] == 0.25


def test_a_guard_is_stopped_by_what_means_its_route_or_tags(control: ControlServer) -> None:
    control.say(a_switch("a route", route="/chat"), a_switch("a tag", tag="beta"))
    enforce(control)

    with pytest.raises(lynex.KillSwitchActive, match="a route"), lynex.guard(model="m", route="/chat"):
        raise AssertionError
    with pytest.raises(lynex.KillSwitchActive, match="a tag"), lynex.guard(model="m", tags=("beta",)):
        raise AssertionError
    with lynex.guard(model="m", route="/search", tags=["alpha"]):
        pass


def test_a_guard_settles_what_is_said(control: ControlServer) -> None:
    control.say(budgets=(a_hard_budget(),))
    enforce(control)

    with lynex.guard(model="llama3") as held:
        held.settle(input_tokens=7, output_tokens=3, cost_usd=0.5)

    assert control.settled == [("rsv_1", {"usage": {"input_tokens": 7, "output_tokens": 3}, "cost_usd": 0.5})]
    assert control.released == []


def test_the_call_inside_a_guard_takes_what_is_set_aside(control: ControlServer) -> None:
    control.say(budgets=(a_hard_budget(),))
    enforce(control)

    with lynex.guard(model="gpt-4o"):
        call()

    assert len(control.reserved) == 1
    assert control.released == []
    assert events(control)[0]["attributes"]["lynex.reservation_id"] == "rsv_1"


async def test_an_async_guard_is_stopped_and_set_aside_alike(control: ControlServer) -> None:
    control.say(budgets=(a_hard_budget(),))
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
