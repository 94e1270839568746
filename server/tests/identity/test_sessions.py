"""Sessions, over SQLite and a real PostgreSQL."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from clocks import FixedClock

from lynex_server.engines.relational.database import Database
from lynex_server.identity.sessions import (
    MAX_SESSIONS,
    REMEMBERED_US,
    SEEN_EVERY_US,
    NewSession,
    Sessions,
    presented_in,
)
from lynex_server.identity.settings import SignInSettings
from lynex_server.identity.tables import sessions as table
from lynex_server.identity.tables import users
from lynex_server.kernel.errors import NotFound
from lynex_server.kernel.ids import UserId

DAY_US = 86_400_000_000
ADA = UserId("usr_ada")
BOB = UserId("usr_bob")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def sessions(database: Database, clock: FixedClock) -> Sessions:
    with database.begin() as connection:
        for user_id in (ADA, BOB):
            connection.execute(
                sa.insert(users).values(
                    id=user_id, email=f"{user_id}@acme.test", name="", created_at_us=clock.now_us()
                )
            )
    return Sessions(database, clock, SignInSettings())


def begin(sessions: Sessions, database: Database, user_id: UserId = ADA) -> NewSession:
    with database.begin() as connection:
        return sessions.begin(connection, user_id, "browser", "192.0.2.7", "Firefox")


def end(sessions: Sessions, database: Database, user_id: UserId, session_id: str) -> None:
    with database.begin() as connection:
        sessions.end(connection, user_id, session_id)
    sessions.forget()


def test_a_token_finds_its_person(sessions: Sessions, database: Database) -> None:
    begun = begin(sessions, database)

    found = sessions.user_of(begun.token)

    assert found is not None
    assert (found.user_id, found.session_id, found.email) == (ADA, begun.session.id, "usr_ada@acme.test")
    assert sessions.user_of(begun.token[:-1]) is None
    assert sessions.user_of("lx_not_a_session") is None
    assert sessions.user_of("lxs_" + "a" * 10_000) is None


def test_the_table_does_not_hold_what_would_open_a_session(sessions: Sessions, database: Database) -> None:
    begun = begin(sessions, database)

    with database.read() as connection:
        row = connection.execute(sa.select(table)).one()

    assert begun.token not in str(row)
    assert begun.token not in repr(begun)
    assert sessions.user_of(row.token_sha256.hex()) is None


def test_an_ended_session_stops_here_at_once_and_elsewhere_within_a_second(
    sessions: Sessions, database: Database, open_relational: Callable[[], Database], clock: FixedClock
) -> None:
    elsewhere = Sessions(open_relational(), clock, SignInSettings())
    begun = begin(sessions, database)
    assert elsewhere.user_of(begun.token) is not None

    end(sessions, database, ADA, begun.session.id)

    assert sessions.user_of(begun.token) is None
    clock.advance_us(REMEMBERED_US + 1)
    assert elsewhere.user_of(begun.token) is None


def test_nobody_ends_the_session_of_another(sessions: Sessions, database: Database) -> None:
    begun = begin(sessions, database)

    with pytest.raises(NotFound):
        end(sessions, database, BOB, begun.session.id)

    assert sessions.user_of(begun.token) is not None


def test_ending_all_spares_the_one_in_use_and_those_of_others(sessions: Sessions, database: Database) -> None:
    kept, lost, other = (begin(sessions, database, user_id) for user_id in (ADA, ADA, BOB))

    with database.begin() as connection:
        ended = sessions.end_all(connection, ADA, except_id=kept.session.id)

    assert ended == 1
    assert [begun for begun in (kept, lost, other) if sessions.user_of(begun.token)] == [kept, other]


def test_a_session_ends_when_it_is_not_used_for_a_week(
    sessions: Sessions, database: Database, clock: FixedClock
) -> None:
    begun = begin(sessions, database)
    clock.advance_us(6 * DAY_US)
    assert sessions.user_of(begun.token) is not None  # which counts as use
    clock.advance_us(6 * DAY_US)
    assert sessions.user_of(begun.token) is not None

    clock.advance_us(7 * DAY_US)

    assert sessions.user_of(begun.token) is None
    assert sessions.list_of(ADA) == []


def test_a_session_ends_after_a_month_however_much_it_is_used(
    sessions: Sessions, database: Database, clock: FixedClock
) -> None:
    begun = begin(sessions, database)
    for _ in range(29):
        clock.advance_us(DAY_US)
        assert sessions.user_of(begun.token) is not None

    clock.advance_us(DAY_US)

    assert sessions.user_of(begun.token) is None


def test_when_it_was_last_used_is_written_once_a_minute(
    sessions: Sessions, database: Database, clock: FixedClock
) -> None:
    begun = begin(sessions, database)
    clock.advance_us(SEEN_EVERY_US - 1)
    sessions.user_of(begun.token)
    [unchanged] = sessions.list_of(ADA)

    clock.advance_us(REMEMBERED_US + 1)
    sessions.user_of(begun.token)

    [seen] = sessions.list_of(ADA)
    assert unchanged.last_seen_at_us == begun.session.created_at_us
    assert seen.last_seen_at_us == clock.now_us()


def test_one_person_has_a_bounded_number_of_sessions(
    sessions: Sessions, database: Database, clock: FixedClock
) -> None:
    first, other = begin(sessions, database), begin(sessions, database, BOB)
    for _ in range(MAX_SESSIONS):
        clock.advance_us(1)
        last = begin(sessions, database)

    assert len(sessions.list_of(ADA)) == MAX_SESSIONS
    assert sessions.user_of(first.token) is None
    assert sessions.user_of(last.token) is not None
    assert sessions.user_of(other.token) is not None


def test_sessions_that_are_over_leave_the_table_with_the_next_one(
    sessions: Sessions, database: Database, clock: FixedClock
) -> None:
    ended = begin(sessions, database)
    end(sessions, database, ADA, ended.session.id)
    begin(sessions, database)
    clock.advance_us(40 * DAY_US)

    last = begin(sessions, database)

    with database.read() as connection:
        assert connection.execute(sa.select(table.c.id)).scalars().all() == [last.session.id]


def test_a_request_presents_a_bearer_before_a_cookie_and_an_api_key_before_both() -> None:
    cookie = {"cookie": "theme=dark; lynex_session=lxs_c"}

    by_cookie = presented_in(cookie)
    by_bearer = presented_in({**cookie, "authorization": "bearer lxs_b"})

    assert by_cookie is not None
    assert (by_cookie.token, by_cookie.by_cookie) == ("lxs_c", True)
    assert by_bearer is not None
    assert (by_bearer.token, by_bearer.by_cookie) == ("lxs_b", False)
    for key in ({"authorization": "Bearer lx_key"}, {"x-api-key": "lx_key"}, {"x-lynex-signature": "00"}):
        assert presented_in({**cookie, **key}) is None
    assert presented_in({"cookie": "lynex_session=lx_key"}) is None
