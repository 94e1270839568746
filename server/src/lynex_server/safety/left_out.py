"""What may stand in an audit row: plain JSON values, of bounded size, with nothing secret in them. Pure.

Callers should pass no secret in the first place; this rule is the net below them. It looks at names, word by
word (`client_secret`, `newPassword`), and at values that give themselves away whatever they are called.
"""

import re
from collections.abc import Mapping
from itertools import pairwise

SECRET = "[secret]"  # noqa: S105  # the word that stands in its place
MAX_TEXT_CHARS = 2_000
MAX_ITEMS = 200
MAX_DEPTH = 8

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_SECRET_WORDS = frozenset(
    {
        *(
            "secret",
            "secrets",
            "password",
            "passwords",
            "passwd",
            "passphrase",
            "passcode",
            "pwd",
            "otp",
            "pin",
        ),
        *("token", "bearer", "authorization", "cookie", "cookies", "credential", "credentials", "pem"),
        *("apikey", "webhook", "dsn"),
    }
)
_SECRET_PAIRS = frozenset(
    (kind, "key")
    for kind in ("api", "private", "master", "signing", "access", "encryption", "data", "hmac", "shared")
) | {("webhook", "url"), ("connection", "string")}
_TELLING_LAST_WORDS = frozenset({"id", "ids", "name", "names", "prefix", "at", "us", "s", "count", "kind"})
"""`api_key_id` or `password_changed_at_us` name something, or say when; they are not the secret itself."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_VALUE = re.compile(
    r"lx_[0-9a-z]{26}_[0-9A-Za-z]{20,}"  # our own keys
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(?:sk|rk|pk|xox[abp]|ghp|gho|ghs|glpat)[-_][0-9A-Za-z_-]{16,}"  # keys of well-known providers
    r"|\beyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}"  # JSON Web Tokens
    r"|[a-z][a-z0-9+.-]{1,20}://[^/\s:@]*:[^/\s@]+@"  # a password in a URL
    r"|(?i:\b(?:bearer|basic)\s+[0-9A-Za-z+/=_.~-]{16,})"
)


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds something secret, by the closed rule of this module."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in _TELLING_LAST_WORDS:
        return False
    return not _SECRET_WORDS.isdisjoint(words) or any(pair in _SECRET_PAIRS for pair in pairwise(words))


def without_secrets(values: Mapping[str, object] | None) -> dict[str, Json] | None:
    """A copy that may be kept for ever: secrets replaced by `[secret]`, long texts and lists cut."""
    return None if values is None else _mapping(values, depth=0)


def plain_text(text: str, limit: int = MAX_TEXT_CHARS) -> str:
    """`text` as every database can store it: no NUL, no half characters, `limit` characters at most."""
    clean = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def _mapping(values: Mapping[str, object], depth: int) -> dict[str, Json]:
    kept: dict[str, Json] = {}
    for name, value in list(values.items())[:MAX_ITEMS]:
        # That there is a secret, or that there is none, is no secret.
        hide = is_secret_name(str(name)) and value is not None and not isinstance(value, bool)
        kept[plain_text(str(name), 200)] = SECRET if hide else _value(value, depth + 1)
    if len(values) > MAX_ITEMS:
        kept["…"] = len(values) - MAX_ITEMS
    return kept


def _value(value: object, depth: int) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else str(value)
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if isinstance(value, str):
        return _SECRET_VALUE.sub(SECRET, plain_text(value))
    if isinstance(value, bytes | bytearray):
        return SECRET  # what is not text is a hash or a key
    if depth >= MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return _mapping(value, depth)
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
        cut: list[Json] = [_value(item, depth + 1) for item in items[:MAX_ITEMS]]
        return [*cut, "…"] if len(items) > MAX_ITEMS else cut
    return _SECRET_VALUE.sub(SECRET, plain_text(str(value)))
