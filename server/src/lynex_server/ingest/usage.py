"""Usage objects as providers and Langfuse write them, in our units.

Which keys are spelled tells how they count. OpenAI's and Gemini's own objects include the cache in the
input; Anthropic's and Bedrock's keep it apart, so do Langfuse's buckets (`input`, `input_cached_tokens`…).
"""

from typing import Any, Final

from lynex_server.ingest.values import count_from
from lynex_server.spans.public import USAGE_UNITS, UsageConvention

_INCLUSIVE: Final[dict[str, str]] = {
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "promptTokens": "input_tokens",
    "completionTokens": "output_tokens",
    "prompt_tokens_details.cached_tokens": "cache_read_tokens",
    "prompt_tokens_details.audio_tokens": "input_audio_tokens",
    "prompt_tokens_details.image_tokens": "input_image_tokens",
    "prompt_tokens_details.cache_write_tokens": "cache_write_5m_tokens",
    "completion_tokens_details.reasoning_tokens": "reasoning_tokens",
    "completion_tokens_details.audio_tokens": "output_audio_tokens",
    "completion_tokens_details.image_tokens": "output_image_tokens",
    "input_tokens_details.cached_tokens": "cache_read_tokens",
    "input_tokens_details.audio_tokens": "input_audio_tokens",
    "output_tokens_details.reasoning_tokens": "reasoning_tokens",
    "output_tokens_details.audio_tokens": "output_audio_tokens",
    "input_token_details.cache_read": "cache_read_tokens",
    "output_token_details.reasoning": "reasoning_tokens",
    "cached_content_token_count": "cache_read_tokens",
    "prompt_token_count": "input_tokens",
}
_EXCLUSIVE: Final[dict[str, str]] = {
    "input": "input_tokens",
    "output": "output_tokens",
    "input_cached_tokens": "cache_read_tokens",
    "input_cache_read": "cache_read_tokens",
    "input_cache_creation": "cache_write_5m_tokens",
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
    "cache_creation_input_tokens": "cache_write_5m_tokens",
    "cache_creation.ephemeral_5m_input_tokens": "cache_write_5m_tokens",
    "cache_creation.ephemeral_1h_input_tokens": "cache_write_1h_tokens",
    "cache_creation_input_tokens_above_1hr": "cache_write_1h_tokens",
    "cacheReadInputTokens": "cache_read_tokens",
    "cacheWriteInputTokens": "cache_write_5m_tokens",
}
_EITHER: Final[dict[str, str]] = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "tokens_in": "input_tokens",
    "tokens_out": "output_tokens",
}
_TOTALS: Final[frozenset[str]] = frozenset({"total", "total_tokens", "totalTokens", "total_token_count"})
_OWN: Final[dict[str, str]] = {unit: unit for unit in USAGE_UNITS}


def read_usage(said: dict[str, Any], own_units_first: bool = False) -> tuple[dict[str, int], UsageConvention]:
    """The counts of a usage object by unit, and how they count.

    Keys that are not known are kept under their own name; totals are left out, for nothing is derived from
    them; what is not a count is left out. With `own_units_first`, a key that is one of our units means that
    unit and says nothing of the convention.
    """
    flat = _flat(said)
    inclusive = any(key in _INCLUSIVE for key in flat)
    exclusive = not inclusive and any(
        key in _EXCLUSIVE and not (own_units_first and key in _OWN) for key in flat
    )
    usage: dict[str, int] = {}
    for key, count in flat.items():
        unit = _unit_of(key, own_units_first)
        if unit:
            usage[unit] = count
    _split_cache_writes(flat, usage)
    if inclusive:
        return usage, "inclusive"
    return usage, "exclusive" if exclusive else "unknown"


def _unit_of(key: str, own_units_first: bool) -> str:
    if key in _TOTALS:
        return ""
    if own_units_first and key in _OWN:
        return key
    return _INCLUSIVE.get(key) or _EXCLUSIVE.get(key) or _EITHER.get(key) or key


def _split_cache_writes(flat: dict[str, int], usage: dict[str, int]) -> None:
    """Anthropic names the sum and its two parts: the parts are what was asked for, the sum repeats them."""
    for whole, five_minutes, one_hour in (
        (
            "cache_creation_input_tokens",
            "cache_creation.ephemeral_5m_input_tokens",
            "cache_creation.ephemeral_1h_input_tokens",
        ),
        ("cache_creation_input_tokens", "", "cache_creation_input_tokens_above_1hr"),  # MLflow
        ("input_cache_creation", "input_cache_creation_5m", "input_cache_creation_1h"),
    ):
        if whole in flat and (five_minutes in flat or one_hour in flat):
            if five_minutes in flat:
                usage["cache_write_5m_tokens"] = flat[five_minutes]
            else:
                usage["cache_write_5m_tokens"] = max(0, flat[whole] - flat[one_hour])


def _flat(said: dict[str, Any]) -> dict[str, int]:
    """Counts by key, those of an inner object as `outer.inner`."""
    flat: dict[str, int] = {}
    for key, value in said.items():
        if isinstance(value, dict):
            for inner, count in value.items():
                number = count_from(count)
                if number is not None:
                    flat[f"{key}.{inner}"] = number
        else:
            number = count_from(value)
            if number is not None:
                flat[str(key)] = number
    return flat
