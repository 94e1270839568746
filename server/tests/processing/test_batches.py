"""From a claim of the queue to stored, booked and published spans: once, whatever happens on the way."""

from pathlib import Path

import pytest
from pricing.override_factories import an_override
from processing.stage import Stage
from span_factories import a_batch, a_row, an_event

from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.queue.protocol import Claim
from lynex_server.kernel.errors import Busy
from lynex_server.pricing.public import OverrideSet, PriceBook
from lynex_server.spans.public import decode_news, live_channel


@pytest.fixture
def stage(embedded_columnar: ClickHouse, sqlite_url: str, tmp_path: Path) -> Stage:
    return Stage(embedded_columnar, sqlite_url, tmp_path)


def test_stores_rolls_up_and_books_the_same_sums(stage: Stage):
    stage.processor.process(stage.a_claim(stage.a_batch(1, 2), stage.a_batch(3)))

    spans, cost = stage.stored()
    assert spans == 3
    assert cost > 0
    assert stage.booked() == (spans, cost)
    for table in ("spans_by_minute", "spans_by_hour", "spans_by_day", "spans_by_end_user_day"):
        assert stage.rolled_up(table) == (spans, cost)


def test_a_claim_that_is_processed_again_changes_nothing(stage: Stage):
    claim = stage.a_claim(stage.a_batch(1, 2))

    for _ in range(3):
        stage.processor.process(claim)

    assert stage.stored()[0] == stage.booked()[0] == stage.rolled_up()[0] == 2


def test_a_failure_after_the_insert_does_not_store_twice(stage: Stage):
    """langfuse#5552: events appear, vanish, or appear twice."""
    claim = stage.a_claim(stage.a_batch(1, 2))
    stage.columnar.fail_after = Busy("the connection broke before the answer came")

    with pytest.raises(Busy):
        stage.processor.process(claim)
    stage.processor.process(claim)

    assert stage.stored()[0] == stage.booked()[0] == stage.rolled_up()[0] == 2


@pytest.mark.parametrize("attempt", [1, 2], ids=["the same process", "another process"])
def test_a_price_that_changes_between_two_tries_does_not_part_ledger_and_spans(
    embedded_columnar: ClickHouse, sqlite_url: str, tmp_path: Path, attempt: int
):
    """What the first try stored stays; the ledger is booked by that, not by the price of the second."""
    book = PriceBook()
    stage = Stage(embedded_columnar, sqlite_url, tmp_path, book)
    claim = stage.a_claim(stage.a_batch(1, 2), stage.a_batch(3, 3))
    stage.columnar.fail_after = Busy("the connection broke before the answer came")
    with pytest.raises(Busy):
        stage.processor.process(claim)

    book.use_overrides(OverrideSet(1, [an_override(project_id=stage.project, model="gpt-4o*")]))
    other = Stage(embedded_columnar, sqlite_url, tmp_path, book)
    processor = stage.processor if attempt == 1 else other.processor
    processor.process(Claim(id=claim.id, entries=claim.entries, attempt=attempt))

    assert stage.stored() == stage.booked() == stage.rolled_up() == (4, 4 * (a_row().cost_nanousd or 0))


def test_an_unreachable_engine_loses_nothing(stage: Stage):
    """langfuse#6380: traces were lost for good while the store was down."""
    claim = stage.a_claim(stage.a_batch(1))
    stage.columnar.fail_before = Busy("down")

    with pytest.raises(Busy):
        stage.processor.process(claim)
    assert stage.booked() == (0, 0)

    stage.processor.process(claim)
    assert stage.stored()[0] == stage.booked()[0] == 1


def test_a_body_that_cannot_be_read_is_a_dead_letter_and_its_neighbours_are_stored(stage: Stage):
    stage.processor.process(stage.a_claim(stage.a_batch(1), b"\x00 not a batch", stage.a_batch(2)))

    letters = stage.dead_letters.page(stage.project, limit=10)
    assert [(letter.stage, letter.spans) for letter in letters] == [("decode", -1)]
    assert stage.dead_letters.body(letters[0]) == b"\x00 not a batch"
    assert stage.stored()[0] == 2


def test_an_event_that_trips_a_rule_is_a_dead_letter_alone(stage: Stage):
    too_large = an_event(2, cost_nanousd=2**63)
    batch = a_batch(an_event(1), too_large, an_event(3), project_id=stage.project)

    stage.processor.process(stage.a_claim(batch))

    (letter,) = stage.dead_letters.page(stage.project, limit=10)
    assert (letter.stage, letter.spans) == ("price", 1)
    assert letter.reason.startswith("It cannot be counted: cost: over ")
    assert stage.stored()[0] == 2


def test_repeating_a_claim_with_a_dead_letter_keeps_one_letter(stage: Stage):
    claim = stage.a_claim(b"broken")

    for _ in range(2):
        stage.processor.process(claim)

    assert stage.dead_letters.count(stage.project) == 1


def test_isolated_entries_that_the_engine_refuses_do_not_hold_up_the_others(stage: Stage):
    stage.columnar.refuse_marked = "poison"
    claim = stage.a_claim(stage.a_batch(1), stage.a_batch(2, name="poison"), stage.a_batch(3), attempt=6)

    with pytest.raises(ValueError, match="refuses"):
        stage.processor.process(claim)
    stage.processor.process(claim, isolate=True)

    (letter,) = stage.dead_letters.page(stage.project, limit=10)
    assert letter.reason == "The store does not take it: the engine refuses this row"
    assert stage.stored()[0] == stage.booked()[0] == 2


def test_isolating_a_claim_whose_rows_are_stored_already_does_not_store_them_again(stage: Stage):
    claim = stage.a_claim(stage.a_batch(1), stage.a_batch(2))
    stage.columnar.fail_after = ValueError("whatever came after the insert")
    with pytest.raises(ValueError, match="whatever"):
        stage.processor.process(claim)

    stage.processor.process(claim, isolate=True)

    assert stage.stored()[0] == stage.booked()[0] == 2


async def test_listeners_hear_of_stored_spans_without_their_text(stage: Stage):
    subscription = await stage.live.subscribe(live_channel(stage.project))

    stage.processor.process(stage.a_claim(stage.a_batch(1, input="secret text")))

    news = decode_news(await anext(aiter(subscription)))
    assert [row.name for row in news.spans] == ["chat"]
    assert news.spans[0].input == ""
    await subscription.close()
