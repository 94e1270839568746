"""Counters in a SQLite file: for one machine, shared by its processes."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lynex_server.engines.counters.checkpointer import Checkpointer
from lynex_server.engines.counters.protocol import (
    ENDED_AT_ONCE,
    REMEMBERED_US,
    Change,
    Claim,
    Granted,
    Hold,
    HoldAnswer,
    Level,
    Line,
    Refused,
    Repeated,
    Unknown,
    Wanted,
)
from lynex_server.kernel.errors import Busy

BUSY_TIMEOUT_S = 10
TIDIED_EVERY_US = 100_000
"""How often holds that have expired, or ended long ago, are looked for, where nothing asks for it earlier."""

Part = tuple[str, int, int]
"""Counter, slot and amount."""
_parts = msgspec.json.Decoder(list[Part])

_SCHEMA = """
CREATE TABLE known (counter TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE slots (
    counter TEXT, slot INTEGER, spent INTEGER NOT NULL, version INTEGER NOT NULL, held INTEGER NOT NULL,
    PRIMARY KEY (counter, slot)
) WITHOUT ROWID;
CREATE TABLE holds (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, expires_at_us INTEGER NOT NULL, note BLOB NOT NULL,
    parts TEXT NOT NULL -- JSON: [counter, slot, amount] of each, none once it has ended
) WITHOUT ROWID;
CREATE INDEX ix_holds_live ON holds (expires_at_us) WHERE state = 'held';
CREATE INDEX ix_holds_ended ON holds (expires_at_us) WHERE state <> 'held';
"""
_WRITE = """
INSERT INTO slots VALUES (?, ?, ?, ?, 0)
ON CONFLICT (counter, slot) DO UPDATE SET spent = excluded.spent, version = excluded.version
WHERE excluded.version > slots.version
"""
_SET_ASIDE = """
INSERT INTO slots VALUES (?, ?, 0, 0, ?)
ON CONFLICT (counter, slot) DO UPDATE SET held = held + excluded.held
"""
_SHAPE = 2
"""Which shape the tables have. Those of another are dropped: what is lost is loaded from the books."""
_PAGE_BYTES = 1024
"""Of each page that a hold touches the log takes a whole copy; rows here are short."""
_GIVE_BACK = "UPDATE slots SET held = held - ? WHERE counter = ? AND slot = ?"
_FORGET_EMPTY = """
DELETE FROM known WHERE counter = :counter AND NOT EXISTS (SELECT 1 FROM slots WHERE counter = :counter)
"""
_HOLD = "INSERT INTO holds VALUES (?, 'held', ?, ?, ?) ON CONFLICT (id) DO NOTHING"
_CHANGE = "UPDATE holds SET expires_at_us = MAX(expires_at_us, ?), parts = ? WHERE id = ?"
_LEVEL = (
    "SELECT COALESCE(SUM(spent), 0), COALESCE(SUM(held), 0) FROM slots"
    " WHERE counter = ? AND slot BETWEEN ? AND ?"
)
_KNOWN_LEVEL = _LEVEL.replace("SELECT", "SELECT (SELECT 1 FROM known WHERE counter = ?),")


class SqliteCounters:
    """See `protocol.Counters` for the promises.

    A commit is in the hands of the system, not yet on the disk (`synchronous = NORMAL`): it survives the
    process, and what a loss of power takes back is holds of calls that the same loss has ended.
    """

    def __init__(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        # One connection and one lock: SQLite writes one at a time anyway, and its own waiting is by sleeping.
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        with self._lock:
            for pragma in (
                f"page_size = {_PAGE_BYTES}",  # of a new file
                "journal_mode = WAL",
                "synchronous = NORMAL",
                "wal_autocheckpoint = 0",
            ):
                self._connection.execute(f"PRAGMA {pragma}")
        self._checkpointer = Checkpointer(path, self._lock)
        self._now_us = self._tidied_at_us = 0
        with self._transaction() as connection:
            _shape(connection)

    def at_hand(self) -> bool:
        """As promised by the protocol."""
        return not self._lock.locked()

    def hold(self, wanted: Sequence[Wanted], now_us: int) -> list[HoldAnswer]:
        """As promised by the protocol."""
        with self._transaction() as connection:
            self._now_us = now_us
            return [_hold(connection, each, now_us) for each in wanted]

    def change(self, changes: Sequence[Change]) -> list[bool]:
        """As promised by the protocol."""
        with self._transaction() as connection:
            self._tidy(connection)
            return [_change(connection, each) for each in changes]

    def finish(self, hold_ids: Sequence[str], lines: Sequence[Line]) -> None:
        """As promised by the protocol."""
        with self._transaction() as connection:
            for hold_id in hold_ids:
                _end(connection, hold_id, "finished")
            _write(connection, lines)
            self._tidy(connection)

    def load(self, counter: str, lines: Sequence[Line]) -> None:
        """As promised by the protocol."""
        with self._transaction() as connection:
            _write(connection, lines)
            connection.execute("INSERT OR IGNORE INTO known VALUES (?)", (counter,))

    def find(self, hold_id: str) -> Hold | None:
        """As promised by the protocol."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT state, expires_at_us, note FROM holds WHERE id = ?", (hold_id,)
            ).fetchone()
        return None if row is None else Hold(*row)

    def levels(self, ranges: Sequence[tuple[str, int, int]], now_us: int) -> list[Level]:
        """As promised by the protocol."""
        with self._transaction() as connection:
            _end_expired(connection, now_us)
            _forget_ended(connection, now_us)
            return [Level(*connection.execute(_LEVEL, wanted).fetchone()) for wanted in ranges]

    def forget(self, counter: str, before_slot: int) -> None:
        """As promised by the protocol."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM slots WHERE counter = ? AND slot < ?", (counter, before_slot))
            connection.execute(_FORGET_EMPTY, {"counter": counter})

    def close(self) -> None:
        """As promised by the protocol."""
        self._checkpointer.close()
        with self._lock:
            self._connection.close()

    def _tidy(self, connection: sqlite3.Connection) -> None:
        """Where calls end, for nobody waits there: by the time of the last hold."""
        if abs(self._now_us - self._tidied_at_us) >= TIDIED_EVERY_US:
            self._tidied_at_us = self._now_us
            _end_expired(connection, self._now_us)
            _forget_ended(connection, self._now_us)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._connection
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise Busy("the file of the counters cannot be written") from error
            try:
                yield connection
                connection.execute("COMMIT")
                self._checkpointer.written()
            except BaseException as error:
                connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise Busy("the file of the counters cannot be written") from error
                raise


def _hold(connection: sqlite3.Connection, wanted: Wanted, now_us: int) -> HoldAnswer:
    answer = _set_aside(connection, wanted)
    # What expired a moment ago must not be in the way.
    if answer != Granted() and _end_expired(connection, now_us):
        answer = _set_aside(connection, wanted)
    return answer


def _set_aside(connection: sqlite3.Connection, wanted: Wanted) -> HoldAnswer:
    refusal = _refusal(connection, wanted.claims)
    if refusal is None:
        parts = [(claim.counter, claim.slot, claim.amount) for claim in wanted.claims]
        values = (wanted.hold_id, wanted.expires_at_us, wanted.note, msgspec.json.encode(parts))
        if connection.execute(_HOLD, values).rowcount:
            connection.executemany(_SET_ASIDE, parts)
            return Granted()
    found = connection.execute("SELECT state FROM holds WHERE id = ?", (wanted.hold_id,)).fetchone()
    if found is not None:
        return Repeated(found[0])
    assert refusal is not None  # noqa: S101  # else it would have been set aside
    return refusal


def _refusal(connection: sqlite3.Connection, claims: Sequence[Claim]) -> Refused | Unknown | None:
    unknown, refused = [], None
    for index, claim in enumerate(claims):
        asked = (claim.counter, claim.counter, claim.first_slot, claim.slot)
        known, spent, held = connection.execute(_KNOWN_LEVEL, asked).fetchone()
        if not known:
            unknown.append(claim.counter)
        elif refused is None and claim.limit is not None and spent + held + claim.amount > claim.limit:
            refused = Refused(index, Level(spent, held))
    return Unknown(tuple(unknown)) if unknown else refused


def _write(connection: sqlite3.Connection, lines: Sequence[Line]) -> None:
    connection.executemany(_WRITE, [(line.counter, line.slot, line.spent, line.version) for line in lines])


def _end_expired(connection: sqlite3.Connection, now_us: int) -> bool:
    """Whether there were any."""
    expired = connection.execute(
        "SELECT id FROM holds WHERE state = 'held' AND expires_at_us <= ? LIMIT ?", (now_us, ENDED_AT_ONCE)
    ).fetchall()
    for (hold_id,) in expired:
        _end(connection, hold_id, "expired")
    return bool(expired)


def _forget_ended(connection: sqlite3.Connection, now_us: int) -> None:
    connection.execute(
        "DELETE FROM holds WHERE id IN (SELECT id FROM holds WHERE state <> 'held' AND expires_at_us <= ?"
        " LIMIT ?)",
        (now_us - REMEMBERED_US, ENDED_AT_ONCE),
    )


def _change(connection: sqlite3.Connection, change: Change) -> bool:
    before = _live_parts(connection, change.hold_id)
    if before is None:
        return False
    after = [(name, slot, change.amounts.get(name, amount)) for name, slot, amount in before]
    connection.execute(_CHANGE, (change.expires_at_us, msgspec.json.encode(after), change.hold_id))
    less = [(*old[:2], old[2] - new[2]) for old, new in zip(before, after, strict=True)]
    _give_back(connection, less)
    return True


def _end(connection: sqlite3.Connection, hold_id: str, state: str) -> None:
    parts = _live_parts(connection, hold_id)
    if parts is not None:
        connection.execute("UPDATE holds SET state = ?, parts = '[]' WHERE id = ?", (state, hold_id))
        _give_back(connection, parts)


def _live_parts(connection: sqlite3.Connection, hold_id: str) -> list[Part] | None:
    found = connection.execute(
        "SELECT parts FROM holds WHERE id = ? AND state = 'held'", (hold_id,)
    ).fetchone()
    return None if found is None else _parts.decode(found[0])


def _give_back(connection: sqlite3.Connection, parts: Sequence[Part]) -> None:
    connection.executemany(_GIVE_BACK, [(amount, counter, slot) for counter, slot, amount in parts])


def _shape(connection: sqlite3.Connection) -> None:
    """Have the tables as they are today."""
    if connection.execute("PRAGMA user_version").fetchone()[0] != _SHAPE:
        for table in ("known", "slots", "holds", "parts"):
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_SHAPE}")
