"""The removing: rules applied to spans and metric points, in place.

All matching is RE2, so its time is linear in the text whatever is in it. One combined search over all texts
of a span decides whether there is anything to do; nearly always there is not.
"""

from collections.abc import Callable
from typing import Any, Final

from lynex_server.ingest.redaction.detectors import CHECKS, PATTERNS
from lynex_server.ingest.redaction.paths import paths_by_root, without
from lynex_server.ingest.redaction.rules import (
    FIELD_MARK,
    KEPT_WITHOUT_CONTENT,
    MAX_ROUNDS,
    RedactionSettings,
    compiled_expression,
    sensitive_fields,
)
from lynex_server.spans.public import MetricPoint, SpanEvent

Tell = Callable[[str, str], None]
"""Is told of every find: the rule's name, and the field of the span."""
Mark = Callable[[str, str], str]
"""Says what takes the place of a find: of the rule's name, and what was found."""

_BOUNDARY: Final = "\n"
_MAX_REMEMBERED_KEYS: Final = 10_000
_MAX_DEPTH: Final = 64
_KEPT: Final = frozenset(KEPT_WITHOUT_CONTENT)


class _Search:
    """One pattern at work."""

    __slots__ = ("_accept", "_expression", "_keep_escape", "_mark", "name")

    def __init__(self, name: str, text: str, mark: str, check: str | None, keep_escape: bool) -> None:
        self.name = name
        self._expression = compiled_expression(text)
        self._mark = mark
        self._accept = next((accept for known, accept in CHECKS.items() if known == check), None)
        self._keep_escape = keep_escape

    def replace(self, text: str, where: str, tell: Tell | None, mark: Mark | None = None) -> str:
        """The text with every find replaced, by the pattern's own mark unless `mark` says by what."""

        def replaced(match: Any) -> str:
            whole: str = match.group()
            escape = whole[:2] if self._keep_escape and whole[0] == "\\" else ""
            found = whole[len(escape) :]
            before = "" if escape else text[max(0, match.start() - 1) : match.start()]
            if self._accept and not self._accept(found, before, text[match.end() : match.end() + 1]):
                return whole
            if tell is not None:
                tell(self.name, where)
            return escape + (self._mark if mark is None else mark(self.name, found))

        return str(self._expression.sub(replaced, text))


