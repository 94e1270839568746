"""A route's permission, stated in its signature.

@router.get("/v1/spans")
def list_spans(principal: Annotated[Principal, require("spans:read")]) -> SpanPage: ...
"""

from typing import Annotated, Any

from fastapi import Request, Security, params
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.models import APIKey, HTTPBase, HTTPBearer
from fastapi.security.base import SecurityBase

from lynex_server.identity.model import Principal
from lynex_server.identity.permissions import Permission
from lynex_server.identity.service import Identity
from lynex_server.kernel.errors import Forbidden, InvalidInput, TooLarge

MAX_SIGNED_BODY_BYTES = 10_000_000
"""Routes other than ingest, which bounds its own body, take only small ones."""


class _Scheme(SecurityBase):
    """Names a way to prove oneself in OpenAPI. The check itself is `Identity`'s."""

    def __init__(self, name: str, model: APIKey | HTTPBase) -> None:
        self.scheme_name = name
        self.model = model

    async def __call__(self) -> None:
        return None


def _header(name: str, description: str) -> APIKey:
    return APIKey.model_validate({"in": "header", "name": name, "description": description})


_BEARER = _Scheme("bearer", HTTPBearer(description="An API key of the project."))
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


class RequiredPermission:
    """The dependency behind `require`: the principal of the request, refused without `permission`."""

    def __init__(self, permission: Permission) -> None:
        self.permission: Permission = permission

    async def __call__(
        self,
        request: Request,
        _bearer: Annotated[None, Security(_BEARER)],
        _api_key: Annotated[None, Security(_API_KEY)],
        _basic: Annotated[None, Security(_BASIC)],
        _signature: Annotated[None, Security(_SIGNATURE)],
    ) -> Principal:
        principal = await _principal_of(request)
        if not principal.may(self.permission):
            raise Forbidden(f"This API key lacks the permission {self.permission}.")
        return principal


def require(permission: Permission) -> Any:
    """A FastAPI dependency that gives the request's `Principal`.

    It raises `Unauthorized`, or `Forbidden` when the key's scopes do not grant `permission`, and lists in
    OpenAPI the ways to prove oneself. The `Identity` is found at `request.app.state.identity`.
    """
    dependency: params.Depends = Security(RequiredPermission(permission))
    return dependency


async def _principal_of(request: Request) -> Principal:
    identity: Identity = request.app.state.identity
    principal = identity.remembered(request.headers)
    if principal is None:
        principal = await run_in_threadpool(identity.authenticate_headers, request.headers)
    if principal is None:
        body = await _bounded_body(request)
        principal = await run_in_threadpool(identity.authenticate, request.headers, body)
    return principal


async def _bounded_body(request: Request) -> bytes:
    if "transfer-encoding" in request.headers:
        raise InvalidInput("A signed request must state its Content-Length.")
    if int(request.headers.get("content-length", "0")) > MAX_SIGNED_BODY_BYTES:
        raise TooLarge(f"A signed request to this route may carry at most {MAX_SIGNED_BODY_BYTES} bytes.")
    return await request.body()
