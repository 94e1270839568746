"""The door of `identity`: who sent a request, and what they may do.

identity = Identity(database, master_key, SystemClock())
first = identity.bootstrap(api_key=None)            # NewKey at the first start, None later
principal = identity.authenticate(headers, body)    # raises Unauthorized

@router.get("/v1/spans")
def list_spans(principal: Annotated[Principal, require("spans:read")]) -> SpanPage: ...
"""

from lynex_server.identity.access import (
    OpenToAll,
    RequiredCaller,
    RequiredInOrganisation,
    RequiredPermission,
    RequiredPerson,
    open_to_all,
    require,
    require_caller,
    require_in_organisation,
    require_person,
)
from lynex_server.identity.credentials import credential_in, sign
from lynex_server.identity.model import ApiKey, Caller, NewKey, Organisation, Person, Principal, Project
from lynex_server.identity.ownership import organisations_of, projects_of
from lynex_server.identity.permissions import GRANTS, ROLES, SCOPES, Grant, Permission, Role, Scope
from lynex_server.identity.routes import router
from lynex_server.identity.service import Identity

__all__ = [
    "GRANTS",
    "ROLES",
    "SCOPES",
    "ApiKey",
    "Caller",
    "Grant",
    "Identity",
    "NewKey",
    "OpenToAll",
    "Organisation",
    "Permission",
    "Person",
    "Principal",
    "Project",
    "RequiredCaller",
    "RequiredInOrganisation",
    "RequiredPermission",
    "RequiredPerson",
    "Role",
    "Scope",
    "credential_in",
    "open_to_all",
    "organisations_of",
    "projects_of",
    "require",
    "require_caller",
    "require_in_organisation",
    "require_person",
    "router",
    "sign",
]