class Redactor:
    """Applies the rules of one project. Safe from any thread."""

    def __init__(self, settings: RedactionSettings) -> None:
        """Raises `ValueError` for a pattern that cannot be applied."""
        self.settings_json = settings.model_dump_json().encode()
        own = [(pattern, pattern.read()) for pattern in settings.patterns]
        chosen = [pattern for pattern in PATTERNS if pattern.detector in settings.detectors]
        self._searches = [
            *(_Search(each.label, each.expression, each.mark, each.check, True) for each in chosen),
            *(_Search(each.name, read.text, each.mark, None, read.keep_escape) for each, read in own),
        ]
        texts = [*(each.expression for each in chosen), *(read.text for _, read in own)]
        self._any = compiled_expression("|".join(f"(?:{text})" for text in texts)) if texts else None
        self._fields = sensitive_fields(settings)
        self._paths = paths_by_root(settings.paths)
        self._stores_content = settings.store_content
        self._no_content_in = frozenset(settings.no_content_environments)
        self._sensitive: dict[str, bool] = {}

    def redact_span(self, span: SpanEvent, tell: Tell | None = None) -> None:
        """Remove from every text of the span what the rules name. End user and session ids stay."""
        if not self._stores_content or span.environment in self._no_content_in:
            _drop_content(span, tell)
        if span.attributes:
            self._hide_fields(span.attributes, "attributes", tell)
        if span.metadata:
            self._hide_fields(span.metadata, "metadata", tell)
        if self._paths:
            self._hide_paths(span, tell)
        texts = [span.input, span.output, span.name, span.error_message, *span.tags, *span.metadata.values()]
        _collect(span.attributes, texts)
        if self._is_clean(texts):
            return
        for field in ("input", "output", "name", "error_message"):
            setattr(span, field, self.redact_text(getattr(span, field), field, tell))
        span.tags = [self.redact_text(tag, "tags", tell) for tag in span.tags]
        span.metadata = {
            key: self.redact_text(value, f"metadata.{key}", tell) for key, value in span.metadata.items()
        }
        span.attributes = {
            key: self._redact_value(value, f"attributes.{key}", tell)
            for key, value in span.attributes.items()
        }

    def redact_point(self, point: MetricPoint) -> None:
        """The same for a metric point, which has no content but its attributes."""
        self._hide_fields(point.attributes, "attributes", None)
        if "attributes" in self._paths:
            point.attributes = without(point.attributes, self._paths["attributes"], FIELD_MARK)[0]
        texts: list[str] = []
        _collect(point.attributes, texts)
        if not self._is_clean(texts):
            point.attributes = self._redact_value(point.attributes, "attributes", None)

    def redact_text(self, text: str, where: str = "", tell: Tell | None = None) -> str:
        """The text with every find replaced by its mark."""
        return self._without_finds(text, where, tell, None)

    def replace_finds(self, text: str, mark: Mark) -> str:
        """The text with every find replaced by what `mark` makes of it; it must make what no pattern
        finds."""
        return self._without_finds(text, "", None, mark)

    def _without_finds(self, text: str, where: str, tell: Tell | None, mark: Mark | None) -> str:
        if not text or self._is_clean([text]):
            return text
        for _ in range(MAX_ROUNDS):
            before = text
            for search in self._searches:
                text = search.replace(text, where, tell, mark)
            if text == before:
                break
        return text

    def _is_clean(self, texts: list[str]) -> bool:
        return self._any is None or self._any.search(_BOUNDARY.join(texts)) is None

    def _hide_fields(self, holder: dict[str, Any], where: str, tell: Tell | None, depth: int = 0) -> None:
        for key, value in holder.items():
            sensitive = self._sensitive.get(key)
            if sensitive is None:
                sensitive = self._judge_key(key)
            if sensitive:
                if value and value != FIELD_MARK:
                    holder[key] = FIELD_MARK
                    if tell is not None:
                        tell("field", f"{where}.{key}")
            elif isinstance(value, (dict, list)) and depth < _MAX_DEPTH:
                for inner in [value] if isinstance(value, dict) else value:
                    if isinstance(inner, dict):
                        self._hide_fields(inner, f"{where}.{key}" if tell else where, tell, depth + 1)

    def _hide_paths(self, span: SpanEvent, tell: Tell | None) -> None:
        for root, ways in self._paths.items():
            left, hits = without(getattr(span, root), ways, FIELD_MARK)
            if hits:
                setattr(span, root, left)
                if tell is not None:
                    for _ in range(hits):
                        tell("path", root)

    def _judge_key(self, key: str) -> bool:
        """Remembered, within a bound: the same few keys come with every span."""
        lower = key.lower()
        sensitive = lower in self._fields or lower.rsplit(".", 1)[-1] in self._fields
        if len(self._sensitive) < _MAX_REMEMBERED_KEYS:
            self._sensitive[key] = sensitive
        return sensitive

    def _redact_value(self, value: Any, where: str, tell: Tell | None) -> Any:
        if isinstance(value, str):
            return self.redact_text(value, where, tell)
        if isinstance(value, dict):
            return {key: self._redact_value(member, where, tell) for key, member in value.items()}
        if isinstance(value, list):
            return [self._redact_value(member, where, tell) for member in value]
        return value


def _drop_content(span: SpanEvent, tell: Tell | None) -> None:
    """Input, output, error message, and the texts of attributes. Counts, names and labels stay."""
    for field in ("input", "output", "error_message"):
        if getattr(span, field):
            setattr(span, field, "")
            if tell is not None:
                tell("content", field)
    kept = {
        key: value
        for key, value in span.attributes.items()
        if isinstance(value, (int, float)) or (key in _KEPT and isinstance(value, str))
    }
    if tell is not None:
        for key in span.attributes.keys() - kept.keys():
            tell("content", f"attributes.{key}")
    span.attributes = kept


def _collect(value: dict[str, Any] | list[Any], texts: list[str]) -> None:
    """Every text within, however deep."""
    for member in value.values() if isinstance(value, dict) else value:
        if isinstance(member, str):
            texts.append(member)
        elif isinstance(member, (dict, list)):
            _collect(member, texts)
