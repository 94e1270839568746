"""Secrets at rest, over SQLite and a real PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from safety.factories import ANOTHER_KEY, a_vault

from lynex_server.engines.relational.database import Database
from lynex_server.kernel.errors import InvalidInput, NotFound
from lynex_server.safety.public import MasterKeys, Unreadable, Vault
from lynex_server.safety.tables import data_keys, metadata, secrets
from lynex_server.safety.vault import MAX_SECRET_BYTES, key_id_of

PLANTED = "sk-planted-hunter2"


def put(database: Database, vault: Vault, secret: str = PLANTED, name: str = "openai") -> str:
    with database.begin() as connection:
        return vault.put(connection, "acme", name, secret)


def test_gives_back_what_was_put(database: Database, open_relational: Callable[[], Database]) -> None:
    secret_id = put(database, a_vault(database), "hünter2 🗝")

    assert a_vault(database).read(secret_id) == "hünter2 🗝"
    assert a_vault(open_relational()).read(secret_id) == "hünter2 🗝"


def test_replaces_and_forgets(database: Database) -> None:
    vault = a_vault(database)
    secret_id = put(database, vault)

    with database.begin() as connection:
        vault.replace(connection, secret_id, "another")
    assert vault.read(secret_id) == "another"

    with database.begin() as connection:
        vault.remove(connection, secret_id)
        vault.remove(connection, secret_id)
    with pytest.raises(NotFound):
        vault.read(secret_id)
    with pytest.raises(NotFound), database.begin() as connection:
        vault.replace(connection, secret_id, "x")


def test_a_transaction_that_fails_keeps_no_secret(database: Database) -> None:
    vault = a_vault(database)
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        secret_id = vault.put(connection, "acme", "openai", PLANTED)
        assert vault.read_in(connection, secret_id) == PLANTED
        _ = 1 / 0

    with pytest.raises(NotFound):
        vault.read(secret_id)


def test_a_stolen_database_tells_no_secret(database: Database) -> None:
    """All its bytes are searched, and what lies there does not open without the master key."""
    secret_id = put(database, a_vault(database))

    with database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                for value in row:
                    told = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    assert b"hunter2" not in told
    thief = a_vault(database, keys=MasterKeys(lambda: (ANOTHER_KEY,)))
    with pytest.raises(Unreadable, match="does not have"):
        thief.read(secret_id)


def test_a_secret_does_not_open_in_the_row_of_another(database: Database) -> None:
    vault = a_vault(database)
    mine, theirs = put(database, vault, "mine"), put(database, vault, "theirs")
    with database.begin() as connection:
        sealed = connection.execute(sa.select(secrets.c.sealed).where(secrets.c.id == theirs)).scalar_one()
        connection.execute(sa.update(secrets).where(secrets.c.id == mine).values(sealed=sealed))

    with pytest.raises(Unreadable):
        vault.read(mine)


@pytest.mark.parametrize("changed", [{"organisation_id": "thief"}, {"name": "webhook"}])
def test_a_secret_does_not_open_for_another_organisation_or_use(
    database: Database, changed: dict[str, str]
) -> None:
    vault = a_vault(database)
    secret_id = put(database, vault)
    with database.begin() as connection:
        connection.execute(sa.update(secrets).values(**changed))

    with pytest.raises(Unreadable):
        vault.read(secret_id)


def test_seals_for_columns_of_other_slices(database: Database) -> None:
    vault = a_vault(database)
    with database.begin() as connection:
        sealed = vault.seal(connection, PLANTED, "key_1")

    with database.read() as connection:
        assert a_vault(database).unseal(connection, sealed, "key_1") == PLANTED
        assert b"hunter2" not in sealed
        for damaged in (b"", b"\x01", b"\x02" + sealed[1:], sealed[:40], sealed + b"x"):
            with pytest.raises(Unreadable):
                vault.unseal(connection, damaged, "key_1")
        with pytest.raises(Unreadable):
            vault.unseal(connection, sealed, "key_2")


def test_refuses_a_secret_over_its_bound_and_does_not_repeat_it(database: Database) -> None:
    with pytest.raises(InvalidInput) as refusal:
        put(database, a_vault(database), PLANTED * MAX_SECRET_BYTES)

    assert "hunter2" not in str(refusal.value)


def test_shows_no_key_in_its_representation(database: Database) -> None:
    vault = a_vault(database)
    put(database, vault)
    with database.begin() as connection:
        key = vault.data_keys.newest(connection)

    assert key.key.hex() not in repr(key)
    assert str(key.key)[2:-1] not in repr(key)


def test_processes_that_start_at_once_share_one_data_key(
    database: Database, open_relational: Callable[[], Database]
) -> None:
    opened = [open_relational() for _ in range(4)]

    def seal_one(one: Database) -> str:
        with one.begin() as connection:
            return key_id_of(a_vault(one).seal(connection, PLANTED, "x"))

    with ThreadPoolExecutor(4) as threads:
        used = set(threads.map(seal_one, opened))

    with database.read() as connection:
        made = connection.execute(sa.select(data_keys.c.id)).scalars().all()
    assert used == set(made)
    assert len(made) == 1
