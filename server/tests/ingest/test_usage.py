"""Usage objects as providers write them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.ingest.usage import convention_of, read_usage


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
                "total_tokens": 150,
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
                "cache_write_tokens": 70,
                "cache_write_5m_tokens": 20,
                "cache_write_1h_tokens": 50,
            },
            "exclusive",
        ),
        (
            {"inputTokens": 3, "outputTokens": 2, "totalTokens": 105, "cacheReadInputTokens": 100},
            {"input_tokens": 3, "output_tokens": 2, "total_tokens": 105, "cache_read_tokens": 100},
            "exclusive",
        ),
        (
            {
                "promptTokenCount": 100,
                "candidatesTokenCount": 20,
                "thoughtsTokenCount": 7,
                "toolUsePromptTokenCount": 5,
                "cachedContentTokenCount": 60,
                "totalTokenCount": 132,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 70},
                    {"modality": "AUDIO", "tokenCount": 20},
                    {"modality": "VIDEO", "tokenCount": 10},
                ],
                "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 15}],
            },
            {
                "input_tokens": 100,
                "output_tokens": 20,
                "reasoning_tokens": 7,
                "input_tool_tokens": 5,
                "cache_read_tokens": 60,
                "total_tokens": 132,
                "input_audio_tokens": 20,
                "input_video_tokens": 10,
                "cache_audio_read_tokens": 15,
            },
            "unknown",
        ),
        (
            {
                "input_token_details": {
                    "cached_tokens": 64,
                    "audio_tokens": 50,
                    "cached_tokens_details": {"audio_tokens": 30, "image_tokens": 4},
                },
                "input_tokens": 100,
                "output_tokens": 9,
            },
            {
                "input_tokens": 100,
                "output_tokens": 9,
                "cache_read_tokens": 64,
                "input_audio_tokens": 50,
                "cache_audio_read_tokens": 30,
                "cache_image_read_tokens": 4,
            },
            "inclusive",
        ),
        ({"type": "duration", "seconds": 9}, {"audio_seconds": 9}, "unknown"),
        (
            {"input_tokens": 8, "output_tokens": 5, "server_tool_use": {"web_search_requests": 2}},
            {"input_tokens": 8, "output_tokens": 5, "web_searches": 2},
            "unknown",
        ),
        ({"billed_units": {"search_units": 1}}, {"rerank_searches": 1}, "unknown"),
        ({"pages_processed": 12}, {"input_document_pages": 12}, "unknown"),
        ({"characters": 1200}, {"input_characters": 1200}, "unknown"),
        ({"input_tokens": 3, "output_tokens": 2}, {"input_tokens": 3, "output_tokens": 2}, "unknown"),
        ({"web_searches": 2, "total": 9}, {"web_searches": 2, "total_tokens": 9}, "unknown"),
        ({"moons": 2}, {"moons": 2}, "unknown"),
    ],
    ids=[
        "openai chat",
        "openai responses",
        "anthropic",
        "bedrock",
        "gemini",
        "openai realtime",
        "transcription",
        "anthropic searches",
        "cohere rerank",
        "mistral ocr",
        "speech",
        "plain",
        "our own units",
        "unknown unit",
    ],
)
def test_reads_each_provider(said: dict[str, Any], usage: dict[str, int], convention: str) -> None:
    assert read_usage(said) == (usage, convention)


def test_our_own_units_say_nothing_of_the_convention() -> None:
    said = {"input_tokens": 9, "input_audio_tokens": 2, "cache_write_1h_tokens": 1}

    assert read_usage(said, own_units_first=True) == (said, "unknown")


def test_a_bare_count_of_cache_writes_does_not_claim_a_time_to_live() -> None:
    usage, _ = read_usage({"input_tokens": 9, "cache_creation_input_tokens": 7})

    assert usage == {"input_tokens": 9, "cache_write_tokens": 7}


def test_who_names_the_sum_and_one_hour_has_named_five_minutes() -> None:
    said = {"cache_creation_input_tokens": 70, "cache_creation_input_tokens_above_1hr": 50}

    assert read_usage(said)[0] == {
        "cache_write_tokens": 70,
        "cache_write_5m_tokens": 20,
        "cache_write_1h_tokens": 50,
    }


@pytest.mark.parametrize(
    ("provider", "model", "convention"),
    [
        ("xai", "grok-4", "unknown"),
        ("", "grok-4", "unknown"),
        ("openai", "gpt-5", "inclusive"),
        ("openrouter", "x-ai/grok-4", "inclusive"),
    ],
)
def test_xai_is_spelled_like_openai_and_counts_otherwise(provider: str, model: str, convention: str) -> None:
    assert convention_of("inclusive", provider, model) == convention


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
