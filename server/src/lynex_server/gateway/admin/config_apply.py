"""Brings a project to what the configuration file says, all of it or nothing.

What the file names is made as given and from then on is the file's; what was the file's and is no longer in
it is removed; what people made stays. What is already so is not touched.
"""

from dataclasses import replace

import sqlalchemy as sa
from pydantic import SecretStr

from lynex_server.gateway import storage
from lynex_server.gateway.admin.changes import Changes, Editor
from lynex_server.gateway.admin.config_document import WantedConfig, WantedKey, WantedProvider
from lynex_server.gateway.admin.named_routes import NamedRoutes
from lynex_server.gateway.admin.project_settings import SettingsService, settings_from
from lynex_server.gateway.admin.provider_keys import ProviderKeys
from lynex_server.gateway.admin.provider_schemas import ProviderKeyChange
from lynex_server.gateway.admin.provider_shapes import provider_from
from lynex_server.gateway.admin.providers import Providers
from lynex_server.gateway.admin.route_schemas import RouteInput
from lynex_server.gateway.admin.route_shapes import route_from
from lynex_server.gateway.model import ProjectSettings, Provider, ProviderKey, Route
from lynex_server.identity.public import Identity, Project
from lynex_server.kernel.errors import InvalidInput, NotFound
from lynex_server.safety.public import Actor, Unreadable

FILE = Actor("system", "gateway_config", "configuration file")


