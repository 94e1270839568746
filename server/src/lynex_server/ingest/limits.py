"""Whether a decoded item may be stored: bounds that hold for every source alike."""

from operator import attrgetter
from typing import Any, Final

import msgspec

from lynex_server.ingest.decoded import RejectedItem
from lynex_server.ingest.settings import IngestSettings
from lynex_server.kernel.clock import MICROS_PER_SECOND
from lynex_server.spans.public import MetricPoint, SpanEvent

MAX_NAME_CHARS: Final = 1024
_US_PER_DAY: Final = 86_400 * MICROS_PER_SECOND
_MAX_DURATION_MS: Final = 366 * 86_400_000.0
_encoder = msgspec.msgpack.Encoder()
_NAMES: Final = (
    "name",
    "session_id",
    "end_user_id",
    "route",
    "environment",
    "release",
    "service",
    "provider",
    "model",
    "model_requested",
    "service_tier",
    "region",
    "error_type",
    "finish_reason",
    "prompt_name",
    "prompt_version",
    "source",
)

_names_of = attrgetter(*_NAMES)


class Limits:
    """The bounds of the settings as of one instant."""

    def __init__(self, settings: IngestSettings, now_us: int) -> None:
        self._settings = settings
        self._earliest_us = now_us - settings.max_age_days * _US_PER_DAY
        self._latest_us = now_us + settings.max_future_s * MICROS_PER_SECOND

    def check_span(self, span: SpanEvent) -> None:
        """Raises `RejectedItem` naming the field and the limit."""
        self._check_time(span.start_time_us, "start_time")
        if span.duration_ms is not None and not 0 <= span.duration_ms <= _MAX_DURATION_MS:
            raise RejectedItem("duration_ms: from 0 to one year expected")
        text_chars = self._check_map(span.attributes, "attributes")
        if span.metadata:
            text_chars += self._check_map(span.metadata, "metadata")
        if len(span.tags) > self._settings.max_attributes_per_item:
            raise self._over("tags: more", "LYNEX_MAX_ATTRIBUTES_PER_ITEM")
        names = _names_of(span)
        if max(map(len, names)) > MAX_NAME_CHARS:
            culprit = next(
                name for name, text in zip(_NAMES, names, strict=True) if len(text) > MAX_NAME_CHARS
            )
            raise RejectedItem(f"{culprit}: longer than {MAX_NAME_CHARS} characters")
        self._check_size(span, text_chars + len(span.input) + len(span.output) + len(span.error_message))

    def check_point(self, point: MetricPoint) -> None:
        """Raises `RejectedItem` naming the field and the limit."""
        self._check_time(point.time_us, "time")
        self._check_size(point, self._check_map(point.attributes, "attributes"))

    def _check_time(self, instant_us: int, field: str) -> None:
        if instant_us < self._earliest_us:
            raise RejectedItem(f"{field}: over {self._settings.max_age_days} days ago (LYNEX_MAX_AGE_DAYS)")
        if instant_us > self._latest_us:
            raise RejectedItem(
                f"{field}: over {self._settings.max_future_s} s ahead of our clock (LYNEX_MAX_FUTURE_S)"
            )

    def _check_map(self, holder: dict[str, Any], field: str) -> int:
        """How many characters the texts at the first level have together."""
        if len(holder) > self._settings.max_attributes_per_item:
            raise self._over(f"{field}: {len(holder)}, more", "LYNEX_MAX_ATTRIBUTES_PER_ITEM")
        # A character is 4 bytes at most, so only what might be too long is measured.
        surely_fits = self._settings.max_attribute_bytes // 4
        text_chars = 0
        for key, value in holder.items():
            if isinstance(value, str):
                chars = len(value)
                text_chars += chars
                if chars <= surely_fits or len(value.encode()) <= self._settings.max_attribute_bytes:
                    continue
            elif not isinstance(value, (dict, list)) or self._fits(value):
                continue
            raise self._over(f"{field}.{key[:80]}: more", "LYNEX_MAX_ATTRIBUTE_BYTES")
        return text_chars

    def _fits(self, value: Any) -> bool:
        return len(_encoder.encode(value)) <= self._settings.max_attribute_bytes

    def _check_size(self, item: SpanEvent | MetricPoint, text_chars: int) -> None:
        """What may be near the bound is measured as it will be stored."""
        bound = self._settings.max_item_bytes
        if text_chars * 4 > bound // 2 and len(_encoder.encode(item)) > bound:
            raise self._over("more bytes", "LYNEX_MAX_ITEM_BYTES")

    def _over(self, what: str, setting: str) -> RejectedItem:
        return RejectedItem(f"{what} than {setting} ({getattr(self._settings, setting[6:].lower())})")
