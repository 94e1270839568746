"""Passwords: how strong they must be, how they are kept, and how one is checked without telling who exists.

Kept as argon2id (RFC 9106) in the library's own parameters, which are the RFC's second recommended choice:
64 MiB, three passes. Where those change, a password is hashed anew when its person next signs in.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lynex_server.kernel.errors import Busy, InvalidInput

MIN_CHARS = 12
MAX_CHARS = 256
MIN_DIFFERENT_CHARS = 5
HASHED_AT_ONCE = 4
"""Each takes 64 MiB: more at once would let anybody use up the memory by trying to sign in."""
PATIENCE_S = 10.0

_GUESSED_FIRST = frozenset(
    files("lynex_server.identity").joinpath("guessed_first.txt").read_text("utf-8").splitlines()
)
"""Words and whole passwords that are tried first, with whatever signs and figures before and after, or said
twice. After the frequency lists of the SecLists project."""
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "0123456789" * 3,
    "qwertyuiopasdfghjklzxcvbnm",
    "1234567890qwertyuiop",
)


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a password is right; `better_hash` is what to keep where parameters have changed."""

    right: bool
    better_hash: str | None = None


class Passwords:
    """Hashes and checks. Each call takes about a tenth of a second of one core. Safe from any thread."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._room = threading.BoundedSemaphore(HASHED_AT_ONCE)
        # What a password is compared with where there is none, so that this takes the same time.
        self._nobodys = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """What to keep of a password, its salt and parameters included. Raises `Busy`."""
        with self._hashing():
            return self._hasher.hash(_plain(password))

    def check(self, kept: str | None, password: str) -> Checked:
        """Whether `kept` was made of `password`; no when it is None, after the same time. Raises `Busy`."""
        with self._hashing():
            try:
                self._hasher.verify(kept or self._nobodys, _plain(password)[:MAX_CHARS])
            except (VerificationError, InvalidHashError):
                return Checked(right=False)
        if kept is None:
            return Checked(right=False)
        outdated = self._hasher.check_needs_rehash(kept)
        return Checked(right=True, better_hash=self.hash(password) if outdated else None)

    @contextmanager
    def _hashing(self) -> Iterator[None]:
        if not self._room.acquire(timeout=PATIENCE_S):
            raise Busy("Too many people sign in by password right now.")
        try:
            yield
        finally:
            self._room.release()


def check_strength(password: str, email: str, field: str = "new_password") -> None:
    """Refuse a password that would be guessed. Raises `InvalidInput` for `field`; it repeats nothing."""
    plain = _plain(password)
    lower, (name, _, domain) = plain.casefold(), email.casefold().rpartition("@")
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", lower)
    if not MIN_CHARS <= len(plain) <= MAX_CHARS:
        raise InvalidInput(f"a password has {MIN_CHARS} to {MAX_CHARS} characters", field)
    if len(set(lower)) < MIN_DIFFERENT_CHARS:
        raise InvalidInput(f"a password has at least {MIN_DIFFERENT_CHARS} different characters", field)
    if lower in _GUESSED_FIRST or _is_word(core) or _is_row(lower):
        raise InvalidInput("this is one of the passwords that are guessed first", field)
    if {lower, core} & {email.casefold(), name, domain, name + domain, name * 2}:
        raise InvalidInput("a password is not one's e-mail address", field)


def _is_word(core: str) -> bool:
    half = core[: len(core) // 2]
    return core in _GUESSED_FIRST or (half * 2 == core and half in _GUESSED_FIRST)


def _is_row(lower: str) -> bool:
    return any(lower in row or lower[::-1] in row for row in _ROWS)


def _plain(password: str) -> str:
    # One character can be typed in several ways, by keyboards that differ. Source: NIST SP 800-63B, 3.1.1.2.
    return unicodedata.normalize("NFKC", password)
