"""What one request and one item may weigh. Every bound that a client can meet is here, by name."""

from pydantic import Field

from lynex_server.kernel.settings import Settings

REDACT_DETECTORS = ("secrets", "emails", "cards", "phones")
"""What is looked for in every text, in the order in which it is replaced."""


class IngestSettings(Settings):
    """Bounds of what is taken in, and what is removed from it before it is stored."""

    max_body_bytes: int = Field(
        default=10_000_000, ge=1, description="Largest request body as sent, before it is decompressed."
    )
    max_decompressed_bytes: int = Field(
        default=64_000_000, ge=1, description="Largest request body after it is decompressed."
    )
    max_items_per_batch: int = Field(
        default=20_000, ge=1, description="Most events, spans, log records or metric points of one request."
    )
    max_item_bytes: int = Field(
        default=1_000_000,
        ge=1,
        description="Largest single item, texts included; a larger one is rejected.",
    )
    max_attributes_per_item: int = Field(
        default=256,
        ge=1,
        description="Most attributes that one item may keep besides those with a field of their own; "
        "metadata keys are counted apart, under the same bound.",
    )
    max_attribute_bytes: int = Field(
        default=256_000, ge=1, description="Largest value of one attribute or metadata key of an item."
    )
    max_age_days: int = Field(
        default=3650, ge=1, description="Items that began longer ago than this are rejected."
    )
    max_future_s: int = Field(
        default=86_400, ge=0, description="Items that begin further ahead of the server's clock are rejected."
    )
    decoder_processes: int = Field(
        default=2,
        ge=0,
        le=64,
        description="Processes beside this one that decode large requests, started when needed. 0 decodes in "
        "threads: less memory, fewer spans a second.",
    )
    redact_detectors: str = Field(
        default=",".join(REDACT_DETECTORS),
        description="Comma list of what is removed from texts before they are stored: "
        f"{', '.join(REDACT_DETECTORS)}. 'none' switches all of them off.",
    )
    redact_fields: str = Field(
        default="",
        description="Comma list of further attribute or metadata keys whose values are removed, as full keys "
        "(`http.request.header.x-tenant`) or last parts (`x-tenant`).",
    )
