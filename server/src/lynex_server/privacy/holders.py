"""Who holds data that can be asked for or asked to go: one `Holder` for each store."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Line = dict[str, Any]
"""One thing that is held, as it is exported. `held` says what it is."""


@dataclass(frozen=True, slots=True)
class EndUser:
    """Whose data is meant, in one project; `subject` is the id as `model.subject_of` hashes it."""

    project_id: str
    end_user_id: str
    salt: str
    subject: str


class Holder(Protocol):
    """A store. All calls block, may be repeated harmlessly, and raise `Busy` when the store is away.

    Counts are by what is held: a table, a kind of file.
    """

    def count_end_user(self, user: EndUser) -> Mapping[str, int]:
        """How much of theirs is there."""
        ...

    def named_elsewhere(self, user: EndUser) -> Mapping[str, int]:
        """How often they are named by what is not theirs and is not removed for them."""
        ...

    def erase_end_user(self, user: EndUser) -> None:
        """Remove all of it."""
        ...

    def export_end_user(self, user: EndUser) -> Iterator[Line]:
        """All of it, in pages of bounded size."""
        ...

    def count_project(self, project_id: str) -> Mapping[str, int]:
        """How much of the project's is there."""
        ...

    def erase_project(self, project_id: str) -> None:
        """Remove all of it."""
        ...

    def export_project(self, project_id: str) -> Iterator[Line]:
        """All of it, in pages of bounded size."""
        ...

    def settle(self) -> None:
        """Do what can be done at once so that the files forget what was removed."""
        ...

    def outdated_files(self, since_us: int) -> int:
        """How many files that held what was removed by `since_us` are still to be dropped by the store."""
        ...
