"""Values that clients write in many ways."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.ingest.values import count_from, instant_us_from, nanousd_from, unquoted

JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=10,
)


@pytest.mark.parametrize(
    "value",
    [
        1_767_614_400,
        1_767_614_400.0,
        1_767_614_400_000,
        1_767_614_400_000_000,
        1_767_614_400_000_000_000,
        "1767614400",
        "2026-01-05T12:00:00Z",
        "2026-01-05T12:00:00",
        "2026-01-05T13:00:00.000+01:00",
        " 2026-01-05 12:00:00 ",
    ],
)
def test_an_instant_is_the_same_in_every_unit(value: Any) -> None:
    assert instant_us_from(value) == 1_767_614_400_000_000


@pytest.mark.parametrize("value", ["", "soon", None, True, -1, math.nan, math.inf, "9" * 400, []])
def test_what_is_no_instant_is_none(value: Any) -> None:
    assert instant_us_from(value) is None


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001  # zones are added below
def test_iso_text_is_exact_to_the_microsecond(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)

    instant_us = instant_us_from(moment.isoformat())

    assert instant_us is not None
    assert instant_us % 1_000_000 == moment.microsecond
    assert instant_us // 1_000_000 == int(moment.replace(microsecond=0).timestamp())


@pytest.mark.parametrize(
    ("value", "count"), [(0, 0), ("12", 12), (3.0, 3), ("7.0", 7), (2**63 - 1, 2**63 - 1)]
)
def test_reads_counts(value: Any, count: int) -> None:
    assert count_from(value) == count


@pytest.mark.parametrize("value", [-1, 1.5, True, None, "", "x", math.nan, 2**63, "1" * 31, [], {}])
def test_what_is_no_count_is_none(value: Any) -> None:
    assert count_from(value) is None


@pytest.mark.parametrize(("value", "nanousd"), [(0.1, 100_000_000), ("0.000000001", 1), (0, 0)])
def test_reads_money(value: Any, nanousd: int) -> None:
    assert nanousd_from(value) == nanousd


@pytest.mark.parametrize("value", [-0.1, "free", True, None, math.inf, 1e30])
def test_what_is_no_amount_is_none(value: Any) -> None:
    assert nanousd_from(value) is None


@pytest.mark.parametrize(
    ("value", "text"), [('"LLM"', "LLM"), ("LLM", "LLM"), ('"', '"'), ('"a', '"a'), (5, "5")]
)
def test_takes_the_quotes_off_a_json_string(value: Any, text: str) -> None:
    assert unquoted(value) == text


@given(JSON_VALUES)
def test_no_value_makes_a_reader_fail(value: Any) -> None:
    for read in (count_from, nanousd_from, instant_us_from):
        read(value)
