"""A budget with `per`: one limit for each end user, API key or session, counted for each on its own."""

import threading

import pytest
import sqlalchemy as sa
from budgets.conftest import PRICE_NANOUSD, Stage
from budgets.factories import DAY_US, HOUR_US, USD, a_budget, a_call, wanted

from lynex_server.budgets.control import state_for
from lynex_server.budgets.describe import describe_budget
from lynex_server.budgets.errors import BudgetExceeded
from lynex_server.budgets.model import Budget, Subject
from lynex_server.budgets.tables import budget_events, budget_subject_lines
from lynex_server.kernel.errors import InvalidInput
from lynex_server.pricing.public import Usage
from lynex_server.privacy.holders import EndUser
from lynex_server.privacy.relational_holder import RelationalHolder


def closest(stage: Stage, budget: Budget) -> dict[str, int]:
    """What the books say that each subject spent."""
    standing, _ = stage.budgets.service.standings([budget])[0]
    return {each.subject.value: each.spent for each in standing.subjects}


def level(stage: Stage, budget: Budget, user: str) -> tuple[int, int]:
    """What the counters say of one subject: spent and held."""
    now_us = stage.clock.now_us()
    first, last = budget.window(now_us).start_us, budget.calendar.line_us(now_us)
    counter = budget.counter(Subject(stage.project, user))
    [found] = stage.counters.levels([(counter, first, last)], now_us)
    return found.spent, found.held


def test_each_end_user_has_the_limit_to_himself(stage: Stage):
    budget = stage.a_budget(per="end_user", limit=5)
    stage.reserve(cost_nanousd=5 * USD, end_user="ann")

    with pytest.raises(BudgetExceeded, match="for the end user 'ann'") as refused:
        stage.reserve(cost_nanousd=1, end_user="ann")
    stage.reserve(cost_nanousd=5 * USD, end_user="bob")

    assert refused.value.details["subject"] == "ann"
    assert level(stage, budget, "ann") == (0, 5 * USD)


def test_the_first_calls_of_an_unknown_user_cannot_slip_by(stage: Stage):
    """litellm#40095: the first concurrent calls of an end user nobody knew yet bypassed the budget."""
    stage.a_budget(per="end_user", limit=3)
    processes = [stage.budgets, stage.another_process()]
    granted: list[str] = []
    together = threading.Barrier(8)

    def call(number: int) -> None:
        together.wait()
        try:
            made = stage.reserve(cost_nanousd=USD, end_user="new here", process=processes[number % 2])
        except BudgetExceeded:
            return
        granted.append(made.id)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(granted) == 3


def test_counts_what_each_spent_and_the_sum(stage: Stage):
    budget = stage.a_budget(per="end_user", limit=5)

    stage.book(stage.rows(1, 2, end_user_id="ann") + stage.rows(3, end_user_id="bob"))

    assert closest(stage, budget) == {"ann": 2 * PRICE_NANOUSD, "bob": PRICE_NANOUSD}
    assert level(stage, budget, "ann") == (2 * PRICE_NANOUSD, 0)
    assert [spent for _, spent in stage.budgets.service.history(budget)[0]] == [3 * PRICE_NANOUSD]


def test_a_call_that_names_nobody_is_not_counted(stage: Stage):
    budget = stage.a_budget(per="end_user", limit="0.001")

    stage.book(stage.rows(1, end_user_id=""))
    reservation = stage.reserve(cost_nanousd=5 * USD, end_user="", keep=False)

    assert reservation.budget_ids == ()
    assert closest(stage, budget) == {}


@pytest.mark.parametrize(("per", "field"), [("session", "session"), ("api_key", "api_key")])
def test_each_session_or_key_has_the_limit_to_itself(stage: Stage, per: str, field: str):
    stage.a_budget(per=per, limit=2)
    stage.reserve(cost_nanousd=2 * USD, **{field: "one"})

    with pytest.raises(BudgetExceeded):
        stage.reserve(cost_nanousd=2 * USD, **{field: "one"})
    stage.reserve(cost_nanousd=2 * USD, **{field: "two"})


def test_the_same_name_in_two_projects_is_two_users(stage: Stage):
    stage.a_budget({"project": "all"}, per="end_user", limit=2)
    stage.reserve(cost_nanousd=2 * USD, end_user="ann")

    stage.reserve(cost_nanousd=2 * USD, end_user="ann", project_id=stage.other_project)


