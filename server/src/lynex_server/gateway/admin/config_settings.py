"""Where the gateway's configuration file is."""

from pathlib import Path

from pydantic import Field

from lynex_server.kernel.settings import Settings


class GatewayConfigSettings(Settings):
    """A file that says what one project's gateway is configured with, beside what people set."""

    gateway_config: Path | None = Field(
        default=None,
        description="TOML file of providers, routes and settings. Taken at start and whenever it changes.",
    )
