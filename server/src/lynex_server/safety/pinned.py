"""Connections that go to the very address that was checked.

The name is looked up once, here; the addresses are checked, and the connection is opened to one of them, not
to the name: a second look-up, whose answer could be another, never happens. The certificate is still checked
against the name, for httpcore takes it from the URL.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpcore

from lynex_server.kernel.errors import InvalidInput, Unreachable
from lynex_server.safety.addresses import Address, Network, is_allowed

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host name, best first. Raises `OSError` when there are none."""

ADDRESSES_TRIED = 4


class OutgoingRefused(InvalidInput):
    """The URL leads where requests of users may not go. Says no address: that would map the inside."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """What the operating system's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to allowed addresses alone."""

    def __init__(
        self, resolver: Resolver, allowed_networks: Sequence[Network], allowed_hosts: Iterable[str]
    ) -> None:
        self._resolver = resolver
        self._allowed_networks = tuple(allowed_networks)
        self._allowed_hosts = frozenset(allowed_hosts)
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the signature of httpcore's backends
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises `OutgoingRefused`, `Unreachable`, or httpcore's own errors of connecting."""
        last: Exception | None = None
        for address in (await self._checked(host, port))[:ADDRESSES_TRIED]:
            try:
                return await self._backend.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise Unreachable(f"{host} does not accept connections on port {port}") from last

    async def _checked(self, host: str, port: int) -> list[Address]:
        try:
            texts = await self._resolver(host, port)
            addresses = [ipaddress.ip_address(text) for text in texts]
        except (OSError, UnicodeError, ValueError) as error:
            raise Unreachable(f"the name {host} cannot be resolved") from error
        if host.lower().rstrip(".") in self._allowed_hosts:
            return addresses
        allowed = [address for address in addresses if is_allowed(address, self._allowed_networks)]
        if not allowed:
            raise OutgoingRefused(
                f"{host} is not on the public network; LYNEX_OUTGOING_ALLOWED_NETWORKS or "
                "LYNEX_OUTGOING_ALLOWED_HOSTS would allow it",
                field="url",
            )
        return allowed
