"""People who were not here before: what they say of themselves, and the account they get."""

from dataclasses import dataclass, field

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.identity.names import checked_name
from lynex_server.identity.passwords import Passwords, check_strength
from lynex_server.identity.user_storage import User, add_user
from lynex_server.kernel.errors import Conflict
from lynex_server.kernel.ids import UserId, new_id


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What somebody says who gets an account. `email` was checked; without a name it stands for one."""

    email: str
    name: str = ""
    password: str | None = field(default=None, repr=False)


def hash_of(passwords: Passwords, newcomer: Newcomer) -> str | None:
    """What to keep of the password, where there is one. Raises `InvalidInput` for a weak one, `Busy`."""
    if newcomer.password is None:
        return None
    check_strength(newcomer.password, newcomer.email, field="password")
    return passwords.hash(newcomer.password)


def new_user(
    database: Database,
    connection: sa.Connection,
    newcomer: Newcomer,
    password_hash: str | None,
    now_us: int,
) -> User:
    """Add an account inside the caller's transaction.

    Raises `InvalidInput` for the name, `Conflict` when somebody has the address.
    """
    name = checked_name(newcomer.name) if newcomer.name.strip() else newcomer.email.partition("@")[0]
    user = User(UserId(new_id("usr")), newcomer.email, name, password_hash, now_us)
    if not add_user(database, connection, user):
        raise Conflict("There is an account with this address: sign in to it.")
    return user
