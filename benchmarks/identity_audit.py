"""`identity.audit`: how long verifying the audit log takes, and whether a flipped bit is found and named."""

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from benchmarks.result import Result, Size, at_least, at_most, report
from lynex_server.engines.relational.database import Database, open_database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.kernel.clock import SystemClock
from lynex_server.safety.public import Actor, AuditLog, Vault, fixed_master_key, verify
from lynex_server.safety.tables import audit_log

ORGANISATION = "acme"
ROWS_PER_TRANSACTION = 5_000


def run(size: Size, seed: int) -> Iterator[Result]:
    """Seconds for a whole chain on SQLite, best of three; then a bit is flipped in a random row."""
    rows = 100_000 if size == "full" else 2_000
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="lynex-audit-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'audit.db'}")
        try:
            migrate(database)
            vault = Vault(database, fixed_master_key(bytes(32)), SystemClock())
            _fill(database, vault, rows, chance)
            yield at_most("identity.audit", min(_verified_s(database, vault, rows) for _ in range(3)), "s", 2)
            yield at_least(
                "identity.audit.named", float(_names_flipped_bit(database, vault, rows, chance)), "", 1
            )
        finally:
            database.close()


def _fill(database: Database, vault: Vault, rows: int, chance: random.Random) -> None:
    audit = AuditLog(database, SystemClock(), vault)
    for start in range(0, rows, ROWS_PER_TRANSACTION):
        with database.begin() as connection:
            for number in range(start, min(start + ROWS_PER_TRANSACTION, rows)):
                limit = chance.randrange(10**9)
                audit.record(
                    connection,
                    Actor("user", f"usr_{chance.randrange(50)}", "anna@example.com", "203.0.113.7"),
                    "budget.changed",
                    organisation_id=ORGANISATION,
                    project_id=f"prj_{chance.randrange(20)}",
                    target=f"bud_{number}",
                    before={"name": "monthly", "limit_nanousd": limit, "scope": "project"},
                    after={"name": "monthly", "limit_nanousd": limit + 1, "scope": "project"},
                )


def _verified_s(database: Database, vault: Vault, rows: int) -> float:
    began = time.perf_counter()
    found = verify(database, vault, ORGANISATION)
    took_s = time.perf_counter() - began
    assert (found.rows, found.faults) == (rows, ())
    return took_s


def _names_flipped_bit(database: Database, vault: Vault, rows: int, chance: random.Random) -> bool:
    sequence = chance.randrange(1, rows + 1)
    place = (audit_log.c.organisation_id == ORGANISATION) & (audit_log.c.sequence == sequence)
    with database.begin() as connection:
        row = connection.execute(sa.select(audit_log.c.id, audit_log.c.after).where(place)).one()
        at = chance.randrange(len(row.after))
        flipped = row.after[:at] + chr(ord(row.after[at]) ^ 1) + row.after[at + 1 :]
        connection.execute(sa.update(audit_log).where(place).values(after=flipped))
    faults = verify(database, vault, ORGANISATION).faults
    return [(fault.sequence, fault.id) for fault in faults] == [(sequence, row.id)]


def main() -> None:
    """Measure at full size and print the results as JSON lines."""
    for result in run("full", 1):
        print(report(result, "full", 1))


if __name__ == "__main__":
    main()
