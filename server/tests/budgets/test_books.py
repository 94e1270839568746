"""What budgets spend is counted once: the books equal the spans, whatever crashes and in whatever order it
comes."""

import random

import pytest
from budgets.conftest import PRICE_NANOUSD, Stage
from budgets.factories import DAY_US, HOUR_US, USD, wanted
from clocks import NOON_US

from lynex_server.budgets.model import Budget


def test_counts_the_spans_that_a_budget_covers(stage: Stage):
    production = stage.a_budget({"environment": "production"})
    staging = stage.a_budget({"environment": "staging"})

    stage.book(stage.rows(1, 2) + stage.rows(3, environment="staging"))

    assert stage.spent(production) == 2 * PRICE_NANOUSD
    assert stage.spent(staging) == PRICE_NANOUSD
    assert stage.level(production) == (2 * PRICE_NANOUSD, 0)


def test_counts_in_dollars_tokens_and_requests(stage: Stage):
    dollars, tokens, requests = (
        stage.a_budget(unit=unit, limit=100) for unit in ("usd", "tokens", "requests")
    )

    stage.book(stage.rows(1, 2) + stage.rows(3, kind="tool", usage={}))

    assert [stage.spent(each) for each in (dollars, tokens, requests)] == [2 * PRICE_NANOUSD, 2200, 2]


def test_a_call_that_was_blocked_is_no_request(stage: Stage):
    stage.store_and_book(1)
    stage.store_and_book(2, status="blocked", usage={})

    budget = stage.a_budget(unit="requests", limit=100)
    stage.book(stage.rows(3, status="blocked", usage={}))

    assert stage.spent(budget) == 1


def test_a_budget_of_the_whole_organisation_counts_every_project(stage: Stage):
    everywhere = stage.a_budget({"project": "all"})
    here = stage.a_budget()

    stage.book(stage.rows(1) + stage.rows(2, project=stage.other_project))

    assert stage.spent(everywhere) == 2 * PRICE_NANOUSD
    assert stage.spent(here) == PRICE_NANOUSD


def test_a_batch_that_comes_again_counts_once(stage: Stage):
    budget = stage.a_budget()
    rows = stage.rows(1)

    for _ in range(3):
        stage.book(rows, "batch-1")

    assert stage.spent(budget) == PRICE_NANOUSD


def test_a_crash_between_books_and_counters_is_healed_when_the_batch_comes_again(stage: Stage):
    budget = stage.a_budget()
    rows = stage.rows(1)
    stage.book(rows, "batch-1", told=False)
    assert stage.level(budget) == (0, 0)

    stage.book(rows, "batch-1", process=stage.another_process())

    assert stage.level(budget) == (PRICE_NANOUSD, 0)


def test_a_crash_between_books_and_counters_is_healed_at_the_next_start(stage: Stage):
    """litellm#26672: stale counters let spending pass the limit."""
    budget = stage.a_budget()
    stage.book(stage.rows(1), told=False)

    stage.another_process().reconciler.look()

    assert stage.level(budget) == (PRICE_NANOUSD, 0)


def test_a_call_belongs_to_the_period_in_which_it_began(stage: Stage):
    budget = stage.a_budget()

    stage.book(stage.rows(1, start_time_us=NOON_US - DAY_US) + stage.rows(2))

    periods, _ = stage.budgets.service.history(budget)
    assert periods == [
        (NOON_US - 12 * HOUR_US, PRICE_NANOUSD),
        (NOON_US - 36 * HOUR_US, PRICE_NANOUSD),
    ]


def test_a_rolling_window_forgets_what_is_too_old(stage: Stage):
    budget = stage.a_budget(period="rolling", rolling_s=3600)
    stage.book(stage.rows(1))
    assert stage.spent(budget) == PRICE_NANOUSD

    stage.clock.advance_us(HOUR_US)
    assert stage.spent(budget) == PRICE_NANOUSD
    stage.clock.advance_us(60_000_000)

    assert stage.spent(budget) == 0
    assert stage.level(budget) == (0, 0)


# Reservations and their spans


def test_a_settlement_counts_and_its_span_takes_its_place(stage: Stage):
    budget = stage.a_budget()
    reservation = stage.reserve()

    stage.settle(reservation, 2_000_000)
    assert stage.level(budget) == (2_000_000, 0)
    stage.book(stage.rows(1, reservation=reservation.id))

    assert stage.spent(budget) == PRICE_NANOUSD
    assert stage.level(budget) == (PRICE_NANOUSD, 0)


