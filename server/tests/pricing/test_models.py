"""Names of providers, models and tiers, in every spelling seen on the wire."""

import pytest

from lynex_server.pricing.models import (
    bedrock_family,
    canonical_provider,
    canonical_tier,
    model_ref,
    provider_of_model,
)


@pytest.mark.parametrize(
    ("spelled", "provider"),
    [
        ("openai", "openai"),
        ("OpenAI", "openai"),
        ("openai.responses", "openai"),
        ("azure.ai.openai", "azure"),
        ("az.ai.openai", "azure"),
        ("azure-openai.chat", "azure"),
        ("Azure", "azure"),
        ("aws.bedrock", "aws"),
        ("amazon-bedrock", "aws"),
        ("aws_bedrock", "aws"),
        ("gcp.gemini", "google"),
        ("gcp.vertex_ai", "google"),
        ("google.generative-ai", "google"),
        ("google.vertex.chat", "google"),
        ("VertexAI", "google"),
        ("anthropic.messages", "anthropic"),
        ("x_ai", "x-ai"),
        ("xai.chat", "x-ai"),
        ("mistral_ai", "mistral"),
        ("MistralAI", "mistral"),
        ("together_ai", "together"),
        ("  Groq ", "groq"),
    ],
)
def test_every_spelling_of_a_provider_is_one_provider(spelled: str, provider: str) -> None:
    assert canonical_provider(spelled) == provider


@pytest.mark.parametrize("framework", ["", "litellm", "LangChain", "unknown", "langchain.chat"])
def test_a_framework_is_no_provider(framework: str) -> None:
    assert canonical_provider(framework) == ""


def test_an_unknown_provider_keeps_its_own_name() -> None:
    assert canonical_provider("My Own.Host") == "my-own-host"


@pytest.mark.parametrize("name", ["ollama", "vllm", "not-openai", "openai-proxy-of-ours"])
def test_a_name_that_only_resembles_a_provider_is_not_taken_for_it(name: str) -> None:
    """A self-hosted model must never be billed at a vendor's price because of a similar name."""
    assert canonical_provider(name) == name


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("gpt-5", "openai"),
        ("o3-mini", "openai"),
        ("ft:gpt-4o-mini-2024-07-18:acme::1", "openai"),
        ("claude-sonnet-4-5", "anthropic"),
        ("models/gemini-2.5-pro", "google"),
        ("grok-4", "x-ai"),
        ("command-r-plus", "cohere"),
        ("llama-3.3-70b-versatile", ""),
        ("deepseek-r1-distill-llama-70b", ""),
        ("olmo-2", ""),
    ],
)
def test_only_a_name_that_one_vendor_uses_tells_the_provider(model: str, provider: str) -> None:
    assert provider_of_model(model) == provider


@pytest.mark.parametrize(
    ("said", "tier"),
    [
        ("default", ""),
        ("standard", ""),
        ("auto", ""),
        ("ON_DEMAND", ""),
        ("flex", "flex"),
        ("Priority", "priority"),
        ("ON_DEMAND_PRIORITY", "priority"),
        ("SERVICE_TIER_FLEX", "flex"),
        ("batch", "batch"),
        ("scale", "scale"),
    ],
)
def test_a_service_tier_has_one_spelling(said: str, tier: str) -> None:
    assert canonical_tier(said) == tier


@pytest.mark.parametrize(
    ("provider", "model", "found_at", "first_id"),
    [
        ("gcp.gemini", "models/gemini-2.5-pro", "google", "gemini-2.5-pro"),
        ("vertex_ai", "vertex_ai/gemini-2.5-pro", "google", "gemini-2.5-pro"),
        ("openrouter", "openrouter/openai/gpt-5", "openrouter", "openai/gpt-5"),
        ("openrouter", "openai/gpt-5", "openrouter", "openai/gpt-5"),
        ("litellm", "anthropic/claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"),
        ("", "openrouter/anthropic/claude-sonnet-4.5", "openrouter", "anthropic/claude-sonnet-4.5"),
        ("azure", "azure/gpt-4o", "azure", "gpt-4o"),
        ("groq", "openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
        ("anthropic", "Claude-Sonnet-4-5[1m]", "anthropic", "claude-sonnet-4-5"),
        ("aws.bedrock", "bedrock/us.amazon.nova-pro-v1:0", "aws", "us.amazon.nova-pro-v1:0"),
    ],
)
def test_prefixes_of_routers_are_taken_off(provider: str, model: str, found_at: str, first_id: str) -> None:
    """genai-prices#689: `models/…`, `openrouter/…` and regional ids were not found."""
    ref = model_ref(provider, model)

    assert (ref.provider, ref.ids[0]) == (found_at, first_id)


def test_a_vertex_path_names_its_region() -> None:
    path = "projects/acme/locations/europe-west4/publishers/google/models/gemini-2.5-pro"

    ref = model_ref("gcp.vertex_ai", path)

    assert (ref.ids[0], ref.region) == ("gemini-2.5-pro", "europe-west4")


@pytest.mark.parametrize(
    ("model", "geo", "region"),
    [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us", ""),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "global", ""),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "", ""),
        (
            "arn:aws:bedrock:eu-west-2:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "eu",
            "eu-west-2",
        ),
        ("bedrock/eu-west-2/anthropic.claude-sonnet-4-5-20250929-v1:0", "", "eu-west-2"),
    ],
)
def test_a_bedrock_id_names_its_area_and_region(model: str, geo: str, region: str) -> None:
    ref = model_ref("aws.bedrock", model)

    assert (ref.geo, ref.region) == (geo, region)


def test_a_dated_id_is_looked_for_before_its_undated_form() -> None:
    assert model_ref("google", "gemini-9-pro-2027-01-31").ids == ("gemini-9-pro-2027-01-31", "gemini-9-pro")


def test_a_version_of_google_is_looked_for_before_the_name_without_it() -> None:
    assert model_ref("google", "gemini-2.5-flash-001").ids == ("gemini-2.5-flash-001", "gemini-2.5-flash")
    assert model_ref("openai", "o-001").ids == ("o-001",)


def test_a_fine_tune_never_falls_back_to_its_base_model() -> None:
    tuned = "ft:gpt-4.1-2025-04-14"

    assert model_ref("openai", tuned).ids == (tuned,)


def test_a_guessed_provider_is_marked() -> None:
    assert model_ref("", "gpt-5").provider_guessed
    assert not model_ref("openai", "gpt-5").provider_guessed


@pytest.mark.parametrize(
    "model_id",
    [
        "us.anthropic.claude-sonnet-4-5",
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "regional.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "anthropic.claude-sonnet-4-5-20250929",
    ],
)
def test_all_ids_of_a_bedrock_model_share_a_family(model_id: str) -> None:
    assert bedrock_family(model_id) == "anthropic.claude-sonnet-4-5"
