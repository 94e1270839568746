"""Usage as every later step reads it: input includes cache reads and writes, output includes reasoning.

Providers disagree on what "input" and "output" contain, and the tools that did not settle it showed
wrong money for years. It is settled here, once, for every dialect.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lynex_server.pricing import flags as flag
from lynex_server.pricing.conventions import Layout, layout_of

BARE_CACHE_WRITE_UNIT = "cache_write_tokens"
WRITE_5M_UNIT = "cache_write_5m_tokens"
TOTAL_UNIT = "total_tokens"
TOOL_PROMPT_UNIT = "input_tool_tokens"

_COLUMN_UNITS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "input_image_tokens",
    "output_image_tokens",
)
_CONSUMED_UNITS = frozenset((*_COLUMN_UNITS, BARE_CACHE_WRITE_UNIT, TOTAL_UNIT))


@dataclass(frozen=True, slots=True)
class Usage:
    """Counts of one call. `None` is "nobody said", which is not 0.

    `input_tokens` includes cache reads, cache writes, audio and image; `output_tokens` includes reasoning,
    audio and image. `other` holds the units without a field of their own; `flags` are words of
    `pricing.flags`.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_5m_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    reasoning_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    input_image_tokens: int | None = None
    output_image_tokens: int | None = None
    other: Mapping[str, int] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


def normalise_usage(provider: str, model: str, reported: Mapping[str, int], convention: str) -> Usage:
    """The one meaning of what a source reported.

    `reported` maps canonical units to counts; `convention` says how the source nests them: *inclusive*
    (parts are inside input and output), *exclusive* (parts are apart) or *unknown* (decided by provider
    and model). Never raises: an oddity is flagged and the safest reading taken. Nothing is derived from
    a total, no unit is dropped, and a bucket nobody reported stays `None`.
    """
    flags: list[str] = []
    if reported and min(reported.values()) < 0:
        reported = {unit: count for unit, count in reported.items() if count >= 0}
        flags.append(flag.NEGATIVE_IGNORED)
    get = reported.get
    layout = layout_of(provider, model, convention)
    write_5m = _cache_write_5m(reported, flags) if BARE_CACHE_WRITE_UNIT in reported else get(WRITE_5M_UNIT)
    cache_read, write_1h = get("cache_read_tokens"), get("cache_write_1h_tokens")
    reasoning = get("reasoning_tokens")
    audio_in, image_in = get("input_audio_tokens"), get("input_image_tokens")
    audio_out, image_out = get("output_audio_tokens"), get("output_image_tokens")

    input_tokens = get("input_tokens")
    if input_tokens is not None:
        cached = (cache_read or 0) + (write_5m or 0) + (write_1h or 0)
        if layout.cache_apart:
            input_tokens += cached
        elif cached > input_tokens:
            input_tokens += cached
            flags.append(flag.EXCLUSIVE_DETECTED)
        if audio_in or image_in:
            input_tokens = _with_modalities(input_tokens, audio_in, image_in, layout, flags)
        if layout.tool_prompt_apart:
            input_tokens += get(TOOL_PROMPT_UNIT, 0)

    output_tokens = get("output_tokens")
    if output_tokens is not None:
        if reasoning:
            if layout.reasoning_apart:
                output_tokens += reasoning
            elif reasoning > output_tokens:
                output_tokens += reasoning
                flags.append(flag.REASONING_EXCEEDS_OUTPUT)
        if audio_out or image_out:
            output_tokens = _with_modalities(output_tokens, audio_out, image_out, layout, flags)

    known = _CONSUMED_UNITS.issuperset(reported) and TOTAL_UNIT not in reported
    other = {} if known else _other_units(reported, input_tokens, output_tokens, flags)
    return Usage(
        input_tokens,
        output_tokens,
        cache_read,
        write_5m,
        write_1h,
        reasoning,
        audio_in,
        audio_out,
        image_in,
        image_out,
        other,
        tuple(flags),
    )


def _with_modalities(
    whole: int, audio: int | None, image: int | None, layout: Layout, flags: list[str]
) -> int:
    """Input or output with the audio and image tokens that belong to it."""
    parts = (audio or 0) + (image or 0)
    if layout.modality_apart:
        return whole + parts
    if parts > whole:
        flags.append(flag.MODALITY_EXCEEDS_TOTAL)
    return whole


def _cache_write_5m(reported: Mapping[str, int], flags: list[str]) -> int | None:
    """Five-minute writes where a bare count of writes is the total of both: its unexplained rest is 5 m."""
    write_5m, write_1h = reported.get(WRITE_5M_UNIT), reported.get("cache_write_1h_tokens")
    unexplained = reported[BARE_CACHE_WRITE_UNIT] - (write_5m or 0) - (write_1h or 0)
    if unexplained > 0:
        flags.append(flag.CACHE_WRITE_TTL_ASSUMED_5M)
        return (write_5m or 0) + unexplained
    if unexplained < 0:
        flags.append(flag.CACHE_WRITE_SPLIT_EXCEEDS_TOTAL)
        return write_5m
    return 0 if write_5m is None and write_1h is None else write_5m


def _other_units(
    reported: Mapping[str, int], input_tokens: int | None, output_tokens: int | None, flags: list[str]
) -> dict[str, int]:
    """The units without a field. A total that does not add up is kept as evidence; one that does is noise."""
    kept = {unit: reported[unit] for unit in sorted(reported.keys() - _CONSUMED_UNITS)}
    total = reported.get(TOTAL_UNIT)
    if total is not None and total != (input_tokens or 0) + (output_tokens or 0):
        flags.append(flag.TOTAL_MISMATCH)
        kept[TOTAL_UNIT] = total
    return kept
