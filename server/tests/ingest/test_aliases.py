"""Every spelling of every dialect means the same."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest.otlp_requests import JSON, a_span, as_json, traces

from lynex_server.ingest.aliases import ALIASES, KINDS, RESOURCE_FIELDS
from lynex_server.ingest.mapping import map_attributes
from lynex_server.ingest.public import decode_otlp_traces
from lynex_server.ingest.values import provider_from
from lynex_server.pricing.public import normalise_usage
from lynex_server.spans.public import USAGE_UNITS, Kind, SpanEvent

SPELLINGS = [(field, name) for field, names in ALIASES.items() for name in names]
COUNTED = [(field.removeprefix("usage."), name) for field, name in SPELLINGS if field.startswith("usage.")]


def span_of(attributes: dict[str, Any], scope: str = "tests", **resource: Any) -> SpanEvent:
    """The one span that these attributes become."""
    decoded = decode_otlp_traces(as_json(traces(a_span(attributes), scope=scope, **resource)), JSON)
    assert decoded.rejections == []
    return decoded.spans[0]


@pytest.mark.parametrize(("field", "name"), SPELLINGS)
def test_every_spelling_means_its_field(field: str, name: str) -> None:
    assert map_attributes({name: "said"}).fields == {field: "said"}


@pytest.mark.parametrize(("unit", "name"), COUNTED)
def test_every_spelling_of_a_count_becomes_usage(unit: str, name: str) -> None:
    """langfuse#14725: the same tokens in two spellings must not have two costs."""
    span = span_of({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", name: 17})

    assert span.usage == {unit: 17}
    assert name not in span.attributes


def test_no_attribute_means_two_things() -> None:
    names = [name for _, name in SPELLINGS]

    assert len(names) == len(set(names))


def test_the_tables_speak_our_words() -> None:
    assert set(KINDS.values()) <= set(get_args(Kind))
    assert {field.removeprefix("usage.") for field in ALIASES if field.startswith("usage.")} <= {
        *USAGE_UNITS,
        *("cache_write_tokens", "total_tokens", "input_tool_tokens"),
        *("input_video_tokens", "cache_audio_read_tokens", "cache_image_read_tokens"),
        *("web_searches", "rerank_searches"),
        *("audio_seconds", "input_characters", "input_document_pages"),
    }
    assert set(RESOURCE_FIELDS) <= set(ALIASES)


def test_the_best_spelling_wins_and_another_opinion_stays_visible() -> None:
    mapped = map_attributes({"gen_ai.system": "other", "gen_ai.provider.name": "openai"})

    assert mapped.fields["provider"] == "openai"
    assert mapped.attributes == {"gen_ai.system": "other"}


def test_a_second_spelling_that_says_the_same_is_not_kept_twice() -> None:
    mapped = map_attributes({"gen_ai.system": "openai", "gen_ai.provider.name": "openai"})

    assert mapped.attributes == {}


@given(st.permutations(["gen_ai.usage.prompt_tokens", "gen_ai.usage.input_tokens", "llm.token_count.prompt"]))
def test_the_order_of_attributes_does_not_matter(names: list[str]) -> None:
    values = {"gen_ai.usage.input_tokens": 1, "gen_ai.usage.prompt_tokens": 2, "llm.token_count.prompt": 3}

    mapped = map_attributes({name: values[name] for name in names})

    assert mapped.fields == {"usage.input_tokens": 1}
    assert mapped.attributes == {"gen_ai.usage.prompt_tokens": 2, "llm.token_count.prompt": 3}


@given(st.dictionaries(st.text(max_size=30), st.one_of(st.text(), st.integers(), st.booleans()), max_size=20))
def test_nothing_that_is_unknown_is_lost(said: dict[str, Any]) -> None:
    unknown = {f"app.{key}": value for key, value in said.items()}

    assert map_attributes(unknown).attributes == unknown


def test_unknown_usage_never_hides_a_span_and_is_kept() -> None:
    """langfuse#6024: an unknown `gen_ai.usage.*` key hid the span."""
    span = span_of(
        {"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5, "gen_ai.usage.moon_tokens": 3}
    )

    assert span.usage == {"input_tokens": 5, "moon_tokens": 3}
    assert span.attributes["gen_ai.usage.moon_tokens"] == 3


@pytest.mark.parametrize(
    "total", ["gen_ai.usage.total_tokens", "llm.token_count.total", "llm.usage.total_tokens"]
)
def test_a_total_is_kept_to_compare_with_and_never_counted(total: str) -> None:
    """phoenix#10783: output computed as total minus input."""
    span = span_of({"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5, total: 500})

    usage = normalise_usage("openai", "m", span.usage, span.usage_convention)
    assert (usage.input_tokens, usage.output_tokens) == (5, None)
    assert usage.flags == ("total_mismatch",)


def test_what_was_not_said_is_absent_and_what_was_said_as_zero_is_zero() -> None:
    """litellm#37992: None is not 0."""
    span = span_of({"gen_ai.request.model": "m", "gen_ai.usage.output_tokens": 0})

    assert span.usage == {"output_tokens": 0}


def test_a_count_that_is_none_stays_among_the_attributes() -> None:
    span = span_of({"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": "many"})

    assert span.usage == {}
    assert span.attributes["gen_ai.usage.input_tokens"] == "many"


def test_a_wrapper_repeats_the_usage_of_its_calls_and_does_not_count_it() -> None:
    span = span_of(
        {"ai.operationId": "ai.generateText", "ai.usage.promptTokens": 9, "gen_ai.usage.cost": 0.5}
    )

    assert (span.kind, span.usage, span.cost_nanousd) == ("chain", {}, None)
    assert span.attributes["ai.usage.promptTokens"] == 9
    assert span.attributes["gen_ai.usage.cost"] == 0.5


@pytest.mark.parametrize(
    ("name", "scope", "convention"),
    [
        ("gen_ai.usage.cache_read.input_tokens", "anything", "inclusive"),
        ("gen_ai.usage.cache_read_input_tokens", "anything", "unknown"),
        ("gen_ai.usage.cache_read_input_tokens", "opentelemetry.instrumentation.anthropic", "inclusive"),
        ("llm.token_count.prompt_details.cache_read", "openinference.instrumentation.openai", "inclusive"),
    ],
)
def test_tells_how_the_sender_counts_cache(name: str, scope: str, convention: str) -> None:
    """langfuse#12306: an instrumentation that already adds the cache to the input."""
    span = span_of({"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 9, name: 4}, scope=scope)

    assert span.usage_convention == convention


def test_langfuse_usage_buckets_are_apart() -> None:
    said = '{"input": 10, "output": 5, "input_cached_tokens": 90, "total": 105}'

    span = span_of({"langfuse.observation.type": "generation", "langfuse.observation.usage_details": said})

    assert span.usage == {
        "input_tokens": 10,
        "output_tokens": 5,
        "cache_read_tokens": 90,
        "total_tokens": 105,
    }
    assert span.usage_convention == "exclusive"


@pytest.mark.parametrize(
    ("details", "cost_nanousd"),
    [
        ('{"input": 0.001, "output": 0.002, "total": 0.0031}', 3_100_000),
        ('{"input": 0.001, "output": 0.002}', 3_000_000),
        ("{}", None),
        ("no JSON", None),
    ],
)
def test_reads_langfuse_costs(details: str, cost_nanousd: int | None) -> None:
    span = span_of({"langfuse.observation.type": "generation", "langfuse.observation.cost_details": details})

    assert span.cost_nanousd == cost_nanousd


@pytest.mark.parametrize(
    ("prefix", "role", "content"),
    [
        ("llm.input_messages.", "message.role", "message.content"),
        ("gen_ai.prompt.", "role", "content"),
    ],
)
def test_indexed_messages_become_one_list_in_their_order(prefix: str, role: str, content: str) -> None:
    said = {
        f"{prefix}{index}.{key}": value
        for index in (10, 2)
        for key, value in ((role, "user"), (content, f"text {index}"))
    }

    span = span_of({"gen_ai.request.model": "m", **said})

    assert span.input == '[{"role":"user","content":"text 2"},{"role":"user","content":"text 10"}]'
    assert not any(key.startswith(prefix) for key in span.attributes)


def test_tool_calls_in_indexed_messages_lose_their_wrappers() -> None:
    call = "llm.output_messages.0.message.tool_calls.0.tool_call."

    span = span_of({"llm.model_name": "m", f"{call}id": "c1", f"{call}function.name": "get_weather"})

    assert span.output == '[{"tool_calls":[{"id":"c1","function":{"name":"get_weather"}}]}]'


def test_a_long_list_of_tools_is_one_attribute() -> None:
    tools = {f"llm.tools.{index}.tool.json_schema": "{}" for index in range(500)}

    span = span_of({"llm.model_name": "m", **tools})

    assert len(span.attributes["llm.tools"]) == 500
    assert len(span.attributes) == 2  # and the scope


def test_names_under_an_indexed_prefix_without_an_index_are_kept() -> None:
    mapped = map_attributes({"llm.input_messages.last": "x", "gen_ai.prompt.99999999.role": "user"})

    assert mapped.attributes == {"llm.input_messages.last": "x", "gen_ai.prompt.99999999.role": "user"}


def test_system_instructions_stand_before_the_messages() -> None:
    span = span_of(
        {
            "gen_ai.request.model": "m",
            "gen_ai.system_instructions": '[{"type":"text","content":"Be kind."}]',
            "gen_ai.input.messages": '[{"role":"user","parts":[]}]',
        }
    )

    assert span.input == (
        '[{"role":"system","parts":[{"type":"text","content":"Be kind."}]},{"role":"user","parts":[]}]'
    )


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("OpenAI", "openai"),
        ("openai.responses", "openai"),
        ("az.ai.openai", "azure"),
        ("azure-openai.chat", "azure"),
        ("aws.bedrock", "bedrock"),
        ("amazon-bedrock", "bedrock"),
        ("gcp.vertex_ai", "vertex"),
        ("google.vertex.chat", "vertex"),
        ("google.generative-ai", "google"),
        ("gemini", "google"),
        ("x_ai", "xai"),
        ("Mistral AI", "mistral"),
        ("my-own-server", "my_own_server"),
    ],
)
def test_a_provider_has_one_name(said: str, ours: str) -> None:
    assert provider_from(said) == ours


def test_the_tier_is_the_one_that_the_response_names() -> None:
    """litellm#13810: flex billed double."""
    asked = {"gen_ai.request.model": "m", "gen_ai.openai.request.service_tier": "flex"}

    assert span_of(asked).service_tier == "flex"
    assert span_of({**asked, "gen_ai.openai.response.service_tier": "default"}).service_tier == "default"
    assert span_of({"gen_ai.openai.request.service_tier": "auto"}).service_tier == ""


def test_the_resource_speaks_for_its_spans_unless_they_speak_themselves() -> None:
    resource = {
        "service.name": "shop",
        "deployment.environment": "production",
        "service.version": "1.2",
        "openinference.project.name": "evals",
        "host.name": "box",
    }

    span = span_of({"langfuse.environment": "staging"}, resource=resource)

    assert (span.service, span.environment, span.release) == ("shop", "staging", "1.2")
    assert span.metadata == {"project": "evals"}
    assert span.attributes == {"resource.host.name": "box", "otel.scope.name": "tests"}
