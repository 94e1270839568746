"""`GET /metrics`: what Prometheus reads of this process."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from lynex_server.gateway.public import GatewayService
from lynex_server.identity.public import TrustedProxies, client_address, open_to_all
from lynex_server.kernel.errors import NotFound

router = APIRouter(
    tags=["health"],
    dependencies=[open_to_all("Prometheus is in no project; LYNEX_METRICS_NETWORKS says where it may be")],
)


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
def metrics(request: Request) -> Response:
    """The metrics of this process, in Prometheus' text format. For the networks of `LYNEX_METRICS_NETWORKS`
    alone; for others there is nothing here."""
    networks: TrustedProxies = request.app.state.metrics_networks
    if not networks.trusts(client_address(request)):
        raise NotFound("There is nothing here.")
    gateway: GatewayService = request.app.state.gateway
    return Response(gateway.metrics.text(), media_type=CONTENT_TYPE_LATEST)
