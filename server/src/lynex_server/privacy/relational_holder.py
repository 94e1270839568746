"""What the relational engine holds: ledger lines, settings, and whatever slices write down per project.

The tables are asked of the database, so one that is added later cannot be forgotten: every row that bears a
`project_id` goes with its project, with the rows that hang on it by foreign key and what they keep in the
vault. Of end users tell the lines of the ledger; budgets and kill switches that were set for one are told,
not removed: who set them has to.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.privacy.holders import EndUser, Line

PAGE_ROWS: Final = 1_000
KEPT: Final = frozenset({"audit_log", "audit_heads", "erasures", "erasure_salts"})
"""What must outlive a project: that it was erased, and who did what before."""
IDENTITY: Final = frozenset({"projects", "environments", "api_keys", "members", "invitations"})
"""What `identity` removes by itself, last of all: without the project nobody could resume."""
SECRETS: Final = "secrets"
"""The vault's table: a row that bears a `secret_id` takes its secret along."""
UNSHOWN: Final = frozenset({"secret_sha256", "sealed_secret", "token_sha256"})
_MAX_SCOPE_VALUE: Final = 512  # how much of a value the ledger keeps


class RelationalHolder:
    """See `holders.Holder`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count_end_user(self, user: EndUser) -> Mapping[str, int]:
        tables = self._by_end_user
        with self._database.read() as connection:
            return {table.name: _count(connection, table, _is_theirs(table, user)) for table in tables}

    def named_elsewhere(self, user: EndUser) -> Mapping[str, int]:
        written = json.dumps(user.end_user_id, ensure_ascii=False)
        found = {}
        tables, by_end_user = self._of_projects, self._by_end_user
        with self._database.read() as connection:
            for table in tables:
                texts = [column for column in table.columns if isinstance(column.type, sa.Text | sa.String)]
                if table in by_end_user or table.name in IDENTITY:
                    continue
                names = [
                    sa.or_(column == user.end_user_id, column.contains(written, autoescape=True))
                    for column in texts
                    if column.name not in ("id", "project_id", "organisation_id")
                ]
                if not names:
                    continue
                rows = _count(connection, table, table.c.project_id == user.project_id, sa.or_(*names))
                if rows:
                    found[table.name] = rows
        return found

    def erase_end_user(self, user: EndUser) -> None:
        tables = self._by_end_user
        with self._database.begin() as connection:
            for table in tables:
                connection.execute(sa.delete(table).where(_is_theirs(table, user)))

    def export_end_user(self, user: EndUser) -> Iterator[Line]:
        for table in self._by_end_user:
            yield from self._rows(table, _is_theirs(table, user))

    def count_project(self, project_id: str) -> Mapping[str, int]:
        tables = self._of_projects
        with self._database.read() as connection:
            return {
                table.name: _count(connection, table, table.c.project_id == project_id)
                for table in tables
                if table.name not in IDENTITY
            }

    def erase_project(self, project_id: str) -> None:
        secrets = self._all.tables[SECRETS]
        with self._database.begin() as connection:
            in_vault = self._secret_ids(connection, project_id)
            for table in reversed(self._all.sorted_tables):  # who refers to others goes first
                condition = self._belongs_to(table, project_id)
                if condition is not None and table.name not in KEPT | IDENTITY:
                    connection.execute(sa.delete(table).where(condition))
            for secret_id in in_vault:
                connection.execute(sa.delete(secrets).where(secrets.c.id == secret_id))

    def export_project(self, project_id: str) -> Iterator[Line]:
        projects = self._all.tables["projects"]
        yield from self._rows(projects, projects.c.id == project_id)
        for table in self._of_projects:
            yield from self._rows(table, table.c.project_id == project_id)

    def settle(self) -> None:
        self._database.scrub([SECRETS, *(table.name for table in self._of_projects)])

    def outdated_files(self, since_us: int) -> int:
        return 0

    @cached_property
    def _all(self) -> sa.MetaData:
        """Asked of the database once, in a transaction that only reads: in one that writes, everybody else's
        writing would wait for the look at every table."""
        found = sa.MetaData()
        with self._database.read() as connection:
            found.reflect(bind=connection)
        return found

    @cached_property
    def _of_projects(self) -> list[sa.Table]:
        return [
            table for table in self._all.sorted_tables if "project_id" in table.c and table.name not in KEPT
        ]

    @cached_property
    def _by_end_user(self) -> list[sa.Table]:
        return [
            table
            for table in self._of_projects
            if "end_user_id" in table.c or {"scope", "scope_value"} <= set(table.c.keys())
        ]

    def _secret_ids(self, connection: sa.Connection, project_id: str) -> list[str]:
        """What the project's rows keep in the vault, which knows organisations alone."""
        found: list[str] = []
        for table in self._of_projects:
            if "secret_id" in table.c:
                statement = sa.select(table.c.secret_id).where(table.c.project_id == project_id)
                found += [secret_id for secret_id in connection.scalars(statement) if secret_id]
        return found

    def _belongs_to(self, table: sa.Table, project_id: str) -> sa.ColumnElement[bool] | None:
        if "project_id" in table.c:
            return table.c.project_id == project_id
        for key in table.foreign_keys:
            owner = key.column.table
            if "project_id" in owner.c and owner.name not in KEPT | IDENTITY:
                theirs = sa.select(key.column).where(owner.c.project_id == project_id)
                return key.parent.in_(theirs)
        return None

    def _rows(self, table: sa.Table, condition: sa.ColumnElement[bool]) -> Iterator[Line]:
        """In the order of the primary key, a page in each transaction."""
        key = list(table.primary_key.columns)
        shown = [column for column in table.columns if column.name not in UNSHOWN]
        after: tuple[Any, ...] | None = None
        while True:
            statement = sa.select(*shown).where(condition).order_by(*key).limit(PAGE_ROWS)
            if after is not None:
                statement = statement.where(sa.tuple_(*key) > sa.tuple_(*map(sa.literal, after)))
            with self._database.read() as connection:
                found = [dict(row._mapping) for row in connection.execute(statement)]
            yield from ({"held": table.name, **row} for row in found)
            if len(found) < PAGE_ROWS:
                return
            after = tuple(found[-1][column.name] for column in key)


def _is_theirs(table: sa.Table, user: EndUser) -> sa.ColumnElement[bool]:
    of_project = table.c.project_id == user.project_id
    if "end_user_id" in table.c:
        return sa.and_(of_project, table.c.end_user_id == user.end_user_id)
    return sa.and_(
        of_project,
        table.c.scope == "end_user",
        table.c.scope_value == user.end_user_id[:_MAX_SCOPE_VALUE],
    )


def _count(connection: sa.Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    statement = sa.select(sa.func.count()).select_from(table).where(*conditions)
    return int(connection.execute(statement).scalar_one())
