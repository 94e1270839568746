"""What real clients put on the wire becomes what the provider truly answered.

Complaints that these make impossible: langfuse#12306 (OpenLLMetry's Anthropic input already includes the
cache), langfuse#10592 and langfuse#14725 (the same tokens in two spellings, two costs), phoenix#10036
(Bedrock and Anthropic cache counted twice), langfuse#6024 (an unknown usage key hid the span), langfuse#11536
(events ignored), litellm#37992 (a zero replaced by an estimate: nobody said is not 0).
"""

from collections import Counter
from itertools import zip_longest

import pytest
from contract.golden_cases import Case, case_names, load_case, normalised, point_differences, span_differences
from contract.truth import true_cost_nanousd, true_usage

from lynex_server.pricing.public import PriceBook
from lynex_server.processing.rows import price_event

BOOK = PriceBook()
LATE_2026_US = 1_793_620_800_000_000
NAMES = case_names()
MONEY_KINDS = ("llm", "embedding")


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest) -> Case:
    return load_case(request.param)


def test_every_item_is_taken_and_none_is_added(case: Case):
    decoded = case.decoded()

    found = [span.name for span in decoded.spans]
    wanted = [span.get("name", "(any)") for span in case.expected.get("spans", [])]
    pairs = [f"{a} | {b}" for a, b in zip_longest(found, wanted, fillvalue="-")]
    if "spans" in case.expected:
        assert [rejection.reason for rejection in decoded.rejections] == []
        assert len(found) == len(wanted), "decoded | expected:\n" + "\n".join(pairs)
    assert bool(decoded.points) == ("points" in case.expected)


def test_each_span_is_what_it_must_become(case: Case):
    spans = case.decoded().spans

    differences = [
        line
        for place, expected in enumerate(case.expected.get("spans", []))
        for line in span_differences(expected, spans, place)
    ]

    assert not differences, f"{case.name}:\n" + "\n".join(differences)


def test_each_count_is_kept_as_a_point_of_its_metric(case: Case):
    points = case.decoded().points

    differences = [
        line for expected in case.expected.get("points", []) for line in point_differences(expected, points)
    ]

    assert not differences, f"{case.name}:\n" + "\n".join(differences)


def test_only_calls_carry_usage_so_that_a_sum_counts_each_once(case: Case):
    spans = case.decoded().spans

    assert [span.name for span in spans if normalised(span) and span.kind not in MONEY_KINDS] == []


def test_expectations_agree_with_what_the_provider_answered(case: Case):
    """Where a client leaves a count out or gets it wrong, the case says so; nothing else may differ."""
    for expected in case.expected.get("spans", []):
        if "answer" not in expected:
            continue
        answered = case.meta["provider_answers"][expected["answer"]]["usage"]
        truth = true_usage(answered) if answered else {}
        misreported = expected.get("client_misreports", {})
        assert misreported == {unit: truth[unit] for unit in misreported}
        claimed = expected["usage"] | misreported
        left_out = {unit for unit, count in truth.items() if count and unit not in claimed}
        assert left_out == set(expected.get("not_sent", []))
        assert claimed == {unit: truth.get(unit, 0) for unit in claimed}


def test_each_call_costs_what_the_providers_price_page_says(case: Case):
    """To the nano-dollar, for every client. What a client leaves out of its usage nobody can bill."""
    for span, expected in zip(case.decoded().spans, case.expected.get("spans", []), strict=False):
        if "answer" not in expected or not expected["usage"] or span.cost_nanousd is not None:
            continue
        span.start_time_us = LATE_2026_US

        assert price_event(span, BOOK)[1] == true_cost_nanousd(span.model, expected["usage"]), span.name


def test_each_answer_of_the_provider_is_expected_exactly_once(case: Case):
    if "spans" not in case.expected:
        return
    claims = Counter(span["answer"] for span in case.expected["spans"] if "answer" in span)
    unsent = {int(place) for place in case.expected.get("calls_not_sent", {})}

    assert claims == Counter(set(range(len(case.meta["provider_answers"]))) - unsent)


def test_every_captured_case_names_its_clients_and_their_versions(case: Case):
    assert case.meta["clients"]
    if case.meta["captured"]:
        assert all(version[:1].isdigit() for version in case.meta["clients"].values())
