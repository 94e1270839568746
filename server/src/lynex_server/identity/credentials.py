"""What a request proves itself with, read from its headers. Pure: no look-up happens here.

One credential counts, the first of:

1. a signature: `X-Lynex-Key` (a key id or a project id), `X-Lynex-Timestamp` (Unix seconds) and
   `X-Lynex-Signature` (hex HMAC-SHA256, keyed with the text of the API key, over the timestamp, a dot and
   the body as sent, before any decompression)
2. `x-api-key: <key>`
3. `Authorization: Bearer <key>`, or `Basic <base64 of user:key>`; a user that names another project than
   the key's is refused, any other is ignored (Langfuse clients send their public key there)
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lynex_server.identity.secret import MAX_SECRET_CHARS
from lynex_server.kernel.clock import MICROS_PER_SECOND
from lynex_server.kernel.errors import Unauthorized

SIGNATURE_WINDOW_S = 300
"""How far a signature's timestamp may lie from our clock, either way."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
_UNIX_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_MAX_AUTHORIZATION_CHARS = 2048
_SIGNATURE_HEADERS = ("x-lynex-key", "x-lynex-timestamp", "x-lynex-signature")


@dataclass(frozen=True, slots=True)
class KeyCredential:
    """A whole API key. `claimed_project` is the user part of Basic where it looks like an id, else empty."""

    secret: str = field(repr=False)
    claimed_project: str = ""


@dataclass(frozen=True, slots=True)
class SignedCredential:
    """A signature by a key that is not sent. `signer` is the id of the key or of its project."""

    signer: str
    timestamp: str
    signature: str

    def is_fresh(self, now_us: int) -> bool:
        """Whether the timestamp is within `SIGNATURE_WINDOW_S` of now."""
        return abs(now_us - int(self.timestamp) * MICROS_PER_SECOND) <= SIGNATURE_WINDOW_S * MICROS_PER_SECOND

    def is_of(self, secret: str, body: bytes) -> bool:
        """Whether `secret` made this signature for `body`; takes the same time whichever byte differs."""
        expected = sign(secret, self.timestamp, body)
        return hmac.compare_digest(expected.encode(), self.signature.lower().encode())


Credential = KeyCredential | SignedCredential


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of `X-Lynex-Signature` for a body sent at `timestamp` (Unix seconds, as in the header)."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def unauthorized() -> Unauthorized:
    """The one refusal: it never says which part was wrong."""
    return Unauthorized("A valid API key or signature is required.")


def credential_in(headers: Mapping[str, str]) -> Credential:
    """The credential of a request. `headers` ignores case or has lower-case names.

    Raises `Unauthorized` when there is none or it is malformed.
    """
    if any(name in headers for name in _SIGNATURE_HEADERS):
        return _signed(*(headers.get(name, "") for name in _SIGNATURE_HEADERS))
    if "x-api-key" in headers:
        return _whole_key(headers["x-api-key"].strip())
    scheme, _, value = headers.get("authorization", "")[:_MAX_AUTHORIZATION_CHARS].partition(" ")
    if scheme.lower() == "bearer":
        return _whole_key(value.strip())
    if scheme.lower() == "basic":
        return _basic(value.strip())
    raise unauthorized()


def _signed(signer: str, timestamp: str, signature: str) -> SignedCredential:
    if not (_ID.fullmatch(signer) and _UNIX_SECONDS.fullmatch(timestamp) and signature):
        raise unauthorized()
    return SignedCredential(signer, timestamp, signature)


def _whole_key(secret: str, claimed_project: str = "") -> KeyCredential:
    if not 0 < len(secret) <= MAX_SECRET_CHARS:
        raise unauthorized()
    return KeyCredential(secret, claimed_project)


def _basic(encoded: str) -> KeyCredential:
    try:
        user, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise unauthorized() from error
    return _whole_key(secret, user if _ID.fullmatch(user) else "")
