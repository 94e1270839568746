"""Money is set aside before a call, in every budget it counts in, or the call is refused."""

import threading

import pytest
import redis
from budgets.conftest import ACTOR, PRICE_NANOUSD, Stage
from budgets.factories import DAY_US, HOUR_US, USD, wanted

from lynex_server.budgets.errors import BudgetExceeded, KillSwitchActive
from lynex_server.budgets.reservations import Used
from lynex_server.budgets.scope import Scope
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.pricing.public import Usage


def test_sets_aside_until_the_limit_and_refuses_beyond_it(stage: Stage):
    budget = stage.a_budget(limit=10)
    for _ in range(2):
        stage.reserve(cost_nanousd=5 * USD)

    with pytest.raises(BudgetExceeded) as refused:
        stage.reserve(cost_nanousd=1)

    assert refused.value.details["budget_id"] == budget.id
    assert refused.value.details["held_exact"] == 10 * USD
    assert refused.value.details["frees_at"] == "2026-01-06T00:00:00+00:00"
    assert refused.value.retry_after_s == 12 * 3600
    assert "'ten a day' has $0 left of $10" in str(refused.value)
    assert stage.level(budget) == (0, 10 * USD)


def test_what_is_spent_without_a_reservation_counts_against_it(stage: Stage):
    stage.a_budget(limit="0.01")
    stage.book(stage.rows(1, 2))

    with pytest.raises(BudgetExceeded):
        stage.reserve(cost_nanousd=4_000_000)
    stage.reserve(cost_nanousd=3_000_000)


def test_one_budget_that_says_no_leaves_the_others_untouched(stage: Stage):
    """litellm#11083: a check that returned early skipped the budget of the end user."""
    roomy = stage.a_budget(limit=100)
    tight = stage.a_budget({"end_user": "ann"}, limit=1, name="tight")

    with pytest.raises(BudgetExceeded) as refused:
        stage.reserve(cost_nanousd=2 * USD)

    assert refused.value.details["budget_id"] == tight.id
    assert stage.level(roomy) == (0, 0)


@pytest.mark.parametrize("action", ["notify", "slow_down", "stop"])
def test_only_a_budget_that_stops_refuses(stage: Stage, action: str):
    budget = stage.a_budget(limit=1, action=action)

    if action == "stop":
        with pytest.raises(BudgetExceeded):
            stage.reserve(cost_nanousd=2 * USD)
        return
    stage.reserve(cost_nanousd=2 * USD)
    assert stage.level(budget) == (0, 2 * USD)


def test_a_budget_over_its_limit_asks_for_a_cheaper_model(stage: Stage):
    budget = stage.a_budget(limit="0.001", action="downgrade_model", downgrade_to="gpt-4o-mini")
    assert stage.reserve(cost_nanousd=1).advice == ()

    stage.book(stage.rows(1))

    [advice] = stage.reserve(cost_nanousd=1).advice
    assert (advice.id, advice.downgrade_to) == (budget.id, "gpt-4o-mini")


def test_an_override_lets_calls_through_for_so_long(stage: Stage):
    budget = stage.a_budget(limit=1)
    stage.budgets.service.override(stage.key, budget.id, 30, "launch day", sees_all=False)

    stage.reserve(cost_nanousd=5 * USD)
    stage.clock.advance_us(30 * 60_000_000)
    with pytest.raises(BudgetExceeded):
        stage.reserve(cost_nanousd=5 * USD)

    assert "budget.overridden" in stage.audited()


def test_an_override_that_is_ended_early_holds_no_more(stage: Stage):
    budget = stage.a_budget(limit=1)
    stage.budgets.service.end_override(stage.key, budget.id, sees_all=False)  # there is none
    stage.budgets.service.override(stage.key, budget.id, 30, "launch day", sees_all=False)
    stage.reserve(cost_nanousd=5 * USD)

    stage.budgets.service.end_override(stage.key, budget.id, sees_all=False)

    with pytest.raises(BudgetExceeded):
        stage.reserve(cost_nanousd=5 * USD)
    assert stage.audited().count("budget.override_ended") == 1


def test_prices_what_it_is_not_told(stage: Stage):
    budget = stage.a_budget(limit=10)

    stage.reserve(cost_nanousd=None, usage=Usage(input_tokens=1000, output_tokens=100))

    assert stage.level(budget) == (0, 3_500_000)


def test_expects_the_worst_of_a_call_that_names_no_limit(stage: Stage):
    budget = stage.a_budget(unit="tokens", limit=100_000)

    stage.reserve(cost_nanousd=None, usage=Usage(input_tokens=1000))

    assert stage.level(budget) == (0, 1000 + 4096)


