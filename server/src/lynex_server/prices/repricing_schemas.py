"""Wire shapes of repricings."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from lynex_server.prices.schemas import OverrideShape, Wire


class NewRepricing(Wire):
    """A stretch of history to price again."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "from": "2026-01-01T00:00:00Z",
                "to": "2026-02-01T00:00:00Z",
                "model": "gpt-4o*",
                "dry_run": True,
                "wait_s": 0,
            }
        }
    )

    from_time: datetime = Field(alias="from", description="Calls that began then or later.")
    to_time: datetime | None = Field(
        default=None, alias="to", description="Calls that began before. Left out: now."
    )
    provider: str = Field(default="", max_length=100, description="Empty: any.")
    model: str = Field(default="", max_length=300, description="May hold `*` and `?`. Empty: any.")
    dry_run: bool = Field(default=False, description="Only tell what would change.")
    wait_s: float = Field(
        default=5.0, ge=0, le=30, description="Answer when it is done, or after so many seconds."
    )


class DifferenceShape(Wire):
    """What changed, or would, on one UTC day for one model: of the calls whose price is another one now."""

    day: str = Field(examples=["2026-01-05"])
    provider: str
    model: str
    changed: int = Field(examples=[250])
    old_nanousd: int
    new_nanousd: int
    difference_nanousd: int
    old_unpriced: int
    new_unpriced: int


class RepricingSummary(Wire):
    """A repricing."""

    id: str = Field(examples=["rpr_01j9zq"])
    from_time: datetime = Field(serialization_alias="from")
    to_time: datetime = Field(serialization_alias="to")
    provider: str
    model: str
    dry_run: bool
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    spans: int = Field(description="How many there are to look at; 0 until it runs.")
    created_by: str
    created_at: datetime
    finished_at: datetime | None
    error: str = Field(description="Why it failed; empty where it did not.")


class RepricingShape(RepricingSummary):
    """With how far it is and what it came to so far."""

    spans_done: int
    changed: int
    old_nanousd: int
    new_nanousd: int
    difference_nanousd: int
    differences: list[DifferenceShape] = Field(description="Up to 5,000, the latest day first.")


class Repricings(Wire):
    """Latest first."""

    items: list[RepricingSummary]


class PriceChangeShape(Wire):
    """What one repricing did to one span."""

    repricing_id: str
    old_cost_nanousd: int | None
    old_cost_source: str
    old_price_version: str
    new_cost_nanousd: int | None
    new_cost_source: str
    new_price_version: str


class PriceHistory(Wire):
    """The latest change first."""

    items: list[PriceChangeShape]


class PricedModel(Wire):
    """The price that was set, and the repricing of what was recorded before, where one was asked for."""

    override: OverrideShape
    repricing: RepricingShape | None
