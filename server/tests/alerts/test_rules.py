"""Rules over HTTP, evaluated over stored spans."""

import asyncio
from datetime import datetime

import pytest
import sqlalchemy as sa
from alerts.conftest import Stage
from alerts.factories import DAY_US, HOUR_US, SECOND_US, wanted

from lynex_server.alerts.tables import alert_states
from lynex_server.budgets.model import Subject
from lynex_server.budgets.schemas import BudgetInput
from lynex_server.budgets.subjects import add_to_subjects
from lynex_server.budgets.tables import budget_lines
from lynex_server.engines.queue.protocol import Entry
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.ids import new_id

BAD = {"status": "error"}


def failing(stage: Stage, bad: int = 20, **changes) -> None:
    """Ten good calls within the last minute, and so many bad ones."""
    stage.calls(10, 60, **changes)
    stage.calls(bad, 60, **BAD, **changes)


def test_a_rule_is_made_read_changed_and_removed(stage: Stage):
    made = stage.a_rule(name="Errors", severity="critical", labels={"team": "search"})
    assert made["describes"].startswith("Alarms when the error rate within 5 minutes is above 5 %")
    assert stage.get("/rules")["items"] == [made]

    changed = stage.put(f"/rules/{made['id']}", wanted(condition={"kind": "above", "limit": 9}).model_dump())
    assert (changed["condition"]["limit"], changed["groups"]) == (9, [])

    stage.delete(f"/rules/{made['id']}")
    assert stage.get("/rules")["items"] == []
    assert stage.audited() == ["alert_rule.created", "alert_rule.changed", "alert_rule.removed"]


