"""Usage as OpenAI says it: the prompt includes cached tokens, the completion includes reasoning."""

from __future__ import annotations

from typing import Any

from lynex._internal.dialects.dialect import get, put_count

_INPUT_DETAILS = (
    ("cached_tokens", "cache_read_tokens"),
    # No lifetime is said, and the write rate is that of the short one.
    ("cache_write_tokens", "cache_write_5m_tokens"),
    ("audio_tokens", "input_audio_tokens"),
    ("image_tokens", "input_image_tokens"),
)
_OUTPUT_DETAILS = (
    ("reasoning_tokens", "reasoning_tokens"),
    ("audio_tokens", "output_audio_tokens"),
    ("image_tokens", "output_image_tokens"),
    ("accepted_prediction_tokens", "accepted_prediction_tokens"),
    ("rejected_prediction_tokens", "rejected_prediction_tokens"),
)


def read_openai_usage(usage: Any) -> dict[str, int]:
    """Canonical units of a usage object of chat completions, responses or embeddings.

    Totals are never used: a count that was not said stays absent.
    """
    counts: dict[str, int] = {}
    put_count(counts, "input_tokens", _first(usage, "prompt_tokens", "input_tokens"))
    put_count(counts, "output_tokens", _first(usage, "completion_tokens", "output_tokens"))
    inputs = _first(usage, "prompt_tokens_details", "input_tokens_details")
    for field, unit in _INPUT_DETAILS:
        put_count(counts, unit, get(inputs, field))
    outputs = _first(usage, "completion_tokens_details", "output_tokens_details")
    for field, unit in _OUTPUT_DETAILS:
        put_count(counts, unit, get(outputs, field))
    return counts


def _first(source: Any, *names: str) -> Any:
    return next((value for name in names if (value := get(source, name)) is not None), None)
