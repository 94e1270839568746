"""Rows of repricings: what was asked for, how far it is, what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from lynex_server.prices import tables
from lynex_server.prices.repricing_statements import Stretch

RepricingState = Literal["waiting", "running", "done", "failed", "cancelled"]
UNFINISHED: tuple[RepricingState, ...] = ("waiting", "running")
_ENDED_EARLY: tuple[RepricingState, ...] = ("failed", "cancelled")

SETTLED_AFTER_US = 2_000_000
"""A repricing begins so long after it was asked for: by then every process prices with the new prices, and
what it priced with the old ones is stored."""

_jobs = tables.price_repricings.c
_chunks = tables.price_repricing_chunks.c
_lines = tables.price_repricing_lines.c


@dataclass(frozen=True, slots=True)
class Repricing:
    """A stretch of history that is to be priced again. `spans` is how many there were to look at."""

    id: str
    stretch: Stretch
    dry_run: bool
    state: RepricingState
    spans: int
    created_by: str
    created_at_us: int
    finished_at_us: int | None
    error: str


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A step of it; `done_at_us` is None while it is worked on."""

    number: int
    from_us: int
    until_us: int
    spans: int
    done_at_us: int | None


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """What changed, or would, on one day for one model: of the spans whose price is another one now."""

    day: str
    provider: str
    model: str
    changed: int
    old_nanousd: int
    new_nanousd: int
    old_unpriced: int
    new_unpriced: int


def add_repricing(connection: sa.Connection, job: Repricing) -> None:
    """Store a new one."""
    connection.execute(
        sa.insert(tables.price_repricings).values(
            id=job.id,
            project_id=job.stretch.project_id,
            from_us=job.stretch.from_us,
            until_us=job.stretch.until_us,
            provider=job.stretch.provider,
            model=job.stretch.model,
            dry_run=job.dry_run,
            state=job.state,
            spans=job.spans,
            created_by=job.created_by,
            created_at_us=job.created_at_us,
            finished_at_us=job.finished_at_us,
            owner="",
            lease_until_us=0,
            error=job.error,
        )
    )


def find_repricing(connection: sa.Connection, repricing_id: str) -> Repricing | None:
    """One by its id."""
    row = connection.execute(sa.select(tables.price_repricings).where(_jobs.id == repricing_id)).first()
    return _repricing(row) if row else None


def repricings_of(connection: sa.Connection, project_id: str, limit: int) -> list[Repricing]:
    """Those of a project, latest first."""
    statement = (
        sa.select(tables.price_repricings)
        .where(_jobs.project_id == project_id)
        .order_by(_jobs.created_at_us.desc(), _jobs.id.desc())
        .limit(limit)
    )
    return [_repricing(row) for row in connection.execute(statement)]


def count_unfinished(connection: sa.Connection, project_id: str) -> int:
    """How many of a project wait or run."""
    count: int = connection.execute(
        sa.select(sa.func.count()).where(_jobs.project_id == project_id, _jobs.state.in_(UNFINISHED))
    ).scalar_one()
    return count


def take_next(connection: sa.Connection, owner: str, now_us: int, lease_us: int) -> Repricing | None:
    """The oldest one that nobody works on becomes `owner`'s until its lease ends.

    Of a project one after the other: two at a time could both change one span. Dry runs change none.
    """
    other = tables.price_repricings.alias("other")
    an_older_one = sa.exists().where(
        other.c.project_id == _jobs.project_id,
        other.c.state.in_(UNFINISHED),
        sa.not_(other.c.dry_run),
        sa.tuple_(other.c.created_at_us, other.c.id) < sa.tuple_(_jobs.created_at_us, _jobs.id),
    )
    free = sa.select(_jobs.id).where(
        _jobs.state.in_(UNFINISHED),
        _jobs.lease_until_us < now_us,
        sa.or_(
            _jobs.dry_run,
            sa.and_(_jobs.created_at_us <= now_us - SETTLED_AFTER_US, sa.not_(an_older_one)),
        ),
    )
    repricing_id = connection.execute(free.order_by(_jobs.created_at_us, _jobs.id).limit(1)).scalar()
    if repricing_id is None:
        return None
    taken = connection.execute(
        sa.update(tables.price_repricings)
        .where(_jobs.id == repricing_id, _jobs.state.in_(UNFINISHED), _jobs.lease_until_us < now_us)
        .values(state="running", owner=owner, lease_until_us=now_us + lease_us)
    )
    return find_repricing(connection, repricing_id) if taken.rowcount else None


def keep_lease(connection: sa.Connection, repricing_id: str, owner: str, until_us: int) -> bool:
    """Work on for a while; False when it was cancelled or is another's by now."""
    kept = connection.execute(
        sa.update(tables.price_repricings)
        .where(_jobs.id == repricing_id, _jobs.owner == owner, _jobs.state == "running")
        .values(lease_until_us=until_us)
    )
    return bool(kept.rowcount)


def set_spans(connection: sa.Connection, repricing_id: str, spans: int) -> None:
    """Write down how many spans there are to look at."""
    connection.execute(sa.update(tables.price_repricings).where(_jobs.id == repricing_id).values(spans=spans))


