"""What a project wants redacted: the settings as they are set, and the same as rules that any SDK can
apply."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

import re2
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from lynex_server.ingest.redaction.detectors import PATTERNS, SENSITIVE_FIELDS, Check
from lynex_server.ingest.redaction.expressions import Expression, portable, read_expression
from lynex_server.ingest.redaction.paths import read_path
from lynex_server.ingest.settings import REDACT_DETECTORS, IngestSettings
from lynex_server.kernel.wire import Wire

RULES_FORMAT: Final = 1
"""What the shape of the rules is called; an SDK that does not know the number sends nothing."""

MAX_PATTERNS: Final = 50
MAX_FIELDS: Final = 200
MAX_PATHS: Final = 100
MAX_ENVIRONMENTS: Final = 20
MAX_EXPRESSION_CHARS: Final = 500
MAX_MATCHER_BYTES: Final = 8_000_000
"""What RE2 may take for one expression; what does not fit is refused when it is set."""

FIELD_MARK: Final = "[redacted:field]"

KEPT_WITHOUT_CONTENT: Final[tuple[str, ...]] = (
    "error.type",
    "gen_ai.agent.id",
    "gen_ai.agent.name",
    "gen_ai.operation.name",
    "gen_ai.output.type",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.response.id",
    "gen_ai.response.model",
    "gen_ai.system",
    "gen_ai.tool.name",
    "gen_ai.tool.type",
    "http.request.method",
    "openinference.span.kind",
    "otel.scope.name",
    "otel.scope.version",
    "server.address",
    "telemetry.sdk.language",
    "telemetry.sdk.name",
    "telemetry.sdk.version",
    "traceloop.span.kind",
)
"""Attributes whose text says nothing of what was asked or answered. Of the others only numbers and truth
values stay where no content is stored: whatever the next instrumentation calls its prompt, it is not
kept."""

Detector = Literal["secrets", "emails", "cards", "phones"]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
_Key = Annotated[str, StringConstraints(min_length=1, max_length=128, strip_whitespace=True)]


def _checked_path(path: str) -> str:
    read_path(path)
    return path


def _checked_replacement(text: str) -> str:
    if not text.isprintable() or '"' in text or "\\" in text:
        raise ValueError("printable characters other than quotes and backslashes, for it stands in JSON text")
    return text


class OwnPattern(Wire):
    """A text to find, and what takes its place."""

    name: _Name = Field(description="What the rule is called where its finds are told.", examples=["order"])
    expression: str = Field(
        min_length=1,
        max_length=MAX_EXPRESSION_CHARS,
        description="RE2, the part that every matcher understands and no text can stall: no anchors, flags, "
        "look-around, references or lazy repetition; a repetition without bound stands last.",
        examples=["ORD-\\d{6}"],
    )
    ignore_case: bool = Field(default=False, description="Whether ASCII letters match in either case.")
    replacement: Annotated[str, AfterValidator(_checked_replacement)] = Field(
        default="",
        max_length=100,
        description="What takes the place of a find, literally. Empty means `[redacted:<name>]`.",
        examples=["[order]"],
    )

    @property
    def mark(self) -> str:
        """What takes the place of a find."""
        return self.replacement or f"[redacted:{self.name}]"

    def read(self) -> Expression:
        """The expression in its one written form. Raises `ValueError`."""
        try:
            return read_expression(self.expression, self.ignore_case)
        except ValueError as error:
            raise ValueError(f"pattern {self.name}: {error}") from error


class RedactionSettings(Wire):
    """What is removed from a project's recordings. Key names of credentials lose their values always."""

    detectors: list[Detector] = Field(
        max_length=len(REDACT_DETECTORS), description="Which built-in detectors search every text."
    )
    fields: list[_Key] = Field(
        default=[],
        max_length=MAX_FIELDS,
        description="Further attribute or metadata keys whose values are removed, as full keys "
        "(`http.request.header.x-tenant`) or last parts (`x-tenant`), in either case.",
        examples=[["x-tenant"]],
    )
    paths: list[Annotated[str, StringConstraints(max_length=256), AfterValidator(_checked_path)]] = Field(
        default=[],
        max_length=MAX_PATHS,
        description="Places whose values are removed: `input`, `output`, `metadata` or `attributes`, then "
        "keys and list positions separated by dots; `*` is any one of them. JSON text is looked into.",
        examples=[["input.messages.*.content", "metadata.customer"]],
    )
    patterns: list[OwnPattern] = Field(
        default=[], max_length=MAX_PATTERNS, description="Own texts to find, in the order of their use."
    )
    store_content: bool = Field(
        default=True,
        description="False stores no input, output, error message or text of an attribute; counts, model and "
        "cost stay.",
    )
    no_content_environments: list[_Key] = Field(
        default=[],
        max_length=MAX_ENVIRONMENTS,
        description="Environments whose content is not stored, where that of others is.",
        examples=[["production"]],
    )

    @model_validator(mode="after")
    def _patterns_can_be_applied(self) -> "RedactionSettings":
        names = [pattern.name for pattern in self.patterns]
        if len(set(names)) < len(names):
            raise ValueError("two patterns have the same name")
        texts = [pattern.read().text for pattern in self.patterns]
        compiled = [(name, compiled_expression(text)) for name, text in zip(names, texts, strict=True)]
        if texts:  # searched for together first
            compiled_expression("|".join(f"(?:{text})" for text in texts))
        marks = [FIELD_MARK, *(each.mark for each in PATTERNS), *(each.mark for each in self.patterns)]
        for name, expression in compiled:
            for mark in marks:
                if expression.search(mark):
                    raise ValueError(
                        f"pattern {name}: it finds {mark}, which redaction leaves: what was redacted would "
                        "be redacted again each time"
                    )
        return self


