"""Asking for erasures and exports."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Principal
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.privacy import storage
from lynex_server.privacy.holders import EndUser, Holder, Line
from lynex_server.privacy.model import MAX_END_USER_CHARS, Erasure, Findings, subject_of
from lynex_server.privacy.settings import PrivacySettings
from lynex_server.safety.public import AuditLog

MAX_UNDER_WAY: Final = 1_000
"""Erasures of one project that may wait at once."""
_LINES_AT_ONCE: Final = 200
_BYTES_AT_ONCE: Final = 1_000_000
_DAY_US: Final = 86_400 * MICROS_PER_SECOND

_encoder = msgspec.json.Encoder(enc_hook=str)


class Privacy:
    """Every method takes the principal: what is told or erased is that project's alone. All calls block."""

    def __init__(
        self,
        database: Database,
        holders: Sequence[Holder],
        audit: AuditLog,
        settings: PrivacySettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._holders = tuple(holders)
        self._audit = audit
        self._settings = settings
        self._clock = clock

    def erase_end_user(self, principal: Principal, end_user_id: str) -> Erasure:
        """Have everything of an end user gone. The erasure that is under way for them, if there is one.

        From now on whatever arrives of them is made nameless. Raises `InvalidInput` for an id that none can
        have, `Conflict` when too many erasures wait.
        """
        if not 0 < len(end_user_id) <= MAX_END_USER_CHARS:
            raise InvalidInput(
                f"end_user_id: 1 to {MAX_END_USER_CHARS} characters expected", field="end_user_id"
            )
        now_us = self._clock.now_us()
        project_id = principal.project_id
        actor = principal.actor()
        with self._database.begin() as connection:
            self._database.lock(connection, f"erasures of {project_id}")
            subject = subject_of(storage.ensure_salt(self._database, connection, project_id), end_user_id)
            under_way = storage.unfinished(connection, project_id)
            for erasure in under_way:
                if erasure.subject == subject:
                    return erasure
            if len(under_way) >= MAX_UNDER_WAY:
                raise Conflict(f"{MAX_UNDER_WAY} erasures of this project wait already.")
            erasure = Erasure(
                id=new_id("ers"),
                organisation_id=principal.organisation_id,
                project_id=project_id,
                kind="end_user",
                subject=subject,
                end_user_id=end_user_id,
                requested_by=f"{actor.kind}:{actor.id}",
                requested_at_us=now_us,
                step="queue",
                step_since_us=now_us,
                attempts=0,
                lease_until_us=now_us,
                finished_at_us=None,
                shield_until_us=now_us + self._settings.erasure_shield_days * _DAY_US,
                findings=Findings({}, {}, {}),
            )
            storage.add(connection, erasure)
            self._audit.record(
                connection,
                actor,
                "end_user.erasure_requested",
                organisation_id=principal.organisation_id,
                project_id=project_id,
                target=erasure.id,  # the audit log is never rewritten: it must not name them
                after={"subject": subject},
            )
        return erasure

    def erasures(
        self, principal: Principal, end_user_id: str | None, limit: int, before: tuple[int, str] | None
    ) -> list[Erasure]:
        """The project's erasures, latest first; of one end user where their id is given."""
        with self._database.read() as connection:
            subject = None
            if end_user_id is not None:
                subject = subject_of(storage.salt_of(connection, principal.project_id) or "", end_user_id)
            return storage.page(connection, principal.project_id, subject, limit, before)

    def erasure(self, principal: Principal, erasure_id: str) -> Erasure:
        """One erasure of the project. Raises `NotFound`."""
        with self._database.read() as connection:
            found = storage.find(connection, principal.project_id, erasure_id)
        if found is None:
            raise NotFound(f"erasure {erasure_id}: there is none")
        return found

    def export_end_user(self, principal: Principal, end_user_id: str) -> Iterator[bytes]:
        """Everything that is held of an end user, as NDJSON in pieces of bounded size."""
        user = EndUser(principal.project_id, end_user_id, "", "")
        return _pieces(line for holder in self._holders for line in holder.export_end_user(user))

    def export_project(self, principal: Principal) -> Iterator[bytes]:
        """Everything that is held of the project, as NDJSON in pieces of bounded size."""
        return _pieces(
            line for holder in self._holders for line in holder.export_project(principal.project_id)
        )


def _pieces(lines: Iterator[Line]) -> Iterator[bytes]:
    """Lines in pieces of up to `_LINES_AT_ONCE`, or fewer when they are large."""
    piece: list[bytes] = []
    size = 0
    for line in lines:
        written = _encoder.encode(_shown(line)) + b"\n"
        piece.append(written)
        size += len(written)
        if len(piece) >= _LINES_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield b"".join(piece)
            piece, size = [], 0
    yield b"".join(piece)


def _shown(line: Line) -> dict[str, Any]:
    """Without the ids of our own bookkeeping."""
    return {name: value for name, value in line.items() if name not in ("batch_id", "body")}
