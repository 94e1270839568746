"""History priced again: spans, every rollup and the ledger follow, once, whatever happens on the way."""

from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from clocks import NOON_US
from prices.stage import HOUR_US, Stage
from pricing.override_factories import an_override, rates
from processing.faults import Flaky

from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.kernel.errors import Busy
from lynex_server.prices import repricing_statements as statements
from lynex_server.prices.repricing_rows import end_repricing
from lynex_server.pricing.public import HourWindow, Terms

OLD = 1000 * 2500 + 100 * 10_000
NEW = 1000 * 1000 + 100 * 2000


def the_price(stage: Stage, model: str = "gpt-4o*", **changes):
    return an_override(**{"project_id": stage.project, "model": model, **changes})


@pytest.fixture
def files(sqlite_url: str) -> Database:
    return open_database(sqlite_url)


@pytest.fixture
def stage(embedded_columnar: ClickHouse, files: Database, tmp_path: Path) -> Stage:
    return Stage(embedded_columnar, files, tmp_path)


def test_spans_rollups_and_ledger_follow_a_new_price(stage: Stage):
    stage.store(*(stage.an_event(number) for number in range(250)))
    assert stage.cost() == 250 * OLD

    stage.use(the_price(stage))
    job = stage.reprice()

    assert (job.state, job.spans, stage.cost()) == ("done", 250, 250 * NEW)
    (line,) = stage.differences(job)
    assert (line.day, line.model, line.changed) == ("2026-01-05", "gpt-4o-2024-08-06", 250)
    assert (line.old_nanousd, line.new_nanousd) == (250 * OLD, 250 * NEW)


def test_a_dry_run_tells_the_same_difference_and_changes_nothing(stage: Stage):
    stage.store(*(stage.an_event(number) for number in range(150)))
    stage.use(the_price(stage))

    dry = stage.reprice(dry_run=True)

    assert stage.cost() == 150 * OLD
    assert stage.differences(dry) == stage.differences(stage.reprice())


def test_an_unpriced_model_gets_its_price_and_is_counted_no_more(stage: Stage):
    stage.store(stage.an_event(1, provider="vllm", model="our-llama"), stage.an_event(2))
    assert stage.sums()["spans_by_day"][1] == 1

    stage.use(the_price(stage, "our-*", provider=""))
    stage.reprice()

    assert stage.cost() == OLD + NEW
    assert stage.sums()["spans_by_dimension_hour"][1] == stage.sums()["ledger"][1] == 0


def test_a_price_can_be_taken_back(stage: Stage):
    """litellm#20615: a price typed for the wrong number of tokens blocks a user for good."""
    stage.store(*(stage.an_event(number) for number in range(5)))
    stage.use(the_price(stage, terms=rates(input_tokens="1000000")))
    stage.reprice()
    assert stage.cost() > 1000 * OLD

    stage.use()
    stage.reprice()

    assert stage.cost() == 5 * OLD


def test_the_old_price_stays_readable(stage: Stage):
    stage.store(stage.an_event(1))
    stage.use(the_price(stage))
    job = stage.reprice()

    sql = """SELECT old_cost_nanousd, old_price_version, new_cost_nanousd, new_price_version
        FROM span_repricings WHERE repricing_id = {id:String}"""
    ((old, old_version, new, new_version),) = stage.columnar.query(sql, {"id": job.id}).rows

    assert (old, new) == (OLD, NEW)
    assert old_version.startswith("genai-prices-")
    assert new_version.startswith("override-ovr_1@")


def test_what_is_not_ours_to_price_stays(stage: Stage):
    """Reported costs, agents, tools and local cache hits have no price of the book."""
    stage.store(
        stage.an_event(1, cost_nanousd=77),
        stage.an_event(2, kind="agent"),
        stage.an_event(3, local_cache_hit=True),
        stage.an_event(4, kind="tool", usage={}),
        stage.an_event(5, usage={}),
    )

    stage.use(the_price(stage))
    job = stage.reprice()

    assert (stage.cost(), stage.differences(job)) == (77, [])


