"""Who may call a route, stated in its signature. Every route has one of these:

    principal: Annotated[Principal, require("spans:read")]                     a key or a person, in a project
    principal: Annotated[Principal, require_in_organisation("members:read")]   a person, in an organisation
    person: Annotated[Person, require_person()]                                whoever is signed in
    caller: Annotated[Caller, require_caller()]                                whoever proves who he is
    dependencies=[open_to_all("what a monitor asks has no owner")]             everybody

Which project a person's request is about: the path's `project_id`, else the header `X-Lynex-Project`, else
the query's `project_id`, else the only one he is in. A key always means its own project: a request that names
another one, in any of these places, is answered as if that did not exist.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Request, Security, params
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.models import APIKey, HTTPBase, HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.types import Scope

from lynex_server.identity.attempts import Attempts
from lynex_server.identity.client_address import client_address
from lynex_server.identity.csrf import SAFE_METHODS, check_csrf
from lynex_server.identity.model import Caller, Person, Principal
from lynex_server.identity.permissions import Permission
from lynex_server.identity.service import Identity
from lynex_server.identity.sessions import presented_in
from lynex_server.identity.signed_in import SESSION_SCHEME, person_of
from lynex_server.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound, TooLarge, Unauthorized
from lynex_server.kernel.ids import KeyId, OrganisationId, ProjectId
from lynex_server.limits.public import RequestLimits

MAX_SIGNED_BODY_BYTES = 10_000_000
"""Routes other than ingest, which bounds its own body, take only small ones."""

PROJECT_HEADER = "X-Lynex-Project"
RENEWED_AFTER_S = 0.03

REFUSED_BEFORE_DELETION: frozenset[Permission] = frozenset(
    {"events:write", "reservations:write", "dead_letters:write", "gateway:call"}
)
"""What brings new data in: a project that waits for its deletion takes none. It can be read and restored."""


class _Scheme(SecurityBase):
    """Names a way to prove oneself in OpenAPI. The check itself is `Authentication`'s."""

    def __init__(self, name: str, model: APIKey | HTTPBase) -> None:
        self.scheme_name = name
        self.model = model

    async def __call__(self) -> None:
        return None


def _header(name: str, description: str) -> APIKey:
    return APIKey.model_validate({"in": "header", "name": name, "description": description})


_BEARER = _Scheme(
    "bearer", HTTPBearer(description="An API key of the project, or a session token of the command line.")
)
_API_KEY = _Scheme("apiKey", _header("x-api-key", "An API key of the project."))
_BASIC = _Scheme("basic", HTTPBase(scheme="basic", description="Any user name, and an API key as password."))
_SIGNATURE = _Scheme(
    "signature",
    _header(
        "X-Lynex-Signature",
        "Hex HMAC-SHA256, keyed with the API key, over timestamp, dot and body as sent. Goes with "
        "X-Lynex-Timestamp (Unix seconds, within 5 minutes) and X-Lynex-Key (key id or project id).",
    ),
)

_Bearer = Annotated[None, Security(_BEARER)]
_ApiKey = Annotated[None, Security(_API_KEY)]
_Basic = Annotated[None, Security(_BASIC)]
_Signature = Annotated[None, Security(_SIGNATURE)]
_Session = Annotated[str | None, Security(SESSION_SCHEME)]


class RequiredPermission:
    """The dependency behind `require`: the principal of the request, refused without `permission`."""

    def __init__(self, permission: Permission) -> None:
        self.permission: Permission = permission

    async def __call__(
        self,
        request: Request,
        _bearer: _Bearer,
        _api_key: _ApiKey,
        _basic: _Basic,
        _signature: _Signature,
        _session: _Session,
    ) -> Principal:
        caller = await _caller_of(request)
        named = named_projects(request)
        if isinstance(caller, Person):
            first = named[0] if named else ""
            principal = await run_in_threadpool(_identity(request).roles.in_project, caller, first)
        elif all(each == caller.project_id for each in named):
            principal = caller
        else:
            raise NotFound("There is no such project.")
        await _within_limits(request, principal)
        return _permitted(principal, self.permission)