@pytest.mark.parametrize(
    "changes",
    [
        {"condition": {"kind": "above"}},
        {"condition": {"kind": "change", "limit": -5}},
        {"metric": "queue_entries", "group_by": "model"},
        {"metric": "queue_entries", "condition": {"kind": "anomaly"}},
        {"metric": "calls", "budget_id": "bud_1"},
        {"metric": "spans; DROP TABLE spans"},
        {"window": "7m"},
        {"channel_ids": ["alc_of_others"]},
        {"organisation_budgets": True, "metric": "calls"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(stage: Stage, changes):
    body = wanted().model_dump(mode="json") | changes

    assert stage.ask("POST", "/rules", body).status_code in (400, 422)
    assert stage.get("/rules")["items"] == []


def test_a_key_cannot_watch_budgets_of_the_whole_organisation(stage: Stage):
    body = wanted(metric="budget_percent", organisation_budgets=True).model_dump(mode="json")

    assert stage.ask("POST", "/rules", body).status_code == 403


def test_fires_tells_and_resolves(stage: Stage):
    rule = stage.a_rule()
    stage.tick()
    assert stage.incidents() == []

    failing(stage)
    stage.tick()
    [incident] = stage.incidents()
    assert incident["summary"] == "the error rate was 66.67 %, above 5 %"
    assert (incident["phase"], incident["rule_id"]) == ("open", rule["id"])
    [group] = stage.get(f"/rules/{rule['id']}")["groups"]
    assert (group["phase"], group["incident_id"]) == ("firing", incident["id"])

    stage.tick(600)
    [incident] = stage.incidents()
    assert (incident["phase"], incident["resolved_by"]) == ("resolved", "")


def test_groups_fire_by_themselves_and_are_bounded(stage: Stage):
    stage.a_rule(group_by="model", max_groups=2)
    failing(stage, model="gpt-4o")
    failing(stage, bad=25, model="o1")
    failing(stage, bad=0, model="gpt-4o-mini")

    stage.tick()

    assert sorted(each["group"] for each in stage.incidents()) == ["gpt-4o", "o1"]
    assert stage.get("/rules")["items"][0]["groups_left_out"] is True


def test_filters_say_which_calls_are_looked_at(stage: Stage):
    stage.a_rule(filters={"environment": ["staging"]})
    stage.a_rule(name="Tagged", filters={"tag": ["beta"]})
    failing(stage, environment="production", tags=["beta"])

    stage.tick()

    assert [each["rule"] for each in stage.incidents()] == ["Tagged"]


@pytest.mark.parametrize(
    ("field", "value", "other"),
    [
        ("kind", "embedding", "llm"),
        ("status", "timeout", "error"),
        ("release", "2.1", "2.0"),
        ("error_type", "rate_limit", "auth"),
        ("prompt_name", "triage", "answer"),
    ],
)
def test_calls_are_told_apart_as_in_any_query(stage: Stage, field: str, value: str, other: str):
    condition = {"kind": "above", "limit": 4}
    stage.a_rule(metric="calls", condition=condition, filters={field: [value]})
    stage.a_rule(name="Other", metric="calls", condition=condition, filters={field: [other]})
    stage.calls(5, 60, **{field: value})
    stage.calls(4, 60, **{field: other})

    stage.tick()

    assert [each["rule"] for each in stage.incidents()] == ["Errors"]


@pytest.mark.parametrize(
    ("metric", "limit", "call"),
    [
        ("latency_ms", 500, {"duration_ms": 900.0}),
        ("time_to_first_token_ms", 500, {"time_to_first_token_ms": 900.0}),
        ("tokens_per_minute", 1_000, {"input_tokens": 9_000}),
        ("cost_usd_per_hour", 5, {"cost_nanousd": 1_000_000_000}),
        ("cost_usd_per_request", 0.5, {"cost_nanousd": 1_000_000_000}),
        ("unpriced_calls", 0, {"cost_source": "unpriced", "cost_nanousd": None}),
        ("errors", 0, BAD),
    ],
)
def test_every_kind_of_metric_fires(stage: Stage, metric: str, limit: float, call):
    stage.a_rule(metric=metric, condition={"kind": "above", "limit": limit}, group_by="model")
    stage.calls(10, 60, model="fine", cost_nanousd=1, input_tokens=1, output_tokens=1, duration_ms=1.0)
    stage.calls(10, 60, model="bad", **call)

    stage.tick()

    assert [each["group"] for each in stage.incidents()] == ["bad"]


def test_no_data_fires_for_what_used_to_come(stage: Stage):
    stage.a_rule(condition={"kind": "no_data"}, group_by="service", window="15m")
    stage.calls(3, 60, service="api")
    stage.calls(3, 3600, service="batch")

    stage.tick()

    [incident] = stage.incidents()
    assert incident["summary"] == "no spans of batch within 15 minutes"


def test_a_change_against_the_window_before_fires(stage: Stage):
    stage.a_rule(metric="calls", condition={"kind": "change", "limit": 50, "direction": "down"})
    stage.calls(20, 400)
    stage.calls(5, 60)

    stage.tick(1)

    [incident] = stage.incidents()
    assert incident["summary"] == "the number of calls was 5, -75 % against 20 the 5 minutes before"


def test_an_anomaly_is_what_other_weeks_did_not_have(stage: Stage):
    stage.a_rule(metric="calls", condition={"kind": "anomaly"}, window="1h", min_calls=0)
    for week in range(1, 5):
        stage.calls(10 + week, week * 7 * 86_400 + 1800)
    stage.calls(60, 1800)

    stage.tick(1)

    [incident] = stage.incidents()
    assert "was 60; usual at this hour of the week is" in incident["summary"]


def test_the_queue_is_watched_while_the_columnar_engine_is_away(stage: Stage, monkeypatch):
    stage.a_rule(name="Queue", metric="queue_entries", condition={"kind": "above", "limit": 0})
    broken = stage.a_rule(name="Errors")

    def away(*_args, **_named):
        raise Busy("the columnar engine is away")

    monkeypatch.setattr(stage.columnar, "query", away)
    entry = Entry(new_id("entry"), stage.project, b"batch", stage.clock.now_us())
    asyncio.run(stage.queue.append(entry))

    stage.tick()

    assert [each["rule"] for each in stage.incidents()] == ["Queue"]
    shown = stage.get(f"/rules/{broken['id']}")
    assert (shown["error"], shown["failing_since"] is not None) == ("the columnar engine is away", True)
    monkeypatch.undo()
    stage.tick()
    assert stage.get(f"/rules/{broken['id']}")["failing_since"] is None


def test_a_budget_fires_once_in_its_period(stage: Stage):
    stage.a_rule(metric="budget_percent", condition={"kind": "above", "limit": 80})
    spend(stage, percent=85)

    stage.tick()
    stage.tick()

    [incident] = stage.incidents()
    assert incident["summary"] == "the used part of the budget of ten a day was 85 %, at or above 80 %"
    assert (incident["group_name"], incident["labels"]["budget"]) == ("ten a day", "ten a day")
    [group] = stage.get(f"/rules/{incident['rule_id']}")["groups"]
    assert (group["group"], group["group_name"]) == (incident["group"], "ten a day")
    stage.tick(86_400)
    assert [each["phase"] for each in stage.incidents()] == ["resolved"]


def test_a_budget_that_was_passed_while_nobody_looked_is_found(stage: Stage):
    """A day's budget, passed and over before anybody looked: the news of it is durable."""
    stage.a_rule(metric="budget_percent", condition={"kind": "above", "limit": 80})
    stage.tick()
    spend(stage, percent=85)

    stage.tick(2 * 86_400)

    [incident] = stage.incidents()
    assert incident["phase"] == "resolved"
    assert incident["opened_at"] < incident["noticed_at"]


def test_each_end_users_budget_fires_alone_and_names_nobody(stage: Stage):
    """langfuse#714: alert on what a user spends."""
    stage.a_rule(metric="budget_percent", condition={"kind": "above", "limit": 80})
    wish = BudgetInput(name="each", period="day", limit=10, action="notify", thresholds=[80], per="end_user")
    budget = stage.budgets.service.create(stage.principal(), wish)
    now_us = stage.clock.now_us()
    spent = {Subject(budget.scope.project_id, name): 9_000_000_000 for name in ("ann", "bob")}
    with stage.database.begin() as connection:
        deltas = {(budget.id, budget.calendar.line_us(now_us), who): each for who, each in spent.items()}
        add_to_subjects(stage.database, connection, {budget.id: budget}, deltas, now_us)

    stage.tick()

    incidents = stage.incidents()
    assert len(incidents) == 2
    assert all("of one end user" in incident["summary"] for incident in incidents)
    assert not any(name in repr(incidents) for name in ("'ann'", "'bob'", "(ann)", "(bob)"))


def spend(stage: Stage, percent: int) -> None:
    """Ten dollars a day, used so far; the crossings are noted as booking notes them."""
    wish = BudgetInput(name="ten a day", period="day", limit=10, action="notify", thresholds=[80, 100])
    budget = stage.budgets.service.create(stage.principal(), wish)
    with stage.database.begin() as connection:
        line_us = budget.calendar.line_us(stage.clock.now_us())
        connection.execute(sa.delete(budget_lines).where(budget_lines.c.budget_id == budget.id))
        connection.execute(
            sa.insert(budget_lines).values(
                budget_id=budget.id, line_us=line_us, spent=percent * 100_000_000, version=1,
                changed_at_us=stage.clock.now_us(),
            )
        )  # fmt: skip
    # Changing nothing that redefines it makes the service look where it stands.
    stage.budgets.service.change(
        stage.principal(), budget.id, wish.model_copy(update={"thresholds": [80]}), sees_all=False
    )


def test_each_group_fires_once_per_period(stage: Stage):
    stage.a_rule(once_per="hour", window="1m")
    for _ in range(3):
        failing(stage)
        stage.calls(20, 20, **BAD)
        stage.tick()
        stage.tick(120)

    assert len(stage.incidents()) == 1
    stage.pass_time(3600)
    stage.calls(20, 10, **BAD)
    stage.tick(5)
    assert len(stage.incidents()) == 2


def test_it_must_last_before_it_fires_also_over_a_restart(stage: Stage):
    rule = stage.a_rule(for_s=60)
    failing(stage)
    stage.tick()
    assert stage.get(f"/rules/{rule['id']}")["groups"][0]["phase"] == "pending"

    stage.restart()
    stage.tick()
    assert stage.incidents() == []
    stage.restart()
    stage.tick()

    assert len(stage.incidents()) == 1


def test_what_happened_while_nobody_looked_is_caught_up(stage: Stage):
    """Two hours of standstill with an outage in them: it is found, dated to when it was."""
    stage.a_rule()
    stage.tick()
    before_us = stage.clock.now_us()
    stage.pass_time(3600)
    failing(stage)
    stage.pass_time(3600)

    stage.tick()

    [incident] = stage.incidents()
    assert incident["phase"] == "resolved"
    opened_us = incident_us(incident["opened_at"])
    assert before_us + 3600 * SECOND_US - 300 * SECOND_US <= opened_us <= before_us + 3900 * SECOND_US
    timeline = stage.get(f"/incidents/{incident['id']}")["timeline"]
    assert "found afterwards" in timeline[0]["text"]


def incident_us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * SECOND_US)


def test_what_is_too_long_ago_is_shown_as_skipped(stage: Stage):
    rule = stage.a_rule()
    stage.tick()
    stage.pass_time(10 * 86_400)

    stage.tick()

    shown = stage.get(f"/rules/{rule['id']}")
    skipped_us = incident_us(shown["skipped_to"]) - incident_us(shown["skipped_from"])
    assert 9 * DAY_US - HOUR_US <= skipped_us <= 9 * DAY_US + HOUR_US


def test_two_processes_look_once(stage: Stage):
    stage.a_rule()
    failing(stage)
    other = stage.another_process()
    stage.pass_time()

    assert [stage.alerts.evaluator.tick(), other.evaluator.tick(), stage.alerts.evaluator.tick()] == [
        True, False, False,
    ]  # fmt: skip
    assert len(stage.incidents()) == 1
    stage.pass_time()
    assert [other.evaluator.tick(), stage.alerts.evaluator.tick()] == [True, False]
    assert len(stage.incidents()) == 1


def test_a_process_that_died_while_it_looked_is_replaced(stage: Stage, monkeypatch):
    stage.a_rule()
    failing(stage)
    stage.pass_time()

    def dies(_rule):
        raise SystemExit

    monkeypatch.setattr(stage.alerts.evaluator, "look", dies)
    with pytest.raises(SystemExit):
        stage.alerts.evaluator.tick()
    other = stage.another_process()
    stage.pass_time()
    assert other.evaluator.tick() is False
    stage.pass_time(120)

    assert other.evaluator.tick() is True
    assert len(stage.incidents()) == 1


def test_who_lost_the_lease_writes_nothing(stage: Stage):
    """A process that stood still while it measured, longer than its lease, must not overwrite the other."""
    stage.a_rule()
    failing(stage)
    stage.pass_time()
    slow, other = stage.alerts.evaluator, stage.another_process().evaluator
    look = slow.look

    def stands_still(rule) -> None:
        stage.pass_time(150)
        assert other.tick()
        look(rule)

    slow.look = stands_still
    assert slow.tick() is False

    assert len(stage.incidents()) == 1


def test_changing_what_a_rule_watches_ends_what_was_open(stage: Stage):
    rule = stage.a_rule()
    failing(stage)
    stage.tick()

    stage.put(f"/rules/{rule['id']}", wanted(name="Renamed").model_dump(mode="json"))
    assert [each["phase"] for each in stage.incidents()] == ["open"]
    stage.put(
        f"/rules/{rule['id']}", wanted(condition={"kind": "above", "limit": 90}).model_dump(mode="json")
    )
    assert [each["phase"] for each in stage.incidents()] == ["resolved"]


def test_states_of_groups_that_are_gone_are_forgotten(stage: Stage):
    stage.a_rule(group_by="model", window="1m")
    failing(stage)
    stage.tick()
    stage.tick(120)
    stage.tick(120)

    with stage.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(alert_states)).scalar_one() == 0


def test_a_preview_says_when_it_would_have_fired(stage: Stage):
    for day in (1, 3, 10, 40):
        stage.calls(20, day * 86_400, **BAD)
    stage.calls(20, 5 * 86_400)

    found = stage.post("/rules/preview", wanted().model_dump(mode="json"))

    assert (found["times"], found["impossible"], found["evaluated_every_s"]) == (3, "", 300)
    times = [incident_us(each["at"]) for each in found["firings"]]
    now_us = stage.clock.now_us()
    assert [round((now_us - time_us) / DAY_US) for time_us in times] == [1, 3, 10]
    assert all(each["until"] is not None for each in found["firings"])


def test_a_preview_of_groups_and_anomalies(stage: Stage):
    for week in range(1, 8):
        stage.calls(10, week * 7 * 86_400 - 1800, model="gpt-4o")
    stage.calls(90, 7 * 86_400 - 1800, model="gpt-4o")
    body = wanted(metric="calls", condition={"kind": "anomaly"}, window="1h", group_by="model")

    found = stage.post("/rules/preview", body.model_dump(mode="json"))

    assert [(each["group"], each["value"]) for each in found["firings"]] == [("gpt-4o", 100)]


def test_a_preview_says_what_it_cannot_know(stage: Stage):
    body = wanted(metric="queue_entries", condition={"kind": "above", "limit": 5})

    assert "not recorded" in stage.post("/rules/preview", body.model_dump(mode="json"))["impossible"]


def test_a_preview_of_a_budget_reads_its_news(stage: Stage):
    spend(stage, percent=85)
    stage.pass_time(86_400)
    body = wanted(metric="budget_percent", condition={"kind": "above", "limit": 80})

    found = stage.post("/rules/preview", body.model_dump(mode="json"))

    assert found["times"] == 1


def test_every_statement_names_the_project(stage: Stage):
    stage.a_rule(group_by="model")
    stage.tick()

    assert stage.columnar.asked
    assert all("project_id = {project_id:String}" in sql for sql in stage.columnar.asked)
