"""What readiness asks of the parts of a process."""

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.gateway.public import GatewayService
from lynex_server.kernel.errors import Busy


def check_database(database: Database) -> None:
    """Raises when the relational engine does not answer."""
    with database.begin() as connection:
        connection.execute(sa.text("SELECT 1"))


def check_takes_calls(gateway: GatewayService) -> None:
    """Raises `Busy` when the gateway takes no more calls, because its process stops."""
    if gateway.is_stopping:
        raise Busy("this process stops")
