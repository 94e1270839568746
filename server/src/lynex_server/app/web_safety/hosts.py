"""Answers only to its own names.

A page of any site can be made to ask a Lynex on its visitor's own machine: its host name is changed in the
DNS to 127.0.0.1 once the page is loaded (DNS rebinding). To the browser both are then the same site; only the
`Host` header still says whom the request was meant for.
"""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from lynex_server.app.problems import problem
from lynex_server.app.settings import AppSettings
from lynex_server.app.web_safety.settings import WebSettings, parts

FOR_MONITORS = frozenset({"/healthz", "/readyz"})
"""They say nothing that matters, and monitors ask for them by the machine's address."""
LOOPBACK = "loopback"
"""Stands for every name by which a machine calls itself."""


class AllowedHosts:
    """ASGI middleware that refuses requests for other names."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        """`hosts` are names in lower case, `*.name` for all below it, or `LOOPBACK`."""
        self._app = app
        self._names = frozenset(host.strip("[]") for host in hosts if not host.startswith("*."))
        self._endings = tuple(host[1:] for host in hosts if host.startswith("*."))
        self._seen: dict[bytes, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in FOR_MONITORS:
            await self._app(scope, receive, send)
            return
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        if self._knows(host):
            await self._app(scope, receive, send)
            return
        answer = problem(
            421,
            "misdirected",
            "Misdirected request",
            "This Lynex does not go by that host name. Where it should, name it in LYNEX_PUBLIC_URL or "
            "LYNEX_ALLOWED_HOSTS.",
        )
        await answer(scope, receive, send)

    def _knows(self, header: bytes) -> bool:
        known = self._seen.get(header)
        if known is None:
            known = self._is_ours(_name(header.decode("latin-1")))
            if known:  # of these there are few; of others as many as an attacker likes
                self._seen = {**self._seen, header: True} if len(self._seen) < 100 else {header: True}
        return known

    def _is_ours(self, name: str) -> bool:
        if name in self._names or name.endswith(self._endings or ("\0",)):
            return bool(name)
        return LOOPBACK in self._names and is_loopback(name)


def hosts_of(settings: AppSettings, web: WebSettings) -> list[str]:
    """The names to answer to, as `AllowedHosts` takes them; empty: to all."""
    named = parts(web.allowed_hosts)
    if not named and is_loopback(settings.host):
        named = [LOOPBACK]
    public = (urlsplit(settings.public_url).hostname or "").lower()
    return [*named, public] if named and public else named


def is_loopback(name: str) -> bool:
    """Whether this is how a machine calls itself: localhost, a name below it, or a loopback address."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """The name in a `Host` header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if ":" in host else host.lower().removesuffix(".")
