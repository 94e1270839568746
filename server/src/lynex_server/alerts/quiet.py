"""Silences and mute schedules: made, looked at, ended."""

from dataclasses import asdict
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa

from lynex_server.alerts import quiet_storage
from lynex_server.alerts.changes import record_change
from lynex_server.alerts.model import Mute, Silence, WeeklyWindow
from lynex_server.alerts.quiet_schemas import MuteInput, SilenceInput, WeeklyWindowShape
from lynex_server.alerts.rule_shapes import matchers_from
from lynex_server.alerts.settings import AlertSettings
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Principal
from lynex_server.kernel.clock import Clock, us_from_datetime
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.safety.public import AuditLog

_Quiet = TypeVar("_Quiet", Silence, Mute)


class QuietService:
    """The service. Calls block and are safe from any thread."""

    def __init__(self, database: Database, audit: AuditLog, settings: AlertSettings, clock: Clock) -> None:
        self._database = database
        self._audit = audit
        self._settings = settings
        self._clock = clock

    def silence(self, principal: Principal, wanted: SilenceInput) -> Silence:
        """Make a silence. Raises `InvalidInput` when it would be over already, `Conflict` for too many."""
        now_us = self._clock.now_us()
        starts_us = now_us if wanted.starts_at is None else us_from_datetime(wanted.starts_at)
        until_us = _until_us(wanted.until, wanted.minutes, max(now_us, starts_us))
        if until_us <= max(now_us, starts_us):
            raise InvalidInput("until: must be in the future, and after starts_at", field="until")
        silence = Silence(
            id=new_id("als"),
            organisation_id=principal.organisation_id,
            project_id=principal.project_id,
            matchers=matchers_from(wanted.matchers),
            starts_at_us=starts_us,
            until_us=until_us,
            reason=wanted.reason,
            created_by=principal.actor().name,
            created_at_us=now_us,
        )
        with self._database.begin() as connection:
            self._database.lock(connection, "alerts.silences")
            if len(quiet_storage.silences_of(connection, principal.project_id, now_us)) >= (
                quiet_storage.SILENCES_AT_ONCE
            ):
                raise Conflict(f"{quiet_storage.SILENCES_AT_ONCE} silences hold already.")
            quiet_storage.put_silence(connection, silence)
            self._record(connection, principal, "alert_silence.created", None, silence)
        return silence

    def silences(self, project_id: str, every: bool) -> list[Silence]:
        """Silences that hold or will; with `every`, those that ended, too."""
        with self._database.read() as connection:
            return quiet_storage.silences_of(connection, project_id, 0 if every else self._clock.now_us())

    def end_silence(self, principal: Principal, silence_id: str) -> None:
        """Let a silence end now. Raises `NotFound`."""
        with self._database.begin() as connection:
            silence = quiet_storage.find_silence(connection, principal.project_id, silence_id)
            if silence is None:
                raise NotFound("There is no such silence.")
            quiet_storage.end_silence(connection, silence_id, self._clock.now_us())
            self._record(connection, principal, "alert_silence.ended", silence, None)

    def mute(self, principal: Principal, wanted: MuteInput, mute_id: str | None = None) -> Mute:
        """Make a mute schedule, or make the one with this id as wanted. Raises `NotFound`, `Conflict`."""
        with self._database.begin() as connection:
            self._database.lock(connection, "alerts.mutes")
            before = None
            if mute_id is not None:
                before = self._found(connection, principal, mute_id)
            elif (
                len(quiet_storage.mutes_of(connection, principal.project_id))
                >= self._settings.alerts_max_channels
            ):
                raise Conflict(f"There are {self._settings.alerts_max_channels} mute schedules already.")
            mute = Mute(
                id=mute_id or new_id("alm"),
                organisation_id=principal.organisation_id,
                project_id=principal.project_id,
                name=wanted.name,
                time_zone=wanted.time_zone,
                windows=tuple(_window(shape) for shape in wanted.windows),
                matchers=matchers_from(wanted.matchers),
                created_at_us=self._clock.now_us() if before is None else before.created_at_us,
            )
            quiet_storage.put_mute(self._database, connection, mute)
            action = "alert_mute.created" if before is None else "alert_mute.changed"
            self._record(connection, principal, action, before, mute)
        return mute

    def mutes(self, project_id: str) -> list[Mute]:
        """The mute schedules of the project, by name."""
        with self._database.read() as connection:
            return quiet_storage.mutes_of(connection, project_id)

    def remove_mute(self, principal: Principal, mute_id: str) -> None:
        """Remove a mute schedule. Raises `NotFound`."""
        with self._database.begin() as connection:
            mute = self._found(connection, principal, mute_id)
            quiet_storage.remove_mute(connection, mute_id)
            self._record(connection, principal, "alert_mute.removed", mute, None)

    def _found(self, connection: sa.Connection, principal: Principal, mute_id: str) -> Mute:
        mute = quiet_storage.find_mute(connection, principal.project_id, mute_id)
        if mute is None:
            raise NotFound("There is no such mute schedule.")
        return mute

    def _record(
        self,
        connection: sa.Connection,
        principal: Principal,
        action: str,
        before: _Quiet | None,
        after: _Quiet | None,
    ) -> None:
        record_change(self._audit, connection, principal, action, before, after, asdict)


def _until_us(until: datetime | None, minutes: int | None, from_us: int) -> int:
    if until is not None:
        return us_from_datetime(until)
    return from_us + (minutes or 0) * 60_000_000


def _window(shape: WeeklyWindowShape) -> WeeklyWindow:
    return WeeklyWindow(tuple(shape.days), _minute(shape.start), _minute(shape.end))


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
