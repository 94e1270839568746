"""What normalising and pricing may have to say about a call: short stable words, stored with the span.

A flag never changes a number by itself. It tells the reader which rule was applied, so that a cost that
looks wrong can be explained, and lists of spans can be filtered by it.
"""

# Said while usage is normalised.
EXCLUSIVE_DETECTED = "exclusive_detected"
"""Cache reads and writes exceed the input they should be part of: the sender counts them apart; added."""
REASONING_EXCEEDS_OUTPUT = "reasoning_exceeds_output"
"""Reasoning exceeds the output it should be part of: the sender counts it apart; added."""
MODALITY_EXCEEDS_TOTAL = "modality_exceeds_total"
"""Audio and image tokens exceed the input or output they are part of; kept as reported."""
CACHE_WRITE_TTL_ASSUMED_5M = "cache_write_ttl_assumed_5m"
"""Cache writes without a time to live were counted as five-minute writes."""
CACHE_WRITE_SPLIT_EXCEEDS_TOTAL = "cache_write_split_exceeds_total"
"""The writes by time to live exceed the stated total of writes; the total was ignored."""
NEGATIVE_IGNORED = "negative_ignored"
"""A negative count was treated as not reported."""
TOTAL_MISMATCH = "total_mismatch"
"""The stated total is not input plus output. A total is only ever checked, never used."""

# Said while usage is priced.
MODEL_UNKNOWN = "model_unknown"
"""The book has no price for this provider and model: unpriced, never free."""
PRICE_UNKNOWN = "price_unknown"
"""The book knows the model but has no price for it: unpriced, never free."""
USAGE_MISSING = "usage_missing"
"""No count was reported at all: unpriced, because none is not zero."""
INPUT_NOT_REPORTED = "input_not_reported"
"""Input was not reported, though other counts were: the cost leaves it out."""
OUTPUT_NOT_REPORTED = "output_not_reported"
"""Output has a price but was not reported: the cost leaves it out."""
UNIT_UNPRICED = "unit_unpriced"
"""A reported unit has no price in this entry: the cost leaves it out."""
CACHE_READ_AT_INPUT_RATE = "cache_read_at_input_rate"
"""The entry has no price of its own for cache reads."""
CACHE_WRITE_AT_INPUT_RATE = "cache_write_at_input_rate"
"""The entry has no price of its own for cache writes."""
CACHE_WRITE_1H_AT_5M_RATE = "cache_write_1h_at_5m_rate"
"""The entry has no price of its own for one-hour cache writes."""
MODALITY_AT_TEXT_RATE = "modality_at_text_rate"
"""The entry has no price of its own for the audio or image tokens reported."""
BUCKETS_EXCEED_TOTAL = "buckets_exceed_total"
"""Parts exceed their whole: each part was billed, the whole's remainder is nothing."""
CACHED_MODALITY_ASSUMED = "cached_modality_assumed"
"""How much of the cached input was audio or image was not reported: as little as the counts allow."""
TIER_PRICE_MISSING = "tier_price_missing"
"""The entry has no price for this service tier: the standard price was used."""
REGION_FALLBACK = "region_fallback"
"""The book has no price for this region: the provider's reference region was used."""
PROVIDER_GUESSED = "provider_guessed"
"""No provider was named: it was read from the model's name."""
COST_OUT_OF_RANGE = "cost_out_of_range"
"""The cost does not fit 64 bits of nano-dollars: unpriced."""

COST_FLAGS = frozenset(
    (
        MODEL_UNKNOWN,
        PRICE_UNKNOWN,
        USAGE_MISSING,
        INPUT_NOT_REPORTED,
        OUTPUT_NOT_REPORTED,
        UNIT_UNPRICED,
        CACHE_READ_AT_INPUT_RATE,
        CACHE_WRITE_AT_INPUT_RATE,
        CACHE_WRITE_1H_AT_5M_RATE,
        MODALITY_AT_TEXT_RATE,
        BUCKETS_EXCEED_TOTAL,
        CACHED_MODALITY_ASSUMED,
        TIER_PRICE_MISSING,
        REGION_FALLBACK,
        PROVIDER_GUESSED,
        COST_OUT_OF_RANGE,
    )
)
"""Those of pricing: told anew when a call is priced again."""
