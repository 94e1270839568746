"""Names: which provider is meant, and under which ids a model may be found in a price book.

Every dialect spells them its own way (`gcp.vertex_ai`, `google.vertex.chat`, `VertexAI`), and routers put
prefixes before model ids (`openrouter/openai/gpt-5`, `models/gemini-2.5-pro`, Bedrock profile ARNs).
"""

import re
from dataclasses import dataclass

_ALIASES: dict[str, tuple[str, ...]] = {
    "anthropic": ("claude",),
    "aws": ("aws-bedrock", "bedrock", "amazon", "amazon-bedrock", "bedrock-converse", "aws-sagemaker"),
    "azure": (
        "az-ai-inference",
        "az-ai-openai",
        "azure-ai",
        "azure-ai-inference",
        "azure-ai-openai",
        "azure-openai",
        "azureopenai",
        "microsoft",
    ),
    "cerebras": ("cerebras-cloud",),
    "cohere": ("cohere-chat", "cohere-ai"),
    "deepseek": ("deep-seek",),
    "fireworks": ("fireworks-ai", "fireworksai"),
    "google": (
        "gcp",
        "gcp-gemini",
        "gcp-gen-ai",
        "gcp-vertex-ai",
        "gemini",
        "google-ai",
        "google-ai-studio",
        "google-gemini",
        "google-genai",
        "google-generative-ai",
        "google-vertex",
        "google-vertexai",
        "vertex",
        "vertex-ai",
        "vertexai",
    ),
    "groq": (),
    "mistral": ("mistral-ai", "mistralai"),
    "moonshotai": ("moonshot", "moonshot-ai"),
    "openai": ("open-ai", "text-completion-openai", "openai-compatible"),
    "openrouter": ("open-router",),
    "perplexity": ("perplexity-ai",),
    "together": ("together-ai", "togetherai"),
    "voyageai": ("voyage", "voyage-ai"),
    "x-ai": ("xai", "grok"),
}
_PROVIDER_BY_NAME = {
    name: provider for provider, aliases in _ALIASES.items() for name in (provider, *aliases)
}
_NOT_A_PROVIDER = frozenset(
    ("", "unknown", "other", "litellm", "litellm-proxy", "langchain", "llamaindex", "gateway", "custom")
)
"""Frameworks and routers that some instrumentations put where the provider belongs."""

_MODEL_FAMILIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "openai",
        re.compile(r"(ft:)?(gpt-|chatgpt-|o[134](-|$)|text-embedding-(3|ada)|davinci|whisper-1$|tts-1)"),
    ),
    ("anthropic", re.compile(r"claude")),
    ("google", re.compile(r"gemini")),
    ("x-ai", re.compile(r"grok")),
    ("deepseek", re.compile(r"deepseek-(chat|reasoner|v\d)")),
    ("mistral", re.compile(r"(mistral|ministral|magistral|codestral|devstral|pixtral|voxtral)-")),
    ("cohere", re.compile(r"(command-|embed-(english|multilingual)|rerank-)")),
)
"""Whose model it is, for the names that only one vendor uses. Open-weight families are sold by many
hosts at different prices, so they tell nothing."""

_SEPARATORS = re.compile(r"[\s._/]+")
_VERTEX_PATH = re.compile(
    r"^(?:projects/[^/]+/)?(?:locations/(?P<region>[^/]+)/)?publishers/[^/]+/models/(?P<model>.+)$"
)
_BEDROCK_ARN = re.compile(
    r"^arn:aws[a-z-]*:bedrock:(?P<region>[a-z0-9-]*):\d*:(?:inference-profile|foundation-model)/(?P<model>.+)$"
)
_GEO_PREFIX = re.compile(r"^(?P<geo>global|us|eu|apac|au|jp|in|ca|us-gov)\.(?P<model>[a-z0-9-]+\..+)$")
_AWS_REGION_PREFIX = re.compile(r"^(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)/(?P<model>.+)$")
_BEDROCK_VERSION = re.compile(r"(?:-\d{8})?(?:-v\d+(?::\d+)?)?$")
_TRAILING_DATE = re.compile(r"(?:-20\d{2}-\d{2}-\d{2}|-20\d{6}|@20\d{6})$")
_GOOGLE_VERSION = re.compile(r"-0\d\d$")
"""What Google puts behind the name of a stable model that answered: `gemini-2.5-flash-001`."""
_CONTEXT_SUFFIX = re.compile(r"\[\d+m\]$")

