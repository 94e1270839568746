"""Personal data that leaves as a placeholder and comes back as itself. Pure.

Each value found becomes `<EMAIL_1>`, `<CARD_1>` … in the texts of the request, the same value always the same
one, so that the model can speak of it. What looks like a placeholder in the caller's own words is never
handed out, so it is never taken for one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lynex_server.gateway.model import Dialect
from lynex_server.gateway.texts import map_answer_texts, map_texts, texts_of
from lynex_server.ingest.public import RedactionSettings, Redactor

Document = dict[str, Any]

_REDACTOR: Final = Redactor(RedactionSettings(detectors=["secrets", "emails", "cards", "phones"]))
_PLACEHOLDER: Final = re.compile(r"<[A-Z][A-Z_]{0,30}_[0-9]{1,9}>")


@dataclass(frozen=True, slots=True)
class Restorer:
    """Which value each placeholder of one call stands for."""

    values: Mapping[str, str] = field(repr=False)

    def text(self, text: str) -> str:
        """The text with every placeholder replaced by its value."""
        return _PLACEHOLDER.sub(lambda found: self.values.get(found.group(), found.group()), text)

    def answer(self, answer: Document, dialect: Dialect, operation: str) -> Document:
        """The whole answer with every placeholder replaced, in its texts and the arguments of its tool
        calls."""
        restored = map_answer_texts(answer, dialect, operation, self.text)
        # Some answers repeat the request: OpenAI's Responses do with `instructions`.
        return map_texts(restored, dialect, operation, self.text)


def redacted(document: Document, dialect: Dialect, operation: str) -> tuple[Document, Restorer | None]:
    """The request without personal data, and what puts it back; None where there was none in it."""
    values: dict[str, str] = {}
    placeholders: dict[tuple[str, str], str] = {}
    taken = {found for text in texts_of(document, dialect, operation) for found in _PLACEHOLDER.findall(text)}
    counts: dict[str, int] = {}

    def placeholder(rule: str, value: str) -> str:
        known = placeholders.get((rule, value))
        while known is None:
            counts[rule] = counts.get(rule, 0) + 1
            made = f"<{rule.upper()}_{counts[rule]}>"
            if made not in taken:
                known = placeholders[rule, value] = made
                values[made] = value
        return known

    left = map_texts(document, dialect, operation, lambda text: _REDACTOR.replace_finds(text, placeholder))
    return left, Restorer(values) if values else None
