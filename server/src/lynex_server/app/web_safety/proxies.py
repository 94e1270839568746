"""Sees through trusted proxies: what comes after finds the client where it would be without them."""

from starlette.types import ASGIApp, Receive, Scope, Send

from lynex_server.identity.public import TrustedProxies


class ThroughProxies:
    """ASGI middleware that puts the client's address and scheme into the scope."""

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["client"]:
            peer, port = scope["client"]
            origin = self._proxies.origin(peer, scope["scheme"], scope["headers"])
            scope["scheme"] = origin.scheme
            if origin.address != peer:
                scope["client"] = (origin.address, 0)
            else:
                scope["client"] = (peer, port)
        await self._app(scope, receive, send)
