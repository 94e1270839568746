"""Removing secrets and personal data from what is recorded, before anything touches a disk.

Two kinds of rule: *fields* (an attribute or metadata key such as `authorization` loses its value whatever it
is) and *detectors* (API keys, e-mail addresses, payment cards and phone numbers within any text). What was
removed is replaced by `[redacted:<what>]`, which no detector finds again: redacting twice changes nothing.

All matching is RE2, so its time is linear in the text whatever is in it. One combined search over all texts
of a span decides whether there is anything to do; nearly always there is not.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import re2

from lynex_server.ingest.settings import REDACT_DETECTORS, IngestSettings
from lynex_server.spans.public import MetricPoint, SpanEvent


@dataclass(frozen=True, slots=True)
class Pattern:
    """One thing to look for: `detector` switches it, `label` stands in its place.

    `accept` has the last word on a find, where an expression cannot say it all: it is given the text found,
    and the character before and after it (empty at the ends).
    """

    detector: str
    label: str
    expression: str
    accept: Callable[[str, str, str], bool] | None = None


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
        _has_digit,
    ),
    Pattern("secrets", "jwt", _START + r"eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"),
    Pattern("secrets", "bearer", _START + r"[Bb]earer [A-Za-z0-9._~+/\-]{20,}=*", _has_digit),
    Pattern(
        "emails",
        "email",
        _START + r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62}\.)+[A-Za-z]{2,24}\b",
    ),
    Pattern(
        "cards",
        "card",
        _START + r"(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6(?:011|4[4-9]\d|5\d{2}))(?:[ \-]?\d{4}){3}\b",
        _is_card,
    ),
    Pattern("cards", "card", _START + r"3[47]\d{2}[ \-]?\d{6}[ \-]?\d{5}\b", _is_card),  # American Express
    # Phone numbers only where they are written as such: with a plus and country code, or in the grouped
    # North American form. Bare digits are ids, times and token counts.
    Pattern(
        "phones",
        "phone",
        r"(?:\\[nrt])?\+[1-9]\d{0,2}[ \-]?(?:\(\d{1,4}\)[ \-]?)?\d{1,4}(?:[ \-]?\d{2,4}){1,4}\b",
        _is_phone,
    ),
    Pattern(
        "phones",
        "phone",
        r"(?:(?:\\[nrt])?\([2-9]\d{2}\) ?|" + _START + r"[2-9]\d{2}\-)[2-9]\d{2}\-\d{4}\b",
        _is_phone,
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

_FIELD_MARK: Final = "[redacted:field]"
_BOUNDARY: Final = "\n"
_MAX_REMEMBERED_KEYS: Final = 10_000
_MAX_DEPTH: Final = 64
_MAX_ROUNDS: Final = 5


class Redactor:
    """Applies the rules to spans and metric points, in place."""

    def __init__(
        self, detectors: Iterable[str] = REDACT_DETECTORS, fields: Iterable[str] = SENSITIVE_FIELDS
    ) -> None:
        """Raises `ValueError` for a detector that does not exist."""
        wanted = set(detectors)
        unknown = wanted - set(REDACT_DETECTORS)
        if unknown:
            raise ValueError(f"no such detector: {', '.join(sorted(unknown))}; there are {REDACT_DETECTORS}")
        chosen = [pattern for pattern in PATTERNS if pattern.detector in wanted]
        self._patterns = [
            (_compiled(each.expression), f"[redacted:{each.label}]", each.accept) for each in chosen
        ]
        self._any = _compiled("|".join(f"(?:{each.expression})" for each in chosen)) if chosen else None
        self._fields = frozenset(field.strip().lower() for field in fields if field.strip())
        self._sensitive: dict[str, bool] = {}

    @classmethod
    def of(cls, settings: IngestSettings) -> "Redactor":
        """The rules that the settings ask for. Raises `ValueError` for a detector that does not exist."""
        names = [name.strip() for name in settings.redact_detectors.split(",") if name.strip()]
        detectors = [] if names == ["none"] else names
        return cls(detectors, {*SENSITIVE_FIELDS, *settings.redact_fields.split(",")})

    def redact_span(self, span: SpanEvent) -> None:
        """Remove from every text of the span what the rules name. End user and session ids stay."""
        if span.attributes:
            self._hide_fields(span.attributes)
        if span.metadata:
            self._hide_fields(span.metadata)
        texts = [span.input, span.output, span.name, span.error_message, *span.tags, *span.metadata.values()]
        _collect(span.attributes, texts)
        if self._is_clean(texts):
            return
        span.input = self.redact_text(span.input)
        span.output = self.redact_text(span.output)
        span.name = self.redact_text(span.name)
        span.error_message = self.redact_text(span.error_message)
        span.tags = [self.redact_text(tag) for tag in span.tags]
        span.metadata = {key: self.redact_text(value) for key, value in span.metadata.items()}
        span.attributes = self._redact_value(span.attributes)

    def redact_point(self, point: MetricPoint) -> None:
        """The same for a metric point."""
        self._hide_fields(point.attributes)
        texts: list[str] = []
        _collect(point.attributes, texts)
        if not self._is_clean(texts):
            point.attributes = self._redact_value(point.attributes)

    def redact_text(self, text: str) -> str:
        """The text with every find replaced by its mark."""
        if not text or self._is_clean([text]):
            return text
        # A find that is taken out can uncover another one; each round leaves less to find.
        for _ in range(_MAX_ROUNDS):
            before = text
            for pattern, mark, accept in self._patterns:
                text = _replace(pattern, mark, accept, text)
            if text == before:
                break
        return text

    def _is_clean(self, texts: list[str]) -> bool:
        return self._any is None or self._any.search(_BOUNDARY.join(texts)) is None

    def _hide_fields(self, holder: dict[str, Any], depth: int = 0) -> None:
        for key, value in holder.items():
            sensitive = self._sensitive.get(key)
            if sensitive is None:
                sensitive = self._judge_key(key)
            if sensitive:
                if value:
                    holder[key] = _FIELD_MARK
            elif isinstance(value, (dict, list)) and depth < _MAX_DEPTH:
                for inner in [value] if isinstance(value, dict) else value:
                    if isinstance(inner, dict):
                        self._hide_fields(inner, depth + 1)

    def _judge_key(self, key: str) -> bool:
        """Remembered, within a bound: the same few keys come with every span."""
        lower = key.lower()
        sensitive = lower in self._fields or lower.rsplit(".", 1)[-1] in self._fields
        if len(self._sensitive) < _MAX_REMEMBERED_KEYS:
            self._sensitive[key] = sensitive
        return sensitive

    def _redact_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, dict):
            return {key: self._redact_value(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self._redact_value(member) for member in value]
        return value


def _compiled(expression: str) -> Any:
    return re2.compile(expression)  # type: ignore[no-untyped-call]  # re2 has no types


def _collect(value: dict[str, Any] | list[Any], texts: list[str]) -> None:
    """Every text within, however deep."""
    for member in value.values() if isinstance(value, dict) else value:
        if isinstance(member, str):
            texts.append(member)
        elif isinstance(member, (dict, list)):
            _collect(member, texts)


def _replace(pattern: Any, mark: str, accept: Callable[[str, str, str], bool] | None, text: str) -> str:
    def replaced(match: Any) -> str:
        whole: str = match.group()
        escape = whole[:2] if whole[0] == "\\" else ""
        found = whole[len(escape) :]
        before = "" if escape else text[max(0, match.start() - 1) : match.start()]
        if accept is None or accept(found, before, text[match.end() : match.end() + 1]):
            return escape + mark
        return whole

    return str(pattern.sub(replaced, text))