def test_an_unknown_price_is_not_zero(stage: Stage):
    stage.a_budget(limit=10)

    with pytest.raises(InvalidInput) as refused:
        stage.reserve(cost_nanousd=None, model="nobody-knows-it")
    assert refused.value.field == "cost_usd"


def test_a_budget_in_tokens_needs_no_price(stage: Stage):
    stage.a_budget(unit="tokens", limit=10_000)

    stage.reserve(cost_nanousd=None, model="nobody-knows-it", usage=Usage(input_tokens=5, output_tokens=5))


def test_asked_again_with_the_same_key_it_is_the_same_reservation(stage: Stage):
    budget = stage.a_budget()

    first = stage.reserve(key="job-1")
    again = stage.reserve(key="job-1")

    assert again.id == first.id
    assert stage.level(budget) == (0, USD)
    stage.settle(first, 1)
    with pytest.raises(Conflict):
        stage.reserve(key="job-1")


def test_releasing_gives_back(stage: Stage):
    budget = stage.a_budget()
    reservation = stage.reserve()

    stage.budgets.reservations.release(stage.project, reservation.id)

    assert stage.level(budget) == (0, 0)
    assert stage.spent(budget) == 0


def test_a_dead_caller_gives_back_at_the_expiry_and_may_settle_late(stage: Stage):
    budget = stage.a_budget()
    reservation = stage.reserve(ttl_s=60)

    stage.clock.advance_us(60_000_000)
    assert stage.level(budget) == (0, 0)
    stage.settle(reservation, 7)

    assert stage.level(budget) == (7, 0)


def test_a_corrected_reservation_holds_what_the_call_truly_used(stage: Stage):
    budget = stage.a_budget(limit=10)
    tokens = stage.a_budget(unit="tokens", limit=10_000)
    reservation = stage.reserve(cost_nanousd=9 * USD, usage=Usage(input_tokens=100, output_tokens=200))

    corrected = stage.correct(reservation, Usage(input_tokens=1000, output_tokens=100))

    assert (corrected.live, corrected.used.cost_nanousd) == (True, PRICE_NANOUSD)
    assert corrected.cost_source == "priced"
    assert stage.level(budget) == (0, PRICE_NANOUSD)
    assert stage.level(tokens) == (0, 1100)
    assert stage.spent(budget) == 0
    stage.reserve(cost_nanousd=9 * USD)


def test_calls_are_corrected_together_each_by_itself(stage: Stage):
    budget = stage.a_budget({"environment": "production"})
    made = [stage.reserve() for _ in range(3)]
    stage.settle(made[1], 5)
    nowhere = stage.reserve(cost_nanousd=None, model="nobody-knows-it", environment="elsewhere", keep=False)

    used = [Used(each, Usage(), cost) for each, cost in zip([*made, nowhere], (7, 8, 9, 10), strict=True)]
    corrected = stage.budgets.reservations.correct(used)

    assert [(each.live, each.used.cost_nanousd) for each in corrected] == [
        (True, 7),
        (False, 8),
        (True, 9),
        (False, 10),
    ]
    assert stage.level(budget) == (5, 16)


def test_the_span_of_a_corrected_reservation_takes_the_place_of_its_hold(stage: Stage):
    budget = stage.a_budget()
    reservation = stage.reserve()
    stage.correct(reservation, Usage(), 7)

    stage.book(stage.rows(1, reservation=reservation.id))

    assert stage.level(budget) == (PRICE_NANOUSD, 0)
    assert not stage.correct(reservation, Usage(), 7).live
    assert stage.level(budget) == (PRICE_NANOUSD, 0)


def test_a_call_that_cost_more_than_was_expected_leaves_no_room_for_the_next(stage: Stage):
    budget = stage.a_budget(limit=10)
    reservation = stage.reserve(cost_nanousd=USD)

    stage.correct(reservation, Usage(), 12 * USD)

    assert stage.level(budget) == (0, 12 * USD)
    with pytest.raises(BudgetExceeded):
        stage.reserve(cost_nanousd=1)


def test_a_correction_holds_until_its_own_time_is_over(stage: Stage):
    budget = stage.a_budget()
    reservation = stage.reserve(ttl_s=60)
    stage.clock.advance_us(50_000_000)

    stage.correct(reservation, Usage(), 7, ttl_s=30)

    stage.clock.advance_us(29_000_000)
    assert stage.level(budget) == (0, 7)
    stage.clock.advance_us(1_000_000)
    assert stage.level(budget) == (0, 0)
    assert not stage.correct(reservation, Usage(), 7).live