def test_a_settlement_and_its_span_count_once_for_the_user(stage: Stage):
    budget = stage.a_budget(per="end_user", limit=5)
    reservation = stage.reserve(end_user="ann")
    stage.settle(reservation, 7)
    assert level(stage, budget, "ann") == (7, 0)

    stage.book(stage.rows(1, reservation=reservation.id, end_user_id="ann"))

    assert level(stage, budget, "ann") == (PRICE_NANOUSD, 0)
    assert closest(stage, budget) == {"ann": PRICE_NANOUSD}


def test_a_corrected_call_is_held_for_its_user(stage: Stage):
    budget = stage.a_budget(per="end_user", limit=5)
    reservation = stage.reserve(end_user="ann")

    stage.correct(reservation, Usage(), 7)

    assert reservation.budget_ids == (budget.id,)
    assert level(stage, budget, "ann") == (0, 7)


def test_what_was_spent_before_the_budget_was_made_counts_for_each(stage: Stage):
    stage.store_and_book(1, 2, end_user_id="ann")
    stage.store_and_book(3, end_user_id="bob")
    stage.store_and_book(4, end_user_id="")
    settled = stage.reserve(end_user="bob")
    stage.settle(settled, 5)

    budget = stage.a_budget(per="end_user", limit=5)

    assert closest(stage, budget) == {"ann": 2 * PRICE_NANOUSD, "bob": PRICE_NANOUSD + 5}
    assert [spent for _, spent in stage.budgets.service.history(budget)[0]] == [3 * PRICE_NANOUSD + 5]


def test_counted_anew_it_is_the_same(stage: Stage):
    budget = stage.a_budget(per="end_user", limit=5)
    stage.store_and_book(1, 2, end_user_id="ann")

    stage.budgets.service.recount_projects([stage.project])

    assert closest(stage, budget) == {"ann": 2 * PRICE_NANOUSD}
    assert level(stage, budget, "ann") == (2 * PRICE_NANOUSD, 0)


def test_a_budget_that_is_for_each_from_now_on_is_counted_anew(stage: Stage):
    budget = stage.a_budget(limit=5)
    stage.store_and_book(1, end_user_id="ann", session_id="s1")

    changed = stage.budgets.service.change(stage.key, budget.id, wanted(limit=5, per="end_user"), False)
    assert closest(stage, changed) == {"ann": PRICE_NANOUSD}

    changed = stage.budgets.service.change(stage.key, budget.id, wanted(limit=5, per="session"), False)
    assert {name: spent for name, spent in closest(stage, changed).items() if spent} == {"s1": PRICE_NANOUSD}


def test_a_rolling_limit_frees_as_calls_leave_its_window(stage: Stage):
    budget = stage.a_budget(per="end_user", period="rolling", rolling_s=3600, unit="requests", limit=2)
    for _ in range(2):
        stage.settle(stage.reserve(end_user="ann"), 1)

    with pytest.raises(BudgetExceeded, match="as older calls leave its window"):
        stage.reserve(end_user="ann")
    assert closest(stage, budget) == {"ann": 2}
    stage.clock.advance_us(HOUR_US + 60_000_000)
    stage.reserve(end_user="ann")
    assert closest(stage, budget) == {}


def test_news_say_whose_limit_it_was_and_say_it_once(stage: Stage):
    budget = stage.a_budget(per="end_user", limit="0.007", thresholds=[50, 100])

    stage.book(stage.rows(1, end_user_id="ann"))
    stage.book(stage.rows(2, end_user_id="bob") + stage.rows(3, 4, end_user_id="ann"))

    told = [(each.subject, each.kind, each.percent) for each in stage.budgets.service.events_since(0)]
    assert sorted(told) == [
        ("ann", "stopped", 100),
        ("ann", "threshold", 50),
        ("ann", "threshold", 100),
        ("bob", "threshold", 50),
    ]
    assert {each.project_id for each in stage.budgets.service.events_since(0)} == {stage.project}
    assert "budget.stopped" not in stage.audited()
    assert stage.budgets.service.standings([budget])[0][0].subjects_over == 1


