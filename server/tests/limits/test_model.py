"""Plans, and what is lowered below them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.kernel.errors import InvalidInput
from lynex_server.limits.model import Ceilings, Lowered
from lynex_server.limits.settings import LimitSettings, PlanSettings

LIMITS = st.builds(
    Ceilings,
    requests_per_s=st.floats(0.01, 1e5),
    burst=st.integers(1, 10**6),
    bytes_per_s=st.integers(1, 10**9),
    max_body_bytes=st.integers(1, 10**9),
)
LOWERED = st.builds(
    Lowered,
    requests_per_s=st.none() | st.floats(0.01, 1e5),
    burst=st.none() | st.integers(1, 10**6),
    bytes_per_s=st.none() | st.integers(1, 10**9),
    max_body_bytes=st.none() | st.integers(1, 10**9),
)


def a_plan(
    requests_per_s: float = 10, burst: int = 20, bytes_per_s: int = 1000, max_body_bytes: int = 500
) -> Ceilings:
    return Ceilings(requests_per_s, burst, bytes_per_s, max_body_bytes)


@given(plan=LIMITS, lowered=LOWERED)
def test_nothing_is_ever_above_the_plan_and_something_is_always_left(plan: Ceilings, lowered: Lowered):
    found = plan.lowered_by(lowered)

    for field in ("requests_per_s", "burst", "bytes_per_s", "max_body_bytes"):
        assert 0 < getattr(found, field) <= getattr(plan, field)


@given(plan=LIMITS)
def test_the_largest_body_always_fits_through(plan: Ceilings):
    assert plan.bytes_burst >= plan.max_body_bytes
    assert plan.bytes_window_s >= 1
    assert plan.requests_window_s >= 1


def test_a_lower_rate_lowers_the_burst_in_proportion_unless_it_is_given():
    assert a_plan().lowered_by(Lowered(requests_per_s=1)).burst == 2
    assert a_plan().lowered_by(Lowered(requests_per_s=1, burst=15)).burst == 15


@pytest.mark.parametrize(
    ("lowered", "field"),
    [
        (Lowered(requests_per_s=10.5), "requests_per_s"),
        (Lowered(burst=21), "burst"),
        (Lowered(bytes_per_s=0), "bytes_per_s"),
        (Lowered(max_body_bytes=501), "max_body_bytes"),
        (Lowered(requests_per_s=math.nan), "requests_per_s"),
    ],
)
def test_refuses_to_go_above_the_plan(lowered: Lowered, field: str):
    with pytest.raises(InvalidInput) as refused:
        a_plan().check_only_lowered(lowered)

    assert refused.value.field == field


def test_takes_what_is_at_the_plan_or_below():
    a_plan().check_only_lowered(Lowered(10, 20, 1000, 500))
    a_plan().check_only_lowered(Lowered())


def test_there_is_always_a_default_plan_and_bodies_are_bounded_as_ingest_says():
    plans = LimitSettings(plans={"free": PlanSettings(requests_per_s=1, burst=5)}).ceilings(777)

    assert set(plans) == {"default", "free"}
    assert (plans["free"].requests_per_s, plans["free"].burst, plans["free"].max_body_bytes) == (1, 5, 777)


def test_reads_plans_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LYNEX_PLANS", '{"default": {"requests_per_s": 3, "max_body_bytes": 9}}')

    [plan] = LimitSettings().ceilings(777).values()

    assert (plan.requests_per_s, plan.max_body_bytes) == (3, 9)


@pytest.mark.parametrize("plans", ['{"free": {"requests": 1}}', '{"free": {"burst": 0}}', "[]", "{"])
def test_refuses_plans_that_are_none(monkeypatch: pytest.MonkeyPatch, plans: str):
    monkeypatch.setenv("LYNEX_PLANS", plans)

    with pytest.raises(Exception, match=r"(?i)plans"):
        LimitSettings()
