"""Rows of own prices, and the version that tells of their change."""

from dataclasses import dataclass

import sqlalchemy as sa

from lynex_server.prices import tables
from lynex_server.pricing.public import Override, decode_terms, encode_terms

_BOOK_ROW = 1
_overrides = tables.price_overrides.c


@dataclass(frozen=True, slots=True)
class StoredOverride:
    """An own price with who made it, when, and why. `removed_at_us` is None while it counts."""

    override: Override
    note: str
    created_by: str
    created_at_us: int
    updated_at_us: int
    removed_at_us: int | None


def book_version(connection: sa.Connection) -> int:
    """Grows with every change of an own price."""
    version: int = connection.execute(
        sa.select(tables.price_book.c.version).where(tables.price_book.c.id == _BOOK_ROW)
    ).scalar_one()
    return version


def grow_version(connection: sa.Connection) -> None:
    """Tell every process that own prices changed, when the transaction commits."""
    connection.execute(sa.update(tables.price_book).values(version=tables.price_book.c.version + 1))


def overrides_in_force(connection: sa.Connection) -> list[Override]:
    """Every own price of the installation that was not removed."""
    statement = sa.select(tables.price_overrides).where(_overrides.removed_at_us.is_(None))
    return [_stored(row).override for row in connection.execute(statement)]


def overrides_of(
    connection: sa.Connection, organisation_id: str, project_id: str, removed: bool, limit: int
) -> list[StoredOverride]:
    """Those of the organisation and one of its projects, latest first; with `removed`, past ones too."""
    statement = (
        sa.select(tables.price_overrides)
        .where(
            _overrides.organisation_id == organisation_id,
            _overrides.project_id.in_(("", project_id)),
        )
        .order_by(_overrides.created_at_us.desc(), _overrides.id)
        .limit(limit)
    )
    if not removed:
        statement = statement.where(_overrides.removed_at_us.is_(None))
    return [_stored(row) for row in connection.execute(statement)]


def find_override(connection: sa.Connection, override_id: str) -> StoredOverride | None:
    """One that was not removed."""
    row = connection.execute(
        sa.select(tables.price_overrides).where(
            _overrides.id == override_id, _overrides.removed_at_us.is_(None)
        )
    ).first()
    return _stored(row) if row else None


def add_override(connection: sa.Connection, stored: StoredOverride) -> None:
    """Store a new one."""
    connection.execute(sa.insert(tables.price_overrides).values(**_values(stored)))


def replace_override(connection: sa.Connection, stored: StoredOverride) -> None:
    """Store other terms, dates or names under the same id."""
    connection.execute(
        sa.update(tables.price_overrides).where(_overrides.id == stored.override.id).values(**_values(stored))
    )


def remove_override(connection: sa.Connection, override_id: str, now_us: int) -> None:
    """Let it count no more. The row stays, so that what was priced with it can be explained."""
    connection.execute(
        sa.update(tables.price_overrides)
        .where(_overrides.id == override_id)
        .values(removed_at_us=now_us, updated_at_us=now_us)
    )


def count_overrides(connection: sa.Connection, organisation_id: str) -> int:
    """How many count for an organisation."""
    count: int = connection.execute(
        sa.select(sa.func.count()).where(
            _overrides.organisation_id == organisation_id, _overrides.removed_at_us.is_(None)
        )
    ).scalar_one()
    return count


def _values(stored: StoredOverride) -> dict[str, str | int | None]:
    override = stored.override
    return {
        "id": override.id,
        "organisation_id": override.organisation_id,
        "project_id": override.project_id,
        "provider": override.provider,
        "model": override.model,
        "service_tier": override.service_tier,
        "region": override.region,
        "valid_from_us": override.valid_from_us,
        "valid_until_us": override.valid_until_us,
        "terms": encode_terms(override.terms),
        "note": stored.note,
        "created_by": stored.created_by,
        "created_at_us": stored.created_at_us,
        "updated_at_us": stored.updated_at_us,
        "removed_at_us": stored.removed_at_us,
    }


def _stored(row: "sa.Row[tuple[object, ...]]") -> StoredOverride:
    said = row._mapping
    override = Override(
        id=said["id"],
        organisation_id=said["organisation_id"],
        project_id=said["project_id"],
        provider=said["provider"],
        model=said["model"],
        service_tier=said["service_tier"],
        region=said["region"],
        valid_from_us=said["valid_from_us"],
        valid_until_us=said["valid_until_us"],
        terms=decode_terms(said["terms"]),
    )
    return StoredOverride(
        override=override,
        note=said["note"],
        created_by=said["created_by"],
        created_at_us=said["created_at_us"],
        updated_at_us=said["updated_at_us"],
        removed_at_us=said["removed_at_us"],
    )
