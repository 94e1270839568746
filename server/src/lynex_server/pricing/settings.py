"""Settings of pricing."""

from pathlib import Path

from pydantic import Field

from lynex_server.kernel.settings import Settings


class PricingSettings(Settings):
    """Where prices come from besides the bundled data and what people set themselves."""

    community_prices_file: Path | None = Field(
        default=None,
        description="A copy of LiteLLM's `model_prices_and_context_window.json`: a second source, for models "
        "that the bundled price data lacks. Read once, at start.",
    )
