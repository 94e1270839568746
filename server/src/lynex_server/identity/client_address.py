"""Where a request came from, and whether it travelled over TLS, also through proxies.

Anybody can write `X-Forwarded-For`. What it says counts only as far as machines wrote it that are named as
trusted: it is read from the right, each address must have been appended by the one that is trusted to its
right, and the first address that is not a trusted proxy is the client.

Of `X-Forwarded-For` and `Forwarded` (RFC 7239) the one is read that the proxies are said to write; the other
one would come through them as the client sent it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal

from starlette.requests import HTTPConnection

ProxyHeader = Literal["x-forwarded-for", "forwarded"]
Headers = Iterable[tuple[bytes, bytes]]

MAX_HOPS: Final = 20
"""How many proxies a request is followed back through."""
_MAX_ADDRESS_CHARS: Final = 64
_PORT: Final = re.compile(r"\[([^\]]*)\](?::\S*)?|([^:]*):\d{1,5}", re.ASCII)
_PAIR: Final = re.compile(
    r'[ \t]*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^\s";,]*)[ \t]*', re.ASCII
)
_TLS: Final = frozenset({"https", "wss"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request began: the client's address, and how it spoke to the first trusted machine."""

    address: str
    scheme: str


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The machines whose word on the client is taken, and the header in which they give it."""

    networks: tuple[IPv4Network | IPv6Network, ...]
    header: ProxyHeader = "x-forwarded-for"

    @classmethod
    def of(cls, networks: str, header: ProxyHeader = "x-forwarded-for") -> "TrustedProxies":
        """From a comma list of addresses and CIDR blocks. Raises `ValueError` naming the one that is none."""
        return cls(tuple(ip_network(part.strip()) for part in networks.split(",") if part.strip()), header)

    def trusts(self, address: str) -> bool:
        """Whether `address` is one of them."""
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self.networks)

    def origin(self, peer: str, scheme: str, headers: Headers) -> Origin:
        """Where a request began that `peer` handed over with `scheme`. `headers` are as ASGI has them."""
        if not self.networks or not self.trusts(peer):
            return Origin(peer, scheme)
        read = _forwarded if self.header == "forwarded" else _x_forwarded
        for _, (address, said_scheme) in zip(range(MAX_HOPS), read(headers), strict=False):
            scheme = said_scheme or scheme
            if address is None:
                break  # hidden or mangled: the proxy that wrote this is the last one known
            peer = address
            if not self.trusts(peer):
                break
        return Origin(peer, scheme)


def client_address(request: HTTPConnection) -> str:
    """The client's address as text, "" when there is none (a socket of the machine).

    Proxies were seen through before, where the request came in (`app/proxies.py`).
    """
    return request.client.host if request.client else ""


def is_secure(request: HTTPConnection) -> bool:
    """Whether the client spoke TLS: to Lynex itself or to a trusted proxy."""
    return request.scope.get("scheme", "http") in _TLS


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address in `text`, with or without a port; one of IPv4 inside IPv6 as what it is."""
    text = text.strip()
    if len(text) > _MAX_ADDRESS_CHARS or "%" in text:  # a zone says nothing to another machine
        return None
    if port := _PORT.fullmatch(text):
        text = port[1] or port[2] or ""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _address(text: str) -> str | None:
    parsed = _parsed(text)
    return None if parsed is None else str(parsed)


def _lines(headers: Headers, name: bytes) -> str:
    """Several lines of one header mean the same as one with commas (RFC 9110 section 5.2)."""
    return ",".join(value.decode("latin-1") for key, value in headers if key == name)


def _x_forwarded(headers: Headers) -> Iterator[tuple[str | None, str]]:
    """Address and scheme of each hop, the nearest first. Proxies that keep one scheme mean the client's."""
    headers = list(headers)
    addresses = _lines(headers, b"x-forwarded-for")
    schemes: Sequence[str] = [
        part.strip().lower() for part in _lines(headers, b"x-forwarded-proto").split(",")[-MAX_HOPS:]
    ][::-1]
    if not addresses:
        yield None, _scheme(schemes[0])
        return
    for at, text in enumerate(addresses.rsplit(",", MAX_HOPS)[::-1]):
        yield _address(text), _scheme(schemes[min(at, len(schemes) - 1)])


def _scheme(text: str) -> str:
    return text if text in ("http", "https") else ""


def _forwarded(headers: Headers) -> Iterator[tuple[str | None, str]]:
    """As `_x_forwarded`, from RFC 7239's header."""
    for element in _elements_from_the_right(_lines(headers, b"forwarded")):
        pairs = _pairs(element)
        yield _address(pairs.get("for", "")), _scheme(pairs.get("proto", "").lower())


def _elements_from_the_right(text: str) -> Iterator[str]:
    """The elements of a list, the last first. A client's mangled beginning so cannot swallow, by a quote that
    it leaves open, what the proxies appended."""
    quoted = False
    end = len(text)
    for at in range(len(text) - 1, -1, -1):
        if text[at] == '"' and text[at - 1 : at] != "\\":
            quoted = not quoted
        elif text[at] == "," and not quoted:
            yield text[at + 1 : end]
            end = at
    if end:
        yield text[:end]


def _pairs(element: str) -> dict[str, str]:
    """The parameters of one element; none where it is not well formed."""
    pairs: dict[str, str] = {}
    at = 0
    while at <= len(element):
        pair = _PAIR.match(element, at)
        if pair is None:
            return {}
        value = pair[2]
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        pairs.setdefault(pair[1].lower(), value)
        at = pair.end()
        if at == len(element):
            return pairs
        if element[at] != ";":
            return {}
        at += 1
    return {}
