"""How secrets are made and sealed."""

import re

from lynex_server.identity.secret import new_secret, seal, secret_sha256, unseal
from lynex_server.kernel.ids import KeyId, new_id

MASTER_KEY = bytes(range(32))
KEY_ID = KeyId("key_one")


def test_a_secret_names_its_key_and_is_random() -> None:
    key_id = KeyId(new_id("key"))
    first, second = new_secret(key_id), new_secret(key_id)

    assert re.fullmatch(rf"lx_{key_id.removeprefix('key_')}_[0-9A-Za-z]{{42}}", first)
    assert first != second


def test_what_is_sealed_can_be_opened_and_is_never_the_same_twice() -> None:
    sealed = seal(MASTER_KEY, "secret", KEY_ID)

    assert unseal(MASTER_KEY, sealed, KEY_ID) == "secret"
    assert sealed != seal(MASTER_KEY, "secret", KEY_ID)
    assert b"secret" not in sealed


def test_nothing_opens_with_another_master_key_for_another_key_or_when_changed() -> None:
    sealed = seal(MASTER_KEY, "secret", KEY_ID)

    assert unseal(bytes(32), sealed, KEY_ID) is None
    assert unseal(MASTER_KEY, sealed, KeyId("key_two")) is None
    assert unseal(MASTER_KEY, sealed[:-1] + bytes([sealed[-1] ^ 1]), KEY_ID) is None


def test_a_secret_is_found_by_its_sha_256() -> None:
    assert secret_sha256("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
