"""How a key's secret is made, looked up and kept.

A secret has about 250 random bits, so its plain SHA-256 cannot be turned back and needs no salt: it is
what a presented key is found by. Checking a signature needs the secret itself, so it is also kept sealed
under the master key, which is not in the database.
"""

import hashlib
import os
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lynex_server.kernel.ids import KeyId

MASTER_KEY_BYTES = 32
MIN_SECRET_CHARS = 16
MAX_SECRET_CHARS = 256
SHOWN_CHARS = 12
"""How much of a secret is kept readable, to recognise it by. The shortest leaves 4 characters to guess, so
only those that a person chose are weakened, and by what they chose."""

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_CHARS = 42
_NONCE_BYTES = 12


def new_secret(key_id: KeyId) -> str:
    """`lx_`, the key's id without its prefix (so a leaked one can be traced), `_`, 42 random characters."""
    random_part = "".join(secrets.choice(_BASE62) for _ in range(_RANDOM_CHARS))
    return f"lx_{key_id.removeprefix('key_')}_{random_part}"


def secret_sha256(secret: str) -> bytes:
    """What a secret is looked up by."""
    return hashlib.sha256(secret.encode()).digest()


def seal(master_key: bytes, secret: str, key_id: KeyId) -> bytes:
    """`secret` under AES-256-GCM: a random nonce, then the ciphertext with its tag, bound to `key_id`."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(master_key).encrypt(nonce, secret.encode(), key_id.encode())


def unseal(master_key: bytes, sealed: bytes, key_id: KeyId) -> str | None:
    """What `seal` was given; None when it was sealed by another master key or for another key, or changed."""
    try:
        opened = AESGCM(master_key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], key_id.encode())
    except InvalidTag:
        return None
    return opened.decode()
