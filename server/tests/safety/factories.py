"""What the tests of this slice start from."""

from clocks import FixedClock

from lynex_server.engines.relational.database import Database
from lynex_server.safety.public import Actor, AuditLog, MasterKeys, Vault, fixed_master_key

MASTER_KEY = bytes(range(32))
ANOTHER_KEY = bytes(range(32, 64))
ANNA = Actor("user", "usr_anna", "anna@example.com", "203.0.113.7")


def a_vault(database: Database, clock: FixedClock | None = None, keys: MasterKeys | None = None) -> Vault:
    return Vault(database, keys or fixed_master_key(MASTER_KEY), clock or FixedClock())


def an_audit_log(database: Database, clock: FixedClock | None = None) -> AuditLog:
    clock = clock or FixedClock()
    return AuditLog(database, clock, a_vault(database, clock))


def record(
    database: Database,
    audit: AuditLog,
    action: str = "budget.created",
    organisation_id: str = "acme",
    actor: Actor = ANNA,
    **details: object,
) -> None:
    """One row in a transaction of its own."""
    with database.begin() as connection:
        audit.record(connection, actor, action, organisation_id=organisation_id, **details)
