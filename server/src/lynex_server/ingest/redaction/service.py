"""The redaction settings of every project, and its redactor within reach of the ingest path."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.ingest.redaction.redactor import Redactor
from lynex_server.ingest.redaction.rules import RedactionRules, RedactionSettings, effective_rules
from lynex_server.ingest.redaction.tables import redaction_settings
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import PreconditionFailed
from lynex_server.kernel.ids import OrganisationId, ProjectId
from lynex_server.safety.public import Actor, AuditLog

MAX_AGE_US: Final = 800_000
"""How long a process goes by what it read: a change holds everywhere within a second."""
MAX_REMEMBERED_PROJECTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """A project's settings. `version` is 0 and `updated_at_us` None while it goes by the installation's."""

    settings: RedactionSettings
    version: int
    updated_at_us: int | None


@dataclass(frozen=True, slots=True)
class _Known:
    asked_at_us: int
    version: int
    redactor: Redactor


class Redaction:
    """Reads, changes and applies what each project wants redacted. Safe from any thread."""

    def __init__(
        self, database: Database, defaults: RedactionSettings, clock: Clock, audit: AuditLog
    ) -> None:
        self._database = database
        self._defaults = StoredSettings(defaults, 0, None)
        self._default_redactor = Redactor(defaults)
        self._clock = clock
        self._audit = audit
        self._known: dict[str, _Known] = {}

    def remembered(self, project_id: ProjectId) -> Redactor | None:
        """The project's redactor, from memory alone: for an event loop, which must not wait. None: ask
        `redactor` on a thread."""
        known = self._known.get(project_id)
        if known is None or not 0 <= self._clock.now_us() - known.asked_at_us <= MAX_AGE_US:
            return None
        return known.redactor

    def redactor(self, project_id: ProjectId) -> Redactor:
        """The project's redactor. Raises `Busy` when the settings cannot be read."""
        asked_at_us = self._clock.now_us()
        with self._database.read() as connection:
            version = connection.execute(
                sa.select(redaction_settings.c.version).where(redaction_settings.c.project_id == project_id)
            ).scalar_one_or_none()
        known = self._known.get(project_id)
        if version is None:
            redactor = self._default_redactor
        elif known is not None and known.version == version:
            redactor = known.redactor
        else:
            stored = self.read(project_id)
            version, redactor = stored.version, Redactor(stored.settings)
        if len(self._known) >= MAX_REMEMBERED_PROJECTS:
            self._known.clear()
        self._known[project_id] = _Known(asked_at_us, version or 0, redactor)
        return redactor

    def read(self, project_id: ProjectId) -> StoredSettings:
        """What the project has set, or what holds for it without."""
        with self._database.read() as connection:
            return self._stored(connection, project_id)

    def rules(self, project_id: ProjectId) -> RedactionRules:
        """The project's rules, for an SDK to apply."""
        return effective_rules(self.read(project_id).settings)

    def change(
        self,
        project_id: ProjectId,
        organisation_id: OrganisationId,
        settings: RedactionSettings,
        only_version: int | None,
        actor: Actor,
    ) -> StoredSettings:
        """Set what the project wants redacted from now on.

        Raises `PreconditionFailed` when `only_version` is given and is not the current one.
        """
        now_us = self._clock.now_us()
        with self._database.begin() as connection:
            self._database.lock(connection, f"redaction of {project_id}")
            before = self._stored(connection, project_id)
            if only_version not in (None, before.version):
                raise PreconditionFailed(
                    f"The redaction settings are at version {before.version} now: read them again first."
                )
            values = {
                "version": before.version + 1,
                "settings": settings.model_dump_json(),
                "updated_at_us": now_us,
            }
            connection.execute(
                self._database.insert(redaction_settings)
                .values(project_id=project_id, **values)
                .on_conflict_do_update(index_elements=["project_id"], set_=values)
            )
            self._audit.record(
                connection,
                actor,
                "redaction.changed",
                organisation_id=organisation_id,
                project_id=project_id,
                target=project_id,
                before=before.settings.model_dump(),
                after=settings.model_dump(),
            )
        self._known.pop(project_id, None)
        return StoredSettings(settings, before.version + 1, now_us)

    def _stored(self, connection: sa.Connection, project_id: ProjectId) -> StoredSettings:
        row = connection.execute(
            sa.select(redaction_settings).where(redaction_settings.c.project_id == project_id)
        ).one_or_none()
        if row is None:
            return self._defaults
        settings = RedactionSettings.model_validate_json(row.settings)
        return StoredSettings(settings, row.version, row.updated_at_us)
