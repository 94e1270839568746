"""The SQL of the SQLite queue: its tables, and each step as one function of the connection.

Every function but `tidy` runs inside the caller's transaction. `README.md` beside this file explains the
states.
"""

import hashlib
import sqlite3
from dataclasses import dataclass

from lynex_server.engines.queue.protocol import Appended, Entry, QueueBounds
from lynex_server.kernel.clock import MICROS_PER_SECOND
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.ids import new_id

LAYOUT_VERSION = 1
# What one step of housekeeping may do, so that no append waits for it noticeably.
PRUNE_STEP_IDS = 200
VACUUM_STEP_PAGES = 256
# Free pages that stay in the file for the next entries: 16 MB of 4 KB pages.
KEPT_FREE_PAGES = 4096

_TABLES = """
-- What was appended and not yet acknowledged. The small columns come first: they are read without the body.
CREATE TABLE entries (
    seq            INTEGER PRIMARY KEY,  -- order of append
    body_bytes     INTEGER NOT NULL,
    appended_at_us INTEGER NOT NULL,
    id             TEXT NOT NULL,
    project_id     TEXT NOT NULL,
    body           BLOB NOT NULL
);
-- Who works on what. Claims take the oldest entries, so each is one unbroken range of `entries.seq`.
CREATE TABLE claims (
    nr        INTEGER PRIMARY KEY,       -- order of claiming
    id        TEXT NOT NULL UNIQUE,
    consumer  TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    attempt   INTEGER NOT NULL,
    seen_us   INTEGER NOT NULL           -- the consumer's last sign of life
);
-- Ids that were accepted, as 16 bytes of their SHA-256. `nr` grows with time, so pruning reads the head only.
CREATE TABLE remembered (
    nr          INTEGER PRIMARY KEY,
    digest      BLOB NOT NULL UNIQUE,
    accepted_us INTEGER NOT NULL
);
-- One row: sums over `entries`, kept in the transactions that change them.
CREATE TABLE totals (entries INTEGER NOT NULL, bytes INTEGER NOT NULL);
INSERT INTO totals VALUES (0, 0);
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A durable claim, before its entries are read."""

    id: str
    attempt: int


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the tables in a new file. Raises `ValueError` for a file of another layout."""
    with connection:  # commits, or rolls back on an exception
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, LAYOUT_VERSION):
            raise ValueError(f"the queue's file has layout {version}, this version reads {LAYOUT_VERSION}")
        if version == 0:
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {LAYOUT_VERSION}")


def append(connection: sqlite3.Connection, entry: Entry, bounds: QueueBounds, now_us: int) -> Appended:
    """Store `entry` unless its id is remembered. Raises `Busy`, before any change, when the queue is full."""
    digest = hashlib.sha256(entry.id.encode()).digest()[:16]
    forgotten_us = now_us - bounds.remember_s * MICROS_PER_SECOND
    earlier = connection.execute("SELECT accepted_us FROM remembered WHERE digest = ?", (digest,)).fetchone()
    if earlier and earlier[0] > forgotten_us:
        return Appended.REPEATED
    entries, total_bytes = totals(connection)
    if entries + 1 > bounds.max_entries or total_bytes + len(entry.body) > bounds.max_bytes:
        raise Busy(f"the queue is full: {entries} entries, {total_bytes} bytes")
    # Deleted and inserted anew rather than updated, so that `nr` keeps growing with `accepted_us`.
    if earlier:
        connection.execute("DELETE FROM remembered WHERE digest = ?", (digest,))
    connection.execute("INSERT INTO remembered (digest, accepted_us) VALUES (?, ?)", (digest, now_us))
    connection.execute(
        "INSERT INTO entries (body_bytes, appended_at_us, id, project_id, body) VALUES (?, ?, ?, ?, ?)",
        (len(entry.body), entry.appended_at_us, entry.id, entry.project_id, entry.body),
    )
    connection.execute("UPDATE totals SET entries = entries + 1, bytes = bytes + ?", (len(entry.body),))
    return Appended.STORED


def claim(
    connection: sqlite3.Connection,
    consumer: str,
    max_entries: int,
    max_bytes: int,
    now_us: int,
    reclaim_after_s: float,
) -> Claimed | None:
    """What `consumer` works on next: its own unacknowledged claim, else one of the dead, else new entries."""
    silent_since_us = now_us - int(reclaim_after_s * MICROS_PER_SECOND)
    found = connection.execute(
        "SELECT nr, id, attempt FROM claims WHERE consumer = ?1 OR seen_us <= ?2 "
        "ORDER BY consumer = ?1 DESC, nr LIMIT 1",
        (consumer, silent_since_us),
    ).fetchone()
    if found:
        nr, claim_id, attempt = found
        connection.execute(
            "UPDATE claims SET consumer = ?, attempt = ?, seen_us = ? WHERE nr = ?",
            (consumer, attempt + 1, now_us, nr),
        )
        return Claimed(claim_id, attempt + 1)
    return _claim_new(connection, consumer, max_entries, max_bytes, now_us)


def _claim_new(
    connection: sqlite3.Connection, consumer: str, max_entries: int, max_bytes: int, now_us: int
) -> Claimed | None:
    """Claim the oldest entries behind every live claim."""
    rows = connection.execute(
        "SELECT seq, body_bytes FROM entries WHERE seq > (SELECT coalesce(max(last_seq), 0) FROM claims) "
        "ORDER BY seq LIMIT ?",
        (max(max_entries, 1),),
    )
    first_seq = last_seq = taken_bytes = 0
    for seq, body_bytes in rows:
        taken_bytes += body_bytes
        if last_seq and taken_bytes > max_bytes:
            break
        first_seq, last_seq = first_seq or seq, seq
    rows.close()
    if not last_seq:
        return None
    claimed = Claimed(new_id("claim"), attempt=1)
    connection.execute(
        "INSERT INTO claims (id, consumer, first_seq, last_seq, attempt, seen_us) VALUES (?, ?, ?, ?, 1, ?)",
        (claimed.id, consumer, first_seq, last_seq, now_us),
    )
    return claimed


def entries_of(connection: sqlite3.Connection, claim_id: str) -> tuple[Entry, ...]:
    """The entries of a live claim, in the order of their append; none when it was acknowledged.

    One statement: an acknowledgement at this very moment cannot come between the claim and its range.
    """
    rows = connection.execute(
        "SELECT entries.id, project_id, body, appended_at_us FROM claims "
        "JOIN entries ON entries.seq BETWEEN first_seq AND last_seq WHERE claims.id = ? ORDER BY seq",
        (claim_id,),
    )
    return tuple(Entry(*row) for row in rows.fetchall())


def ack(connection: sqlite3.Connection, claim_id: str) -> None:
    """Forget the claim and its entries. Nothing happens when it is not there."""
    found = connection.execute("SELECT first_seq, last_seq FROM claims WHERE id = ?", (claim_id,)).fetchone()
    if not found:
        return
    connection.execute(
        "UPDATE totals SET (entries, bytes) = (SELECT totals.entries - count(*), "
        "totals.bytes - coalesce(sum(body_bytes), 0) FROM entries WHERE seq BETWEEN ? AND ?)",
        found,
    )
    connection.execute("DELETE FROM entries WHERE seq BETWEEN ? AND ?", found)
    connection.execute("DELETE FROM claims WHERE id = ?", (claim_id,))


def heartbeat(connection: sqlite3.Connection, consumer: str, now_us: int) -> None:
    """The consumer lived at `now_us`."""
    connection.execute("UPDATE claims SET seen_us = ? WHERE consumer = ?", (now_us, consumer))


def totals(connection: sqlite3.Connection) -> tuple[int, int]:
    """Entries and bytes of bodies in the queue."""
    entries, total_bytes = connection.execute("SELECT entries, bytes FROM totals").fetchone()
    return entries, total_bytes


def oldest_appended_at_us(connection: sqlite3.Connection) -> int | None:
    """When the head of the queue was appended; None when it is empty."""
    row = connection.execute("SELECT appended_at_us FROM entries ORDER BY seq LIMIT 1").fetchone()
    return row[0] if row else None


def tidy(connection: sqlite3.Connection, forgotten_us: int) -> bool:
    """Forget some old ids and give some free pages back to the disk. True: there is more to do.

    Runs outside any transaction.
    """
    pruned = connection.execute(
        "DELETE FROM remembered WHERE accepted_us <= ? AND nr IN "
        "(SELECT nr FROM remembered ORDER BY nr LIMIT ?)",
        (forgotten_us, PRUNE_STEP_IDS),
    ).rowcount
    (free_pages,) = connection.execute("PRAGMA freelist_count").fetchone()
    if free_pages > KEPT_FREE_PAGES:
        # As a script: it frees one page per step, and `execute` takes the first step only.
        connection.executescript(f"PRAGMA incremental_vacuum({VACUUM_STEP_PAGES})")
    return pruned == PRUNE_STEP_IDS or free_pages > KEPT_FREE_PAGES


def scrub(connection: sqlite3.Connection) -> None:
    """Cut every free page off the file, in steps that an append hardly waits for, then empty the log.

    Runs outside any transaction. Raises `Busy` when a reader keeps the log from being emptied.
    """
    while connection.execute("PRAGMA freelist_count").fetchone()[0]:
        connection.executescript(f"PRAGMA incremental_vacuum({VACUUM_STEP_PAGES})")
    (blocked, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if blocked:
        raise Busy("the queue's file is being read: its log cannot be emptied now")
