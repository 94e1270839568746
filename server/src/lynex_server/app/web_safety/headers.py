"""Tells browsers what no answer of this server may do.

Sources: OWASP HTTP Security Response Headers Cheat Sheet; Content Security Policy Level 3; RFC 6797 (HSTS).
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CALLED_PREFIXES = ("/v1/", "/api/", "/gateway/", "/v1beta/", "/v1alpha/", "/upload/", "/openai/", "/model/")
"""Of what programs call: the API, and every surface of the gateway."""
API_PREFIXES = (*CALLED_PREFIXES, "/healthz/", "/readyz/", "/openapi.json/")

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{nonce}; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""An answer of the API is no page: where a browser shows one all the same, nothing in it works."""

_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)
_EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "permissions-policy": _PERMISSIONS,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

_NOT_KEPT = {"cache-control": "no-store"}
"""Keys, prompts, names: nothing that a shared or a disk cache should hold."""


def page_policy(nonce: str = "") -> str:
    """Nothing from outside and nothing inline, but style elements that bear `nonce`."""
    return PAGE_POLICY.format(nonce=f" 'nonce-{nonce}'" if nonce else "")


Fields = tuple[tuple[bytes, bytes], ...]


class SecurityHeaders:
    """ASGI middleware that adds them to every answer that does not bring its own."""

    def __init__(self, app: ASGIApp, hsts_max_age_s: int) -> None:
        """`hsts_max_age_s` is how long browsers that came over TLS shall insist on it; 0 says nothing."""
        self._app = app
        tls = {"strict-transport-security": f"max-age={hsts_max_age_s}"} if hsts_max_age_s else {}
        # By whether the answer is the API's, and whether it goes out over TLS.
        self._fields = {
            (is_api, is_secure): _fields(
                {"content-security-policy": API_POLICY if is_api else page_policy()}
                | _EVERYWHERE
                | (_NOT_KEPT if is_api else {})
                | (tls if is_secure else {})
            )
            for is_api in (True, False)
            for is_secure in (True, False)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_api = f"{scope['path']}/".startswith(API_PREFIXES)
        fields = self._fields[is_api, scope["scheme"] == "https"]

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                given = {name for name, _ in headers}
                headers += [field for field in fields if field[0] not in given]
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, send_guarded)


def _fields(headers: dict[str, str]) -> Fields:
    return tuple((name.encode(), value.encode()) for name, value in headers.items())
