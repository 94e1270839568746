"""What the admin routes stand on, in the app's state."""

from typing import Annotated

from fastapi import Path, Request

from lynex_server.gateway.admin.assembly import GatewayAdmin
from lynex_server.identity.public import Principal, require

Reader = Annotated[Principal, require("gateway:read")]
Writer = Annotated[Principal, require("gateway:write")]
ProviderId = Annotated[str, Path(max_length=64, examples=["gwp_01k9zv3w8r4m2n5p7q8s9t0abc"])]
KeyId = Annotated[str, Path(max_length=64, examples=["gwk_01k9zv3w8r4m2n5p7q8s9t0abc"])]
RouteId = Annotated[str, Path(max_length=64, examples=["gwr_01k9zv3w8r4m2n5p7q8s9t0abc"])]


def admin_of(request: Request) -> GatewayAdmin:
    """What the app put into its state."""
    admin: GatewayAdmin = request.app.state.gateway_admin
    return admin
