"""What the audit log records and gives back, over SQLite and a real PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from clocks import NOON_US, FixedClock
from safety.factories import ANNA, an_audit_log, record

from lynex_server.engines.relational.database import Database
from lynex_server.kernel.errors import InvalidInput
from lynex_server.safety.audit_verify import verify_all
from lynex_server.safety.public import INSTALLATION, Actor, AuditFilters


def actions_in(database: Database, filters: AuditFilters, organisation_id: str = "acme") -> list[str]:
    return [entry.action for entry in an_audit_log(database).page(organisation_id, filters).entries]


def test_tells_who_did_what_when_from_where_and_what_changed(database: Database) -> None:
    audit = an_audit_log(database)

    change = {"before": {"limit": 1}, "after": {"limit": 2}}
    record(database, audit, "budget.changed", project_id="prj", target="bud_1", **change)

    (entry,) = audit.page("acme").entries
    assert (entry.sequence, entry.at_us, entry.actor, entry.action) == (1, NOON_US, ANNA, "budget.changed")
    assert (entry.project_id, entry.target) == ("prj", "bud_1")
    assert (entry.before, entry.after) == ({"limit": 1}, {"limit": 2})


def test_a_record_shares_the_fate_of_the_transaction_it_tells_of(database: Database) -> None:
    audit = an_audit_log(database)

    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        audit.record(connection, ANNA, "budget.created", organisation_id="acme")
        _ = 1 / 0

    assert audit.page("acme").entries == ()


def test_each_row_carries_the_hash_of_the_one_before(database: Database) -> None:
    audit = an_audit_log(database)
    for _ in range(3):
        record(database, audit)

    newest, middle, oldest = audit.page("acme").entries

    assert [entry.sequence for entry in (oldest, middle, newest)] == [1, 2, 3]
    assert oldest.previous_hash == bytes(32)
    assert (middle.previous_hash, newest.previous_hash) == (oldest.hash, middle.hash)


def test_organisations_have_chains_of_their_own(database: Database) -> None:
    audit = an_audit_log(database)
    record(database, audit, organisation_id="acme")
    record(database, audit, organisation_id="other")

    assert [entry.sequence for entry in audit.page("acme").entries] == [1]
    assert [entry.sequence for entry in audit.page("other").entries] == [1]


def test_the_installations_chain_tells_of_every_chain_that_starts(database: Database) -> None:
    audit = an_audit_log(database)
    record(database, audit, organisation_id="acme")
    record(database, audit, organisation_id="acme")

    entries = audit.page(INSTALLATION).entries

    assert [(entry.action, entry.target) for entry in entries] == [("audit.chain_started", "acme")]


def test_pages_from_the_newest_row_to_the_oldest(database: Database) -> None:
    audit = an_audit_log(database)
    for number in range(5):
        record(database, audit, target=str(number))

    seen, cursor = [], None
    while True:
        page = audit.page("acme", cursor=cursor, limit=2)
        seen.append([entry.target for entry in page.entries])
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == [["4", "3"], ["2", "1"], ["0"]]


def test_refuses_a_cursor_of_its_own_making(database: Database) -> None:
    with pytest.raises(InvalidInput):
        an_audit_log(database).page("acme", cursor="bm90IG91cnM")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (AuditFilters(), ["key.revoked", "budget.changed", "budget.created"]),
        (AuditFilters(project_id="one"), ["budget.changed", "budget.created"]),
        (AuditFilters(actor="usr_anna"), ["budget.changed", "budget.created"]),
        (AuditFilters(actor="anna@example.com"), ["budget.changed", "budget.created"]),
        (AuditFilters(actor="key_7"), ["key.revoked"]),
        (AuditFilters(action="budget"), ["budget.changed", "budget.created"]),
        (AuditFilters(action="budget."), ["budget.changed", "budget.created"]),
        (AuditFilters(action="budget.created"), ["budget.created"]),
        (AuditFilters(action="bud"), []),
        (AuditFilters(action="%"), []),
        (AuditFilters(target="key_1"), ["key.revoked"]),
        (AuditFilters(from_us=NOON_US + 1), ["key.revoked", "budget.changed"]),
        (AuditFilters(to_us=NOON_US + 2), ["budget.changed", "budget.created"]),
        (AuditFilters(project_id="one", action="budget.changed", from_us=NOON_US + 1), ["budget.changed"]),
    ],
)
def test_filters_narrow_the_page(database: Database, filters: AuditFilters, expected: list[str]) -> None:
    clock = FixedClock()
    audit = an_audit_log(database, clock)
    for action, project, target, actor in (
        ("budget.created", "one", "bud_1", ANNA),
        ("budget.changed", "one", "bud_1", ANNA),
        ("key.revoked", "two", "key_1", Actor("api_key", "key_7", "ci")),
    ):
        record(database, audit, action, project_id=project, target=target, actor=actor)
        clock.advance_us(1)

    assert actions_in(database, filters) == expected


@pytest.mark.parametrize("action", ["created", "Budget.created", "budget created", "budget.", ""])
def test_refuses_an_action_that_is_not_noun_and_verb(database: Database, action: str) -> None:
    with pytest.raises(ValueError, match=r"noun\.verb"):
        record(database, an_audit_log(database), action)


def test_keeps_what_no_database_could_store(database: Database) -> None:
    audit = an_audit_log(database)
    record(
        database, audit, target="a\x00b", actor=Actor("user", "u", "half \ud800"),
        after={"nul": "\x00", "half": "\udfff", "large": 2**80, "nothing": float("nan")},
    )  # fmt: skip

    (entry,) = audit.page("acme").entries
    assert entry.target == "a\ufffdb"
    assert entry.actor.name == "half ?"
    assert entry.after == {"nul": "\ufffd", "half": "?", "large": str(2**80), "nothing": "nan"}
    assert all(not report.faults for report in verify_all(database, None))


def test_rows_that_are_recorded_at_once_form_one_chain(
    database: Database, open_relational: Callable[[], Database]
) -> None:
    """On PostgreSQL several transactions really run at once."""
    opened = [database, open_relational(), open_relational()]
    logs = [(one, an_audit_log(one)) for one in opened]

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda n: record(*logs[n % 3], target=str(n)), range(30)))

    entries = an_audit_log(database).page("acme").entries
    assert [entry.sequence for entry in entries] == list(range(30, 0, -1))
    assert {entry.target for entry in entries} == {str(number) for number in range(30)}
    assert all(not report.faults for report in verify_all(database, None))
