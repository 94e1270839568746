"""Lets pages of listed origins call the API, and no others.

Without credentials: a browser never adds a cookie to these requests, so a page has only what a key of its own
allows. Source: the Fetch standard, "HTTP CORS protocol".
"""

import re
from collections.abc import Collection

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lynex_server.app.problems import problem
from lynex_server.app.web_safety.headers import CALLED_PREFIXES

PREFLIGHT_MAX_AGE_S = 600
METHODS = "GET, POST, PUT, PATCH, DELETE"
EXPOSED = "RateLimit, RateLimit-Policy, Retry-After, Idempotent-Replayed, Content-Disposition"
_HEADER_NAMES = re.compile(r"[A-Za-z0-9, _-]{0,1000}", re.ASCII)


class Cors:
    """ASGI middleware that answers preflights and marks answers for listed origins."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith(CALLED_PREFIXES):
            await self._app(scope, receive, send)
            return
        if not self._origins and scope["method"] != "OPTIONS":
            await self._app(scope, receive, send)
            return
        origin = asked_headers = None
        is_preflight = False
        for name, value in scope["headers"]:
            if name == b"origin":
                origin = value
            elif name == b"access-control-request-method":
                is_preflight = scope["method"] == "OPTIONS"
            elif name == b"access-control-request-headers":
                asked_headers = value
        if origin is not None and is_preflight:
            await self._preflight(origin, asked_headers or b"")(scope, receive, send)
            return
        # An answer to one origin must not be kept for another one, so each says on what it depends.
        fields = [(b"vary", b"Origin")]
        if origin in self._origins:
            fields += [
                (b"access-control-allow-origin", origin),
                (b"access-control-expose-headers", EXPOSED.encode()),
            ]

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *fields]
            await send(message)

        await self._app(scope, receive, send_marked)

    def _preflight(self, origin: bytes, asked_headers: bytes) -> Response:
        asked = asked_headers.decode("latin-1")
        if origin not in self._origins:
            return problem(
                403,
                "forbidden_origin",
                "Forbidden origin",
                "Pages of this origin may not call this Lynex: it is not in LYNEX_CORS_ORIGINS.",
            )
        if not _HEADER_NAMES.fullmatch(asked):
            return problem(
                400, "invalid_input", "Invalid input", "Access-Control-Request-Headers is no list."
            )
        headers = {
            "Access-Control-Allow-Origin": origin.decode("latin-1"),
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": asked,
            "Access-Control-Max-Age": str(PREFLIGHT_MAX_AGE_S),
            "Vary": "Origin, Access-Control-Request-Headers",
        }
        return Response(status_code=204, headers=headers)
