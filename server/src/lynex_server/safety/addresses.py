"""Which addresses a request to a user-given URL may go to. Pure.

Only what is globally reachable unicast passes, and an address that carries another one inside (IPv4-mapped,
NAT64, 6to4, Teredo …) is judged by both. Source: the IANA special-purpose registries of IPv4 and IPv6,
as the standard library's `ipaddress` knows them, and the list below for what it leaves out.
"""

import ipaddress
from collections.abc import Iterator, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_ALSO_REFUSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "100.64.0.0/10",  # shared space of carriers; Alibaba's metadata service is 100.100.100.200
        "168.63.129.16/32",  # Azure's platform service: a public address, answered inside the host
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata service is 192.0.0.192
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "198.18.0.0/15",  # benchmarks
        "240.0.0.0/4",  # reserved, and the broadcast address
        "::/96",  # IPv4-compatible, with the unspecified address and the loopback
        "64:ff9b:1::/48",  # local NAT64, RFC 8215
        "100::/64",  # discard only
        "2001::/23",  # protocol assignments, with Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing, RFC 9602
        "fc00::/7",  # unique local; the metadata service of AWS on IPv6 is fd00:ec2::254
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, RFC 3879
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214: the interface identifier of an address with an IPv4 inside
_LOW_32_BITS = 0xFFFF_FFFF


def is_allowed(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether a request may go there: a public address, or one in a network that was allowed.

    An allowed network is compared with the address itself and with an IPv4 address that it maps.
    """
    if _is_in(address, allowed):
        return True
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if mapped is not None:
        return is_allowed(mapped, allowed)
    return _is_public(address) and all(is_allowed(inner, allowed) for inner in _inside(address))


def _is_public(address: Address) -> bool:
    # A scope (`%eth0`) means an interface of this machine.
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        return False
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved or address.is_unspecified)
        and not (address.is_private or address.is_loopback or address.is_link_local)
        and not _is_in(address, _ALSO_REFUSED)
    ) or address in _NAT64


def _inside(address: Address) -> Iterator[ipaddress.IPv4Address]:
    """Every IPv4 address that an IPv6 one may be turned into on its way."""
    if isinstance(address, ipaddress.IPv4Address):
        return
    low = ipaddress.IPv4Address(int(address) & _LOW_32_BITS)
    if address in _NAT64 or address in _COMPATIBLE:
        yield low
    if (int(address) >> 32) & _LOW_32_BITS in _ISATAP:
        yield low
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