class ConfigApplier:
    """Applies what a file says. Calls block."""

    def __init__(
        self,
        changes: Changes,
        identity: Identity,
        providers: Providers,
        keys: ProviderKeys,
        routes: NamedRoutes,
        settings: SettingsService,
    ) -> None:
        self._changes = changes
        self._identity = identity
        self._providers = providers
        self._keys = keys
        self._routes = routes
        self._settings = settings

    def project(self, project_id: str) -> Project:
        """The project that a file is about; the only one when it names none. Raises `InvalidInput`."""
        if project_id:
            try:
                return self._identity.projects.get(project_id)
            except NotFound as error:
                raise InvalidInput(f"project: there is no project {project_id}", field="project") from error
        known = [each for each in self._identity.projects.newest() if each.erase_after_us is None]
        if len(known) != 1:
            raise InvalidInput(
                f"project: there are {len(known)} projects: say the id of one", field="project"
            )
        return known[0]

    def apply(self, config: WantedConfig) -> None:
        """Bring the project to what the file says. Raises `InvalidInput`, `Conflict` or `Busy` when nothing
        was changed."""
        project = self.project(config.project_id)
        editor = _editor_in(project)
        if config.settings is not None:
            self._settings.check_keys(project.id, config.settings)
        with self._changes.begin(project.id) as connection:
            self._apply_providers(connection, editor, config)
            self._apply_routes(connection, editor, config)
            self._remove_others(connection, editor, config)
            self._apply_settings(connection, editor, config)
        self._leave_other_projects(project.id)

    def _apply_providers(self, connection: sa.Connection, editor: Editor, config: WantedConfig) -> None:
        there = {each.name: each for each in storage.providers_of(connection, editor.project_id)}
        for wanted in config.providers:
            before = there.get(wanted.given.name)
            if before is None:
                provider = self._providers.create_in(connection, editor, wanted.given)
            elif before == _as_wanted(wanted, before):
                provider = before
            else:
                provider = self._providers.change_in(connection, editor, before.id, wanted.given)
            self._apply_keys(connection, editor, provider, wanted.keys)

    def _apply_keys(
        self, connection: sa.Connection, editor: Editor, provider: Provider, wanted: tuple[WantedKey, ...]
    ) -> None:
        by_name = {key.given.name: key for key in wanted}
        kept: dict[str, ProviderKey] = {}
        for key in provider.keys:
            want = by_name.get(key.name)
            if want is None or self._opened(connection, key.secret_id) != want.secret:
                self._keys.remove_in(connection, editor, provider, key)
            else:
                kept[key.name] = key
        provider = replace(provider, keys=tuple(kept.values()))
        for want in wanted:
            key = kept.get(want.given.name) or self._keys.create_in(connection, editor, provider, want.given)
            if (key.weight, key.enabled) != (want.given.weight, want.enabled):
                change = ProviderKeyChange(name=key.name, weight=want.given.weight, enabled=want.enabled)
                self._keys.change_in(connection, editor, provider, key, change)

    def _apply_routes(self, connection: sa.Connection, editor: Editor, config: WantedConfig) -> None:
        there = {each.name: each for each in storage.routes_of(connection, editor.project_id)}
        for wanted in config.routes:
            before = there.get(wanted.name)
            if before is None:
                self._routes.create_in(connection, editor, wanted)
                continue
            settled = self._without_known_secret(connection, wanted, before)
            if before != _route_as_wanted(settled, before) or _webhook_secret(settled) is not None:
                self._routes.change_in(connection, editor, before.id, settled)

    def _remove_others(self, connection: sa.Connection, editor: Editor, config: WantedConfig) -> None:
        """Routes first: they may lead to providers that go too."""
        routes = {route.name for route in config.routes}
        for route in storage.routes_of(connection, editor.project_id):
            if route.managed_by == "file" and route.name not in routes:
                self._routes.remove_in(connection, editor, route.id)
        providers = {provider.given.name for provider in config.providers}
        for provider in storage.providers_of(connection, editor.project_id):
            if provider.managed_by == "file" and provider.name not in providers:
                self._providers.remove_in(connection, editor, provider.id)

    def _apply_settings(self, connection: sa.Connection, editor: Editor, config: WantedConfig) -> None:
        before = storage.settings_of(connection, editor.project_id)
        if config.settings is not None:
            after = replace(settings_from(config.settings), managed_by="file")
        elif before.managed_by == "file":
            after = ProjectSettings()
        else:
            return
        if after != before:
            self._settings.put_in(connection, editor, before, after)

    def _leave_other_projects(self, project_id: str) -> None:
        """A file that has come to name another project leaves nothing in the one it named before."""
        with self._changes.database.read() as connection:
            others = storage.projects_of_the_file(connection) - {project_id}
        nothing = WantedConfig("", (), (), None)
        for other in others:
            editor = _editor_in(self._identity.projects.get(other))
            with self._changes.begin(other) as connection:
                self._remove_others(connection, editor, nothing)
                self._apply_settings(connection, editor, nothing)

    def _without_known_secret(
        self, connection: sa.Connection, wanted: RouteInput, before: Route
    ) -> RouteInput:
        """The route without the secret of its webhook where that is the one kept already."""
        hook, secret, kept = wanted.guardrails.webhook, _webhook_secret(wanted), before.guardrails.webhook
        if hook is None or secret is None or kept is None:
            return wanted
        if self._opened(connection, kept.secret_id) != secret.get_secret_value():
            return wanted
        silent = hook.model_copy(update={"secret": None})
        guardrails = wanted.guardrails.model_copy(update={"webhook": silent})
        return wanted.model_copy(update={"guardrails": guardrails})

    def _opened(self, connection: sa.Connection, secret_id: str) -> str | None:
        try:
            return self._changes.vault.read_in(connection, secret_id)
        except (Unreadable, NotFound):
            return None  # it is replaced by what the file says


def _editor_in(project: Project) -> Editor:
    return Editor(FILE, project.organisation_id, project.id, "file")


def _as_wanted(wanted: WantedProvider, before: Provider) -> Provider:
    made = provider_from(
        wanted.given,
        provider_id=before.id,
        organisation_id=before.organisation_id,
        project_id=before.project_id,
        created_at_us=before.created_at_us,
        now_us=before.updated_at_us,
    )
    return replace(made, keys=before.keys, managed_by="file")


def _route_as_wanted(wanted: RouteInput, before: Route) -> Route:
    kept = before.guardrails.webhook
    made = route_from(
        wanted,
        route_id=before.id,
        organisation_id=before.organisation_id,
        project_id=before.project_id,
        webhook_secret_id="" if kept is None else kept.secret_id,
        created_at_us=before.created_at_us,
        now_us=before.updated_at_us,
    )
    return replace(made, managed_by="file")


def _webhook_secret(wanted: RouteInput) -> SecretStr | None:
    hook = wanted.guardrails.webhook
    return None if hook is None else hook.secret
