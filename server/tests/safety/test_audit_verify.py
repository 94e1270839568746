"""Verification finds and names whatever was done to the log behind Lynex's back."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safety.factories import ANOTHER_KEY, MASTER_KEY, a_vault, an_audit_log, record

from lynex_server.engines.relational.database import Database
from lynex_server.safety import audit_verify
from lynex_server.safety.audit_entry import hash_of, head_seal, line_of
from lynex_server.safety.audit_rows import entry_of
from lynex_server.safety.public import AuditLog, MasterKeys, verify, verify_all
from lynex_server.safety.tables import audit_heads, audit_log

ROWS = 7


@pytest.fixture
def recorded(database: Database) -> Database:
    audit = an_audit_log(database)
    for number in range(1, ROWS + 1):
        record(database, audit, target=f"bud_{number}", before=None, after={"limit": number, "name": "é"})
    return database


def tamper(database: Database, *statements: sa.Executable) -> None:
    with database.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def change(sequence: int, **values: object) -> sa.Update:
    return sa.update(audit_log).where(of_acme(audit_log), audit_log.c.sequence == sequence).values(**values)


def move(sequence: int, to: int) -> sa.Update:
    return (
        sa.update(audit_log)
        .where(of_acme(audit_log), audit_log.c.sequence == sequence)
        .values({audit_log.c.sequence: to})
    )


def remove(*sequences: int) -> sa.Delete:
    return sa.delete(audit_log).where(of_acme(audit_log), audit_log.c.sequence.in_(sequences))


def of_acme(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.organisation_id == "acme"


def faults_in(database: Database) -> list[tuple[int, str]]:
    report = verify(database, a_vault(database), "acme")
    return [(fault.sequence, fault.problem) for fault in report.faults]


def id_of(database: Database, sequence: int) -> str:
    with database.read() as connection:
        statement = sa.select(audit_log.c.id).where(of_acme(audit_log), audit_log.c.sequence == sequence)
        found: str = connection.execute(statement).scalar_one()
        return found


CHANGED = "was changed after it was recorded, or moved"


def test_finds_nothing_where_nothing_was_done(recorded: Database) -> None:
    reports = list(verify_all(recorded, a_vault(recorded)))

    assert [(report.organisation_id, report.rows, report.faults) for report in reports] == [
        ("", 1, ()),
        ("acme", ROWS, ()),
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"action": "budget.removed"},
        {"target": "bud_9"},
        {"at_us": 1},
        {"actor_kind": "system"},
        {"actor_id": "usr_ben"},
        {"actor_name": "ben@example.com"},
        {"actor_address": "198.51.100.1"},
        {"project_id": "prj"},
        {"id": "aud_other"},
        {"before": "{}"},
        {"after": '{"limit":3,"name":"e"}'},
        {"after": '{"limit": 3,"name":"é"}'},
        {"after": "not json"},
        {"after": "null"},
        {"hash": bytes(32)},
    ],
    ids=str,
)
def test_names_the_row_that_was_changed(recorded: Database, values: dict[str, object]) -> None:
    tamper(recorded, change(3, **values))
    report = verify(recorded, a_vault(recorded), "acme")

    named = report.faults[0]
    assert (named.sequence, named.id, named.problem) == (3, id_of(recorded, 3), CHANGED)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, ROWS), st.sampled_from(["action", "target", "actor_name", "after"]), st.data())
def test_finds_any_byte_that_was_flipped(
    recorded: Database, sequence: int, column: str, data: st.DataObject
) -> None:
    with recorded.read() as connection:
        statement = sa.select(audit_log.c[column]).where(of_acme(audit_log), audit_log.c.sequence == sequence)
        text: str = connection.execute(statement).scalar_one()
    place = data.draw(st.integers(0, len(text) - 1))
    flipped = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
    tamper(recorded, change(sequence, **{column: flipped}))

    found = faults_in(recorded)
    tamper(recorded, change(sequence, **{column: text}))

    assert found == [(sequence, CHANGED)]
    assert faults_in(recorded) == []


def test_names_what_follows_a_row_that_was_rewritten_with_its_hash(recorded: Database) -> None:
    """Who knows the format can make a row look right in itself, but not the rows after it."""
    tamper(recorded, change(3, target="bud_9"))
    with recorded.read() as connection:
        query = sa.select(audit_log).where(of_acme(audit_log), audit_log.c.sequence == 3)
        row = connection.execute(query).one()
    tamper(recorded, change(3, hash=hash_of(line_of(entry_of(row)))))

    assert faults_in(recorded) == [(4, "does not follow row 3, which was rewritten")]


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ((1,), [(2, "row 1 before it is missing")]),
        ((3,), [(4, "row 3 before it is missing")]),
        ((3, 4, 5), [(6, "rows 3 to 5 before it are missing")]),
        ((ROWS,), [(ROWS, f"row {ROWS} at the end is missing")]),
        ((5, 6, 7), [(ROWS, "rows 5 to 7 at the end are missing")]),
        (tuple(range(1, ROWS + 1)), [(ROWS, "rows 1 to 7 at the end are missing")]),
    ],
)
def test_names_the_rows_that_were_removed(
    recorded: Database, gone: tuple[int, ...], expected: list[tuple[int, str]]
) -> None:
    tamper(recorded, remove(*gone))

    assert faults_in(recorded) == expected


def test_names_rows_that_changed_places(recorded: Database) -> None:
    tamper(recorded, move(3, 99), move(4, 3), move(99, 4))

    assert {sequence for sequence, _ in faults_in(recorded)} == {3, 4, 5}


def test_names_an_end_that_was_moved_to_hide_a_cut(recorded: Database) -> None:
    """Cutting rows off and writing a fitting end needs the key."""
    tamper(recorded, remove(6, 7))
    with recorded.read() as connection:
        last = connection.execute(sa.select(audit_log.c.hash).where(of_acme(audit_log)).order_by(
            audit_log.c.sequence.desc())).scalars().first()  # fmt: skip
    forged = head_seal(bytes(32), "acme", 5, last or b"")
    tamper(
        recorded,
        sa.update(audit_heads).where(of_acme(audit_heads)).values(sequence=5, hash=last, seal=forged),
    )

    assert faults_in(recorded) == [(5, "the end of the chain was not sealed by Lynex")]


def test_names_an_end_that_is_gone(recorded: Database) -> None:
    tamper(recorded, sa.delete(audit_heads).where(of_acme(audit_heads)))

    assert faults_in(recorded) == [(ROWS, "the end of the chain is not known any more")]


def test_misses_a_chain_that_is_gone_as_a_whole(recorded: Database) -> None:
    tamper(
        recorded,
        sa.delete(audit_log).where(of_acme(audit_log)),
        sa.delete(audit_heads).where(of_acme(audit_heads)),
    )

    reports = {report.organisation_id: report for report in verify_all(recorded, a_vault(recorded))}
    assert reports[""].faults == ()
    assert [fault.problem for fault in reports["acme"].faults] == ["the whole chain is missing"]


def test_tells_of_a_chain_that_nobody_started(recorded: Database) -> None:
    """So the installation's own chain cannot be thrown away unseen either."""
    for table in (audit_log, audit_heads):
        tamper(recorded, sa.delete(table).where(table.c.organisation_id == ""))

    (report,) = verify_all(recorded, a_vault(recorded))
    assert [fault.problem for fault in report.faults] == [
        "the installation's chain does not tell of this chain"
    ]