def default_settings(settings: IngestSettings) -> RedactionSettings:
    """What holds for a project that has set nothing. Raises `ValueError` for a detector that does not
    exist."""
    names = [name.strip() for name in settings.redact_detectors.split(",") if name.strip()]
    chosen = [] if names == ["none"] else names
    unknown = sorted(set(chosen) - set(REDACT_DETECTORS))
    if unknown:
        raise ValueError(f"no such detector: {', '.join(unknown)}; there are {REDACT_DETECTORS}")
    fields = [field.strip() for field in settings.redact_fields.split(",") if field.strip()]
    return RedactionSettings.model_validate({"detectors": chosen, "fields": fields})


def sensitive_fields(settings: RedactionSettings) -> frozenset[str]:
    """Keys, or last parts of dotted keys, in lower case, whose values are removed."""
    return SENSITIVE_FIELDS | {field.lower() for field in settings.fields}


class PatternRule(Wire):
    """One search through every text. `expression` means the same to RE2, to Python's `re` with `re.ASCII`
    and to JavaScript with its `u` flag."""

    name: str = Field(description="What the rule is called.", examples=["email"])
    expression: str = Field(description="What is searched for.", examples=["ORD-[0-9]{6}"])
    replacement: str = Field(description="What takes the place of a find.", examples=["[redacted:email]"])
    check: Check | None = Field(
        default=None,
        description="Who has the last word on a find: `has_digit` (it holds a digit), `card` (Luhn's check "
        "digit, not all digits alike, stands alone) or `phone` (8 to 15 digits, stands alone).",
    )
    keep_escape: bool = Field(
        description="A find that begins with a backslash keeps its first two characters: they are an escaped "
        "line break of JSON text."
    )


class RedactionRules(Wire):
    """Everything an SDK needs to redact as the server does."""

    format: int = Field(description="The shape of these rules; one that is not known must not be guessed at.")
    version: str = Field(description="Changes whenever a rule does.", examples=["f5a1c0d2b7e94c60"])
    store_content: bool = Field(description="False: no text of the content leaves the app.")
    no_content_environments: list[str] = Field(description="The same, for spans of these environments.")
    kept_attributes: list[str] = Field(
        description="Where no content is stored: attributes whose text stays. Of others, numbers and truth "
        "values stay."
    )
    fields: list[str] = Field(
        description="Keys of metadata and attributes, or last parts of dotted keys, in lower case, at any "
        "depth."
    )
    paths: list[str] = Field(description="Places whose values are removed.")
    field_replacement: str = Field(description="What takes the place of a field's or a path's value.")
    patterns: list[PatternRule] = Field(
        description="In the order of their use, over and over until nothing changes."
    )
    max_rounds: int = Field(description="How often the patterns are gone through at most.")


MAX_ROUNDS: Final = 5
"""A find that is taken out can uncover another one; each round leaves less to find."""


def effective_rules(settings: RedactionSettings) -> RedactionRules:
    """The rules that `settings` come to."""
    said: dict[str, Any] = {
        "format": RULES_FORMAT,
        "store_content": settings.store_content,
        "no_content_environments": sorted(settings.no_content_environments),
        "kept_attributes": list(KEPT_WITHOUT_CONTENT),
        "fields": sorted(sensitive_fields(settings)),
        "paths": settings.paths,
        "field_replacement": FIELD_MARK,
        "patterns": [*_built_in_rules(settings.detectors), *_own_rules(settings.patterns)],
        "max_rounds": MAX_ROUNDS,
    }
    return RedactionRules.model_validate({**said, "version": _digest(said)})


def _built_in_rules(detectors: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {
            "name": pattern.label,
            "expression": portable(pattern.expression),
            "replacement": pattern.mark,
            "check": pattern.check,
            "keep_escape": True,
        }
        for pattern in PATTERNS
        if pattern.detector in detectors
    ]


def _own_rules(patterns: Iterable[OwnPattern]) -> list[dict[str, Any]]:
    return [
        {
            "name": pattern.name,
            "expression": expression.text,
            "replacement": pattern.mark,
            "check": None,
            "keep_escape": expression.keep_escape,
        }
        for pattern in patterns
        for expression in [pattern.read()]
    ]


def _digest(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def compiled_expression(text: str) -> Any:
    """An RE2 matcher. Raises `ValueError` when it would need more memory than one may have."""
    options = re2.Options()
    options.max_mem = MAX_MATCHER_BYTES
    options.log_errors = False
    try:
        return re2.compile(text, options)  # type: ignore[no-untyped-call]  # re2 has no types
    except re2.error as error:
        raise ValueError(f"RE2 does not take it: {error.args[0]!r}") from error
