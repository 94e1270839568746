"""Identifiers: typed, sortable by time of birth, and readable in a log line."""

import os
import threading
import time
from typing import NewType

OrganisationId = NewType("OrganisationId", str)
ProjectId = NewType("ProjectId", str)
KeyId = NewType("KeyId", str)
UserId = NewType("UserId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u


_POOL_BYTES = 8192


class _Entropy:
    """Random bytes of the system, fetched many at a time: each fetch hands the interpreter to other threads,
    which under load costs far more than the bytes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """So many bytes, handed out once."""
        with self._lock:
            if self._at + count > len(self._pool):
                self._pool, self._at = os.urandom(_POOL_BYTES), 0
            taken = self._pool[self._at : self._at + count]
            self._at += count
            return taken

    def forget(self) -> None:
        """Hand out nothing that another process may hand out, too."""
        self._lock = threading.Lock()
        self._pool = b""
        self._at = 0


_entropy = _Entropy()
os.register_at_fork(after_in_child=_entropy.forget)


def random_hex(characters: int) -> str:
    """So many hex digits (an even number), not all of them 0: what traces and spans are called."""
    digits = _entropy.take(characters // 2).hex()
    return digits if digits.strip("0") else random_hex(characters)


def new_id(prefix: str) -> str:
    """`prefix_` and 26 characters: 48 bits of milliseconds, then 80 random bits (the ULID layout)."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(_entropy.take(10), "big")
    digits = [_ALPHABET[(value >> shift) & 31] for shift in range(125, -5, -5)]
    return f"{prefix}_{''.join(digits)}"