def test_names_rows_that_were_added_without_lynex(recorded: Database) -> None:
    with recorded.read() as connection:
        query = sa.select(audit_log).where(of_acme(audit_log), audit_log.c.sequence == ROWS)
        row = connection.execute(query).one()._asdict()
    row |= {"sequence": ROWS + 1, "previous_hash": row["hash"]}
    tamper(recorded, sa.insert(audit_log).values(**row))

    assert (ROWS + 1, f"row {ROWS + 1} and later were not recorded by Lynex") in faults_in(recorded)


def test_says_when_an_end_was_never_sealed(database: Database) -> None:
    clock_log = AuditLog(database, an_audit_log(database)._clock)
    record(database, clock_log)

    assert faults_in(database) == [(1, "the end of the chain was never sealed")]


def test_says_when_the_master_key_is_another(recorded: Database) -> None:
    elsewhere = a_vault(recorded, keys=MasterKeys(lambda: (ANOTHER_KEY,)))

    report = verify(recorded, elsewhere, "acme")

    assert [fault.problem for fault in report.faults] == [
        "the end of the chain is sealed under a key that is not at hand"
    ]
    assert verify(recorded, a_vault(recorded, keys=MasterKeys(lambda: (MASTER_KEY,))), "acme").faults == ()


def test_reads_in_pages(recorded: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_verify, "_PAGE_ROWS", 3)
    monkeypatch.setattr(audit_verify, "_PAGE", audit_verify._PAGE.limit(3))
    tamper(recorded, change(4, target="x"))

    assert faults_in(recorded) == [(4, CHANGED)]


def test_tells_a_bounded_number_of_faults(recorded: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_verify, "FAULTS_MAX", 2)
    tamper(recorded, sa.update(audit_log).where(of_acme(audit_log)).values(target="x"))

    assert len(faults_in(recorded)) == 2


def test_others_may_record_meanwhile(
    recorded: Database, open_relational: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that comes between the look at the end and the look at the rows is no fault."""
    other = open_relational()
    audit = an_audit_log(other)
    look, looks = audit_verify.audit_rows.head_of, []

    def record_after_look(connection: sa.Connection, organisation_id: str) -> object:
        head = look(connection, organisation_id)
        if not looks:
            looks.append(head)
            record(other, audit)
        return head

    with monkeypatch.context() as patched:
        patched.setattr(audit_verify.audit_rows, "head_of", record_after_look)
        record_later = verify(recorded, a_vault(recorded), "acme")

    assert (record_later.rows, record_later.faults) == (ROWS + 1, ())
