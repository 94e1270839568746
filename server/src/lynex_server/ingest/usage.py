"""Usage objects as providers and Langfuse write them, in our units.

Which keys are spelled tells how they count. OpenAI's own objects include the cache in the input; Anthropic's
and Bedrock's keep it apart, so do Langfuse's buckets (`input`, `input_cached_tokens`…); Gemini's do a bit of
both, and xAI's are spelled like OpenAI's without counting like them.
"""

from typing import Any, Final

from lynex_server.ingest.values import count_from
from lynex_server.pricing.public import canonical_provider
from lynex_server.spans.public import USAGE_UNITS, UsageConvention

_INCLUSIVE: Final[dict[str, str]] = {
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "promptTokens": "input_tokens",
    "completionTokens": "output_tokens",
    "prompt_tokens_details.cached_tokens": "cache_read_tokens",
    "prompt_tokens_details.audio_tokens": "input_audio_tokens",
    "prompt_tokens_details.image_tokens": "input_image_tokens",
    "prompt_tokens_details.video_tokens": "input_video_tokens",
    "prompt_tokens_details.cache_write_tokens": "cache_write_tokens",
    "completion_tokens_details.reasoning_tokens": "reasoning_tokens",
    "completion_tokens_details.audio_tokens": "output_audio_tokens",
    "completion_tokens_details.image_tokens": "output_image_tokens",
    "input_tokens_details.cached_tokens": "cache_read_tokens",
    "input_tokens_details.cache_write_tokens": "cache_write_tokens",
    "input_tokens_details.audio_tokens": "input_audio_tokens",
    "input_tokens_details.image_tokens": "input_image_tokens",
    "output_tokens_details.reasoning_tokens": "reasoning_tokens",
    "output_tokens_details.audio_tokens": "output_audio_tokens",
    "output_tokens_details.image_tokens": "output_image_tokens",
    "input_token_details.cache_read": "cache_read_tokens",
    "input_token_details.cached_tokens": "cache_read_tokens",
    "input_token_details.audio_tokens": "input_audio_tokens",
    "input_token_details.image_tokens": "input_image_tokens",
    "input_token_details.cached_tokens_details.audio_tokens": "cache_audio_read_tokens",
    "input_token_details.cached_tokens_details.image_tokens": "cache_image_read_tokens",
    "output_token_details.reasoning": "reasoning_tokens",
    "output_token_details.audio_tokens": "output_audio_tokens",
}
_EXCLUSIVE: Final[dict[str, str]] = {
    "input": "input_tokens",
    "output": "output_tokens",
    "input_cached_tokens": "cache_read_tokens",
    "input_cache_read": "cache_read_tokens",
    "input_cache_creation": "cache_write_tokens",
    "input_cache_creation_5m": "cache_write_5m_tokens",
    "input_cache_creation_1h": "cache_write_1h_tokens",
    "input_audio": "input_audio_tokens",
    "input_audio_tokens": "input_audio_tokens",
    "input_image_tokens": "input_image_tokens",
    "output_reasoning": "reasoning_tokens",
    "output_reasoning_tokens": "reasoning_tokens",
    "output_audio": "output_audio_tokens",
    "output_audio_tokens": "output_audio_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
    "cache_creation.ephemeral_5m_input_tokens": "cache_write_5m_tokens",
    "cache_creation.ephemeral_1h_input_tokens": "cache_write_1h_tokens",
    "cache_creation_input_tokens_above_1hr": "cache_write_1h_tokens",
    "cacheReadInputTokens": "cache_read_tokens",
    "cacheWriteInputTokens": "cache_write_tokens",
}
_GEMINI: Final[dict[str, str]] = {
    "promptTokenCount": "input_tokens",
    "candidatesTokenCount": "output_tokens",
    "thoughtsTokenCount": "reasoning_tokens",
    "toolUsePromptTokenCount": "input_tool_tokens",
    "cachedContentTokenCount": "cache_read_tokens",
    "prompt_token_count": "input_tokens",
    "candidates_token_count": "output_tokens",
    "thoughts_token_count": "reasoning_tokens",
    "tool_use_prompt_token_count": "input_tool_tokens",
    "cached_content_token_count": "cache_read_tokens",
}
"""Neither inclusive nor exclusive: the cache is in the input, thoughts and tool prompts are apart. Which is
what the price book knows of the provider. https://ai.google.dev/api/generate-content#UsageMetadata"""
_EITHER: Final[dict[str, str]] = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "tokens_in": "input_tokens",
    "tokens_out": "output_tokens",
    "billed_units.input_tokens": "input_tokens",
    "billed_units.output_tokens": "output_tokens",
    "billed_units.search_units": "rerank_searches",
    "search_units": "rerank_searches",
    "server_tool_use.web_search_requests": "web_searches",
    "server_tool_use_details.web_search_requests": "web_searches",
    "num_search_queries": "web_searches",
    "web_search_requests": "web_searches",
    "pages_processed": "input_document_pages",
    "characters": "input_characters",
    "prompt_audio_seconds": "audio_seconds",
    "total": "total_tokens",
    "total_tokens": "total_tokens",
    "totalTokens": "total_tokens",
    "totalTokenCount": "total_tokens",
    "total_token_count": "total_tokens",
}
_BY_MODALITY: Final[dict[str, str]] = {
    "promptTokensDetails": "input_{}_tokens",
    "prompt_tokens_details": "input_{}_tokens",
    "candidatesTokensDetails": "output_{}_tokens",
    "candidates_tokens_details": "output_{}_tokens",
    "cacheTokensDetails": "cache_{}_read_tokens",
    "cache_tokens_details": "cache_{}_read_tokens",
}
"""Gemini's lists of `{modality, tokenCount}`. Text is what remains, so it is not a count of its own."""
_DEPTH_MAX: Final = 2
_MODALITIES: Final = {"AUDIO": "audio", "IMAGE": "image", "VIDEO": "video"}
_OWN: Final[dict[str, str]] = {unit: unit for unit in USAGE_UNITS}


