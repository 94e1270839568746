"""A call that its application and the gateway both tell of is stored twice and counted once, whatever crashes
and in whatever order they come."""

import itertools
from pathlib import Path

import pytest
from processing.stage import Stage
from span_factories import a_batch, a_row, an_event

from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.queue.protocol import Claim
from lynex_server.kernel.errors import Busy
from lynex_server.spans.public import EventBatch

ONE_CALL_NANOUSD = a_row().cost_nanousd or 0
TABLES = ("spans_by_minute", "spans_by_hour", "spans_by_day", "spans_by_end_user_day")


@pytest.fixture
def stage(embedded_columnar: ClickHouse, relational_url: str, tmp_path: Path) -> Stage:
    made = Stage(embedded_columnar, relational_url, tmp_path)
    made.processor.process(made.a_claim(a_span(made, 9, "gateway", answer="chatcmpl-earlier-0")))
    return made


def a_span(stage: Stage, number: int, source: str, answer: str = "chatcmpl-BxK3f0sQ2m") -> EventBatch:
    """A request with one call."""
    event = an_event(number, source=source, attributes={"gen_ai.response.id": answer})
    return a_batch(event, project_id=stage.project)


def both(stage: Stage) -> dict[str, Claim]:
    """The two sides of one call, in a claim each."""
    return {
        "gateway": stage.a_claim(a_span(stage, 1, "gateway")),
        "app": stage.a_claim(a_span(stage, 2, "otlp")),
    }


def counts_one_more_call(stage: Stage) -> bool:
    """Whether spans, rollups and ledger agree on the earlier call and one more."""
    expected = (3, 2 * ONE_CALL_NANOUSD)
    sums = [stage.stored(), stage.booked(), *map(stage.rolled_up, TABLES)]
    return sums == [expected] * len(sums) and sum(row["kind"] == "llm" for row in stage.rows()) == 2


@pytest.mark.parametrize("order", list(itertools.permutations(("gateway", "app"))), ids="-".join)
def test_counts_once_in_either_order_and_after_any_repetition(stage: Stage, order: tuple[str, str]):
    claims = both(stage)

    for side in (*order, *order, *reversed(order)):
        stage.processor.process(claims[side])

    assert counts_one_more_call(stage)
    uncounted = next(row for row in stage.rows() if row["kind"] == "chain")
    assert uncounted["source"] == ("otlp" if order[0] == "gateway" else "gateway")
    assert uncounted["usage_other"] == {"repeated_input_tokens": 1000, "repeated_output_tokens": 100}
    assert uncounted["usage_flags"] == ["counted_elsewhere"]


def test_counts_the_gateways_of_one_batch(stage: Stage):
    stage.processor.process(stage.a_claim(a_span(stage, 2, "otlp"), a_span(stage, 1, "gateway")))

    assert counts_one_more_call(stage)
    assert [row["kind"] for row in stage.rows()] == ["llm", "chain", "llm"]


@pytest.mark.parametrize("first", ["gateway", "app"])
@pytest.mark.parametrize("attempt", [1, 2], ids=["the same process", "another process"])
def test_a_crash_between_insert_and_ledger_leaves_the_decision_as_it_was(
    stage: Stage, embedded_columnar: ClickHouse, relational_url: str, tmp_path: Path, first: str, attempt: int
):
    """The other side is stored meanwhile: the first has the count all the same."""
    claims = both(stage)
    broken = claims.pop(first)
    stage.columnar.fail_after = Busy("the connection broke before the answer came")
    with pytest.raises(Busy):
        stage.processor.process(broken)
    (other,) = claims.values()
    stage.processor.process(other)

    another = Stage(embedded_columnar, relational_url, tmp_path)
    processor = stage.processor if attempt == 1 else another.processor
    processor.process(Claim(id=broken.id, entries=broken.entries, attempt=attempt))

    assert counts_one_more_call(stage)
    counted = {row["span_id"] for row in stage.rows() if row["kind"] == "llm"}
    assert f"{1 if first == 'gateway' else 2:016x}" in counted


@pytest.mark.parametrize("first", ["gateway", "app"])
def test_a_crash_before_the_insert_leaves_the_decision_as_it_was(stage: Stage, first: str):
    claims = both(stage)
    broken = claims.pop(first)
    stage.columnar.fail_before = Busy("down")
    with pytest.raises(Busy):
        stage.processor.process(broken)
    (other,) = claims.values()
    stage.processor.process(other)

    stage.processor.process(broken)

    assert counts_one_more_call(stage)


def test_entries_that_are_taken_apart_count_as_they_did_together(stage: Stage):
    claim = stage.a_claim(a_span(stage, 2, "otlp"), a_span(stage, 1, "gateway"), attempt=6)
    stage.columnar.fail_before = ValueError("whatever it was")
    with pytest.raises(ValueError, match="whatever"):
        stage.processor.process(claim)

    stage.processor.process(claim, isolate=True)

    assert counts_one_more_call(stage)
    assert [row["kind"] for row in stage.rows()] == ["llm", "chain", "llm"]


def test_an_answer_given_again_from_the_cache_costs_nothing_and_marks_nobody_else(stage: Stage):
    hit = a_span(stage, 3, "gateway")
    hit.spans[0].local_cache_hit = True
    for batch in (a_span(stage, 1, "gateway"), a_span(stage, 2, "otlp"), hit, a_span(stage, 4, "otlp")):
        stage.processor.process(stage.a_claim(batch))

    assert stage.stored() == stage.booked() == stage.rolled_up() == (5, 2 * ONE_CALL_NANOUSD)
    assert [row["kind"] for row in stage.rows()] == ["llm", "chain", "llm", "chain", "llm"]