def test_a_call_that_no_budget_covers_is_reserved_nowhere(stage: Stage):
    stage.a_budget({"model": "claude-*"})

    reservation = stage.reserve(cost_nanousd=None, model="nobody-knows-it", keep=False)

    assert reservation.budget_ids == ()
    assert stage.counters.find(f"{stage.project}:{reservation.id}") is None
    assert not stage.correct(reservation, Usage(), 7).live
    assert stage.settle(reservation, 7).state == "unheld"
    stage.budgets.reservations.release(stage.project, reservation.id)
    later = stage.a_budget()
    stage.book(stage.rows(1, reservation=reservation.id))
    assert stage.spent(later) == PRICE_NANOUSD


def test_rules_say_which_part_of_a_budget_is_used_up(stage: Stage):
    budget = stage.a_budget(limit="0.007")
    stage.book(stage.rows(1))

    rules = stage.budgets.board.rules(stage.organisation)

    assert rules.used(budget) == 0.5
    assert rules.over == frozenset()


def test_a_reservation_is_of_its_project_alone(stage: Stage):
    reservation = stage.reserve()

    for use in (
        lambda: stage.budgets.reservations.release(stage.other_project, reservation.id),
        lambda: stage.budgets.reservations.settle(stage.other_project, reservation.id, Usage(), 1),
    ):
        with pytest.raises(NotFound):
            use()


def test_what_neither_cost_nor_price_is_known_of_counts_as_reserved(stage: Stage):
    budget = stage.a_budget()
    reservation = stage.reserve(model="nobody-knows-it", cost_nanousd=5_000_000)

    settled = stage.budgets.reservations.settle(stage.project, reservation.id, Usage(), None)

    assert (settled.cost_source, stage.spent(budget)) == ("reserved", 5_000_000)


def test_settlements_at_the_same_time_are_each_counted_once(stage: Stage):
    budget = stage.a_budget(limit=1000)
    reservations = [stage.reserve(cost_nanousd=USD) for _ in range(12)]
    states: list[str] = []

    def settle(number: int) -> None:
        states.append(stage.settle(reservations[number % 12], 7).state)

    threads = [threading.Thread(target=settle, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(states) == ["booked_before"] * 12 + ["settled"] * 12
    assert stage.level(budget) == (12 * 7, 0)


def test_is_refused_under_a_kill_switch(stage: Stage):
    stage.budgets.switches.trigger(
        ACTOR, stage.organisation, Scope(project_id=stage.project), ["/health"], "runaway", None, False
    )

    with pytest.raises(KillSwitchActive, match="runaway"):
        stage.reserve()
    stage.reserve(route="/health")


def test_counters_that_were_lost_are_loaded_from_the_books(stage: Stage, counters_url: str):
    """litellm#26672: what a lost counter held must not be free."""
    stage.a_budget(limit="0.005")
    stage.book(stage.rows(1))
    if not counters_url.startswith("redis"):
        pytest.skip("a file is not lost while it is open")
    with redis.Redis.from_url(counters_url) as client:
        client.flushdb()

    with pytest.raises(BudgetExceeded):
        stage.reserve(cost_nanousd=2_000_000)


def test_the_first_calls_under_a_new_budget_cannot_slip_by(stage: Stage):
    """litellm#40095: the first concurrent calls bypassed a budget that no counter knew yet."""
    stage.a_budget(limit=3)
    processes = [stage.budgets, stage.another_process()]
    granted: list[str] = []

    def call(number: int) -> None:
        try:
            granted.append(stage.reserve(cost_nanousd=USD, process=processes[number % 2]).id)
        except BudgetExceeded:
            return

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(granted) == 3


def test_a_new_period_begins_empty_but_not_unguarded(stage: Stage):
    budget = stage.a_budget(limit=2)
    stage.reserve(cost_nanousd=2 * USD)

    stage.clock.advance_us(DAY_US)
    stage.reserve(cost_nanousd=2 * USD)
    with pytest.raises(BudgetExceeded):
        stage.reserve(cost_nanousd=1)

    assert stage.level(budget) == (0, 2 * USD)


def test_a_rolling_budget_refuses_until_calls_leave_its_window(stage: Stage):
    stage.a_budget(period="rolling", rolling_s=3600, unit="requests", limit=2)
    for _ in range(2):
        stage.settle(stage.reserve(), 1)

    with pytest.raises(BudgetExceeded, match="as older calls leave its window"):
        stage.reserve()
    stage.clock.advance_us(HOUR_US + 60_000_000)
    stage.reserve()


def test_a_change_of_the_limit_holds_at_once(stage: Stage):
    budget = stage.a_budget(limit=1)
    with pytest.raises(BudgetExceeded):
        stage.reserve(cost_nanousd=2 * USD)

    stage.budgets.service.change(stage.key, budget.id, wanted(limit=5), False)

    stage.reserve(cost_nanousd=2 * USD)