def test_callers_are_told_who_is_over(stage: Stage):
    users = stage.a_budget(per="end_user", limit="0.007")
    keys = stage.a_budget(per="api_key", limit="0.007", name="keys")
    stage.book(stage.rows(1, 2, end_user_id="ann") + stage.rows(3, end_user_id="bob", project=stage.project))

    rules = stage.budgets.board.rules(stage.organisation)
    now_us = stage.clock.now_us()
    shown = {each.id: each for each in state_for(rules, stage.project, "key_1", now_us).budgets}

    assert (shown[users.id].per, shown[users.id].over_subjects) == ("end_user", ["ann"])
    assert not shown[users.id].over
    assert (shown[keys.id].per, shown[keys.id].over, shown[keys.id].over_subjects) == (None, True, [])
    assert users.id not in {each.id for each in state_for(rules, stage.other_project, "", now_us).budgets}
    assert keys.id not in {each.id for each in state_for(rules, stage.project, "key_2", now_us).budgets}


def test_rules_say_which_part_the_caller_has_used(stage: Stage):
    budget = stage.a_budget(per="end_user", limit="0.007")
    stage.book(stage.rows(1, end_user_id="ann"))

    rules = stage.budgets.board.rules(stage.organisation)

    assert rules.used(budget) == 0.5
    assert rules.used(budget, stage.a_call(end_user="ann")) == 0.5
    assert rules.used(budget, stage.a_call(end_user="bob")) == 0
    assert not rules.is_over(budget, stage.a_call(end_user="ann"))


def test_a_cheaper_model_is_asked_of_who_is_over_alone(stage: Stage):
    stage.a_budget(per="end_user", limit="0.001", action="downgrade_model", downgrade_to="gpt-4o-mini")
    stage.book(stage.rows(1, end_user_id="ann"))

    assert len(stage.reserve(cost_nanousd=1, end_user="ann").advice) == 1
    assert stage.reserve(cost_nanousd=1, end_user="bob").advice == ()


def test_an_erased_user_leaves_no_line_and_no_news_and_begins_anew(stage: Stage):
    budget = stage.a_budget(per="end_user", limit="0.007")
    stage.book(stage.rows(1, 2, end_user_id="ann") + stage.rows(3, end_user_id="bob"))
    holder = RelationalHolder(stage.database)

    ann = EndUser(stage.project, "ann", "salt", "subject")
    counted = holder.count_end_user(ann)
    assert (counted["budget_subject_lines"], counted["budget_events"]) == (1, 5)
    holder.erase_end_user(ann)

    with stage.database.read() as connection:
        for table in (budget_subject_lines, budget_events):
            rows = connection.execute(sa.select(table)).all()
            assert "ann" not in repr(rows)
    assert closest(stage, budget) == {"bob": PRICE_NANOUSD}
    stage.clock.advance_us(1_000)
    stage.book(stage.rows(4, end_user_id="ann"))
    assert level(stage, budget, "ann") == (PRICE_NANOUSD, 0)


def test_a_users_counter_does_not_bear_his_name(stage: Stage):
    budget = a_budget(per="end_user")

    assert "ann" not in budget.counter(Subject("prj_a", "ann"))


def test_lines_of_periods_that_are_over_are_forgotten(stage: Stage):
    budget = stage.a_budget(per="end_user", limit=5)
    stage.book(stage.rows(1, end_user_id="ann"))
    stage.reserve(cost_nanousd=1, end_user="ann")

    stage.clock.advance_us(4 * DAY_US)
    stage.budgets.reconciler.tidy()

    with stage.database.read() as connection:
        assert connection.execute(sa.select(budget_subject_lines)).all() == []
    stage.reserve(cost_nanousd=5 * USD, end_user="ann")
    with pytest.raises(BudgetExceeded):
        stage.reserve(cost_nanousd=1, end_user="ann")
    assert budget.per == "end_user"


def test_a_removed_budget_takes_its_subjects_along(stage: Stage):
    budget = stage.a_budget(per="end_user", limit=5)
    stage.book(stage.rows(1, end_user_id="ann"))

    stage.budgets.service.remove(stage.key, budget.id, sees_all=False)

    assert level(stage, budget, "ann") == (0, 0)


def test_says_in_words_that_it_is_for_each():
    budget = a_budget({"model": "gpt-*"}, per="end_user", limit=5)

    assert describe_budget(budget).startswith("Stops each end user's calls to gpt-* once $5 are spent")


def test_refuses_one_subject_and_each_of_them_at_once():
    with pytest.raises(InvalidInput) as refused:
        a_budget({"end_user": "ann"}, per="end_user")
    assert refused.value.field == "per"


def test_covers_only_calls_that_name_one():
    budget = a_budget(per="session")

    assert budget.covers(a_call(session="s1"))
    assert not budget.covers(a_call(session=""))
