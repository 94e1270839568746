"""The gateway as a layer around the application: calls go to it, everything else goes on."""

from typing import Any

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from lynex_server.gateway.call.caller import Credential, credential_of, said_in
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.errors import FAILED, Refused, error_response, refusal_of
from lynex_server.gateway.operations import Operation, operation_of
from lynex_server.gateway.service import GatewayService
from lynex_server.identity.public import (
    PROJECT_HEADER,
    Permission,
    Principal,
    RequiredPermission,
    remembered_key,
)
from lynex_server.kernel.errors import LynexError

log = structlog.get_logger(__name__)

_CREDENTIALS = frozenset({b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key", b"cookie"})
_SIGNATURE = frozenset({b"x-lynex-signature", b"x-lynex-key", b"x-lynex-timestamp"})
"""Signed requests are not for calls: proving one would need its body, which belongs to the call."""
_PERMISSION: Permission = "gateway:call"
_may_call = RequiredPermission(_PERMISSION)


class GatewayLayer:
    """ASGI. `app` answers what is no call; `identity_app` is the application whose state knows senders."""

    def __init__(self, app: ASGIApp, identity_app: Any, service: GatewayService) -> None:
        self._app = app
        self._identity_app = identity_app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        operation = operation_of(scope["method"], scope["path"], headers)
        if operation is None:
            await self._app(scope, receive, send)
            return
        credential = credential_of(headers, scope["query_string"])
        try:
            self._service.check_room()
            principal = await self._sender(scope, receive, headers, credential)
        except Refused as refused:
            self._service.metrics.refused(refused.code)
            await _refuse(operation, refused, send)
            return
        except Exception:
            log.exception("gateway.sender_unknown", path=operation.path)
            await _refuse(operation, FAILED, send)
            return
        exchange = Exchange(operation, self._service.now_us(), said_in(headers), principal)
        passes = credential is not None and credential.own_header
        await self._service.answer(exchange, scope, receive, send, headers, passes)

    async def _sender(
        self, scope: Scope, receive: Receive, headers: dict[str, str], credential: Credential | None
    ) -> Principal:
        """Who calls, within his limits and allowed to. Raises `Refused`."""
        if credential is not None and PROJECT_HEADER.lower() not in headers:
            proof = {credential.name.decode(): credential.value.decode("latin-1")}
            client = scope.get("client")
            address: str = client[0] if client else ""
            try:
                state = self._identity_app.state
                principal = await remembered_key(state, proof, address, scope, _PERMISSION)
            except LynexError as error:
                raise refusal_of(error) from error
            if principal is not None:
                return principal
        left_out = _SIGNATURE if credential is None else _SIGNATURE | _CREDENTIALS
        fields = [field for field in scope["headers"] if field[0] not in left_out]
        if credential is not None:
            fields.append((credential.name, credential.value))
        asked: Scope = {
            **scope,
            "headers": fields,
            "app": self._identity_app,
            "path_params": {},
            "query_string": b"",
        }
        try:
            return await _may_call(Request(asked, receive), None, None, None, None, None)
        except LynexError as error:
            raise refusal_of(error) from error


async def _refuse(operation: Operation, refused: Refused, send: Send) -> None:
    fields, body = error_response(operation.dialect, refused)
    await send({"type": "http.response.start", "status": refused.status, "headers": fields})
    await send({"type": "http.response.body", "body": body, "more_body": False})
