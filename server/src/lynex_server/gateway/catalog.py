"""What each project's gateway is configured with, kept in memory for the calls.

A process looks at the books at most every `REFRESH_US` for each project, and then only whether something has
changed (`gateway_revisions`). Nothing has: the very same objects are given again, so that whoever keeps
something by them (a connection pool, a circuit breaker) keeps it. A call goes on with what it began with.
"""

import threading
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from lynex_server.engines.relational.database import Database
from lynex_server.gateway import storage
from lynex_server.gateway.model import ProjectGateway, Provider, Route
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import NotFound
from lynex_server.safety.public import Unreadable, Vault

REFRESH_US = MICROS_PER_SECOND // 2
MAX_PROJECTS = 10_000
"""Projects a process keeps at most; of more, the one that was read longest ago is forgotten."""
_LOCKS = 64

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Look:
    """What was found, at which revision, and when it was known to hold last. `complete` is unset where a
    secret did not open: it is tried again."""

    found: ProjectGateway
    revision: int
    complete: bool
    at_us: int


class GatewayCatalog:
    """The gateways by project. Any thread may ask."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._looks: dict[str, _Look] = {}
        self._being_renewed: set[str] = set()
        self._locks = [threading.Lock() for _ in range(_LOCKS)]
        self._storing = threading.Lock()
        self._told: set[str] = set()

    def known(self, project_id: str) -> ProjectGateway | None:
        """What is in memory, at most `REFRESH_US` old; None when it must be looked up. Never blocks."""
        look = self._looks.get(project_id)
        if look is not None and 0 <= self._clock.now_us() - look.at_us <= REFRESH_US:
            return look.found
        return None

    def is_due(self, project_id: str) -> bool:
        """True, once, when what is `known` will be too old soon: a moment to `renew` it on a thread, before a
        call has to wait for that."""
        look = self._looks.get(project_id)
        if look is None or project_id in self._being_renewed:
            return False
        if self._clock.now_us() - look.at_us <= REFRESH_US // 2:
            return False
        self._being_renewed.add(project_id)
        return True

    def renew(self, project_id: str) -> None:
        """Look whether something has changed. Blocks. Raises `Busy`."""
        try:
            with self._lock(project_id):
                self._look(project_id)
        finally:
            self._being_renewed.discard(project_id)

    def of(self, project_id: str) -> ProjectGateway:
        """What the project's gateway is configured with, at most `REFRESH_US` old. Blocks at times. Raises
        `Busy`."""
        found = self.known(project_id)
        if found is not None:
            return found
        with self._lock(project_id):  # many ask at once when it is old; one look serves them all
            return self.known(project_id) or self._look(project_id)

    def changed(self, project_id: str) -> None:
        """Look at it anew when it is asked for next. Other processes do within `REFRESH_US`."""
        with self._lock(project_id):  # a look that began before the change ends before it is forgotten
            look = self._looks.get(project_id)
            if look is not None:
                self._keep(project_id, _Look(look.found, look.revision, look.complete, at_us=0))

    def _lock(self, project_id: str) -> threading.Lock:
        return self._locks[hash(project_id) % _LOCKS]

    def _look(self, project_id: str) -> ProjectGateway:
        now_us = self._clock.now_us()
        before = self._looks.get(project_id)
        with self._database.read() as connection:
            # Read first: what is read after it may be newer, and is then read again; never older.
            revision = storage.revision_of(connection, project_id)
            if before is not None and before.complete and before.revision == revision:
                look = _Look(before.found, revision, True, now_us)
            else:
                found, complete = self._read(connection, project_id, before)
                look = _Look(found, revision, complete, now_us)
        self._keep(project_id, look)
        return look.found

    def _keep(self, project_id: str, look: _Look) -> None:
        with self._storing:
            self._looks.pop(project_id, None)
            if len(self._looks) >= MAX_PROJECTS:
                del self._looks[next(iter(self._looks))]
            self._looks[project_id] = look

    def _read(
        self, connection: sa.Connection, project_id: str, before: _Look | None
    ) -> tuple[ProjectGateway, bool]:
        providers = storage.providers_of(connection, project_id)
        routes = storage.routes_of(connection, project_id)
        settings = storage.settings_of(connection, project_id)
        wanted = [*_secret_ids(providers, routes)]
        opened = {} if before is None else before.found.secrets
        secrets = {
            secret_id: secret
            for secret_id in wanted
            if (secret := opened.get(secret_id) or self._opened(connection, secret_id)) is not None
        }
        found = ProjectGateway(
            project_id=project_id,
            providers={provider.name: provider for provider in providers},
            routes={route.name: route for route in routes},
            rates=settings.rates,
            allowed_models=settings.allowed_models,
            capture=settings.capture,
            secrets=secrets,
            when_client_leaves=settings.when_client_leaves,
            drain_s=settings.drain_s,
        )
        return found, len(secrets) == len(set(wanted))

    def _opened(self, connection: sa.Connection, secret_id: str) -> str | None:
        try:
            return self._vault.read_in(connection, secret_id)
        except (Unreadable, NotFound) as error:
            if secret_id not in self._told:  # it is tried again at every look
                if len(self._told) >= MAX_PROJECTS:
                    self._told.clear()
                self._told.add(secret_id)
                _log.error("gateway.secret_unreadable", secret_id=secret_id, reason=str(error))
            return None


def _secret_ids(providers: list[Provider], routes: list[Route]) -> list[str]:
    hooks = [route.guardrails.webhook for route in routes]
    return [
        *(key.secret_id for provider in providers for key in provider.keys),
        *(hook.secret_id for hook in hooks if hook is not None),
    ]
