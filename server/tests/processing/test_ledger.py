"""The ledger: each span once under each of its scopes, each batch once."""

from collections.abc import Callable

import pytest
from clocks import NOON_US
from hypothesis import given
from hypothesis import strategies as st
from span_factories import PROJECT, a_row

from lynex_server.engines.relational.database import Database
from lynex_server.processing.ledger import (
    BOOKED_BATCHES_KEPT_US,
    HOUR_US,
    SCOPES,
    batches_booked_since,
    book,
    booked_total,
    forget_old_batches,
    ledger_lines,
)


def test_books_a_span_under_each_of_its_scopes():
    lines = ledger_lines([a_row()])

    assert {(scope, value) for _, _, scope, value in lines} == {
        ("project", ""),
        ("environment", "production"),
        ("model", "openai/gpt-4o-2024-08-06"),
        ("route", "/chat"),
        ("end_user", "ann"),
        ("key", "key_1"),
    }
    assert len({tuple(amounts) for amounts in lines.values()}) == 1


def test_a_span_without_an_end_user_has_no_end_user_line():
    lines = ledger_lines([a_row(end_user_id="")])

    assert all(scope != "end_user" for _, _, scope, _ in lines)


def test_a_span_belongs_to_the_hour_in_which_it_began():
    lines = ledger_lines([a_row(start_time_us=NOON_US - 1)])

    assert {hour for _, hour, _, _ in lines} == {NOON_US - HOUR_US}


rows = st.builds(
    a_row,
    number=st.integers(1, 2**60),
    start_time_us=st.integers(NOON_US - 3 * HOUR_US, NOON_US + 3 * HOUR_US),
    end_user_id=st.sampled_from(["ann", "bob", ""]),
    route=st.sampled_from(["/a", "/b"]),
    model=st.sampled_from(["gpt-4o-2024-08-06", "nobody-knows-it"]),
    usage=st.fixed_dictionaries(
        {"input_tokens": st.integers(0, 10**6), "output_tokens": st.integers(0, 10**6)}
    ),
)


@given(st.lists(rows, max_size=30))
def test_the_lines_of_a_scope_sum_to_the_spans(spans):
    lines = ledger_lines(spans)

    for scope in ("project", "environment", "route", "model", "key"):
        cost = sum(amounts[5] for key, amounts in lines.items() if key[2] == scope)
        count = sum(amounts[0] for key, amounts in lines.items() if key[2] == scope)
        assert (count, cost) == (len(spans), sum(row.cost_nanousd or 0 for row in spans))
    assert {key[2] for key in lines} <= set(SCOPES)


@given(st.lists(rows, max_size=20), st.integers(0, 20))
def test_cutting_batches_differently_books_the_same(spans, cut):
    whole = ledger_lines(spans)
    parts: dict = {}
    for part in (spans[:cut], spans[cut:]):
        for key, amounts in ledger_lines(part).items():
            parts[key] = [a + b for a, b in zip(parts.get(key, [0] * 6), amounts, strict=True)]

    assert parts == whole


def test_a_batch_is_booked_once_however_often_it_is_tried(open_relational: Callable[[], Database]):
    """litellm#27989: a failed write drops spend for ever; a repeated one books it twice."""
    database = open_relational()
    rows = [a_row(1), a_row(2)]

    outcomes = [book(database, "batch-1", rows, NOON_US) for _ in range(3)]

    assert outcomes == [True, False, False]
    assert booked_total(database, PROJECT).spans == 2


def test_batches_add_up(database: Database):
    book(database, "batch-1", [a_row(1)], NOON_US)
    book(database, "batch-2", [a_row(2), a_row(3, provider="acme", model="x")], NOON_US)

    total = booked_total(database, PROJECT)
    assert (total.spans, total.calls, total.unpriced) == (3, 3, 1)
    assert total.input_tokens == 3000
    assert total.cost_nanousd == 2 * (a_row().cost_nanousd or 0)


def test_an_unknown_project_has_an_empty_ledger(database: Database):
    assert booked_total(database, "prj_other").spans == 0


def test_old_batch_ids_are_forgotten_and_the_money_stays(database: Database):
    book(database, "batch-1", [a_row(1)], NOON_US)

    forget_old_batches(database, NOON_US + BOOKED_BATCHES_KEPT_US + 1)

    assert booked_total(database, PROJECT).spans == 1
    assert book(database, "batch-1", [a_row(1)], NOON_US)


class Witness:
    """A bookkeeper that remembers, and can be told to fail."""

    def __init__(self, fails: bool = False) -> None:
        self.counted: list[int] = []
        self.fails = fails

    def count(self, connection, rows) -> None:
        self.counted.append(len(rows))
        if self.fails:
            raise RuntimeError("the books are shut")

    def booked(self, rows) -> None: ...


def test_bookkeepers_count_a_batch_once(database: Database):
    witness = Witness()

    book(database, "batch-1", [a_row()], NOON_US, [witness])
    book(database, "batch-1", [a_row()], NOON_US, [witness])

    assert witness.counted == [1]


def test_what_a_bookkeeper_cannot_count_is_not_booked_either(database: Database):
    with pytest.raises(RuntimeError):
        book(database, "batch-1", [a_row()], NOON_US, [Witness(fails=True)])

    assert booked_total(database, PROJECT).spans == 0
    assert book(database, "batch-1", [a_row()], NOON_US)


def test_lists_the_batches_booked_since(database: Database):
    book(database, "batch-1", [a_row()], NOON_US)
    book(database, "batch-2", [a_row()], NOON_US + 5)

    with database.read() as connection:
        assert batches_booked_since(connection, NOON_US + 1) == ["batch-2"]