def test_an_estimate_stays_an_estimate_even_where_it_had_no_price(stage: Stage):
    stage.store(
        stage.an_event(1, usage_estimated=True),
        stage.an_event(2, usage_estimated=True, provider="vllm", model="our-llama"),
    )

    stage.use(the_price(stage, "*", provider=""))
    stage.reprice()

    sql = "SELECT DISTINCT cost_source, usage_flags FROM spans WHERE project_id = {p:String}"
    assert stage.columnar.query(sql, {"p": stage.project}).rows == [("estimated", [])]
    assert stage.cost() == 2 * NEW


def test_only_the_asked_for_models_and_times_are_priced_again(stage: Stage):
    stage.store(
        stage.an_event(1),
        stage.an_event(2, model="gpt-4o-mini-2024-07-18"),
        stage.an_event(3, start_time_us=NOON_US + 5 * HOUR_US),
        stage.an_event(4, provider="azure"),
    )
    before = stage.cost()
    stage.use(the_price(stage, "*", provider=""))

    job = stage.reprice(until_us=NOON_US + HOUR_US, model="gpt-4o-2024*", provider="OpenAI")

    assert stage.cost() == before - OLD + NEW
    assert sum(line.changed for line in stage.differences(job)) == 1


def test_a_percent_sign_in_a_pattern_means_itself(stage: Stage):
    stage.store(stage.an_event(1))
    stage.use(the_price(stage))

    stage.reprice(model="gpt%")

    assert stage.cost() == OLD


def test_the_time_of_day_is_priced_to_the_minute(stage: Stage):
    stage.store(*(stage.an_event(n, start_time_us=NOON_US + n * 600_000_000) for n in range(12)))
    terms = Terms(
        kind="rates",
        rates=rates(input_tokens="1", output_tokens="2").rates,
        hour_factors=(HourWindow(from_minute=12 * 60 + 30, until_minute=13 * 60, factor=Decimal(2)),),
    )
    stage.use(the_price(stage, terms=terms))

    stage.reprice()

    assert stage.cost() == 9 * NEW + 3 * 2 * NEW


def test_a_machine_is_priced_by_the_duration_that_is_stored(stage: Stage):
    stage.store(stage.an_event(1, provider="vllm", model="our-llama", duration_ms=2000.0))
    terms = Terms(kind="gpu_hour", gpu_hour_usd=Decimal("3.60"))
    stage.use(the_price(stage, "our-*", provider="", terms=terms))

    stage.reprice()

    assert stage.cost() == 2_000_000


def test_the_region_of_a_call_is_priced(stage: Stage):
    stage.store(stage.an_event(1, region="eu"), stage.an_event(2))
    terms = Terms(
        kind="rates",
        rates=rates(input_tokens="1", output_tokens="2").rates,
        region_factors={"eu": Decimal("1.1")},
    )
    stage.use(the_price(stage, terms=terms))

    stage.reprice()

    assert stage.cost() == NEW + NEW * 11 // 10


def test_spans_that_are_equal_in_all_are_each_changed(stage: Stage):
    stage.store(*[stage.an_event(1)] * 7)
    stage.use(the_price(stage))

    stage.reprice()

    assert stage.cost() == 7 * NEW


def test_many_spans_of_one_instant_are_one_step(stage: Stage):
    stage.store(*(stage.an_event(n, start_time_us=NOON_US) for n in range(350)))
    stage.use(the_price(stage))

    stage.reprice()

    assert stage.cost() == 350 * NEW


FAULTS = ("read", "record", "recorded", "books", "apply", "applied", "end")


