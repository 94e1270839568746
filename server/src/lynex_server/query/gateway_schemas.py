"""The wire shapes of what went through the gateway."""

from datetime import datetime

from pydantic import Field

from lynex_server.kernel.wire import Wire
from lynex_server.query.schemas import Percentiles


class GatewayFigures(Wire):
    """What calls through the gateway came to. A refused call was never made: it is no error."""

    calls: int = Field(description="All of them, however they ended.")
    errors: int = Field(description="Calls that failed or ran out of time.")
    refused: int = Field(description="Calls that a budget, a limit, a rule or a guard turned down.")
    cancelled: int = Field(description="Calls whose client left before the answer.")
    cache_hits: int = Field(description="Calls answered from the cache.")
    saved_usd: float = Field(description="What those would have cost.")
    saved_nanousd: int
    tried_again: int = Field(description="Calls that took more than one attempt, there or elsewhere.")
    input_tokens: int
    output_tokens: int
    cost_usd: float
    cost_nanousd: int
    added_ms: Percentiles = Field(description="From the call's arrival to its request to the provider.")
    time_to_first_token_ms: Percentiles
    latency_ms: Percentiles


class GatewayProviderFigures(GatewayFigures):
    """The calls of one provider."""

    name: str = Field(description="Its name in the gateway.")
    provider: str = Field(description="Its name on spans and in prices.")


class Refusals(Wire):
    """How many calls were refused for one reason."""

    error_type: str
    calls: int


class GatewayUse(GatewayFigures):
    """What went through the gateway in a period."""

    start: datetime
    end: datetime
    refusals: list[Refusals] = Field(description="By reason, the commonest first.")
    providers: list[GatewayProviderFigures] = Field(
        description="By provider, the busiest first; calls that none was asked for are in none."
    )
