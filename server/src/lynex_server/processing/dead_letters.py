"""What could not be processed: kept with its reason until someone replays or deletes it.

The row is in the relational engine, the body (the request as the queue held it) in the blob store. The
body is written before the row and deleted after it, so a row always has its body; a crash can leave a
body without a row, never the reverse. Ids are made from the batch, so a batch that is processed again
after a crash finds its dead letters already there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from lynex_server.engines.blob.protocol import Blob
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.errors import NotFound
from lynex_server.processing import tables

_MAX_REASON = 4000


def body_prefix(project_id: str) -> str:
    """What the names of all bodies of a project begin with in the blob store."""
    return f"dead-letters/project_id={project_id}/"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One request, or one span of it, that could not be processed. `spans` is -1 when it cannot be read."""

    id: str
    project_id: str
    api_key_id: str
    received_at_us: int
    failed_at_us: int
    stage: str
    reason: str
    spans: int
    bytes: int
    attempts: int
    body_key: str


class DeadLetters:
    """The shelf of dead letters of every project."""

    def __init__(self, database: Database, blob: Blob) -> None:
        self._database = database
        self._blob = blob

    def add(self, letter: DeadLetter, body: bytes) -> None:
        """Keep a letter and its body. Harmless when repeated."""
        self._blob.put(letter.body_key, body)
        values = {column.name: getattr(letter, column.name) for column in tables.dead_letters.columns}
        values["reason"] = letter.reason[:_MAX_REASON]
        with self._database.begin() as connection:
            connection.execute(
                self._database.insert(tables.dead_letters).values(**values).on_conflict_do_nothing()
            )

    def page(
        self, project_id: str, limit: int, before: tuple[int, str] | None = None
    ) -> Sequence[DeadLetter]:
        """The project's letters, latest first, starting before the (failed_at_us, id) of a previous page."""
        columns = tables.dead_letters.c
        query = (
            sa.select(tables.dead_letters)
            .where(columns.project_id == project_id)
            .order_by(columns.failed_at_us.desc(), columns.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(sa.tuple_(columns.failed_at_us, columns.id) < sa.tuple_(*before))
        with self._database.begin() as connection:
            return [DeadLetter(**row._mapping) for row in connection.execute(query)]

    def count(self, project_id: str) -> int:
        """How many letters the project has."""
        query = sa.select(sa.func.count()).where(tables.dead_letters.c.project_id == project_id)
        with self._database.begin() as connection:
            return int(connection.execute(query).scalar_one())

    def find(self, project_id: str, letter_id: str) -> DeadLetter:
        """One letter of the project. Raises `NotFound`."""
        columns = tables.dead_letters.c
        query = sa.select(tables.dead_letters).where(
            columns.project_id == project_id, columns.id == letter_id
        )
        with self._database.begin() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"dead letter {letter_id}: there is none")
        return DeadLetter(**row._mapping)

    def body(self, letter: DeadLetter) -> bytes:
        """The request as the queue held it. Raises `NotFound`."""
        return self._blob.get(letter.body_key)

    def shorten(self, letter: DeadLetter, body: bytes, spans: int) -> None:
        """Put a body with fewer spans in the place of the letter's."""
        self._blob.put(letter.body_key, body)
        columns = tables.dead_letters.c
        with self._database.begin() as connection:
            connection.execute(
                sa.update(tables.dead_letters)
                .where(columns.project_id == letter.project_id, columns.id == letter.id)
                .values(spans=spans, bytes=len(body))
            )

    def remove(self, letter: DeadLetter) -> None:
        """Forget a letter and its body. Harmless when repeated."""
        columns = tables.dead_letters.c
        with self._database.begin() as connection:
            connection.execute(
                sa.delete(tables.dead_letters).where(
                    columns.project_id == letter.project_id, columns.id == letter.id
                )
            )
        self._blob.delete(letter.body_key)
