"""What a provider's own usage object means in our units, worked out here a second time on purpose.

The expectations are held to what the model endpoint answered by these few lines alone, so that a mistake
in the product's normalisation cannot hide in the expectations too.
"""

from collections.abc import Mapping
from typing import Any


def true_usage(answered: Mapping[str, Any]) -> dict[str, int]:
    """Inclusive counts of one answer's usage object, whichever provider's it is."""
    if "promptTokenCount" in answered:
        return _gemini(answered)
    if "cache_creation" in answered:
        return _anthropic(answered)
    return _openai(answered)


def _openai(answered: Mapping[str, Any]) -> dict[str, int]:
    given = answered.get("prompt_tokens_details") or answered.get("input_tokens_details") or {}
    produced = answered.get("completion_tokens_details") or answered.get("output_tokens_details") or {}
    counts = {
        "input_tokens": answered.get("prompt_tokens", answered.get("input_tokens")),
        "output_tokens": answered.get("completion_tokens", answered.get("output_tokens")),
        "cache_read_tokens": given.get("cached_tokens"),
        "input_audio_tokens": given.get("audio_tokens"),
        "reasoning_tokens": produced.get("reasoning_tokens"),
        "output_audio_tokens": produced.get("audio_tokens"),
    }
    return {unit: count for unit, count in counts.items() if count is not None}


def _anthropic(answered: Mapping[str, Any]) -> dict[str, int]:
    written = answered["cache_creation"]
    return {
        "input_tokens": answered["input_tokens"]
        + answered["cache_read_input_tokens"]
        + answered["cache_creation_input_tokens"],
        "output_tokens": answered["output_tokens"],
        "cache_read_tokens": answered["cache_read_input_tokens"],
        "cache_write_5m_tokens": written["ephemeral_5m_input_tokens"],
        "cache_write_1h_tokens": written["ephemeral_1h_input_tokens"],
    }


def _gemini(answered: Mapping[str, Any]) -> dict[str, int]:
    return {
        "input_tokens": answered["promptTokenCount"],
        "output_tokens": answered["candidatesTokenCount"] + answered["thoughtsTokenCount"],
        "cache_read_tokens": answered["cachedContentTokenCount"],
        "reasoning_tokens": answered["thoughtsTokenCount"],
    }
