"""The numbered schema changes of the relational database, run at every start.

Each file of `migrations/versions` is one change, written by hand: `revision = "0002"` follows
`down_revision = "0001"`. All that are missing run in one transaction under one lock, so a crash leaves
either the old schema or the new one, and of two processes that start at once the second finds nothing to do.
"""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from lynex_server.engines.relational.database import Database
from lynex_server.kernel.errors import Conflict

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = "lynex migrations"


def migrate(database: Database) -> None:
    """Bring the schema up to date; does nothing when it is.

    Raises `Conflict` when the database was written by a newer Lynex, `Busy` when it cannot be reached or
    another process holds the lock for too long.
    """
    # Alembic tells of every step at INFO; at start that is noise in everybody's log.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = _config()
    with database.begin() as connection:
        database.lock(connection, _LOCK)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise Conflict(
                f"This database was last used by another version of Lynex, which is probably newer: {error}"
            ) from error


def _config() -> Config:
    config = Config()
    # "%" would begin an interpolation, and a folder may be called anything.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config
