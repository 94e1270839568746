"""Authenticated encryption of small texts, and the master keys under which it begins. Pure: no look-up.

What is sealed is a random nonce of 12 bytes, then the ciphertext of AES-256-GCM with its tag of 16 bytes
(NIST SP 800-38D). Each is bound to a context, a text that says what it is and where it belongs: moved to
another place, it does not open.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lynex_server.kernel.errors import LynexError

KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID_BYTES = 8


class Unreadable(LynexError):
    """What is sealed does not open: changed, moved, or sealed under a key that is not at hand."""


def seal(key: bytes, clear: bytes, context: str) -> bytes:
    """`clear` under AES-256-GCM with a fresh nonce, bound to `context`."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, clear, context.encode())


def unseal(key: bytes, sealed: bytes, context: str) -> bytes:
    """What `seal` was given. Raises `Unreadable` when key, context or a single bit differ."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError):
        name = context.partition("\n")[0]
        raise Unreadable(f"{name} does not open: it was changed or moved, or another key sealed it") from None


def derived_key(key: bytes, purpose: str) -> bytes:
    """Another key of 32 bytes for one purpose (HKDF-SHA256, RFC 5869): it tells nothing about `key`."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A key of 32 bytes that is never stored with what it protects. `id` names it without telling it."""

    id: str
    key: bytes = field(repr=False)


def master_key_of(key: bytes) -> MasterKey:
    """Name a key. Raises `ValueError` unless it has 32 bytes."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a master key must have {KEY_BYTES} bytes, not {len(key)}")
    return MasterKey(derived_key(key, "lynex master key id")[:_KEY_ID_BYTES].hex(), key)


class MasterKeys:
    """The master keys of a process: the one in use and, while a rotation is under way, the next.

    `read` gives them, the one in use first. It is called again when something is sealed under a key that
    is not known yet, so a running process finds the key that a rotation put in place. Any thread may ask.
    """

    def __init__(self, read: Callable[[], Sequence[bytes]]) -> None:
        self._read = read
        self._known = _named(read())

    def current(self) -> MasterKey:
        """The one in use."""
        return self._known[0]

    def get(self, key_id: str) -> MasterKey:
        """The key with this id. Raises `Unreadable` when it is not at hand."""
        found = self._find(key_id)
        if found is None:
            self._known = _named(self._read())
            found = self._find(key_id)
        if found is None:
            raise Unreadable(f"sealed under master key {key_id}, which this process does not have")
        return found

    def _find(self, key_id: str) -> MasterKey | None:
        return next((key for key in self._known if key.id == key_id), None)


def fixed_master_key(key: bytes) -> MasterKeys:
    """A single master key that does not change while the process runs."""
    return MasterKeys(lambda: (key,))


def _named(keys: Sequence[bytes]) -> tuple[MasterKey, ...]:
    if not keys:
        raise ValueError("at least one master key is needed")
    return tuple(master_key_of(key) for key in keys)
