"""The door of `identity`: who sent a request, and what they may do.

identity = Identity(database, master_key, SystemClock())
first = identity.bootstrap(api_key=None)            # NewKey at the first start, None later
principal = identity.authenticate(headers, body)    # raises Unauthorized

@router.get("/v1/spans")
def list_spans(principal: Annotated[Principal, require("spans:read")]) -> SpanPage: ...
"""

from lynex_server.identity.access import RequiredPermission, require
from lynex_server.identity.credentials import credential_in, sign
from lynex_server.identity.model import ApiKey, NewKey, Organisation, Principal, Project
from lynex_server.identity.permissions import GRANTS, ROLES, SCOPES, Grant, Permission, Role, Scope
from lynex_server.identity.routes import router
from lynex_server.identity.service import Identity

__all__ = [
    "GRANTS",
    "ROLES",
    "SCOPES",
    "ApiKey",
    "Grant",
    "Identity",
    "NewKey",
    "Organisation",
    "Permission",
    "Principal",
    "Project",
    "RequiredPermission",
    "Role",
    "Scope",
    "credential_in",
    "require",
    "router",
    "sign",
]