def test_a_span_before_its_settlement_stands(stage: Stage):
    budget = stage.a_budget()
    reservation = stage.reserve()

    stage.book(stage.rows(1, reservation=reservation.id))
    assert stage.level(budget) == (PRICE_NANOUSD, 0)
    settlement = stage.settle(reservation, 2_000_000)

    assert settlement.state == "booked_before"
    assert stage.spent(budget) == PRICE_NANOUSD


def test_two_spans_of_one_reservation_both_count(stage: Stage):
    """A client that tries again makes two calls, and both are paid for."""
    budget = stage.a_budget()
    reservation = stage.reserve()
    stage.settle(reservation, 2_000_000)

    stage.book(stage.rows(1, reservation=reservation.id))
    stage.book(stage.rows(2, reservation=reservation.id))

    assert stage.spent(budget) == 2 * PRICE_NANOUSD


def test_settling_twice_counts_once(stage: Stage):
    budget = stage.a_budget()
    reservation = stage.reserve()

    answers = [stage.settle(reservation, 2_000_000).state for _ in range(2)]

    assert answers == ["settled", "booked_before"]
    assert stage.spent(budget) == 2_000_000


def test_a_stranger_cannot_end_a_reservation_by_naming_it(stage: Stage):
    budget = stage.a_budget({"project": "all"})
    reservation = stage.reserve()

    stage.book(stage.rows(1, project=stage.other_project, reservation=reservation.id))

    assert stage.level(budget) == (PRICE_NANOUSD, USD)


def test_any_order_of_spans_settlements_and_crashes_gives_the_same_books(stage: Stage):
    """The books equal the spans, plus the settlements of calls whose span never came."""
    budget = stage.a_budget(limit=1000)
    rng = random.Random(3)
    with_span, without = (
        [stage.reserve(cost_nanousd=5_000_000) for _ in range(6)],
        [stage.reserve(cost_nanousd=5_000_000) for _ in range(3)],
    )
    spans = {each.id: stage.rows(number, reservation=each.id) for number, each in enumerate(with_span)}
    steps = [("settle", each) for each in (*with_span, *without)] + [("span", each) for each in with_span] * 2
    rng.shuffle(steps)
    for what, each in steps:
        if what == "settle":
            stage.settle(each, 4_000_000)
        else:
            stage.book(spans[each.id], f"batch of {each.id}", told=rng.random() < 0.5)
    stage.another_process().reconciler.look()

    assert stage.spent(budget) == 6 * PRICE_NANOUSD + 3 * 4_000_000
    assert stage.level(budget)[0] == stage.spent(budget)


# Counting history


def test_a_new_budget_knows_what_was_spent_before(stage: Stage):
    stage.store_and_book(1, 2)
    stage.store_and_book(3, start_time_us=NOON_US - DAY_US)
    stage.store_and_book(4, environment="staging")

    budget = stage.a_budget({"environment": "production"})

    assert not budget.counting
    assert stage.spent(budget) == 2 * PRICE_NANOUSD
    assert stage.level(budget) == (2 * PRICE_NANOUSD, 0)
    assert [spent for _, spent in stage.budgets.service.history(budget)[0]] == [
        2 * PRICE_NANOUSD,
        PRICE_NANOUSD,
    ]


def test_a_batch_that_is_stored_but_not_booked_counts_once_it_is(stage: Stage):
    rows = stage.rows(1)
    batch = stage.store(rows)

    budget = stage.a_budget()
    assert stage.spent(budget) == 0
    stage.book(rows, batch)

    assert stage.spent(budget) == PRICE_NANOUSD


@pytest.mark.parametrize("per", [None, "end_user"])
def test_a_batch_booked_while_history_is_summed_counts_once(stage: Stage, per: str | None):
    stage.store_and_book(1)
    budget = stage.a_budget(per=per)
    recount = stage.budgets.service._recount
    rows = stage.rows(2)
    batch = stage.store(rows)

    beginning = recount._begin(budget.id)
    stage.book(rows, batch)
    assert recount._finish(beginning, recount._sum(beginning))

    assert stage.spent(budget) == 2 * PRICE_NANOUSD


