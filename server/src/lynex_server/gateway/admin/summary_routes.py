"""What went through the gateway, over HTTP: the figures of a period, and the calls of this moment."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from lynex_server.gateway.admin.access import Reader
from lynex_server.gateway.service import GatewayService
from lynex_server.query.public import GatewayUse, QueryService, RangeParameters

router = APIRouter(prefix="/v1/gateway", tags=["gateway"])


class GatewaySummary(GatewayUse):
    """What went through the gateway in a period, and what is under way."""

    calls_under_way: int = Field(
        description="Of this project, at this moment, in the process that answers; a gateway that runs alone "
        "has its own in its metrics."
    )


@router.get("/summary", summary="What went through the gateway")
async def read_summary(
    request: Request, principal: Reader, query: Annotated[RangeParameters, Query()]
) -> GatewaySummary:
    """Calls, errors, refusals, cache, tokens, cost and what the gateway added to a call; the last 24 hours
    unless asked otherwise.

    Example: `GET /v1/gateway/summary?range=7d`
    """
    asked: QueryService = request.app.state.query
    gateway: GatewayService = request.app.state.gateway
    use = await asked.gateway_use.of(principal.project_id, query.time_range())
    return GatewaySummary(**use.__dict__, calls_under_way=gateway.calls_under_way_of(principal.project_id))
