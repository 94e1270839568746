"""The units that can have a price: what one is part of, and how many of it a written price is for.

Most come from the price data of `genai-prices`; those that it lacks are added here. Dimensions tell the whole
from its parts: a unit is part of every other whose dimensions are among its own.
"""

from collections.abc import Mapping
from typing import Final

from genai_prices.data_units import unit_data

_OWN: Final[Mapping[str, tuple[int, dict[str, str]]]] = {
    "input_images": (1, {"family": "images", "direction": "input"}),
    "output_images": (1, {"family": "images", "direction": "output"}),
    "input_video_seconds": (1, {"family": "durations", "direction": "input", "modality": "video"}),
    "output_video_seconds": (1, {"family": "durations", "direction": "output", "modality": "video"}),
    "code_sessions": (1, {"family": "tool_calls", "tool_type": "code_session"}),
    "gpu_microseconds": (3_600_000_000, {"family": "gpu_time"}),
}

GPU_TIME_UNIT: Final = "gpu_microseconds"
"""How long a call kept a GPU busy. Where nobody reports it, the call's own duration stands for it."""

DIMENSIONS: Final[Mapping[str, frozenset[tuple[str, str]]]] = {
    unit: frozenset(definition["dimensions"].items()) for unit, definition in unit_data.items()
} | {unit: frozenset(dimensions.items()) for unit, (_, dimensions) in _OWN.items()}
PER: Final[Mapping[str, int]] = {unit: definition["per"] for unit, definition in unit_data.items()} | {
    unit: per for unit, (per, _) in _OWN.items()
}
"""How many of a unit a price is usually written for: a million tokens, an hour of audio, a thousand pages."""
UNIT_BY_PRICE_KEY: Final[Mapping[str, str]] = {
    definition["price_key"]: unit for unit, definition in unit_data.items()
}
BOOK_UNIT: Final[Mapping[str, str]] = {"reasoning_tokens": "output_reasoning_tokens"}
"""Our unit → the price data's, where they differ."""
_OUR_UNIT: Final[Mapping[str, str]] = {book: ours for ours, book in BOOK_UNIT.items()}


def book_unit(unit: str) -> str:
    """The price data's name for one of our units."""
    return BOOK_UNIT.get(unit, unit)


def our_unit(unit: str) -> str:
    """Our name for one of the price data's units, as it stands in `usage`."""
    return _OUR_UNIT.get(unit, unit)


def is_token_unit(unit: str) -> bool:
    """Whether it counts tokens, rather than pages, seconds or calls."""
    return ("family", "tokens") in DIMENSIONS.get(book_unit(unit), frozenset())