_STANDARD_TIERS = frozenset(("", "default", "standard", "auto", "standard_only", "on_demand", "none"))
_TIER_ALIASES = {
    "on_demand_flex": "flex",
    "on_demand_priority": "priority",
    "batch_api": "batch",
    "batches": "batch",
}


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Where to look for a model's price: in `provider`'s list under each of `ids` in turn.

    `geo` is the Bedrock inference profile's area (`us`, `global`, …) and `region` the one named inside
    the id; both are empty where the id has none. `provider_guessed`: nobody named the provider.
    """

    provider: str
    ids: tuple[str, ...]
    geo: str = ""
    region: str = ""
    provider_guessed: bool = False


def canonical_provider(provider: str) -> str:
    """The one id of a provider (`aws`, `azure`, `google`, `openai`, `x-ai`, …) for any of its spellings.

    An unknown name comes back in lower case with dashes; a name that is no provider comes back empty.
    """
    parts = [part for part in _SEPARATORS.split(provider.strip().lower()) if part]
    name = "-".join(parts)
    # `openai.chat`, `google.vertex.chat` and `azure-openai.responses` name an API after the provider.
    for length in range(len(parts), 0, -1):
        shorter = "-".join(parts[:length])
        if shorter in _NOT_A_PROVIDER:
            return ""
        if known := _PROVIDER_BY_NAME.get(shorter):
            return known
    return name


def provider_of_model(model: str) -> str:
    """The vendor whose name for a model this is, or empty where several hosts sell it."""
    name = model.strip().lower().rpartition("/")[2]
    for provider, family in _MODEL_FAMILIES:
        if family.match(name):
            return provider
    return ""


def canonical_tier(service_tier: str) -> str:
    """The service tier in one spelling (`flex`, `priority`, `batch`, …); empty for the standard tier."""
    tier = service_tier.strip().lower().replace("-", "_").removeprefix("service_tier_")
    return "" if tier in _STANDARD_TIERS else _TIER_ALIASES.get(tier, tier)


def model_ref(provider: str, model: str) -> ModelRef:
    """Where to look for the price of `model` at `provider`, most exact id first."""
    canonical = canonical_provider(provider)
    name, region = _without_path(_CONTEXT_SUFFIX.sub("", model.strip().lower()))
    canonical, name = _without_router(canonical, name)
    guessed = not canonical
    if guessed:
        canonical = provider_of_model(name)
    if canonical == "aws":
        return _bedrock_ref(name, region, guessed)
    return ModelRef(canonical, _ids(canonical, name), region=region, provider_guessed=guessed)


def _without_path(name: str) -> tuple[str, str]:
    """The model id in a Vertex path, a Bedrock ARN or a Gemini resource name, and the region in it."""
    bare = name.removeprefix("bedrock/").removeprefix("converse/")
    for pattern in (_VERTEX_PATH, _BEDROCK_ARN):
        if found := pattern.match(bare):
            return found["model"], found["region"] or ""
    return name.removeprefix("models/"), ""


def _without_router(provider: str, name: str) -> tuple[str, str]:
    """Drops the prefixes routers put before an id; one that names a provider answers for a missing one."""
    while "/" in name:
        prefix, _, rest = name.partition("/")
        owner = canonical_provider(prefix)
        if owner == "openrouter" and provider in ("", "openrouter"):
            return "openrouter", rest
        if provider in ("", owner) and owner in _PROVIDER_BY_NAME.values():
            provider, name = owner, rest.removeprefix("models/")
        elif prefix == "litellm_proxy":
            name = rest
        else:
            break
    return provider, name


def _ids(provider: str, name: str) -> tuple[str, ...]:
    """A dated id is looked for as it is, then without its date, or without Google's version. A fine-tune
    never falls back to its base model, whose price is another one."""
    if provider == "openrouter":
        return (name,)
    undated = name if name.startswith("ft:") else _TRAILING_DATE.sub("", name)
    if provider == "google":
        undated = _GOOGLE_VERSION.sub("", undated)
    return tuple(dict.fromkeys((name, undated)))


def _bedrock_ref(name: str, region: str, guessed: bool) -> ModelRef:
    if in_region := _AWS_REGION_PREFIX.match(name):
        name, region = in_region["model"], in_region["region"]
    found = _GEO_PREFIX.match(name)
    geo = found["geo"] if found else ""
    return ModelRef("aws", (name,), geo=geo, region=region, provider_guessed=guessed)


def bedrock_family(model_id: str) -> str:
    """A Bedrock id without area, date and version: `us.amazon.nova-x-20250101-v1:0` → `amazon.nova-x`."""
    found = _GEO_PREFIX.match(model_id)
    bare = found["model"] if found else model_id.removeprefix("regional.")
    return _BEDROCK_VERSION.sub("", bare)
