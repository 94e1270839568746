"""The client towards providers: connections are kept and bounded, names are resolved to addresses that may be
reached, and every failure has one of a few names."""

import asyncio
import errno
import ipaddress
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import aiohttp
import structlog
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from lynex_server.gateway.settings import GatewaySettings
from lynex_server.gateway.upstream.addressing import Outgoing
from lynex_server.safety.public import Address, is_allowed_address

log = structlog.get_logger(__name__)

CONNECTIONS_PER_HOST = 4096
KEEPALIVE_S = 60
READ_BYTES = 2**18
REMEMBERED_HOSTS = 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
ENDS_WITHIN_S = 1.0
"""How long an answer whose last event has come is read on, for its connection to be used again."""

_PRIVATE = tuple(
    ipaddress.ip_network(block)
    for block in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
    )
)
_METADATA = tuple(
    ipaddress.ip_network(block)
    for block in (
        "169.254.0.0/16",
        "100.100.100.200/32",
        "fd00:ec2::254/128",
        "168.63.129.16/32",
        "192.0.0.192/32",
    )
)


class UpstreamFailed(Exception):
    """The upstream gave no usable answer. `kind`: `refused`, `timeout`, `cut`, `garbage`, `forbidden`, or
    `error` where it said itself what went wrong. What it says may be told to a caller, who is not to know
    where a provider is: the log does."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(slots=True)
class UpstreamAnswer:
    """An answer whose head has come. `close` it: one that was read to its end gives its connection back, and
    one that `has_said_all` is given a moment to come to it."""

    status: int
    headers: Any  # a case-insensitive mapping
    _response: aiohttp.ClientResponse
    _ending: set[asyncio.Task[None]]
    has_said_all: bool = False
    _first: bytes = b""

    @property
    def content_type(self) -> str:
        """Without parameters, in lower case."""
        value: str = self.headers.get("content-type", "")
        return value.partition(";")[0].strip().lower()

    @property
    def beginning(self) -> bytes:
        """What of the body came first, once it has begun."""
        return self._first

    async def begin(self) -> None:
        """Wait for the first of the body; `pieces` begins with it. Raises `UpstreamFailed`, also where there
        is none."""
        self._first = await anext(self.pieces(), b"")
        if not self._first:
            raise UpstreamFailed("cut", "The provider ended its answer before it began.")

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises `UpstreamFailed`."""
        content = self._response.content
        first, self._first = self._first, b""
        if first:
            yield first
        try:
            while True:
                piece = await content.readany()
                if not piece:
                    return
                yield piece
        except (TimeoutError, aiohttp.ServerTimeoutError) as error:
            raise UpstreamFailed("timeout", "The provider stopped sending.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamFailed("cut", "The connection to the provider broke off.") from error

    async def whole(self, max_bytes: int) -> bytes:
        """The body, read to its end. Raises `UpstreamFailed`, also when it is larger."""
        parts: list[bytes] = []
        size = 0
        async for piece in self.pieces():
            size += len(piece)
            if size > max_bytes:
                raise UpstreamFailed("garbage", f"The provider's answer is larger than {max_bytes} bytes.")
            parts.append(piece)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Let the connection go: back to the pool when all was read, else shut. Waits for nothing."""
        if self._response.content.at_eof():
            self._response.release()
        elif self.has_said_all:
            task = asyncio.create_task(self._end())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        else:
            self._response.close()

    async def _end(self) -> None:
        try:
            async with asyncio.timeout(ENDS_WITHIN_S):
                async for _ in self.pieces():
                    pass
        except (TimeoutError, UpstreamFailed):
            pass
        finally:
            self.has_said_all = False
            self.close()


class Upstream:
    """One client for all providers. Made in the event loop that it lives in."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._connect_timeout_s = settings.gateway_connect_timeout_s
        self._allow_private = settings.gateway_private_upstreams == "allow"
        self._session: aiohttp.ClientSession | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def send(self, outgoing: Outgoing, body: Any, timeout_s: float, decompress: bool) -> UpstreamAnswer:
        """Send it and wait for the head of the answer. `timeout_s` is the longest time without a byte.

        `body` is bytes, or an asynchronous iterator of them. Raises `UpstreamFailed`.
        """
        url = self._checked(outgoing.url)
        session = self._session or self._open()
        try:
            response = await session.request(
                outgoing.method,
                url,
                data=body,
                headers=outgoing.headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=self._connect_timeout_s, sock_read=timeout_s or None
                ),
                auto_decompress=decompress,
                read_bufsize=READ_BYTES,
            )
        except (TimeoutError, aiohttp.ServerTimeoutError) as error:
            raise UpstreamFailed("timeout", "The provider did not answer in time.") from error
        except Forbidden as error:
            raise _forbidden(url) from error
        except (aiohttp.InvalidURL, aiohttp.ClientPayloadError, aiohttp.ClientResponseError) as error:
            raise UpstreamFailed("garbage", "The provider's answer is not HTTP that can be read.") from error
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.__cause__ or error.os_error, Forbidden):
                raise _forbidden(url) from error
            log.warning("gateway.upstream_unreachable", host=url.host, port=url.port, reason=str(error))
            raise UpstreamFailed("refused", f"The provider cannot be reached: {_said_of(error)}.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamFailed("cut", "The connection to the provider broke off.") from error
        if response.status in _REDIRECTS:
            # Passed on, it would send the client elsewhere with its own key in hand.
            response.close()
            raise UpstreamFailed(
                "garbage", "The provider redirects, and nobody follows: is its base URL right?"
            )
        return UpstreamAnswer(response.status, response.headers, response, self._ending)

    async def close(self) -> None:
        """Close every connection."""
        for task in self._ending:
            task.cancel()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,
            limit_per_host=CONNECTIONS_PER_HOST,
            keepalive_timeout=KEEPALIVE_S,
            resolver=_CheckedResolver(self._allow_private),
            ttl_dns_cache=30,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        return self._session

    def _checked(self, url: str) -> URL:
        """An address in the place of a name is not resolved, so it is looked at here: as the client has read
        it, to whom digits of any script are digits."""
        try:
            read = URL(url)
        except ValueError as error:
            raise UpstreamFailed("garbage", "The provider's address is no URL.") from error
        host = read.host or ""
        if not _may_name(host, self._allow_private):
            raise _forbidden(read)
        return read


def _forbidden(url: URL) -> UpstreamFailed:
    log.warning("gateway.upstream_forbidden", host=url.host, port=url.port)
    return UpstreamFailed("forbidden", "The provider has an address that may not be reached from here.")


def _said_of(error: aiohttp.ClientConnectorError) -> str:
    """Why there is no connection, for people: what Python says of it names its own calls."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its host name is not known"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not trusted"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return "it does not speak TLS there"
    if error.errno == errno.ECONNREFUSED:
        return "nothing listens at that address"
    return os.strerror(error.errno).lower() if error.errno else "no connection"


class Forbidden(OSError):
    """A name leads to an address that may not be reached."""


class _CheckedResolver(AbstractResolver):
    """The system's resolver, without the addresses that may not be reached."""

    def __init__(self, allow_private: bool) -> None:
        self._resolver = aiohttp.ThreadedResolver(asyncio.get_running_loop())
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises `Forbidden` when none of its addresses may be reached."""
        found = await self._resolver.resolve(host, port, family)
        allowed = [
            each for each in found if may_reach(ipaddress.ip_address(each["host"]), self._allow_private)
        ]
        if found and not allowed:
            raise Forbidden(f"none of the addresses of {host} may be reached")
        return allowed

    async def close(self) -> None:
        """Nothing is kept."""
        await self._resolver.close()


@lru_cache(REMEMBERED_HOSTS)
def _may_name(host: str, allow_private: bool) -> bool:
    """Whether a URL may have this host: a name may, until it is resolved."""
    try:
        return may_reach(ipaddress.ip_address(host), allow_private)
    except ValueError:
        return True


def may_reach(address: Address, allow_private: bool) -> bool:
    """Whether a provider may have this address. A cloud's metadata service is none, whatever is allowed."""
    mapped = getattr(address, "ipv4_mapped", None) or address
    if any(mapped.version == block.version and mapped in block for block in _METADATA):
        return False
    return is_allowed_address(address, _PRIVATE if allow_private else ())
