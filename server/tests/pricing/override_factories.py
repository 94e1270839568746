"""Own prices with sensible defaults."""

from decimal import Decimal
from typing import Any

from lynex_server.pricing.public import Override, Rate, Terms

ORGANISATION = "org_a"
PROJECT = "prj_a"


def rates(*, per: int = 1_000_000, **usd: str) -> Terms:
    """Dollars by unit, for each million of it."""
    return Terms(
        kind="rates",
        rates=tuple(Rate(unit=unit, usd=Decimal(price), per=per) for unit, price in usd.items()),
    )


def an_override(override_id: str = "ovr_1", **changes: Any) -> Override:
    """A project's own price of gpt-4o: $1 in and $2 out a million, since ever."""
    values: dict[str, Any] = {
        "organisation_id": ORGANISATION,
        "project_id": PROJECT,
        "provider": "openai",
        "model": "gpt-4o",
        "service_tier": "",
        "region": "",
        "valid_from_us": 0,
        "valid_until_us": None,
        "terms": rates(input_tokens="1", output_tokens="2"),
    }
    return Override(id=override_id, **{**values, **changes})