class RequiredInOrganisation:
    """The dependency behind `require_in_organisation`."""

    def __init__(self, permission: Permission, keys: bool) -> None:
        self.permission: Permission = permission
        self.keys = keys

    async def __call__(
        self,
        request: Request,
        _bearer: _Bearer,
        _api_key: _ApiKey,
        _basic: _Basic,
        _signature: _Signature,
        _session: _Session,
    ) -> Principal:
        caller = await _caller_of(request)
        organisation_id = request.path_params["organisation_id"]
        if isinstance(caller, Person):
            roles = _identity(request).roles
            principal = await run_in_threadpool(roles.in_organisation, caller, organisation_id)
        elif organisation_id != caller.organisation_id:
            raise NotFound("There is no such organisation.")
        elif not self.keys:
            raise Forbidden("An API key is for one project: this needs a person who is signed in.")
        else:
            principal = caller
        await _within_limits(request, principal)
        return _permitted(principal, self.permission)


class RequiredPerson:
    """The dependency behind `require_person`."""

    async def __call__(self, request: Request, _bearer: _Bearer, _session: _Session) -> Person:
        person = await person_behind(request)
        if person is None:
            raise Unauthorized("Sign in first: this is about a person, not about a project.")
        await _within_limits(request, person)
        return person


class RequiredCaller:
    """The dependency behind `require_caller`."""

    async def __call__(
        self,
        request: Request,
        _bearer: _Bearer,
        _api_key: _ApiKey,
        _basic: _Basic,
        _signature: _Signature,
        _session: _Session,
    ) -> Caller:
        caller = await _caller_of(request)
        await _within_limits(request, caller)
        return caller


