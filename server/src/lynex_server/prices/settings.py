"""Settings of prices."""

from pydantic import Field

from lynex_server.kernel.settings import Settings


class PricesSettings(Settings):
    """How history is priced again, and how often the price sources are compared."""

    reprice_chunk_spans: int = Field(
        default=50_000,
        ge=100,
        le=500_000,
        description="Spans priced again in one step. A larger step is quicker and needs more memory.",
    )
    reprice_pause_ms: int = Field(
        default=20,
        ge=0,
        le=60_000,
        description="Rest between two steps of pricing again, so that ingest is not held up.",
    )
    price_check_hour: int = Field(
        default=3, ge=0, le=23, description="Hour of the day (UTC) at which the price sources are compared."
    )
