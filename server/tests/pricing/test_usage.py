"""What sources report, and the one thing it means."""

from collections.abc import Mapping
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.pricing.public import Usage, normalise_usage

CONVENTIONS = ("inclusive", "exclusive", "unknown")
PROVIDERS = ("openai", "anthropic", "aws.bedrock", "gcp.gemini", "x_ai", "mistral_ai", "ollama", "")
UNITS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "input_image_tokens",
    "output_image_tokens",
    "input_tool_tokens",
    "web_searches",
    "total_tokens",
)

counts = st.integers(min_value=0, max_value=2_000_000)
reports = st.dictionaries(st.sampled_from(UNITS), counts)


def said(usage: Usage) -> dict[str, int]:
    """The counts of a normalised usage, as an inclusive source would report them."""
    own = {field.name: getattr(usage, field.name) for field in fields(usage)}
    own.update(usage.other)
    return {unit: count for unit, count in own.items() if isinstance(count, int)}


def normalised(reported: Mapping[str, int], provider: str = "openai", convention: str = "unknown") -> Usage:
    return normalise_usage(provider, "", reported, convention)


def test_anthropic_counts_cache_apart_from_input() -> None:
    """langfuse#12306: 260,421 shown instead of 130,213; phoenix#10036: a Bedrock call 42 times too dear."""
    reported = {"input_tokens": 5, "cache_read_tokens": 130_208, "output_tokens": 10}

    assert normalised(reported, "anthropic").input_tokens == 130_213
    assert normalised(reported, "aws.bedrock").input_tokens == 130_213


def test_a_source_that_says_inclusive_is_believed_even_for_anthropic() -> None:
    """langfuse#12306: OpenTelemetry's Anthropic input already includes the cache."""
    reported = {"input_tokens": 130_213, "cache_read_tokens": 130_208}

    assert normalised(reported, "anthropic", "inclusive").input_tokens == 130_213


@pytest.mark.parametrize(
    "provider", ["openai", "azure.ai.openai", "gcp.gemini", "deepseek", "groq", "openrouter"]
)
def test_the_others_count_cache_inside_input(provider: str) -> None:
    """langfuse#10592: 35,720 shown instead of 17,903; codex-observability-plugin#22, litellm#6215."""
    usage = normalised({"input_tokens": 17_903, "cache_read_tokens": 17_817}, provider)

    assert usage.input_tokens == 17_903


def test_claude_on_vertex_and_azure_counts_as_anthropic_does() -> None:
    for host in ("gcp.vertex_ai", "azure"):
        usage = normalise_usage(
            host, "claude-sonnet-4-5", {"input_tokens": 10, "cache_read_tokens": 7}, "unknown"
        )

        assert usage.input_tokens == 17


def test_gemini_counts_thoughts_and_tool_prompts_apart() -> None:
    reported = {"input_tokens": 100, "input_tool_tokens": 20, "output_tokens": 50, "reasoning_tokens": 30}

    usage = normalised(reported, "gcp.gemini")

    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens) == (120, 80, 30)
    assert usage.other == {"input_tool_tokens": 20}


def test_xai_counts_reasoning_apart() -> None:
    assert normalised({"output_tokens": 50, "reasoning_tokens": 30}, "x_ai").output_tokens == 80


def test_thinking_is_always_inside_anthropic_output() -> None:
    reported = {"output_tokens": 50, "reasoning_tokens": 30}

    assert normalised(reported, "anthropic", "exclusive").output_tokens == 50


def test_more_cache_than_input_means_the_source_counts_it_apart() -> None:
    """aider#5516: a fully cached call shown at 10.9 times its price."""
    usage = normalised({"input_tokens": 0, "cache_read_tokens": 900, "cache_write_5m_tokens": 100}, "openai")

    assert usage.input_tokens == 1000
    assert usage.flags == ("exclusive_detected",)


def test_more_reasoning_than_output_means_the_source_counts_it_apart() -> None:
    usage = normalised({"output_tokens": 10, "reasoning_tokens": 30}, "openai", "inclusive")

    assert usage.output_tokens == 40
    assert usage.flags == ("reasoning_exceeds_output",)


def test_what_nobody_reported_stays_unknown_and_zero_stays_zero() -> None:
    """litellm#37992: an explicit zero was replaced by an estimate."""
    usage = normalised({"input_tokens": 0})

    assert usage.input_tokens == 0
    assert usage.output_tokens is None
    assert usage.cache_read_tokens is None


def test_nothing_is_derived_from_a_total() -> None:
    """phoenix#10783: completion was computed as total minus prompt, 8,709 instead of 442."""
    usage = normalised({"input_tokens": 1_000, "total_tokens": 9_709})

    assert usage.output_tokens is None
    assert usage.flags == ("total_mismatch",)
    assert usage.other == {"total_tokens": 9_709}


def test_a_total_that_adds_up_is_not_kept() -> None:
    usage = normalised(
        {"input_tokens": 5, "cache_read_tokens": 5, "output_tokens": 1, "total_tokens": 11}, "aws"
    )

    assert usage.flags == ()
    assert usage.other == {}


def test_cache_writes_without_a_time_to_live_count_as_five_minutes() -> None:
    usage = normalised({"input_tokens": 10, "cache_write_tokens": 100}, "anthropic")

    assert (usage.cache_write_5m_tokens, usage.cache_write_1h_tokens) == (100, None)
    assert usage.flags == ("cache_write_ttl_assumed_5m",)