def test_a_settlement_without_span_is_part_of_the_history(stage: Stage):
    stage.settle(stage.reserve(), 2_000_000)
    covered = stage.reserve()
    stage.settle(covered, 2_000_000)
    rows = stage.rows(1, reservation=covered.id)
    stage.book(rows, stage.store(rows))

    assert stage.spent(stage.a_budget()) == PRICE_NANOUSD + 2_000_000


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": {"environment": "staging"}},
        {"unit": "tokens"},
        {"period": "week"},
        {"period": "rolling", "rolling_s": 7 * 86400},
        {"period": "total"},
        {"period": "month", "time_zone": "Asia/Kathmandu"},
        {"period": "hour"},
    ],
)
def test_a_budget_that_means_something_else_is_counted_anew(stage: Stage, changes):
    stage.store_and_book(1, 2)
    stage.store_and_book(3, environment="staging", start_time_us=NOON_US - 30 * HOUR_US)
    stage.store_and_book(4, environment="staging")
    budget = stage.a_budget({"environment": "production"})

    changed = stage.budgets.service.change(stage.key, budget.id, wanted(**{"scope": None, **changes}), True)
    fresh = stage.a_budget(**changes)

    assert stage.spent(changed) == stage.spent(fresh) > 0
    assert stage.level(changed) == stage.level(fresh)


def test_a_count_that_a_crash_cut_off_is_begun_again(stage: Stage):
    stage.store_and_book(1)
    budget = stage.a_budget()
    stage.budgets.service._recount._begin(budget.id)
    later = stage.another_process()

    later.reconciler.look()
    stage.clock.advance_us(4 * 60 * 1_000_000)
    later.reconciler.look()

    found = stage.budgets.service.find(stage.key, budget.id, sees_all=False)
    assert not found.counting
    assert stage.spent(budget) == PRICE_NANOUSD


def test_history_that_was_priced_anew_is_counted_anew(stage: Stage):
    stage.store_and_book(1)
    budget = stage.a_budget()
    stage.columnar.command(
        f"ALTER TABLE spans UPDATE cost_nanousd = 77 WHERE project_id = '{stage.project}' "
        "SETTINGS mutations_sync = 2"
    )

    assert stage.budgets.service.recount_projects([stage.project]) == 1

    assert stage.spent(budget) == 77


def test_a_removed_budget_is_gone(stage: Stage):
    budget = stage.a_budget()
    stage.book(stage.rows(1))

    stage.budgets.service.remove(stage.key, budget.id, sees_all=False)

    assert stage.budgets.service.about(stage.key, sees_all=True) == []
    stage.book(stage.rows(2))
    stage.reserve(cost_nanousd=100 * USD)


# News


def passed(stage: Stage, budget: Budget) -> list[tuple[str, int]]:
    events = stage.budgets.service.history(budget)[1]
    return sorted((event.kind, event.percent) for event in events)


def test_each_threshold_is_news_once_per_period(stage: Stage):
    """litellm#32597: several thresholds, once per period each."""
    budget = stage.a_budget(limit="0.007", thresholds=[50, 80, 100])

    stage.book(stage.rows(1))
    assert passed(stage, budget) == [("threshold", 50)]
    stage.book(stage.rows(2))
    stage.book(stage.rows(3))

    assert passed(stage, budget) == [
        ("stopped", 100),
        ("threshold", 50),
        ("threshold", 80),
        ("threshold", 100),
    ]
    assert stage.audited().count("budget.stopped") == 1

    stage.clock.advance_us(DAY_US)
    stage.book(stage.rows(4, start_time_us=NOON_US + DAY_US))
    assert passed(stage, budget).count(("threshold", 50)) == 2


def test_a_late_call_of_an_ended_period_makes_no_news(stage: Stage):
    budget = stage.a_budget(limit="0.001")

    stage.book(stage.rows(1, start_time_us=NOON_US - 2 * DAY_US))

    assert passed(stage, budget) == []


def test_a_limit_that_is_lowered_below_what_is_spent_is_news_at_once(stage: Stage):
    budget = stage.a_budget(limit=100)
    stage.book(stage.rows(1))

    stage.budgets.service.change(stage.key, budget.id, wanted(limit="0.001"), False)

    assert ("stopped", 100) in passed(stage, budget)


def test_tells_news_since_a_moment(stage: Stage):
    budget = stage.a_budget(limit="0.005", thresholds=[50])
    stage.book(stage.rows(1))
    stage.clock.advance_us(10)

    told = stage.budgets.service.events_since(NOON_US)

    assert [(event.budget_id, event.percent, event.spent) for event in told] == [
        (budget.id, 50, PRICE_NANOUSD)
    ]
    assert stage.budgets.service.events_since(NOON_US + 1) == []
