"""Texts with named placeholders, and nothing else: no expressions, no loops, no access to anything. Pure.

`{rule}` is replaced by its value, `{{` and `}}` are braces. A name that does not exist is refused when the
template is saved, never when somebody must be told.
"""

import re
from collections.abc import Mapping

from lynex_server.alerts.model import Message
from lynex_server.kernel.errors import InvalidInput

MAX_TEMPLATE_CHARS = 4_000
MAX_TITLE_CHARS = 250

PLACEHOLDERS: Mapping[str, str] = {
    "state": "FIRING, RESOLVED, ACKNOWLEDGED or TEST",
    "rule": "name of the rule",
    "group": "the value that fired; empty when the rule has no groups",
    "severity": "info, warning or critical",
    "summary": "what was measured, in words",
    "value": "the measured number",
    "note": "what the rule says to do",
    "labels": "every label, as name=value",
    "project": "id of the project",
    "opened_at": "when it began, UTC",
    "resolved_at": "when it ended, UTC; empty while it has not",
    "url": "address of the incident; empty where Lynex does not know its own",
}
DEFAULT_TITLE = "[{state}] {rule}"
DEFAULT_TEXT = "{summary}\n{note}\n{url}"
STATES = {"opened": "FIRING", "resolved": "RESOLVED", "acknowledged": "ACKNOWLEDGED", "test": "TEST"}

_PIECE = re.compile(r"\{\{|\}\}|\{([a-z_]*)\}|[{}]")


def check_template(template: str, field: str) -> None:
    """Raises `InvalidInput` for a placeholder that does not exist, or a brace that stands alone."""
    if len(template) > MAX_TEMPLATE_CHARS:
        raise InvalidInput(f"{field}: at most {MAX_TEMPLATE_CHARS} characters", field=field)
    for found in _PIECE.finditer(template):
        name = found.group(1)
        if found.group() in "{}":
            raise InvalidInput(f"{field}: write {{{{ or }}}} for a brace", field=field)
        if name is not None and name not in PLACEHOLDERS:
            known = ", ".join(PLACEHOLDERS)
            raise InvalidInput(f"{field}: there is no {{{name}}}; there are {known}", field=field)


def title_of(message: Message, template: str) -> str:
    """One printable line of at most `MAX_TITLE_CHARS`: the subject of a mail may be nothing else."""
    filled = _filled(template or DEFAULT_TITLE, message)
    line = " ".join("".join(char if char.isprintable() else " " for char in filled).split())
    return line if len(line) <= MAX_TITLE_CHARS else line[: MAX_TITLE_CHARS - 1] + "…"


def text_of(message: Message, template: str) -> str:
    """The text; empty lines that an empty value left are dropped when the default made them."""
    text = _filled(template or DEFAULT_TEXT, message)
    return text if template else "\n".join(line for line in text.splitlines() if line.strip())


def _filled(template: str, message: Message) -> str:
    values = {
        "state": STATES.get(message.reason, ""),
        "rule": message.rule,
        "group": message.group,
        "severity": message.severity,
        "summary": message.summary,
        "value": message.value,
        "note": message.note,
        "labels": ", ".join(f"{name}={value}" for name, value in sorted(message.labels.items())),
        "project": message.project,
        "opened_at": message.opened_at,
        "resolved_at": message.resolved_at,
        "url": message.url,
    }

    def piece(found: re.Match[str]) -> str:
        name = found.group(1)
        return found.group()[0] if name is None else values.get(name, "")

    return _PIECE.sub(piece, template)
