"""The statements about people, one named function each, inside a transaction that the caller began."""

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity.tables import users
from lynex_server.kernel.ids import UserId


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account. `password_hash` is None while there is no password; it never leaves here."""

    id: UserId
    email: str
    name: str
    password_hash: str | None = field(repr=False)
    created_at_us: int


def add_user(database: Database, connection: sa.Connection, user: User) -> bool:
    """Whether the person was added: False when the address is taken."""
    statement = (
        database.insert(users)
        .values(
            id=user.id,
            email=user.email,
            name=user.name,
            password_hash=user.password_hash,
            created_at_us=user.created_at_us,
        )
        .on_conflict_do_nothing()
    )
    return connection.execute(statement).rowcount == 1


def find_user(connection: sa.Connection, user_id: str) -> User | None:
    """The person with this id."""
    row = connection.execute(sa.select(users).where(users.c.id == user_id)).first()
    return None if row is None else _user(row)


def find_user_by_email(connection: sa.Connection, email: str) -> User | None:
    """The person with this address, which is in lower case."""
    row = connection.execute(sa.select(users).where(users.c.email == email)).first()
    return None if row is None else _user(row)


def any_user_exists(connection: sa.Connection) -> bool:
    """Whether anybody has an account."""
    return connection.execute(sa.select(users.c.id).limit(1)).first() is not None


def replace_password(
    connection: sa.Connection, user_id: str, was: str | None, password_hash: str | None
) -> bool:
    """Whether the hash was replaced: False when it is not `was` any more, or the person is gone."""
    statement = (
        sa.update(users)
        .where(users.c.id == user_id, users.c.password_hash.is_not_distinct_from(was))
        .values(password_hash=password_hash)
    )
    return connection.execute(statement).rowcount == 1


def remove_user(connection: sa.Connection, user_id: str) -> None:
    """Forget a person; his sessions and memberships must be gone."""
    connection.execute(sa.delete(users).where(users.c.id == user_id))


def _user(row: sa.Row[Any]) -> User:
    return User(UserId(row.id), row.email, row.name, row.password_hash, row.created_at_us)
