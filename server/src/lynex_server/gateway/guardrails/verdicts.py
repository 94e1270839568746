"""What the guards say of a call."""

from dataclasses import dataclass
from typing import Any, Literal

from lynex_server.gateway.guardrails.redaction import Restorer

Stage = Literal["before", "after"]
GuardName = Literal[
    "allowed_tools",
    "max_input_chars",
    "max_output_chars",
    "blocked_input",
    "blocked_output",
    "redact",
    "output_schema",
    "webhook",
]
Outcome = Literal["passed", "changed", "blocked", "failed"]
"""`failed`: the guard could not be asked, and the call went on without it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one guard said, for the span. `detail` holds nothing of the call's content."""

    guard: GuardName
    stage: Stage
    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What goes on after the guards: the document, changed where they changed it, and what they said.

    `restorer` puts back into the answer what was taken out of the request; None where nothing was.
    """

    document: dict[str, Any]
    verdicts: tuple[Verdict, ...]
    restorer: Restorer | None = None


class Blocked(Exception):
    """A guard stopped the call. `str()` is what its caller may read; `verdicts` ends with the one that did
    it."""

    def __init__(self, message: str, verdicts: tuple[Verdict, ...]) -> None:
        super().__init__(message)
        self.verdicts = verdicts

    @property
    def rule(self) -> GuardName:
        """The guard that stopped it."""
        return self.verdicts[-1].guard


class SchemaNotKept(Blocked):
    """The answer's text does not keep the route's schema: `problems` say where. The model may be asked to
    mend it (`repair.py`)."""

    def __init__(
        self, message: str, verdicts: tuple[Verdict, ...], text: str, problems: tuple[str, ...]
    ) -> None:
        super().__init__(message, verdicts)
        self.text = text
        self.problems = problems
