"""API keys: what limits them, how they are changed and rotated, and what a key may do to another."""

import ipaddress
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from identity.people import Tenancy

from lynex_server.engines.relational.database import Database
from lynex_server.identity import keys as keys_module
from lynex_server.identity.key_use import KeyUse
from lynex_server.identity.keys import KeyWish
from lynex_server.identity.networks import contains, parse_networks
from lynex_server.identity.public import COMMAND_LINE, Identity, sign
from lynex_server.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized
from lynex_server.kernel.ids import KeyId, ProjectId
from lynex_server.safety.public import Actor

SECOND_US = 1_000_000
BODY = b"{}"


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def signed(tenancy: Tenancy, signer: str, secret: str) -> dict[str, str]:
    timestamp = str(tenancy.clock.now_us() // SECOND_US)
    return {
        "x-lynex-key": signer,
        "x-lynex-timestamp": timestamp,
        "x-lynex-signature": sign(secret, timestamp, BODY),
    }


def works(tenancy: Tenancy, secret: str, address: str = "") -> bool:
    try:
        tenancy.identity.authenticate(bearer(secret), BODY, address)
    except Unauthorized:
        return False
    return True


def as_key(key_id: str) -> Actor:
    return Actor("api_key", key_id)


# What limits a key


def test_a_key_stops_when_it_expires_however_it_is_sent_and_though_it_is_remembered(tenancy: Tenancy) -> None:
    project = tenancy.project()
    made = tenancy.key(project, expires_at_us=tenancy.clock.now_us() + 100_000)
    assert works(tenancy, made.secret)
    tenancy.identity.authenticate(signed(tenancy, project, made.secret), BODY)

    tenancy.clock.advance_us(100_000)

    for headers in (bearer(made.secret), signed(tenancy, project, made.secret)):
        with pytest.raises(Unauthorized):
            tenancy.identity.authenticate(headers, BODY)
    tenancy.clock.advance_us(10 * SECOND_US)
    assert not works(tenancy, made.secret)


def test_a_key_cannot_be_made_to_have_expired(tenancy: Tenancy) -> None:
    with pytest.raises(InvalidInput):
        tenancy.key(tenancy.project(), expires_at_us=tenancy.clock.now_us())


def test_a_key_works_from_its_networks_alone_however_it_is_sent(tenancy: Tenancy) -> None:
    project = tenancy.project()
    made = tenancy.key(project, allowed_networks=["10.1.0.0/16", "2001:db8::/32"])
    proofs = (bearer(made.secret), signed(tenancy, project, made.secret))

    for address in ("10.1.2.3", "2001:db8::7", "::ffff:10.1.2.3"):
        for headers in proofs:
            assert tenancy.identity.authenticate(headers, BODY, address).address == address
    for address in ("10.2.0.1", "2001:db9::1", "", "not an address"):
        for headers in proofs:
            with pytest.raises(Forbidden):
                tenancy.identity.authenticate(headers, BODY, address)


@pytest.mark.parametrize("network", ["", "10.0.0.1/8", "10.0.0.0/33", "example.org", "10.0.0.0/8 ::/0"])
def test_refuses_what_is_no_network(tenancy: Tenancy, network: str) -> None:
    with pytest.raises(InvalidInput):
        tenancy.key(tenancy.project(), allowed_networks=[network])


@given(st.ip_addresses(), st.integers(0, 128))
def test_an_address_is_in_every_network_cut_from_it(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int
) -> None:
    length = min(bits, address.max_prefixlen)
    network = ipaddress.ip_network((address, length), strict=False)

    blocks = parse_networks([str(network)])

    mapped = getattr(address, "ipv4_mapped", None)
    assert contains(blocks, str(address)) or mapped is not None


def test_a_project_has_no_endless_number_of_keys(tenancy: Tenancy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_module, "MAX_WORKING_KEYS_OF_A_PROJECT", 1)
    project = tenancy.project()
    made = tenancy.key(project)

    with pytest.raises(Conflict, match="at most 1"):
        tenancy.key(project)
    tenancy.identity.revoke_key(project, made.key.id)
    tenancy.key(project)


def test_a_key_may_not_look_like_a_session(tenancy: Tenancy) -> None:
    with pytest.raises(InvalidInput, match="lxs_"):
        tenancy.identity.create_key(tenancy.project(), "a key", secret="lxs_0123456789abcdef")


# Change


def test_a_changed_key_keeps_its_secret_and_does_the_new_thing_at_once(tenancy: Tenancy) -> None:
    project = tenancy.project()
    made = tenancy.key(project, "read")
    assert tenancy.identity.authenticate(bearer(made.secret), BODY).may("spans:read")

    wish = KeyWish("renamed", ("ingest",), tenancy.clock.now_us() + SECOND_US, ("10.0.0.0/8",))
    changed = tenancy.identity.keys.change(COMMAND_LINE, project, made.key.id, wish)

    principal = tenancy.identity.authenticate(bearer(made.secret), BODY, "10.0.0.1")
    assert (principal.name, principal.may("spans:read"), principal.may("events:write")) == (
        "renamed",
        False,
        True,
    )
    assert tenancy.identity.keys.get(project, made.key.id) == changed


def test_a_key_that_does_not_work_any_more_is_not_changed(tenancy: Tenancy) -> None:
    """An expiry that could be moved after the fact would be none."""
    project = tenancy.project()
    revoked, rotated = tenancy.key(project), tenancy.key(project)
    expired = tenancy.key(project, expires_at_us=tenancy.clock.now_us() + 1)
    tenancy.identity.revoke_key(project, revoked.key.id)
    tenancy.identity.keys.rotate(COMMAND_LINE, project, rotated.key.id, 60)
    tenancy.clock.advance_us(2)

    for made in (revoked, rotated, expired):
        with pytest.raises(Conflict):
            tenancy.identity.keys.change(COMMAND_LINE, project, made.key.id, KeyWish("again"))
        with pytest.raises(Conflict):
            tenancy.identity.keys.rotate(COMMAND_LINE, project, made.key.id, 60)


# Rotation


def test_a_rotated_key_works_until_the_overlap_ends_beside_its_successor(tenancy: Tenancy) -> None:
    project = tenancy.project()
    old = tenancy.key(project, "read", "ingest", allowed_networks=["10.0.0.0/8"])

    new = tenancy.identity.keys.rotate(COMMAND_LINE, project, old.key.id, overlap_s=60)

    assert (new.key.name, new.key.scopes, new.key.allowed_networks) == (
        old.key.name,
        old.key.scopes,
        old.key.allowed_networks,
    )
    assert new.secret != old.secret
    assert tenancy.identity.keys.get(project, old.key.id).replaced_by == new.key.id
    tenancy.clock.advance_us(60 * SECOND_US - 1)
    assert works(tenancy, old.secret, "10.0.0.1")
    tenancy.clock.advance_us(1)
    assert not works(tenancy, old.secret, "10.0.0.1")
    assert works(tenancy, new.secret, "10.0.0.1")


def test_without_an_overlap_the_old_key_ends_at_once(tenancy: Tenancy) -> None:
    project = tenancy.project()
    old = tenancy.key(project)
    assert works(tenancy, old.secret)

    new = tenancy.identity.keys.rotate(COMMAND_LINE, project, old.key.id, overlap_s=0)

    assert not works(tenancy, old.secret)
    assert works(tenancy, new.secret)


def test_rotating_prolongs_no_expiry(tenancy: Tenancy) -> None:
    project = tenancy.project()
    expires_at_us = tenancy.clock.now_us() + 30 * SECOND_US
    old = tenancy.key(project, expires_at_us=expires_at_us)

    new = tenancy.identity.keys.rotate(COMMAND_LINE, project, old.key.id, overlap_s=60)

    assert new.key.expires_at_us == expires_at_us
    assert tenancy.identity.keys.get(project, old.key.id).expires_at_us == expires_at_us


@pytest.mark.parametrize("overlap_s", [-1, 30 * 24 * 3600 + 1])
def test_refuses_an_overlap_out_of_bounds(tenancy: Tenancy, overlap_s: int) -> None:
    project = tenancy.project()

    with pytest.raises(InvalidInput):
        tenancy.identity.keys.rotate(COMMAND_LINE, project, tenancy.key(project).key.id, overlap_s)


def test_of_two_who_rotate_at_once_one_does(
    tenancy: Tenancy, open_relational: Callable[[], Database]
) -> None:
    project = tenancy.project()
    old = tenancy.key(project)
    made, refused = [], []

    def rotate(identity: Identity) -> None:
        try:
            made.append(identity.keys.rotate(COMMAND_LINE, project, old.key.id, 60))
        except Conflict as error:
            refused.append(error)

    threads = [
        threading.Thread(target=rotate, args=(Identity(open_relational(), bytes(32), tenancy.clock),))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(made), len(refused)) == (1, 2)


# What a key may do to another


def test_a_key_makes_no_key_that_can_do_more_than_itself(tenancy: Tenancy) -> None:
    project, keys = tenancy.project(), tenancy.identity.keys
    own = tenancy.key(
        project,
        "read",
        "admin",
        expires_at_us=tenancy.clock.now_us() + 100 * SECOND_US,
        allowed_networks=["10.0.0.0/8"],
    )
    fits = KeyWish("child", ("read",), tenancy.clock.now_us() + SECOND_US, ("10.1.0.0/16",))

    made = keys.create(as_key(own.key.id), project, fits)

    assert made.key.created_by == own.key.id
    for beyond in (
        replace(fits, scopes=("ingest",)),
        replace(fits, scopes=("read", "gateway")),
        replace(fits, expires_at_us=None),
        replace(fits, expires_at_us=tenancy.clock.now_us() + 101 * SECOND_US),
        replace(fits, allowed_networks=()),
        replace(fits, allowed_networks=("11.0.0.0/8",)),
        replace(fits, allowed_networks=("0.0.0.0/0",)),
        replace(fits, allowed_networks=("10.1.0.0/16", "::/0")),
    ):
        with pytest.raises(Forbidden):
            keys.create(as_key(own.key.id), project, beyond)
        with pytest.raises(Forbidden):
            keys.change(as_key(own.key.id), project, made.key.id, beyond)
    assert len(keys.of_project(project)) == 2


def test_a_key_takes_over_no_key_that_can_do_more_than_itself(tenancy: Tenancy) -> None:
    """To rotate another key is to get a secret with its scopes."""
    project, keys = tenancy.project(), tenancy.identity.keys
    own, mighty = tenancy.key(project, "admin"), tenancy.key(project, "ingest", "admin")

    with pytest.raises(Forbidden):
        keys.rotate(as_key(own.key.id), project, mighty.key.id, 60)
    with pytest.raises(Forbidden):
        keys.change(as_key(own.key.id), project, mighty.key.id, KeyWish("mine", ("admin",)))

    assert keys.rotate(as_key(own.key.id), project, own.key.id, 60).key.scopes == ("admin",)


def test_a_key_manages_the_keys_of_its_own_project_alone(tenancy: Tenancy) -> None:
    project, other = tenancy.project(), tenancy.project()
    own, foreign = tenancy.key(project, "admin"), tenancy.key(other, "admin")
    keys, actor = tenancy.identity.keys, as_key(own.key.id)

    for attempt in (
        lambda: keys.create(actor, other, KeyWish("mine", ("admin",))),
        lambda: keys.rotate(actor, other, foreign.key.id, 60),
        lambda: keys.change(actor, other, foreign.key.id, KeyWish("mine", ("admin",))),
    ):
        with pytest.raises(Forbidden):
            attempt()
    for attempt in (
        lambda: keys.rotate(actor, project, foreign.key.id, 60),
        lambda: keys.change(actor, project, foreign.key.id, KeyWish("mine", ("admin",))),
        lambda: keys.revoke(actor, project, foreign.key.id),
        lambda: keys.get(project, foreign.key.id),
    ):
        with pytest.raises(NotFound):
            attempt()


# Last use and the log


def test_the_last_use_is_written_in_the_background_and_never_back(tenancy: Tenancy) -> None:
    project = tenancy.project()
    made = tenancy.key(project)
    tenancy.identity.authenticate(bearer(made.secret), BODY)
    used_at_us = tenancy.clock.now_us()
    tenancy.clock.advance_us(5)
    assert tenancy.identity.keys.get(project, made.key.id).last_used_at_us is None

    tenancy.identity.key_use.write()
    assert tenancy.identity.keys.get(project, made.key.id).last_used_at_us == used_at_us

    late = KeyUse(tenancy.database)
    late.note(made.key.id, used_at_us - 1)
    late.note(KeyId("key_gone"), used_at_us)
    late.write()
    assert tenancy.identity.keys.get(project, made.key.id).last_used_at_us == used_at_us


def test_the_last_uses_are_written_when_the_process_ends(tenancy: Tenancy) -> None:
    project = tenancy.project()
    made = tenancy.key(project)
    tenancy.identity.key_use.start()
    tenancy.identity.authenticate(bearer(made.secret), BODY)

    tenancy.identity.key_use.stop()

    assert tenancy.identity.keys.get(project, made.key.id).last_used_at_us == tenancy.clock.now_us()


def test_what_happens_to_keys_is_told_without_their_secrets(tenancy: Tenancy) -> None:
    owner = tenancy.person()
    organisation = tenancy.organisation(owner=owner)
    project, keys = tenancy.project(organisation), tenancy.identity.keys
    made = keys.create(owner.actor(), project, KeyWish("a key", ("read",)))
    keys.change(owner.actor(), project, made.key.id, KeyWish("renamed", ("read",)))
    rotated = keys.rotate(owner.actor(), project, made.key.id, 60)
    keys.revoke(owner.actor(), project, made.key.id)
    keys.revoke(owner.actor(), project, made.key.id)

    entries = tenancy.audited(organisation)[1:]

    assert [entry.action for entry in entries] == ["key.created", "key.changed", "key.rotated", "key.revoked"]
    assert {entry.target for entry in entries} == {made.key.id}
    assert {entry.actor.id for entry in entries} == {owner.user_id}
    assert not [entry for entry in entries if made.secret in repr(entry) or rotated.secret in repr(entry)]


def test_a_key_of_a_project_that_is_gone_is_gone(tenancy: Tenancy) -> None:
    project = tenancy.project()
    made = tenancy.key(project)
    with tenancy.database.begin() as connection:
        tenancy.identity.projects.forget_project(connection, project)

    assert not works(tenancy, made.secret)
    with pytest.raises(NotFound):
        tenancy.identity.create_key(ProjectId(project), "a key")
