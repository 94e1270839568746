"""A rotation puts everything under another master key, and may break off anywhere without losing anything."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from clocks import FixedClock
from safety.factories import ANOTHER_KEY, MASTER_KEY, a_vault, an_audit_log, record

from lynex_server.engines.relational.database import Database
from lynex_server.safety import rotation
from lynex_server.safety.public import (
    AuditLog,
    MasterKeys,
    Reseal,
    RotationStep,
    Unreadable,
    Vault,
    master_key_of,
    rotate,
    verify_all,
)
from lynex_server.safety.tables import audit_heads, data_keys, secrets

NEXT = master_key_of(ANOTHER_KEY)
KEPT = {f"secret {number}" for number in range(7)}

kept_elsewhere = sa.Table(
    "kept_elsewhere",
    sa.MetaData(),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)


class Elsewhere:
    """Another slice, with sealed values in a table of its own."""

    def reseal_page(self, connection: sa.Connection, reseal: Reseal, after: str, limit: int) -> str | None:
        statement = sa.select(kept_elsewhere).where(kept_elsewhere.c.id > after).order_by(kept_elsewhere.c.id)
        last = None
        for row in connection.execute(statement.limit(limit).with_for_update()).all():
            last = row.id
            connection.execute(
                sa.update(kept_elsewhere)
                .where(kept_elsewhere.c.id == row.id)
                .values(sealed=reseal(row.sealed, row.id))
            )
        return last


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "PAGE_ROWS", 2)


@pytest.fixture
def filled(database: Database) -> Database:
    """A database with secrets, sealed values of another slice and audit chains, all under the old key."""
    vault = a_vault(database)
    with database.begin() as connection:
        kept_elsewhere.create(connection)
        for secret in sorted(KEPT):
            vault.put(connection, "acme", "test", secret)
        for number in range(5):
            sealed = vault.seal(connection, f"elsewhere {number}", str(number))
            connection.execute(sa.insert(kept_elsewhere).values(id=str(number), sealed=sealed))
    for organisation in ("acme", "other"):
        record(database, an_audit_log(database), organisation_id=organisation)
    return database


def both_keys(database: Database) -> Vault:
    return a_vault(database, keys=MasterKeys(lambda: (MASTER_KEY, ANOTHER_KEY)))


def next_key_only(database: Database) -> Vault:
    return a_vault(database, keys=MasterKeys(lambda: (ANOTHER_KEY,)))


def rotation_of(database: Database) -> Iterator[RotationStep]:
    return rotate(database, both_keys(database), NEXT, FixedClock(), [Elsewhere()])


def all_secrets(database: Database, vault: Vault) -> set[str]:
    """Everything that is kept, read back. Raises when anything does not open."""
    with database.read() as connection:
        ids = connection.execute(sa.select(secrets.c.id)).scalars().all()
        read = {vault.read_in(connection, secret_id) for secret_id in ids}
        for row in connection.execute(sa.select(kept_elsewhere)):
            assert vault.unseal(connection, row.sealed, row.id) == f"elsewhere {row.id}"
    return read


def assert_all_readable(database: Database, vault: Vault) -> None:
    assert all_secrets(database, vault) == KEPT
    assert [report.faults for report in verify_all(database, vault)] == [(), (), ()]


def test_afterwards_the_old_master_key_opens_nothing_and_the_next_everything(filled: Database) -> None:
    steps = list(rotation_of(filled))

    assert sum(step.rows for step in steps if step.name == "reseal") == 7 + 3 + 5
    assert_all_readable(filled, next_key_only(filled))
    with pytest.raises(Unreadable):
        all_secrets(filled, a_vault(filled))
    with filled.read() as connection:
        assert connection.execute(sa.select(data_keys.c.master_key_id)).scalars().all() == [NEXT.id]


def test_every_step_leaves_everything_readable_and_can_be_the_last(filled: Database) -> None:
    """Broken off after each step in turn, then run again from the start, to the end."""
    steps_taken = 0
    finished = False
    while not finished:
        running = rotation_of(filled)
        # One more step than the attempt before, then the process is gone.
        names = [step.name for step, _ in zip(running, range(steps_taken + 1), strict=False)]
        running.close()
        assert_all_readable(filled, both_keys(filled))
        finished = names[-1] == "finish"
        steps_taken += 1

    assert steps_taken > 3
    assert_all_readable(filled, next_key_only(filled))


def test_a_crash_inside_a_step_undoes_that_step_alone(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def seal_or_crash(*arguments: bytes) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return sealing(*arguments)

    sealing = rotation.seal
    monkeypatch.setattr(rotation, "seal", seal_or_crash)
    with pytest.raises(KeyboardInterrupt):
        list(rotation_of(filled))

    assert_all_readable(filled, both_keys(filled))
    list(rotation_of(filled))
    assert_all_readable(filled, next_key_only(filled))


def test_running_it_again_changes_nothing(filled: Database) -> None:
    list(rotation_of(filled))

    assert sum(step.rows for step in rotation_of(filled)) == 0
    assert_all_readable(filled, next_key_only(filled))


def test_a_process_that_runs_meanwhile_seals_under_the_next_key(filled: Database) -> None:
    """It began with the old key alone, and finds the next when it is needed."""
    keys = [MASTER_KEY]
    running = a_vault(filled, keys=MasterKeys(lambda: keys))
    assert all_secrets(filled, running) == KEPT
    steps = rotation_of(filled)
    next(steps)
    keys.append(ANOTHER_KEY)

    with filled.begin() as connection:
        added = running.put(connection, "acme", "test", "added meanwhile")
    record(filled, AuditLog(filled, FixedClock(), running))
    list(steps)
    keys.remove(MASTER_KEY)

    assert next_key_only(filled).read(added) == "added meanwhile"
    assert all_secrets(filled, running) == KEPT | {"added meanwhile"}
    assert all(not report.faults for report in verify_all(filled, next_key_only(filled)))


def test_waits_for_transactions_that_are_sealing_under_an_old_key(
    filled: Database, open_relational: Callable[[], Database]
) -> None:
    """Otherwise their secrets would come to light after the old key is gone."""
    if filled.engine.dialect.name != "postgresql":
        pytest.skip("on SQLite only one transaction writes at a time")
    other = open_relational()
    with other.begin() as sealing:
        sealing.execute(sa.text("SELECT 1"))
        secret_id = both_keys(other).put(sealing, "acme", "test", "slow")
        with pytest.raises(Exception, match="locked") as refusal, filled.begin() as connection:
            connection.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
            rotation._begin(filled, connection, both_keys(filled), NEXT, FixedClock())
        assert refusal.type.__name__ == "Busy"

    list(rotation_of(filled))
    assert next_key_only(filled).read(secret_id) == "slow"


def test_refuses_to_begin_when_something_old_could_not_be_read(filled: Database) -> None:
    with filled.begin() as connection:
        connection.execute(sa.update(data_keys).values(wrapped=bytes(60)))

    with pytest.raises(Unreadable, match="data key"):
        list(rotation_of(filled))

    with filled.read() as connection:
        assert connection.execute(sa.select(data_keys.c.retired_at_us)).scalars().all() == [None]


def test_names_a_secret_that_does_not_open_and_goes_on_once_it_is_removed(filled: Database) -> None:
    with filled.begin() as connection:
        damaged = connection.execute(sa.select(secrets.c.id).order_by(secrets.c.id.desc())).scalars().first()
        connection.execute(sa.update(secrets).where(secrets.c.id == damaged).values(sealed=bytes(40)))

    with pytest.raises(Unreadable, match=str(damaged)):
        list(rotation_of(filled))
    with filled.begin() as connection:
        both_keys(filled).remove(connection, str(damaged))
    list(rotation_of(filled))

    assert len(all_secrets(filled, next_key_only(filled))) == len(KEPT) - 1


def test_a_forged_end_of_the_audit_log_is_not_made_true(filled: Database) -> None:
    with filled.begin() as connection:
        of_acme = audit_heads.c.organisation_id == "acme"
        connection.execute(sa.update(audit_heads).where(of_acme).values(seal=bytes(32)))

    list(rotation_of(filled))

    faults = {report.organisation_id: report.faults for report in verify_all(filled, next_key_only(filled))}
    assert [fault.problem for fault in faults["acme"]] == ["the end of the chain was not sealed by Lynex"]
    assert faults["other"] == ()


def test_two_rotations_at_once_do_not_mix(filled: Database, open_relational: Callable[[], Database]) -> None:
    one, other = rotation_of(filled), rotation_of(open_relational())
    for step, _ in zip(one, range(2), strict=False):
        assert step
    list(other)
    list(one)

    assert_all_readable(filled, next_key_only(filled))
