"""The one client for URLs that users give: webhooks, sign-on servers, guard hooks, providers.

Invariants:

- A connection goes to an address that was checked, never to a name (`pinned`); each redirect is checked anew.
- No proxy, cookie or credential of the environment takes part.
- Time, redirects and the size of the answer are bounded. Each request has connections of its own.
- What a caller put into headers goes to the origin it was meant for alone.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import httpcore
import httpx

from lynex_server.kernel.errors import InvalidInput, Unreachable
from lynex_server.safety.pinned import OutgoingRefused, PinnedBackend, Resolver, resolve
from lynex_server.safety.settings import SafetySettings

MAX_URL_CHARS = 2_048
USER_AGENT = "Lynex"

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEPS_METHOD = frozenset({307, 308})
_CROSSES_ORIGINS = frozenset({"accept", "accept-language", "content-type", "user-agent"})
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65_535
_HOST = re.compile(r"[0-9A-Za-z._:-]+", re.ASCII)  # a name after IDNA, or an address


@dataclass(frozen=True, slots=True)
class OutgoingResponse:
    """The answer. Names of headers are in lower case; repeated ones are joined by a comma."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Step:
    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    content: bytes


class OutgoingClient:
    """Sends requests to user-given URLs. One for the whole process; safe from any thread and event loop.

    `resolver` and `ssl_context` are for tests, and for installations with certificates of their own.
    """

    def __init__(
        self,
        settings: SafetySettings,
        resolver: Resolver = resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._backend = PinnedBackend(resolver, settings.networks(), settings.outgoing_allowed_hosts)
        self._ssl_context = ssl_context or _ssl_context()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        timeout_s: float | None = None,
    ) -> OutgoingResponse:
        """Send it and read the answer, whatever its status. `timeout_s` spans all of it, redirects too.

        Raises `OutgoingRefused` (an `InvalidInput`) for a URL that is malformed or leads where it may not,
        `Unreachable` when there is no answer in time, or one that is larger than the bound.
        """
        step = _Step(method.upper(), self._checked(url), _allowed_headers(headers), content)
        if step.method not in _METHODS:
            raise InvalidInput(f"method must be one of {', '.join(sorted(_METHODS))}", field="method")
        limit_s = self._settings.outgoing_timeout_s
        try:
            async with asyncio.timeout(limit_s if timeout_s is None else min(timeout_s, limit_s)):
                return await self._follow(step)
        except TimeoutError as error:
            raise Unreachable(f"{step.url.host} did not answer in time") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise Unreachable(f"{step.url.host} did not answer: {type(error).__name__}") from error

    def request_sync(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        timeout_s: float | None = None,
    ) -> OutgoingResponse:
        """As `request`, for a thread without an event loop of its own."""
        return asyncio.run(self.request(method, url, headers=headers, content=content, timeout_s=timeout_s))

    async def _follow(self, step: _Step) -> OutgoingResponse:
        for _ in range(self._settings.outgoing_redirects_max + 1):
            response = await self._send(step)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or location is None:
                return response
            step = self._redirected(step, response.status, location)
        raise Unreachable(f"more than {self._settings.outgoing_redirects_max} redirects")

    async def _send(self, step: _Step) -> OutgoingResponse:
        url = step.url
        headers = {
            "host": url.netloc.decode("ascii"),
            "user-agent": USER_AGENT,
            "accept-encoding": "identity",  # what is packed could grow beyond every bound
            **step.headers,
        }
        if step.content or step.method in ("POST", "PUT", "PATCH"):
            headers["content-length"] = str(len(step.content))
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._ssl_context, network_backend=self._backend
            ) as pool,
            pool.stream(
                step.method, target, headers=list(headers.items()), content=step.content or None
            ) as response,
        ):
            body = bytearray()
            async for chunk in response.aiter_stream():
                body += chunk
                if len(body) > self._settings.outgoing_response_bytes_max:
                    raise Unreachable(
                        f"{url.host} answered with more than "
                        f"{self._settings.outgoing_response_bytes_max} bytes"
                    )
            return OutgoingResponse(response.status, _joined(response.headers), bytes(body))

    def _redirected(self, step: _Step, status: int, location: str) -> _Step:
        try:
            url = self._checked(str(step.url.join(location)))
        except httpx.InvalidURL as error:
            raise OutgoingRefused("redirected to what is no URL", field="url") from error
        elsewhere = _origin(url) != _origin(step.url)
        headers = step.headers
        if elsewhere:
            headers = {name: value for name, value in headers.items() if name in _CROSSES_ORIGINS}
        if status in _KEEPS_METHOD or step.method in ("GET", "HEAD"):
            if elsewhere and step.content:
                raise OutgoingRefused(f"{step.url.host} passes the content on to another host", field="url")
            return _Step(step.method, url, headers, step.content)
        return _Step("GET", url, {k: v for k, v in headers.items() if k != "content-type"}, b"")

    def _checked(self, url: str) -> httpx.URL:
        """What can be judged before the name is looked up."""
        try:
            parsed = httpx.URL(url[: MAX_URL_CHARS + 1])
        except (httpx.InvalidURL, UnicodeError) as error:
            raise OutgoingRefused("this is no URL", field="url") from error
        if len(url) > MAX_URL_CHARS:
            raise OutgoingRefused(f"a URL may have {MAX_URL_CHARS} characters at most", field="url")
        if parsed.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(parsed.raw_host.decode("ascii")):
            raise OutgoingRefused("a URL must begin with https:// or http:// and name a host", field="url")
        if parsed.userinfo:
            raise OutgoingRefused("put credentials into a header, not into the URL", field="url")
        ports = self._settings.outgoing_allowed_ports
        port = parsed.port or _DEFAULT_PORTS[parsed.scheme]
        if port > _LAST_PORT or (ports and port not in ports):
            raise OutgoingRefused(f"port {port} is not one that may be asked", field="url")
        return parsed


def _ssl_context() -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()  # also what the machine trusts: a company's own authority, for example
    return context


def _allowed_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    kept = {name: value for name, value in lower.items() if name not in _OURS}
    for name, value in kept.items():
        if not name.isascii() or any(sign in name + value for sign in "\r\n\0"):
            raise InvalidInput("a header may hold no line break", field="headers")
    return kept


def _joined(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or _DEFAULT_PORTS[url.scheme]
