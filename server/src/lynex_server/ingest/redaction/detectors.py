"""What is looked for without being asked: keys, addresses, cards, phone numbers, and telling field names.

What was removed is replaced by `[redacted:<what>]`, which no detector finds again: redacting twice changes
nothing. The expressions keep to what `expressions.py` takes, so that SDKs can apply them too; what an
expression cannot say is a check with a name, which every SDK has as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Check = Literal["has_digit", "card", "phone"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One thing to look for: `detector` switches it, `label` stands in its place.

    `check` names who has the last word on a find, where an expression cannot say it all.
    """

    detector: str
    label: str
    expression: str
    check: Check | None = None

    @property
    def mark(self) -> str:
        """What takes the place of a find."""
        return f"[redacted:{self.label}]"


def _has_digit(found: str, _before: str, _after: str) -> bool:
    """`sk-learn-compatible-estimators` is a word, no key is without a digit."""
    return any(char.isdigit() for char in found)


def _is_card(found: str, before: str, after: str) -> bool:
    """The check digit of ISO/IEC 7812-1 (Luhn), and not within a decimal number or an id."""
    digits = [int(char) for char in found if char.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    valid = (sum(digits[::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1
    return valid and _stands_alone(before, after)


def _is_phone(found: str, before: str, after: str) -> bool:
    """8 to 15 digits with the country code (ITU-T E.164), not an offset of a time or part of an id."""
    return 8 <= sum(char.isdigit() for char in found) <= 15 and _stands_alone(before, after)


def _stands_alone(before: str, after: str) -> bool:
    return (
        not (before.isalnum() or after.isalnum()) and before not in _ID_JOINTS and after not in _ID_JOINTS[1:]
    )


CHECKS: Final[Mapping[Check, Callable[[str, str, str], bool]]] = {
    "has_digit": _has_digit,
    "card": _is_card,
    "phone": _is_phone,
}
"""Each is given the text found, and the character before and after it (empty at the ends)."""

_ID_JOINTS: Final = (".", "-", "_", "+", "/")
# Content is often JSON text, where a line break is a backslash and a letter: a find may begin right after it.
_START: Final = r"(?:\\[nrt]|\b)"

PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        "secrets",
        "private_key",
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]*"
        r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
    ),
    Pattern(
        "secrets",
        "api_key",
        _START
        + r"(?:sk-[A-Za-z0-9_\-]{20,}"  # OpenAI, Anthropic (sk-ant-), OpenRouter (sk-or-), Langfuse (sk-lf-)
        r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}"  # Stripe
        r"|(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS access key id
        r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}"  # GitHub
        r"|xox[abeprs]-[A-Za-z0-9\-]{10,}|xapp-[A-Za-z0-9\-]{20,}"  # Slack
        r"|AIza[A-Za-z0-9_\-]{35}|ya29\.[A-Za-z0-9_\-]{20,}"  # Google
        r"|(?:gsk|hf|r8|npm|dop_v1)_[A-Za-z0-9]{20,}"  # Groq, Hugging Face, Replicate, npm, DigitalOcean
        r"|(?:xai|pplx|glpat)-[A-Za-z0-9_\-]{20,}"  # xAI, Perplexity, GitLab
        r"|lx_[0-9A-Za-z]{16,}(?:_[0-9A-Za-z]{8,})?)",  # ours
        "has_digit",
    ),
    # The middle part is not asked to end with a dot: what is cut short is a secret still.
    Pattern(
        "secrets",
        "jwt",
        _START + r"eyJ[A-Za-z0-9_\-]{8,500}\.eyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*)?",
    ),
    Pattern("secrets", "bearer", _START + r"[Bb]earer [A-Za-z0-9._~+/\-]{20,}=*", "has_digit"),
    Pattern(
        "emails",
        "email",
        _START + r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62}\.){1,10}[A-Za-z]{2,24}\b",
    ),
    Pattern(
        "cards",
        "card",
        _START + r"(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6(?:011|4[4-9]\d|5\d{2}))(?:[ \-]?\d{4}){3}\b",
        "card",
    ),
    Pattern("cards", "card", _START + r"3[47]\d{2}[ \-]?\d{6}[ \-]?\d{5}\b", "card"),  # American Express
    # Phone numbers only where they are written as such: with a plus and country code, or in the grouped
    # North American form. Bare digits are ids, times and token counts.
    Pattern(
        "phones",
        "phone",
        r"(?:\\[nrt])?\+[1-9]\d{0,2}[ \-]?(?:\(\d{1,4}\)[ \-]?)?\d{1,4}(?:[ \-]?\d{2,4}){1,4}\b",
        "phone",
    ),
    Pattern(
        "phones",
        "phone",
        r"(?:(?:\\[nrt])?\([2-9]\d{2}\) ?|" + _START + r"[2-9]\d{2}\-)[2-9]\d{2}\-\d{4}\b",
        "phone",
    ),
)

SENSITIVE_FIELDS: Final[frozenset[str]] = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "proxy_authorization",
        "cookie",
        "set-cookie",
        "set_cookie",
        "password",
        "passwd",
        "secret",
        "client_secret",
        "api_key",
        "api-key",
        "apikey",
        "x-api-key",
        "x_api_key",
        "access_token",
        "refresh_token",
        "id_token",
        "auth_token",
        "private_key",
        "credentials",
        "helicone-auth",
    }
)
"""Keys, or last parts of dotted keys, whose values are removed whatever they are."""
