"""Who a request comes from, when proxies and liars stand between."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from lynex_server.identity.client_address import MAX_HOPS, Origin, TrustedProxies, client_address, is_secure

PROXIES = "10.0.0.0/8, 192.168.1.1, fd00::/8"
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


def origin_of(
    peer: str, *lines: tuple[str, str], by: str = "x-forwarded-for", scheme: str = "http"
) -> Origin:
    """Where a request from `peer` with these header lines is found to begin."""
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in lines]
    return TrustedProxies.of(PROXIES, by).origin(peer, scheme, headers)


def for_(text: str) -> tuple[str, str]:
    return ("X-Forwarded-For", text)


def test_takes_the_address_that_a_trusted_proxy_saw():
    assert origin_of("10.1.2.3", for_("203.0.113.7")).address == "203.0.113.7"


def test_ignores_what_a_client_claims_that_is_no_proxy():
    liar = origin_of("203.0.113.7", for_("127.0.0.1"), ("X-Forwarded-Proto", "https"))

    assert liar == Origin("203.0.113.7", "http")


def test_ignores_everything_when_no_proxy_is_trusted():
    nobody = TrustedProxies.of("")

    assert nobody.origin("127.0.0.1", "http", [(b"x-forwarded-for", b"1.2.3.4")]).address == "127.0.0.1"


def test_reads_through_a_chain_of_trusted_proxies_only():
    assert origin_of("10.1.1.1", for_("6.6.6.6, 203.0.113.7, fd00::2, 192.168.1.1")).address == "203.0.113.7"


def test_what_a_client_wrote_before_its_own_address_does_not_count():
    assert origin_of("10.1.1.1", for_("127.0.0.1, 10.9.9.9, 203.0.113.7")).address == "203.0.113.7"


def test_lines_of_the_same_header_are_one_list():
    assert origin_of("10.1.1.1", for_("6.6.6.6"), for_("203.0.113.7, 10.2.2.2")).address == "203.0.113.7"


def test_a_request_that_begins_inside_comes_from_the_leftmost_machine():
    assert origin_of("10.1.1.1", for_("10.3.3.3, 10.2.2.2")).address == "10.3.3.3"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
    ],
)
def test_knows_the_ways_to_write_an_address(written: str, meant: str):
    assert origin_of("10.1.1.1", for_(written)).address == meant


@pytest.mark.parametrize(
    "mangled", ["unknown", "", "1.2.3", "fe80::1%eth0", "x" * 500, "203.0.113.7 1.1.1.1"]
)
def test_what_is_no_address_leaves_the_last_known_machine(mangled: str):
    assert origin_of("10.1.1.1", for_(f"6.6.6.6, {mangled}, 10.2.2.2")).address == "10.2.2.2"


def test_a_proxy_on_ipv4_inside_ipv6_is_known():
    assert origin_of("::ffff:10.1.1.1", for_("203.0.113.7")).address == "203.0.113.7"


def test_takes_the_scheme_from_a_trusted_proxy():
    assert origin_of("10.1.1.1", for_("203.0.113.7"), ("X-Forwarded-Proto", "https")).scheme == "https"
    assert origin_of("10.1.1.1", ("X-Forwarded-Proto", "HTTPS")).scheme == "https"
    assert origin_of("10.1.1.1", ("X-Forwarded-Proto", "gopher")).scheme == "http"


def test_takes_the_scheme_of_the_hop_at_the_client():
    # The client spoke TLS to 192.168.1.1, which spoke plainly to 10.1.1.1; the client itself lied.
    chain = (for_("203.0.113.7, 192.168.1.1"), ("X-Forwarded-Proto", "gopher, https, http"))

    assert origin_of("10.1.1.1", *chain).scheme == "https"


def test_follows_so_many_proxies_and_no_more():
    chain = ", ".join(["203.0.113.7"] + [f"10.0.0.{number}" for number in range(MAX_HOPS + 50)])

    assert origin_of("10.1.1.1", for_(chain)).address.startswith("10.")


@pytest.mark.parametrize(
    ("forwarded", "meant"),
    [
        ("for=203.0.113.7", Origin("203.0.113.7", "http")),
        ("For=203.0.113.7; Proto=https; by=10.1.1.1", Origin("203.0.113.7", "https")),
        ('for="[2001:db8::1]:4711";proto="https"', Origin("2001:db8::1", "https")),
        ("for=6.6.6.6, for=203.0.113.7;proto=https, for=10.2.2.2;proto=http", Origin("203.0.113.7", "https")),
        ("for=_hidden, for=10.2.2.2", Origin("10.2.2.2", "http")),
        ("for=unknown", Origin("10.1.1.1", "http")),
        ('for="6.6.6.6, for=203.0.113.7', Origin("203.0.113.7", "http")),
        ('for="a\\"b", for=203.0.113.7', Origin("203.0.113.7", "http")),
        ("for=203.0.113.7 for=6.6.6.6", Origin("10.1.1.1", "http")),
        ("", Origin("10.1.1.1", "http")),
    ],
)
def test_reads_the_standard_header(forwarded: str, meant: Origin):
    """RFC 7239, sections 4 and 6."""
    assert origin_of("10.1.1.1", ("Forwarded", forwarded), by="forwarded") == meant


def test_reads_only_the_header_that_the_proxies_write():
    """The other one comes through them as the client sent it."""
    both = (for_("203.0.113.7"), ("Forwarded", "for=6.6.6.6;proto=https"))

    assert origin_of("10.1.1.1", *both) == Origin("203.0.113.7", "http")
    assert origin_of("10.1.1.1", *both, by="forwarded") == Origin("6.6.6.6", "https")


@given(
    spoofed=st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60), real=ADDRESSES
)
@pytest.mark.parametrize(("by", "written"), [("x-forwarded-for", "{}"), ("forwarded", 'for="[{}]"')])
def test_nothing_that_a_client_sends_hides_what_the_proxy_saw(by: str, written: str, spoofed: str, real: str):
    """The proxy appends; whatever stood there before, an address that is not trusted is found."""
    if TrustedProxies.of(PROXIES).trusts(real):
        return
    header = f"{spoofed}, {written.format(real)}"

    found = origin_of("10.1.1.1", (by, header), by=by).address

    parsed = ip_address(real)
    assert found == str(getattr(parsed, "ipv4_mapped", None) or parsed)


@given(
    value=st.text(st.characters(codec="latin-1"), max_size=200),
    proto=st.text(st.characters(codec="latin-1"), max_size=30),
    by=st.sampled_from(["x-forwarded-for", "forwarded"]),
)
def test_any_header_gives_an_address_and_a_scheme(value: str, proto: str, by: str):
    origin = origin_of("10.1.1.1", (by, value), ("X-Forwarded-Proto", proto), by=by)

    ip_address(origin.address)
    assert origin.scheme in ("http", "https")


@pytest.mark.parametrize("networks", ["10.0.0.1/8", "proxy.example", "10.0.0.0/33"])
def test_refuses_networks_that_are_none(networks: str):
    with pytest.raises(ValueError, match=networks):
        TrustedProxies.of(networks)


def test_a_request_says_its_address_and_whether_it_was_secure():
    scope = {"type": "http", "scheme": "https", "client": ("203.0.113.7", 4711), "headers": []}

    assert client_address(HTTPConnection(scope)) == "203.0.113.7"
    assert is_secure(HTTPConnection(scope))
    assert client_address(HTTPConnection({**scope, "client": None})) == ""
    assert not is_secure(HTTPConnection({**scope, "scheme": "http"}))
