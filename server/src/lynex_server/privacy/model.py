"""Erasures as values, and how an end user is named once they must not be."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["end_user", "project"]
Step = Literal["queue", "stores", "files", "verify", "finished", "failed"]
"""What is done next. `queue`: wait until everything received before is stored. `stores`: delete. `files`:
wait until the engines have dropped what they replaced. `verify`: look in every store once more."""

MAX_END_USER_CHARS: Final = 1024
"""The longest id that ingest takes."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an erasure met, by store: rows or files `erased`, those `left` when it was verified, and where the
    end user is still `named` by what is not theirs (a budget set for them)."""

    erased: Mapping[str, int]
    left: Mapping[str, int]
    named: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Erasure:
    """One request to have data gone. `subject` is the end user as a salted hash, `end_user_id` their id until
    the erasure is finished and empty from then on; both are empty for a project."""

    id: str
    organisation_id: str
    project_id: str
    kind: Kind
    subject: str
    end_user_id: str
    requested_by: str
    requested_at_us: int
    step: Step
    step_since_us: int
    attempts: int
    lease_until_us: int
    finished_at_us: int | None
    shield_until_us: int
    findings: Findings


def subject_of(salt: str, end_user_id: str) -> str:
    """The end user as a hash: hex SHA-256 over the project's salt and the id. SQL does the same."""
    return hashlib.sha256((salt + end_user_id).encode()).hexdigest()
