"""What a whole answer says of itself, read without trust."""

import pytest

from lynex_server.gateway.answers.answer import read_answer


@pytest.mark.parametrize(("said", "cost_usd"), [(0, 0.0), (0.25, 0.25), (3, 3.0)])
def test_a_cost_that_the_provider_says_is_read(said, cost_usd):
    assert read_answer("chat", {"usage": {"cost": said}}).cost_usd == cost_usd


@pytest.mark.parametrize("said", [-5, -0.01, 1e308, 10**400, float("nan"), True, "0.25", None])
def test_a_cost_that_cannot_be_is_none(said):
    """A negative one would give a budget money that it never had."""
    assert read_answer("chat", {"usage": {"cost": said}}).cost_usd is None


@pytest.mark.parametrize("count", [10**12 + 1, 2**63 - 1])
def test_counts_that_no_call_has_are_not_believed(count):
    usage = {"prompt_tokens": count, "completion_tokens": 10}

    assert read_answer("chat", {"usage": usage}).usage == {}


def test_a_cost_is_no_count():
    assert read_answer("chat", {"usage": {"prompt_tokens": 5, "cost": 3}}).usage == {"input_tokens": 5}
