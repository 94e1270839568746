"""The part of API keys in a rotation of what is sealed at rest."""

import sqlalchemy as sa

from lynex_server.identity.authentication import key_context
from lynex_server.identity.tables import api_keys
from lynex_server.safety.public import Reseal, Unreadable


class SealedKeys:
    """The sealed secrets of API keys, revoked ones included (a `safety.public.SealedElsewhere`)."""

    def reseal_page(self, connection: sa.Connection, reseal: Reseal, after: str, limit: int) -> str | None:
        """Seal anew the secrets of up to `limit` keys after the id `after`; the last id, None at the end."""
        statement = (
            sa.select(api_keys.c.id, api_keys.c.sealed_secret)
            .where(api_keys.c.id > after)
            .order_by(api_keys.c.id)
            .limit(limit)
            .with_for_update()
        )
        last = None
        for row in connection.execute(statement).all():
            last = row.id
            try:
                sealed = reseal(row.sealed_secret, key_context(row.id))
            except Unreadable:
                continue  # its signatures were refused before, and will be: nothing is lost
            if sealed != row.sealed_secret:
                connection.execute(
                    sa.update(api_keys).where(api_keys.c.id == row.id).values(sealed_secret=sealed)
                )
        return last
