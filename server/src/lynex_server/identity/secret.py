"""How a key's secret is made, looked up and kept.

A secret has about 250 random bits, so its plain SHA-256 cannot be turned back and needs no salt: it is
what a presented key is found by. Checking a signature needs the secret itself, so it is also kept sealed by
the vault, whose master key is not in the database.
"""

import hashlib
import secrets

from lynex_server.kernel.ids import KeyId

MIN_SECRET_CHARS = 16
MAX_SECRET_CHARS = 256
SHOWN_CHARS = 12
"""How much of a secret is kept readable, to recognise it by. The shortest leaves 4 characters to guess, so
only those that a person chose are weakened, and by what they chose."""

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_CHARS = 42


def new_secret(key_id: KeyId) -> str:
    """`lx_`, the key's id without its prefix (so a leaked one can be traced), `_`, 42 random characters."""
    random_part = "".join(secrets.choice(_BASE62) for _ in range(_RANDOM_CHARS))
    return f"lx_{key_id.removeprefix('key_')}_{random_part}"


def secret_sha256(secret: str) -> bytes:
    """What a secret is looked up by."""
    return hashlib.sha256(secret.encode()).digest()
