"""What the commands about safety stand on: the database and its vault, without the other engines."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lynex_server.app.master_key import open_master_keys
from lynex_server.app.settings import AppSettings
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.kernel.clock import Clock, SystemClock
from lynex_server.safety.public import AuditLog, Vault


@dataclass(frozen=True, slots=True)
class SafetyServices:
    """An open database with its vault and audit log."""

    settings: AppSettings
    database: Database
    vault: Vault
    audit: AuditLog
    clock: Clock


@contextmanager
def safety_services() -> Iterator[SafetyServices]:
    """Open them as the environment says, and close the database in the end."""
    settings, clock = AppSettings(), SystemClock()
    database = open_database(settings.engine_urls().relational)
    try:
        migrate(database)
        vault = Vault(database, open_master_keys(settings), clock)
        yield SafetyServices(settings, database, vault, AuditLog(database, clock, vault), clock)
    finally:
        database.close()
