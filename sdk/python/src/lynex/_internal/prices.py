"""Cost in the process, for those who ask: `configure(local_cost=True)` with the extra `lynex[prices]`.

The server prices every call by itself, with newer and corrected prices, so this figure is never sent.
"""

from __future__ import annotations

import importlib
from decimal import Decimal
from typing import Any

from lynex._internal.record import SpanRecord
from lynex._internal.report import warn_once

_PRICED = (
    ("input_tokens", "input_tokens"),
    ("output_tokens", "output_tokens"),
    ("cache_read_tokens", "cache_read_tokens"),
    ("input_audio_tokens", "input_audio_tokens"),
    ("output_audio_tokens", "output_audio_tokens"),
)


def price(span: SpanRecord) -> Decimal | None:
    """US dollars of a settled span by the prices of the installed `genai-prices`; None when it has none."""
    usage, model = span.usage, span.model or span.model_requested
    if not usage or not model:
        return None
    try:
        library: Any = importlib.import_module("genai_prices")
    except ImportError:
        warn_once("prices", "local_cost needs the extra: pip install 'lynex[prices]'")
        return None
    try:
        calculation = library.calc_price(
            library.Usage(**inclusive(usage, span.usage_convention)),
            model,
            provider_id=_PROVIDER_IDS.get(span.provider, span.provider) or None,
        )
    except LookupError:
        warn_once(f"unpriced:{model}", f"no local price for model {model!r}")
        return None
    total: Decimal = calculation.total_price
    return total


def inclusive(usage: dict[str, int], convention: str) -> dict[str, int]:
    """Counts as `genai-prices` takes them: its input includes what was read from and written to a cache."""
    counts = {theirs: usage[ours] for ours, theirs in _PRICED if ours in usage}
    hour_writes = usage.get("cache_write_1h_tokens", 0)
    writes = usage.get("cache_write_5m_tokens", 0) + hour_writes
    if writes:
        counts["cache_write_tokens"] = writes
    if hour_writes:
        counts["cache_write_1h_tokens"] = hour_writes
    if convention == "exclusive":
        counts["input_tokens"] = usage.get("input_tokens", 0) + usage.get("cache_read_tokens", 0) + writes
    return counts


_PROVIDER_IDS = {"bedrock": "aws", "vertex": "google", "xai": "x-ai"}
"""Our provider name to the id that `genai-prices` knows, where they differ."""