class Crash(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_crash_anywhere_changes_nothing_twice(stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: str):
    stage.store(*(stage.an_event(number) for number in range(150)))
    stage.use(the_price(stage))
    job = stage.ask()
    _break(stage, monkeypatch, fault)

    with pytest.raises(Crash):
        stage.repricer.work_off_one()
    monkeypatch.undo()
    stage.store(*(stage.an_event(number) for number in range(150, 160)))  # meanwhile, at the new price
    stage.clock.advance_us(3600 * 1_000_000)
    stage.a_repricer().work_off_one()

    assert stage.look(job).state == "done"
    assert stage.cost() == 160 * NEW
    assert sum(line.changed for line in stage.differences(job)) == 150


def _break(stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    def crash(*_arguments: object) -> None:
        raise Crash

    apply = statements.apply_changes

    def apply_and_crash(*arguments: object) -> None:
        apply(*arguments)
        raise Crash

    if fault == "read":
        monkeypatch.setattr(statements, "read_spans", crash)
    elif fault in ("record", "recorded"):
        flaky = Flaky(stage.columnar)
        if fault == "record":
            flaky.fail_before = Crash()
        else:
            flaky.fail_after = Crash()
        stage.repricer = stage.a_repricer(flaky)
    elif fault == "books":
        monkeypatch.setattr("lynex_server.prices.repricer.correct", crash)
    elif fault == "apply":
        monkeypatch.setattr(statements, "apply_changes", crash)
    elif fault == "applied":
        monkeypatch.setattr(statements, "apply_changes", apply_and_crash)
    else:
        monkeypatch.setattr("lynex_server.prices.repricing_rows.end_chunk", crash)


def test_prices_that_change_between_two_tries_of_a_step_do_not_part_spans_and_books(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    """What the first try wrote down is what happens."""
    stage.store(*(stage.an_event(number) for number in range(20)))
    stage.use(the_price(stage))
    stage.ask()
    _break(stage, monkeypatch, "recorded")
    with pytest.raises(Crash):
        stage.repricer.work_off_one()

    stage.use(the_price(stage, terms=rates(input_tokens="50")))
    stage.clock.advance_us(3600 * 1_000_000)
    stage.a_repricer().work_off_one()

    assert stage.cost() == 20 * NEW


def test_two_processes_do_not_take_the_same_repricing(stage: Stage):
    stage.store(stage.an_event(1))
    stage.ask(dry_run=True)
    stage.ask(dry_run=True)
    other = stage.a_repricer()

    taken = [stage.repricer.work_off_one(), other.work_off_one(), other.work_off_one()]

    assert [job is not None for job in taken] == [True, True, False]


def test_pricing_again_twice_finds_nothing_the_second_time(stage: Stage):
    stage.store(*(stage.an_event(number) for number in range(30)))
    stage.use(the_price(stage))
    stage.reprice()

    again = stage.reprice()

    assert (stage.differences(again), stage.cost()) == ([], 30 * NEW)


def test_a_batch_that_is_stored_and_not_booked_is_waited_for(
    embedded_columnar: ClickHouse, files: Database, tmp_path: Path
):
    """Its booking is by the stored price: corrected before it is booked, the correction would count twice."""
    stage = Stage(embedded_columnar, files, tmp_path)
    stage.store(stage.an_event(1))
    with files.begin() as connection:
        connection.execute(sa.text("DELETE FROM ledger_batches"))
    waits: list[float] = []
    repricer = stage.repricer
    repricer._rest = waits.append
    stage.use(the_price(stage))

    stage.reprice()

    assert sum(waits) >= 30


def test_who_keeps_books_besides_is_told_when_it_is_done(stage: Stage):
    stage.store(stage.an_event(1))
    stage.use(the_price(stage))

    stage.reprice(dry_run=True)
    assert stage.followed == []
    stage.reprice()

    assert stage.followed == [stage.project]


def test_who_cancels_keeps_what_was_changed_and_can_go_on_later(stage: Stage):
    stage.store(*(stage.an_event(number) for number in range(150)))
    stage.use(the_price(stage))
    job = stage.ask()

    def cancel_after_a_step(_seconds: float) -> None:
        with stage.database.begin() as connection:
            end_repricing(connection, job.id, "cancelled", NOON_US)

    stage.repricer.rest_with(cancel_after_a_step)
    stage.repricer.work_off_one()
    stage.repricer.rest_with(lambda _seconds: None)
    assert (stage.look(job).state, stage.cost()) == ("cancelled", 100 * NEW + 50 * OLD)
    assert stage.followed == [stage.project]

    stage.reprice()
    assert stage.cost() == 150 * NEW


def test_an_engine_that_is_away_ends_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    stage.store(stage.an_event(1))
    stage.use(the_price(stage))
    job = stage.ask()
    flaky = Flaky(stage.columnar)
    flaky.fail_before = Busy("down")

    with pytest.raises(Busy):
        stage.a_repricer(flaky).work_off_one()
    stage.clock.advance_us(3600 * 1_000_000)
    stage.repricer.work_off_one()

    assert (stage.look(job).state, stage.cost()) == ("done", NEW)
