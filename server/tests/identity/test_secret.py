"""How secrets are made and looked up."""

import re

from lynex_server.identity.secret import new_secret, secret_sha256
from lynex_server.kernel.ids import KeyId, new_id


def test_a_secret_names_its_key_and_is_random() -> None:
    key_id = KeyId(new_id("key"))
    first, second = new_secret(key_id), new_secret(key_id)

    assert re.fullmatch(rf"lx_{key_id.removeprefix('key_')}_[0-9A-Za-z]{{42}}", first)
    assert first != second


def test_a_secret_is_found_by_its_sha_256() -> None:
    assert secret_sha256("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
