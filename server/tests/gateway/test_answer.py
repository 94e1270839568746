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