class OpenToAll:
    """The dependency behind `open_to_all`: checks nothing, and says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self) -> None:
        return None


def require(permission: Permission) -> Any:
    """A FastAPI dependency that gives the request's `Principal`, in one project.

    It raises `Unauthorized`, `NotFound` for a project that is not the caller's, `Forbidden` when neither the
    key's scopes nor the person's role grant `permission`, and `Conflict` when the project waits for its
    deletion and `permission` would bring data in. It lists in OpenAPI the ways to prove oneself. The
    `Identity` is found at `request.app.state.identity`, the `Sessions` at `request.app.state.sessions`.
    """
    dependency: params.Depends = Security(RequiredPermission(permission))
    return dependency


def require_in_organisation(permission: Permission, *, keys: bool = False) -> Any:
    """A FastAPI dependency that gives the request's `Principal` in the path's `organisation_id`.

    A person needs a role in the organisation as a whole; `project_id` is then empty. An API key is refused,
    for it belongs to one project. With `keys` it is let in when it is of this organisation, and the route
    must show it nothing but its `project_id`. Raises as `require` does.
    """
    dependency: params.Depends = Security(RequiredInOrganisation(permission, keys))
    return dependency


def require_person() -> Any:
    """A FastAPI dependency that gives the signed-in `Person`; an API key is none. Raises `Unauthorized`."""
    dependency: params.Depends = Security(RequiredPerson())
    return dependency


def require_caller() -> Any:
    """A FastAPI dependency that gives whoever proves who he is: a key's `Principal`, or a `Person` in no
    project yet. Raises `Unauthorized`. The route answers about the caller alone."""
    dependency: params.Depends = Security(RequiredCaller())
    return dependency


def open_to_all(reason: str) -> Any:
    """A FastAPI dependency that marks a route as public on purpose, and says why."""
    dependency: params.Depends = Security(OpenToAll(reason))
    return dependency


async def _caller_of(request: Request) -> Caller:
    try:
        person = await person_behind(request)
        return await _key_of(request) if person is None else person
    except Unauthorized:
        attempts: Attempts | None = getattr(request.app.state, "attempts", None)
        if attempts is not None:
            await run_in_threadpool(attempts.refuse, client_address(request))
        raise


async def person_behind(request: Request) -> Person | None:
    """The person whose session the request bears; None when it bears none at all.

    Raises `Unauthorized` for a session that is over, `Forbidden` for what another site's page sent.
    """
    if presented_in(request.headers) is None:
        return None
    user = await person_of(request)
    if user is None:
        raise Unauthorized("This session is over: sign in again.")
    check_csrf(request)
    return Person(user.session_id, user.user_id, user.email, user.name, client_address(request))


async def _key_of(request: Request) -> Principal:
    keys = _identity(request).authentication
    address = client_address(request)
    principal = keys.remembered(request.headers, address)
    if principal is None:
        principal = await run_in_threadpool(keys.authenticate_headers, request.headers, address)
    if principal is None:
        body = await _bounded_body(request)
        if not body and request.method not in SAFE_METHODS:
            # The signature covers no method and no path: without a body, one of a GET would do for a DELETE.
            raise Unauthorized("A signed request that changes something needs a body; send the key instead.")
        principal = await run_in_threadpool(keys.authenticate, request.headers, body, address)
    return principal


async def remembered_key(
    app_state: Any, headers: Mapping[str, str], address: str, scope: Scope, permission: Permission
) -> Principal | None:
    """The principal of a request with an API key that was seen a moment ago, for callers who cannot spend
    what a whole `require` costs: within its limits, and refused without `permission` as there.

    `headers` (lower-case names) hold the credential. None: it has to be asked in the ordinary way.
    """
    identity: Identity = app_state.identity
    try:
        principal = identity.authentication.remembered(headers, address)
    except (Unauthorized, Forbidden):  # told, and counted, in the ordinary way
        return None
    if principal is None:
        return None
    if identity.authentication.is_due(headers):
        _in_a_moment(identity.authentication.renew, headers)
    limits: RequestLimits | None = getattr(app_state, "limits", None)
    if limits is not None:
        await limits.admit(scope, principal)
    return _permitted(principal, permission)


def _in_a_moment(function: Callable[[Mapping[str, str]], None], headers: Mapping[str, str]) -> None:
    """On a thread, once the request in hand is probably on its way: the two would share one interpreter.
    Nobody waits for it: should it fail, the next request finds nothing remembered, and asks itself."""
    loop = asyncio.get_running_loop()

    def begin() -> None:
        done = loop.run_in_executor(None, function, headers)
        done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    loop.call_later(RENEWED_AFTER_S, begin)


async def _within_limits(request: Request, caller: Caller) -> None:
    """Take the request from the limits of its sender, before anything else is done for it.

    Raises `RateLimited` or `TooLarge`. A person in no project yet has limits of his own.
    """
    limits: RequestLimits | None = getattr(request.app.state, "limits", None)
    if limits is not None:
        await limits.admit(request.scope, caller if isinstance(caller, Principal) else _in_no_project(caller))


def _in_no_project(person: Person) -> Principal:
    return Principal(
        ProjectId(""),
        OrganisationId(""),
        KeyId(""),
        person.user_id,
        frozenset(),
        person.email,
        person.address,
    )


def _permitted(principal: Principal, permission: Permission) -> Principal:
    if not principal.may(permission):
        who = "This API key" if principal.api_key_id else "Your role here"
        raise Forbidden(f"{who} lacks the permission {permission}.")
    if principal.erase_after_us is not None and permission in REFUSED_BEFORE_DELETION:
        raise Conflict(
            "This project waits for its deletion and takes nothing in. To keep it, restore it: "
            f"POST /v1/projects/{principal.project_id}/restore"
        )
    return principal


def named_projects(request: Request) -> list[str]:
    """The projects that a request names, in the order in which the places count."""
    places = (
        request.path_params.get("project_id", ""),
        request.headers.get(PROJECT_HEADER, ""),
        *request.query_params.getlist("project_id"),
    )
    return [place for place in places if place]


def _identity(request: Request) -> Identity:
    identity: Identity = request.app.state.identity
    return identity


async def _bounded_body(request: Request) -> bytes:
    if "transfer-encoding" in request.headers:
        raise InvalidInput("A signed request must state its Content-Length.")
    if int(request.headers.get("content-length", "0")) > MAX_SIGNED_BODY_BYTES:
        raise TooLarge(f"A signed request to this route may carry at most {MAX_SIGNED_BODY_BYTES} bytes.")
    return await request.body()
