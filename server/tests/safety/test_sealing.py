"""What is sealed opens only with its key, in its place, unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safety.factories import ANOTHER_KEY, MASTER_KEY

from lynex_server.safety.sealing import (
    MasterKeys,
    Unreadable,
    derived_key,
    fixed_master_key,
    master_key_of,
    seal,
    unseal,
)


@given(st.binary(max_size=200), st.text(max_size=50))
def test_gives_back_what_was_sealed(clear: bytes, context: str) -> None:
    assert unseal(MASTER_KEY, seal(MASTER_KEY, clear, context), context) == clear


def test_never_seals_the_same_way_twice() -> None:
    assert seal(MASTER_KEY, b"x", "here") != seal(MASTER_KEY, b"x", "here")


@given(st.data())
def test_does_not_open_when_a_single_bit_differs(data: st.DataObject) -> None:
    sealed = bytearray(seal(MASTER_KEY, b"hunter2", "here"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8

    with pytest.raises(Unreadable):
        unseal(MASTER_KEY, bytes(sealed), "here")


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(12), bytes(28)])
def test_does_not_open_what_was_never_sealed(sealed: bytes) -> None:
    with pytest.raises(Unreadable):
        unseal(MASTER_KEY, sealed, "here")


def test_does_not_open_elsewhere_or_with_another_key() -> None:
    sealed = seal(MASTER_KEY, b"hunter2", "here")
    for key, context in ((MASTER_KEY, "there"), (ANOTHER_KEY, "here")):
        with pytest.raises(Unreadable) as refusal:
            unseal(key, sealed, context)
        assert "hunter2" not in str(refusal.value)
        assert refusal.value.__cause__ is None


def test_a_derived_key_is_another_one_for_each_purpose() -> None:
    assert len({MASTER_KEY, derived_key(MASTER_KEY, "a"), derived_key(MASTER_KEY, "b")}) == 3


def test_a_master_key_has_32_bytes_and_does_not_show_itself() -> None:
    key = master_key_of(MASTER_KEY)

    assert MASTER_KEY.hex() not in repr(key)
    assert repr(MASTER_KEY)[2:10] not in repr(key)
    with pytest.raises(ValueError, match="32 bytes"):
        master_key_of(b"short")


def test_finds_the_key_that_a_rotation_put_in_place_while_it_runs() -> None:
    keys = [MASTER_KEY]
    known = MasterKeys(lambda: keys)
    following = master_key_of(ANOTHER_KEY)
    with pytest.raises(Unreadable):
        known.get(following.id)

    keys.append(ANOTHER_KEY)

    assert known.get(following.id) == following
    assert fixed_master_key(MASTER_KEY).current() == master_key_of(MASTER_KEY)
