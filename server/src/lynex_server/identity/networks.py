"""From where a key may be used: CIDR blocks of IPv4 and IPv6."""

import ipaddress
from collections.abc import Iterable

from lynex_server.kernel.errors import InvalidInput

MAX_NETWORKS = 50

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Blocks such as `10.0.0.0/8`, `2001:db8::/32` or a single address.

    Raises `InvalidInput` for what is none, for one with bits beyond its length (`10.0.0.1/8` is more likely
    a slip than a wish), and for more than `MAX_NETWORKS`.
    """
    given = list(texts)
    if len(given) > MAX_NETWORKS:
        raise InvalidInput(f"at most {MAX_NETWORKS} networks", field="allowed_networks")
    return tuple(_network(text) for text in given)


def contains(networks: tuple[Network, ...], address: str) -> bool:
    """Whether one of the blocks holds `address`. An IPv4 address inside an IPv6 one counts as itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return any((mapped or parsed) in network for network in networks)


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no network: {error}", field="allowed_networks") from error
