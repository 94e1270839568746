"""Usage objects as providers write them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.ingest.usage import read_usage


@pytest.mark.parametrize(
    ("said", "usage", "convention"),
    [
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 50,
                "total_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 80, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 30},
            },
            {
                "input_tokens": 100,
                "output_tokens": 50,
                "cache_read_tokens": 80,
                "input_audio_tokens": 0,
                "reasoning_tokens": 30,
            },
            "inclusive",
        ),
        (
            {"input_tokens": 9, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 8}},
            {"input_tokens": 9, "output_tokens": 4, "cache_read_tokens": 8},
            "inclusive",
        ),
        (
            {
                "input_tokens": 10,
                "output_tokens": 5,
                "cache_read_input_tokens": 900,
                "cache_creation_input_tokens": 70,
                "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 50},
            },
            {
                "input_tokens": 10,
                "output_tokens": 5,
                "cache_read_tokens": 900,
                "cache_write_5m_tokens": 20,
                "cache_write_1h_tokens": 50,
            },
            "exclusive",
        ),
        (
            {"inputTokens": 3, "outputTokens": 2, "totalTokens": 105, "cacheReadInputTokens": 100},
            {"input_tokens": 3, "output_tokens": 2, "cache_read_tokens": 100},
            "exclusive",
        ),
        ({"input_tokens": 3, "output_tokens": 2}, {"input_tokens": 3, "output_tokens": 2}, "unknown"),
        ({"web_searches": 2, "total": 9}, {"web_searches": 2}, "unknown"),
    ],
    ids=["openai chat", "openai responses", "anthropic", "bedrock", "plain", "unknown unit"],
)
def test_reads_each_provider(said: dict[str, Any], usage: dict[str, int], convention: str) -> None:
    assert read_usage(said) == (usage, convention)


def test_our_own_units_say_nothing_of_the_convention() -> None:
    said = {"input_tokens": 9, "input_audio_tokens": 2, "cache_write_1h_tokens": 1}

    assert read_usage(said, own_units_first=True) == (said, "unknown")


@given(
    st.dictionaries(
        st.text(max_size=20),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.text(),
            st.dictionaries(st.text(), st.integers()),
        ),
        max_size=10,
    )
)
def test_only_counts_come_out_whatever_goes_in(said: dict[str, Any]) -> None:
    usage, _ = read_usage(said)

    assert all(isinstance(count, int) and 0 <= count < 2**63 for count in usage.values())
