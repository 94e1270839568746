"""What holds for every call of a project: looked at and changed."""

from dataclasses import replace

import sqlalchemy as sa

from lynex_server.gateway import storage
from lynex_server.gateway.admin.changes import Changes, Editor
from lynex_server.gateway.admin.settings_schemas import RateRuleShape, SettingsInput, SettingsShown
from lynex_server.gateway.model import ProjectSettings, RateRule
from lynex_server.identity.public import Identity
from lynex_server.kernel.errors import InvalidInput, NotFound


class SettingsService:
    """The service. Calls block and are safe from any thread. What ends in `_in` is part of a transaction of
    `Changes.begin`."""

    def __init__(self, changes: Changes, identity: Identity) -> None:
        self._changes = changes
        self._identity = identity

    def read(self, project_id: str) -> ProjectSettings:
        """What holds now."""
        with self._changes.database.read() as connection:
            return storage.settings_of(connection, project_id)

    def change(self, editor: Editor, wanted: SettingsInput) -> ProjectSettings:
        """Let this hold. Raises `InvalidInput` for a key of somebody else, `Conflict` when the file says what
        holds."""
        self.check_keys(editor.project_id, wanted)
        with self._changes.begin(editor.project_id) as connection:
            return self.change_in(connection, editor, wanted)

    def check_keys(self, project_id: str, wanted: SettingsInput) -> None:
        """Raises `InvalidInput` for an API key that is not the project's."""
        for key_id in wanted.allowed_models:
            try:
                self._identity.keys.get(project_id, key_id)
            except NotFound as error:
                raise InvalidInput(
                    f"allowed_models: this project has no API key {key_id}", field="allowed_models"
                ) from error

    def change_in(self, connection: sa.Connection, editor: Editor, wanted: SettingsInput) -> ProjectSettings:
        """As `change`, with keys that were checked."""
        before = storage.settings_of(connection, editor.project_id)
        editor.check_may_change(before.managed_by, "What is set here")
        after = replace(settings_from(wanted), managed_by=editor.managed_by)
        self.put_in(connection, editor, before, after)
        return after

    def put_in(
        self, connection: sa.Connection, editor: Editor, before: ProjectSettings, after: ProjectSettings
    ) -> None:
        """Let `after` hold in the place of `before`, whoever says so."""
        storage.put_settings(
            self._changes.database, connection, editor.organisation_id, editor.project_id, after
        )
        self._changes.record(
            connection,
            editor,
            "gateway_settings.changed",
            editor.project_id,
            _told(before),
            _told(after),
        )


def settings_from(wanted: SettingsInput) -> ProjectSettings:
    """The settings that are wanted."""
    return ProjectSettings(
        capture=wanted.capture,
        rates=tuple(RateRule(**rule.model_dump()) for rule in wanted.rates),
        allowed_models={key_id: tuple(patterns) for key_id, patterns in wanted.allowed_models.items()},
        when_client_leaves=wanted.when_client_leaves,
        drain_s=wanted.drain_s,
    )


def settings_shown(settings: ProjectSettings, config_error: str) -> SettingsShown:
    """The settings for the wire."""
    return SettingsShown(
        capture=settings.capture,
        rates=[
            RateRuleShape(
                per=rule.per,
                match=rule.match,
                requests_per_minute=rule.requests_per_minute,
                tokens_per_minute=rule.tokens_per_minute,
            )
            for rule in settings.rates
        ],
        allowed_models={key_id: list(patterns) for key_id, patterns in settings.allowed_models.items()},
        when_client_leaves=settings.when_client_leaves,
        drain_s=settings.drain_s,
        managed_by=settings.managed_by,
        config_error=config_error,
    )


def _told(settings: ProjectSettings) -> dict[str, object]:
    return settings_shown(settings, "").model_dump(mode="json", exclude={"config_error"})
