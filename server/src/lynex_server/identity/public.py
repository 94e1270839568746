"""The door of `identity`: who sent a request, and what they may do.

identity = Identity(database, vault, SystemClock())
first = identity.bootstrap(api_key=None)                      # NewKey at the first start, None later
principal = identity.authenticate(headers, body, address)     # raises Unauthorized
made = identity.keys.create(principal.actor(), project_id, KeyWish("ingest", ("ingest",)))
due = identity.projects.projects_to_erase(clock.now_us())     # then erase their data, and forget_project

@router.get("/v1/spans")
def list_spans(principal: Annotated[Principal, require("spans:read")]) -> SpanPage: ...
"""

from lynex_server.identity.access import (
    PROJECT_HEADER,
    OpenToAll,
    RequiredCaller,
    RequiredInOrganisation,
    RequiredPermission,
    RequiredPerson,
    open_to_all,
    remembered_key,
    require,
    require_caller,
    require_in_organisation,
    require_person,
)
from lynex_server.identity.attempts import Attempts
from lynex_server.identity.client_address import TrustedProxies, client_address, is_secure
from lynex_server.identity.credentials import sign
from lynex_server.identity.every_session import end_every_session
from lynex_server.identity.keys import KeyWish
from lynex_server.identity.model import (
    NewKey,
    Principal,
    Project,
)
from lynex_server.identity.ownership import organisations_of, projects_of
from lynex_server.identity.passwords import Passwords
from lynex_server.identity.permissions import GRANTS, ROLES, SCOPES, Permission, Role
from lynex_server.identity.place import Place
from lynex_server.identity.reach import may_in_organisation
from lynex_server.identity.routes import router
from lynex_server.identity.sealed_keys import SealedKeys
from lynex_server.identity.service import COMMAND_LINE, Identity
from lynex_server.identity.sessions import Sessions
from lynex_server.identity.settings import SignInSettings, TenancySettings
from lynex_server.identity.sign_in_services import SignIn
from lynex_server.identity.sso import SsoProviders
from lynex_server.identity.streams import while_permitted

__all__ = [
    "COMMAND_LINE",
    "GRANTS",
    "PROJECT_HEADER",
    "ROLES",
    "SCOPES",
    "Attempts",
    "Identity",
    "KeyWish",
    "NewKey",
    "OpenToAll",
    "Passwords",
    "Permission",
    "Place",
    "Principal",
    "Project",
    "RequiredCaller",
    "RequiredInOrganisation",
    "RequiredPermission",
    "RequiredPerson",
    "Role",
    "SealedKeys",
    "Sessions",
    "SignIn",
    "SignInSettings",
    "SsoProviders",
    "TenancySettings",
    "TrustedProxies",
    "client_address",
    "end_every_session",
    "is_secure",
    "may_in_organisation",
    "open_to_all",
    "organisations_of",
    "projects_of",
    "remembered_key",
    "require",
    "require_caller",
    "require_in_organisation",
    "require_person",
    "router",
    "sign",
    "while_permitted",
]
