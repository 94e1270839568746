"""Ours against a provider's: every difference has its reason, and the reasons add up to it."""

from hypothesis import given
from hypothesis import strategies as st

from lynex_server.prices.reconciliation import Reconciled, Side, reconcile, under_their_names

MODEL = "gpt-4o"
FIRST, SECOND = "2026-01-05", "2026-01-06"


def reasons(found: Reconciled) -> dict[str, int]:
    return {part.reason: part.nanousd for part in found.parts}


def one(ours: Side, theirs: Side | None) -> Reconciled:
    (found,) = reconcile([(FIRST, MODEL, ours, theirs)])
    return found


def test_equal_sides_have_no_difference():
    found = one(Side(2, 1000, 100, 5000), Side(2, 1000, 100, 5000))

    assert (found.difference_nanousd, found.parts) == (0, ())


def test_calls_that_we_never_saw_are_missing():
    found = one(Side(1, 500, 50, 2500), Side(2, 1000, 100, 5000))

    assert reasons(found) == {"missing_calls": -2500}


def test_calls_that_they_do_not_bill_are_extra():
    found = one(Side(3, 1500, 150, 7500), Side(2, 1000, 100, 5000))

    assert reasons(found) == {"extra_calls": 2500}


def test_calls_without_a_price_explain_what_we_lack():
    found = one(Side(2, 1000, 100, 2500, unpriced_calls=1, unpriced_tokens=550), Side(2, 1000, 100, 5000))

    assert reasons(found) == {"unpriced": -2500}


def test_the_same_tokens_at_another_price_are_another_rate():
    found = one(Side(2, 1000, 100, 5000), Side(2, 1000, 100, 4000))

    assert reasons(found) == {"rate": 1000}


def test_a_difference_within_a_hundredth_is_rounding():
    found = one(Side(2, 1000, 100, 5000), Side(2, 1000, 100, 4999))

    assert reasons(found) == {"rounding": 1}


def test_tokens_that_are_a_day_earlier_with_us_are_the_edge_of_the_day():
    days = [
        (FIRST, MODEL, Side(3, 1500, 150, 7500), Side(2, 1000, 100, 5000)),
        (SECOND, MODEL, Side(1, 500, 50, 2500), Side(2, 1000, 100, 5000)),
    ]

    found = reconcile(days)

    assert [reasons(each) for each in found] == [{"day_edge": 2500}, {"day_edge": -2500}]


def undated(model: str) -> str:
    return model.partition("-20")[0]


def test_an_alias_is_compared_with_the_dated_model_that_answered():
    ours = {(FIRST, MODEL): Side(1, 10, 1, 100), (FIRST, f"{MODEL}-2024-08-06"): Side(2, 20, 2, 200, 1, 5)}
    theirs = {(FIRST, f"{MODEL}-2024-08-06"): Side(3, 30, 3, 300)}

    found = under_their_names(ours, theirs, undated)

    assert found == {(FIRST, f"{MODEL}-2024-08-06"): Side(3, 30, 3, 300, 1, 5)}


def test_an_alias_that_could_mean_two_models_or_is_theirs_too_stays_itself():
    ours = {(FIRST, MODEL): Side(1, 10, 1, 100), (SECOND, MODEL): Side(1, 10, 1, 100)}
    theirs = {
        (FIRST, f"{MODEL}-2024-08-06"): Side(1, 10, 1, 100),
        (FIRST, f"{MODEL}-2024-11-20"): Side(1, 10, 1, 100),
        (SECOND, MODEL): Side(1, 10, 1, 100),
        (SECOND, f"{MODEL}-2024-08-06"): Side(1, 10, 1, 100),
    }

    assert under_their_names(ours, theirs, undated) == ours


def test_days_apart_and_other_models_are_no_edge():
    days = [
        (FIRST, MODEL, Side(1, 600, 0, 600), Side(1, 500, 0, 500)),
        ("2026-01-07", MODEL, Side(1, 400, 0, 400), Side(1, 500, 0, 500)),
        (SECOND, "gpt-5", Side(1, 400, 0, 400), Side(1, 500, 0, 500)),
    ]

    assert all("day_edge" not in reasons(each) for each in reconcile(days))


def test_without_their_tokens_the_reason_is_unknown():
    found = one(Side(2, 1000, 100, 5000), Side(None, None, None, 4000))

    assert reasons(found) == {"unknown": 1000}


def test_what_is_in_no_report_is_told_and_not_counted():
    found = one(Side(2, 1000, 100, 5000), None)

    assert (found.difference_nanousd, reasons(found)) == (None, {"not_in_report": 5000})


def test_without_their_cost_the_tokens_are_compared():
    found = one(Side(2, 1000, 100, 5000), Side(2, 2000, 200, None))

    assert found.difference_nanousd is None
    assert [(part.reason, part.tokens) for part in found.parts] == [("missing_calls", -1100)]


counts = st.integers(0, 10**12)
sides = st.builds(Side, counts, counts, counts, counts, unpriced_tokens=counts)
days = st.lists(
    st.tuples(
        st.sampled_from([FIRST, SECOND, "2026-01-07"]), st.sampled_from([MODEL, "gpt-5"]), sides, sides
    ),
    unique_by=lambda each: each[:2],
)


@given(days)
def test_the_parts_add_up_to_the_difference(of_days):
    for found in reconcile(of_days):
        assert sum(part.nanousd for part in found.parts) == found.difference_nanousd


@given(days)
def test_what_changed_the_day_leaves_one_and_comes_to_another(of_days):
    moved = [part.tokens for found in reconcile(of_days) for part in found.parts if part.reason == "day_edge"]

    assert sum(tokens for tokens in moved if tokens) == 0