def read_usage(said: dict[str, Any], own_units_first: bool = False) -> tuple[dict[str, int], UsageConvention]:
    """The counts of a usage object by unit, and how they count.

    Keys that are not known are kept under their own name; what is not a count is left out. A total is one
    more unit: it is only ever compared, nothing is derived from it. With `own_units_first`, a key that is one
    of our units means that unit and says nothing of the convention.
    """
    flat = _flat(said)
    inclusive = any(key in _INCLUSIVE for key in flat)
    exclusive = not inclusive and any(
        key in _EXCLUSIVE and not (own_units_first and key in _OWN) for key in flat
    )
    usage: dict[str, int] = {}
    for key, count in flat.items():
        usage[_unit_of(key, own_units_first)] = count
    _split_cache_writes(flat, usage)
    if said.get("type") == "duration" and "seconds" in usage:  # OpenAI's transcriptions
        usage["audio_seconds"] = usage.pop("seconds")
    if any(key in _GEMINI for key in flat):
        return usage, "unknown"
    if inclusive:
        return usage, "inclusive"
    return usage, "exclusive" if exclusive else "unknown"


def convention_of(convention: UsageConvention, provider: str, model: str) -> UsageConvention:
    """How an object counts, once it is known whose it is.

    xAI spells its usage as OpenAI does, and keeps reasoning apart from the completion: what the spelling
    seems to say is not believed (https://docs.x.ai/docs/guides/reasoning).
    """
    named = canonical_provider(provider) or ("x-ai" if model.lower().startswith("grok") else "")
    return "unknown" if named == "x-ai" and convention == "inclusive" else convention


def _unit_of(key: str, own_units_first: bool) -> str:
    if own_units_first and key in _OWN:
        return key
    return _INCLUSIVE.get(key) or _EXCLUSIVE.get(key) or _GEMINI.get(key) or _EITHER.get(key) or key


def _split_cache_writes(flat: dict[str, int], usage: dict[str, int]) -> None:
    """Who names the sum of all writes and those of one hour has named those of five minutes too."""
    for whole, five_minutes, one_hour in (
        ("cache_creation_input_tokens", "", "cache_creation_input_tokens_above_1hr"),  # MLflow
        ("input_cache_creation", "input_cache_creation_5m", "input_cache_creation_1h"),
    ):
        if whole in flat and one_hour in flat and five_minutes not in flat:
            usage["cache_write_5m_tokens"] = max(0, flat[whole] - flat[one_hour])


def _flat(said: dict[str, Any], above: str = "", depth: int = 0) -> dict[str, int]:
    """Counts by key, those of an inner object as `outer.inner`, down to three steps."""
    flat: dict[str, int] = {}
    for key, value in said.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            if depth < _DEPTH_MAX:
                flat.update(_flat(value, f"{name}.", depth + 1))
        elif isinstance(value, list):
            flat.update(_by_modality(name, value))
        else:
            number = count_from(value)
            if number is not None:
                flat[name] = number
    return flat


def _by_modality(name: str, listed: list[Any]) -> dict[str, int]:
    unit = _BY_MODALITY.get(name)
    counts: dict[str, int] = {}
    for part in listed if unit else ():
        if not isinstance(part, dict):
            continue
        modality = _MODALITIES.get(str(part.get("modality", "")).upper())
        count = count_from(part.get("tokenCount", part.get("token_count")))
        if unit and modality and count is not None:
            counts[unit.format(modality)] = count
    return counts
