"""A repricing that cannot be done ends with a reason, and what it left half done is put right by the next."""

from pathlib import Path
from typing import Any

import pytest
from prices.stage import Stage
from pricing.override_factories import an_override

from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.kernel.errors import QueryTooExpensive
from lynex_server.prices import repricing_statements as statements
from lynex_server.prices.repricer import Repricer
from lynex_server.prices.repricing_failure import BACK_OFF_S
from lynex_server.prices.repricing_rows import end_repricing
from lynex_server.pricing.public import Cost, PriceBook

OLD = 1000 * 2500 + 100 * 10_000
NEW = 1000 * 1000 + 100 * 2000
SECRET = "sk-a-secret"


class BrokenBook(PriceBook):
    """Fails at every price until it is mended, or so many times."""

    def __init__(self, whole: PriceBook, times: int | None = None, error: Exception | None = None) -> None:
        super().__init__()
        self._whole = whole
        self._times = times
        self._error = error or ArithmeticError(SECRET)

    def price(self, *usage: Any, **call: Any) -> Cost:
        if self._times != 0:
            self._times = None if self._times is None else self._times - 1
            raise self._error
        return self._whole.price(*usage, **call)


@pytest.fixture
def stage(embedded_columnar: ClickHouse, sqlite_url: str, tmp_path: Path) -> Stage:
    files: Database = open_database(sqlite_url)
    stage = Stage(embedded_columnar, files, tmp_path)
    stage.store(*(stage.an_event(number) for number in range(150)))
    stage.use(an_override(project_id=stage.project, model="gpt-4o*"))
    return stage


def a_broken_repricer(stage: Stage, **broken: Any) -> Repricer:
    return stage.a_repricer(book=BrokenBook(stage.book, **broken))


def failures_in_the_audit_log(stage: Stage) -> list[tuple[str, str, Any]]:
    entries = stage.audit.page("").entries
    return [(each.target, each.project_id, each.after) for each in entries if "failed" in each.action]


def test_a_step_that_keeps_failing_ends_its_repricing_with_a_reason(stage: Stage):
    job = stage.ask()

    a_broken_repricer(stage).work_off_one()

    failed = stage.look(job)
    assert (failed.state, failed.finished_at_us) == ("failed", stage.clock.now_us())
    assert failed.error == (
        "calls from 2026-01-04 12:00:00+00:00 until 2026-01-05 12:01:40+00:00: "
        "ArithmeticError, see the server's log"
    )
    assert [rest for rest in stage.rests_s if rest in BACK_OFF_S] == list(BACK_OFF_S)
    assert failures_in_the_audit_log(stage) == [(job.id, stage.project, {"reason": failed.error})]
    assert (stage.cost(), stage.followed) == (150 * OLD, [stage.project])
    assert stage.a_repricer().work_off_one() is None


def test_what_was_written_for_people_is_told_in_full(stage: Stage):
    job = stage.ask()

    a_broken_repricer(stage, error=QueryTooExpensive("Narrow the time range.")).work_off_one()

    assert stage.look(job).error.endswith("+00:00: Narrow the time range.")


def test_a_dry_run_that_fails_is_not_audited_as_its_start_is_not(stage: Stage):
    job = stage.ask(dry_run=True)

    a_broken_repricer(stage).work_off_one()

    assert (stage.look(job).state, failures_in_the_audit_log(stage)) == ("failed", [])


def test_a_step_that_fails_a_few_times_is_done_in_the_end(stage: Stage):
    job = stage.ask()

    a_broken_repricer(stage, times=len(BACK_OFF_S)).work_off_one()

    assert (stage.look(job).state, stage.cost()) == ("done", 150 * NEW)


def test_it_ends_as_failed_also_when_the_process_was_started_again_in_between(stage: Stage):
    job = stage.ask()
    stopped = a_broken_repricer(stage)
    stopped.rest_with(lambda _seconds: True)
    stopped.work_off_one()
    assert stage.look(job).state == "running"

    stage.clock.advance_us(3600 * 1_000_000)
    a_broken_repricer(stage).work_off_one()

    assert stage.look(job).state == "failed"


@pytest.mark.parametrize("fault", ["correct", "apply"])
def test_once_the_cause_is_gone_the_same_range_is_priced_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: str
):
    """The step was written down, so the rollups have its differences, and the spans have not."""
    job = stage.ask()
    _break(monkeypatch, fault)
    stage.repricer.work_off_one()
    assert stage.look(job).state == "failed"
    monkeypatch.undo()

    stage.clock.advance_us(3600 * 1_000_000)
    again = stage.reprice()

    assert (again.state, stage.cost()) == ("done", 150 * NEW)
    assert sum(line.changed for line in stage.differences(job)) == 100
    assert sum(line.changed for line in stage.differences(again)) == 50


def test_what_a_failed_one_left_is_finished_also_by_one_of_another_range(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    stage.ask()
    _break(monkeypatch, "apply")
    stage.repricer.work_off_one()
    monkeypatch.undo()

    stage.reprice(model="another-model")

    assert stage.cost() == 100 * NEW + 50 * OLD


def test_what_a_cancelled_one_left_half_done_is_finished_too(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    job = stage.ask()
    stage.repricer.rest_with(lambda _seconds: True)
    _break(monkeypatch, "apply")
    stage.repricer.work_off_one()
    monkeypatch.undo()
    with stage.database.begin() as connection:
        end_repricing(connection, job.id, "cancelled", stage.clock.now_us())

    stage.ask()
    stage.a_repricer().work_off_one()

    assert stage.cost() == 150 * NEW


def test_repricings_of_a_project_that_change_spans_are_worked_off_one_after_the_other(stage: Stage):
    first, second = stage.ask(), stage.ask()
    held = stage.a_repricer()
    held.rest_with(lambda _seconds: True)
    held.work_off_one()

    assert stage.a_repricer().work_off_one() is None
    stage.clock.advance_us(3600 * 1_000_000)
    done = [stage.a_repricer().work_off_one() for _ in range(2)]

    assert [job.id for job in done if job] == [first.id, second.id]
    assert stage.cost() == 150 * NEW


def _break(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    def fail(*_arguments: object) -> None:
        raise ValueError(SECRET)

    if fault == "correct":
        monkeypatch.setattr("lynex_server.prices.repricer.correct", fail)
    else:
        monkeypatch.setattr(statements, "apply_changes", fail)