def test_a_stated_total_of_cache_writes_is_not_added_to_its_parts() -> None:
    """bifrost#3451: a cache write billed twice, $1.86 instead of $1.06."""
    reported = {
        "input_tokens": 10,
        "cache_write_tokens": 300,
        "cache_write_5m_tokens": 100,
        "cache_write_1h_tokens": 200,
    }

    usage = normalised(reported, "anthropic")

    assert (usage.cache_write_5m_tokens, usage.cache_write_1h_tokens) == (100, 200)
    assert usage.input_tokens == 310
    assert usage.flags == ()


def test_the_unexplained_rest_of_cache_writes_counts_as_five_minutes() -> None:
    usage = normalised({"cache_write_tokens": 300, "cache_write_1h_tokens": 200})

    assert usage.cache_write_5m_tokens == 100
    assert usage.flags == ("cache_write_ttl_assumed_5m",)


def test_parts_larger_than_the_stated_total_of_writes_are_believed() -> None:
    usage = normalised({"cache_write_tokens": 100, "cache_write_1h_tokens": 200})

    assert (usage.cache_write_5m_tokens, usage.cache_write_1h_tokens) == (None, 200)
    assert usage.flags == ("cache_write_split_exceeds_total",)


def test_a_negative_count_is_not_reported() -> None:
    usage = normalised({"input_tokens": -1, "output_tokens": 5})

    assert usage.input_tokens is None
    assert usage.flags == ("negative_ignored",)


def test_unknown_units_are_kept_and_change_nothing_else() -> None:
    """langfuse#6024: an unknown `gen_ai.usage.*` key hid the span; phoenix#13379: it was billed as output."""
    plain = {"input_tokens": 10, "output_tokens": 5}

    usage = normalised({**plain, "web_searches": 3, "novel_unit": 7})

    assert usage.other == {"novel_unit": 7, "web_searches": 3}
    assert (usage.input_tokens, usage.output_tokens) == (10, 5)


@given(reports, st.sampled_from(PROVIDERS), st.sampled_from(CONVENTIONS))
def test_normalising_again_changes_nothing(reported: dict[str, int], provider: str, convention: str) -> None:
    once = normalise_usage(provider, "", reported, convention)

    again = normalise_usage(provider, "", said(once), "inclusive")

    assert said(again) == said(once)


@given(
    st.dictionaries(st.sampled_from(UNITS), st.integers(min_value=-1000, max_value=1000)),
    st.sampled_from(PROVIDERS),
    st.sampled_from(CONVENTIONS),
)
def test_no_count_is_ever_negative(reported: dict[str, int], provider: str, convention: str) -> None:
    assert min(said(normalise_usage(provider, "", reported, convention)).values(), default=0) >= 0


@given(reports, st.sampled_from(PROVIDERS), st.sampled_from(CONVENTIONS))
def test_parts_are_never_more_than_their_whole(
    reported: dict[str, int], provider: str, convention: str
) -> None:
    usage = normalise_usage(provider, "", reported, convention)

    cached = sum(
        (usage.cache_read_tokens or 0, usage.cache_write_5m_tokens or 0, usage.cache_write_1h_tokens or 0)
    )
    assert usage.input_tokens is None or cached <= usage.input_tokens
    assert usage.output_tokens is None or (usage.reasoning_tokens or 0) <= usage.output_tokens


@given(reports, st.sampled_from(PROVIDERS), st.sampled_from(CONVENTIONS))
def test_a_unit_is_there_exactly_when_it_was_reported(
    reported: dict[str, int], provider: str, convention: str
) -> None:
    usage = normalise_usage(provider, "", reported, convention)

    for unit in (
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_1h_tokens",
        "reasoning_tokens",
    ):
        assert (getattr(usage, unit) is None) == (unit not in reported)
    assert usage.other.keys() >= reported.keys() & {"web_searches", "input_tool_tokens"}


@given(
    reports,
    st.sampled_from(("input_tokens", "output_tokens", "reasoning_tokens")),
    st.integers(min_value=0, max_value=10_000),
    st.sampled_from(("gcp.gemini", "x_ai")),
)
def test_more_reported_is_never_less_normalised(
    reported: dict[str, int], unit: str, more: int, provider: str
) -> None:
    """Monotone for sources that count every part apart. Where nesting is detected (reasoning at Anthropic,
    say), it cannot be: a source that counts apart and one that nests can report the same numbers."""
    grown = {**reported, unit: reported.get(unit, 0) + more}

    before = said(normalise_usage(provider, "", reported, "exclusive"))
    after = said(normalise_usage(provider, "", grown, "exclusive"))

    for kept in ("input_tokens", "output_tokens", "reasoning_tokens"):
        assert after.get(kept, 0) >= before.get(kept, 0)


@given(
    fresh=counts,
    cache_read=counts,
    write_5m=counts,
    write_1h=counts,
    answer=counts,
    reasoning=counts,
    provider=st.sampled_from(PROVIDERS),
)
def test_inclusive_and_exclusive_spellings_of_a_call_mean_the_same(
    fresh: int, cache_read: int, write_5m: int, write_1h: int, answer: int, reasoning: int, provider: str
) -> None:
    """langfuse#14725: the same tokens, two spellings, two costs."""
    parts = {
        "cache_read_tokens": cache_read,
        "cache_write_5m_tokens": write_5m,
        "cache_write_1h_tokens": write_1h,
        "reasoning_tokens": reasoning,
    }
    whole_input, whole_output = fresh + cache_read + write_5m + write_1h, answer + reasoning
    thinking_inside = provider in ("anthropic", "aws.bedrock")
    inclusive = {**parts, "input_tokens": whole_input, "output_tokens": whole_output}
    exclusive = {
        **parts,
        "input_tokens": fresh,
        "output_tokens": whole_output if thinking_inside else answer,
    }

    assert normalised(inclusive, provider, "inclusive") == normalised(exclusive, provider, "exclusive")
