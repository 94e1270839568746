"""What a provider's own usage object means in our units and costs, worked out here a second time on purpose.

The expectations are held to what the model endpoint answered by these few lines alone, so that a mistake
in the product's normalisation cannot hide in the expectations too.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_SONNET = {
    "fresh": "3.00",
    "cache_read": "0.30",
    "cache_write_5m": "3.75",
    "cache_write_1h": "6.00",
    "output": "15.00",
}


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


LIST_PRICES: Mapping[str, Mapping[str, str]] = {
    "gpt-4o-mini-2024-07-18": {"fresh": "0.15", "cache_read": "0.075", "output": "0.60"},
    "gpt-5-mini-2025-08-07": {"fresh": "0.25", "cache_read": "0.025", "output": "2.00"},
    "gpt-5-codex": {"fresh": "1.25", "cache_read": "0.125", "output": "10.00"},
    "text-embedding-3-small": {"fresh": "0.02", "output": "0"},
    "claude-sonnet-4-5": _SONNET,
    "claude-sonnet-4-5-20250929": _SONNET,
    "gemini-2.5-flash-001": {"fresh": "0.30", "cache_read": "0.03", "output": "2.50"},
}
"""Dollars a million tokens, as they stand on the providers' public price pages."""


def true_cost_nanousd(model: str, usage: Mapping[str, int]) -> Decimal:
    """What a call of that usage costs, by the provider's page. Raises KeyError for a model or a kind of token
    that is not written down here."""
    price = LIST_PRICES[model]
    cached = {
        kind: usage.get(f"{kind}_tokens", 0) for kind in ("cache_read", "cache_write_5m", "cache_write_1h")
    }
    counts = {
        "fresh": usage["input_tokens"] - sum(cached.values()),
        "output": usage.get("output_tokens", 0),
        **{kind: count for kind, count in cached.items() if count},
    }
    return sum((count * Decimal(price[kind]) * 1000 for kind, count in counts.items()), Decimal(0))
