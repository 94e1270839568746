"""Which addresses requests may go to, in every way of writing them."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.safety.addresses import Network, is_allowed

PRIVATE = [
    ipaddress.ip_network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32", "192.88.99.0/24"),
    )
]
PRIVATE_6 = [
    ipaddress.ip_network(block)
    for block in (
        *("::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "100::/64", "2001:db8::/32"),
        *("64:ff9b:1::/48", "3fff::/20", "5f00::/16", "2001::/32", "2001:10::/28"),
    )
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.32.0.1", "100.128.0.1", "11.0.0.1", "192.167.255.255"]


def inside(blocks: list[Network]) -> st.SearchStrategy[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    return st.sampled_from(blocks).flatmap(
        lambda block: st.integers(0, block.num_addresses - 1).map(lambda offset: block[offset])
    )


def ways_to_carry(address: ipaddress.IPv4Address) -> dict[str, ipaddress.IPv6Address]:
    """The IPv6 addresses that end up at an IPv4 one."""
    low = int(address)
    start = {
        "mapped": int(ipaddress.IPv6Address("::ffff:0:0")) | low,
        "compatible": low,
        "NAT64": int(ipaddress.IPv6Address("64:ff9b::")) | low,
        "6to4": int(ipaddress.IPv6Address("2002::")) | low << 80,
        "Teredo server": int(ipaddress.IPv6Address("2001::")) | low << 64,
        "Teredo client": int(ipaddress.IPv6Address("2001::")) | (low ^ 0xFFFFFFFF),
        "ISATAP": int(ipaddress.IPv6Address("2606:4700::5efe:0:0")) | low,
    }
    return {name: ipaddress.IPv6Address(value) for name, value in start.items()}


@given(inside(PRIVATE))
def test_refuses_what_is_not_public_in_every_form(address: ipaddress.IPv4Address) -> None:
    assert not is_allowed(address)
    for name, carrier in ways_to_carry(address).items():
        assert not is_allowed(carrier), name


@given(inside(PRIVATE_6))
def test_refuses_ipv6_that_is_not_public(address: ipaddress.IPv6Address) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize(
    "metadata",
    ["169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254"],
)
def test_refuses_the_metadata_services_of_clouds(metadata: str) -> None:
    assert not is_allowed(ipaddress.ip_address(metadata))


@pytest.mark.parametrize("text", PUBLIC)
def test_allows_what_is_public(text: str) -> None:
    address = ipaddress.ip_address(text)

    assert is_allowed(address)
    assert is_allowed(ways_to_carry(ipaddress.IPv4Address(text))["mapped"])
    assert is_allowed(ways_to_carry(ipaddress.IPv4Address(text))["NAT64"])


@pytest.mark.parametrize("text", ["2606:4700:4700::1111", "2a00:1450:4001:81b::200e"])
def test_allows_public_ipv6(text: str) -> None:
    assert is_allowed(ipaddress.ip_address(text))


def test_refuses_an_address_of_one_interface() -> None:
    assert not is_allowed(ipaddress.ip_address("fe80::1%eth0"))
    assert not is_allowed(ipaddress.ip_address("2606:4700:4700::1111%eth0"))


def test_allows_a_private_network_that_was_named_and_no_other() -> None:
    allowed = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd12::/32")]

    assert is_allowed(ipaddress.ip_address("10.1.2.3"), allowed)
    assert is_allowed(ipaddress.ip_address("::ffff:10.1.2.3"), allowed)
    assert is_allowed(ipaddress.ip_address("fd12::1"), allowed)
    assert not is_allowed(ipaddress.ip_address("10.2.0.1"), allowed)
    assert not is_allowed(ipaddress.ip_address("::ffff:10.2.0.1"), allowed)
    assert not is_allowed(ipaddress.ip_address("127.0.0.1"), allowed)