def end_repricing(
    connection: sa.Connection, repricing_id: str, state: RepricingState, now_us: int, error: str = ""
) -> bool:
    """Work on it no more; False when it had ended before."""
    ended = connection.execute(
        sa.update(tables.price_repricings)
        .where(_jobs.id == repricing_id, _jobs.state.in_(UNFINISHED))
        .values(state=state, finished_at_us=now_us, lease_until_us=0, error=error)
    )
    return bool(ended.rowcount)


def last_chunk(connection: sa.Connection, repricing_id: str) -> ChunkRow | None:
    """The step that was begun last."""
    statement = sa.select(tables.price_repricing_chunks).where(_chunks.repricing_id == repricing_id)
    row = connection.execute(statement.order_by(_chunks.chunk.desc()).limit(1)).first()
    return ChunkRow(row.chunk, row.from_us, row.until_us, row.spans, row.done_at_us) if row else None


def steps_left(connection: sa.Connection, project_id: str) -> list[tuple[Repricing, ChunkRow]]:
    """The steps that were begun and not ended by repricings of a project that failed or were cancelled."""
    ended = connection.execute(
        sa.select(tables.price_repricings)
        .join(tables.price_repricing_chunks, _chunks.repricing_id == _jobs.id)
        .where(
            _jobs.project_id == project_id,
            _jobs.state.in_(_ENDED_EARLY),
            sa.not_(_jobs.dry_run),
            _chunks.done_at_us.is_(None),
        )
        .order_by(_jobs.created_at_us, _jobs.id)
    )
    jobs = [_repricing(row) for row in ended]
    return [(job, chunk) for job in jobs if (chunk := last_chunk(connection, job.id)) is not None]


def begin_chunk(connection: sa.Connection, repricing_id: str, chunk: ChunkRow) -> None:
    """Write down a step before it is worked on, so that it is the same one after a crash."""
    connection.execute(
        sa.insert(tables.price_repricing_chunks).values(
            repricing_id=repricing_id,
            chunk=chunk.number,
            from_us=chunk.from_us,
            until_us=chunk.until_us,
            spans=chunk.spans,
            done_at_us=chunk.done_at_us,
        )
    )


def end_chunk(
    connection: sa.Connection,
    repricing_id: str,
    number: int,
    spans: int,
    lines: Sequence[DifferenceLine],
    now_us: int,
) -> None:
    """Write down that a step is done and what it came to; the second time nothing changes."""
    ended = connection.execute(
        sa.update(tables.price_repricing_chunks)
        .where(_chunks.repricing_id == repricing_id, _chunks.chunk == number, _chunks.done_at_us.is_(None))
        .values(spans=spans, done_at_us=now_us)
    )
    if not ended.rowcount or not lines:
        return
    connection.execute(
        sa.insert(tables.price_repricing_lines),
        [
            {
                "repricing_id": repricing_id,
                "chunk": number,
                "day": line.day,
                "provider": line.provider,
                "model": line.model,
                "changed": line.changed,
                "old_nanousd": line.old_nanousd,
                "new_nanousd": line.new_nanousd,
                "old_unpriced": line.old_unpriced,
                "new_unpriced": line.new_unpriced,
            }
            for line in lines
        ],
    )


def progress(connection: sa.Connection, repricing_id: str) -> int:
    """How many spans were looked at."""
    done = sa.select(sa.func.coalesce(sa.func.sum(_chunks.spans), 0)).where(
        _chunks.repricing_id == repricing_id, _chunks.done_at_us.is_not(None)
    )
    return int(connection.execute(done).scalar_one())


def differences(connection: sa.Connection, repricing_id: str, limit: int) -> list[DifferenceLine]:
    """What changed so far per day and model, the latest day first."""
    sums = [
        sa.func.sum(column).label(column.name)
        for column in (
            _lines.changed,
            _lines.old_nanousd,
            _lines.new_nanousd,
            _lines.old_unpriced,
            _lines.new_unpriced,
        )
    ]
    statement = (
        sa.select(_lines.day, _lines.provider, _lines.model, *sums)
        .where(_lines.repricing_id == repricing_id)
        .group_by(_lines.day, _lines.provider, _lines.model)
        .order_by(_lines.day.desc(), _lines.provider, _lines.model)
        .limit(limit)
    )
    return [
        DifferenceLine(row[0], row[1], row[2], *(int(amount) for amount in row[3:]))
        for row in connection.execute(statement)
    ]


def _repricing(row: "sa.Row[tuple[object, ...]]") -> Repricing:
    said = row._mapping
    return Repricing(
        id=said["id"],
        stretch=Stretch(
            said["project_id"], said["from_us"], said["until_us"], said["provider"], said["model"]
        ),
        dry_run=bool(said["dry_run"]),
        state=said["state"],
        spans=said["spans"],
        created_by=said["created_by"],
        created_at_us=said["created_at_us"],
        finished_at_us=said["finished_at_us"],
        error=said["error"],
    )
