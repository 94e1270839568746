"""One's own account: signing in by password, changing it, ending sessions, leaving."""

import pytest
import sqlalchemy as sa
from clocks import FixedClock
from identity.signing_in import ADA, LAPTOP, PASSWORD, Installation, invite, person_of

from lynex_server.engines.relational.database import Database
from lynex_server.identity.entrance import Entered, Visitor
from lynex_server.identity.tables import invitations, members, sessions, users
from lynex_server.kernel.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    TooManyRequests,
    Unauthorized,
)

MINUTE_US = 60_000_000
OTHER_PASSWORD = "twenty yellow umbrellas"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def lynex(database: Database, clock: FixedClock) -> Installation:
    return Installation.on(database, clock)


def is_open(lynex: Installation, entered: Entered) -> bool:
    return lynex.sign_in.sessions.user_of(entered.begun.token) is not None


def grace(lynex: Installation, owner: Entered, password: str | None = PASSWORD) -> Entered:
    token = invite(lynex, owner, "grace@acme.test")
    return lynex.sign_in.joining.join(token, "Grace", password, LAPTOP)


# Signing in


def test_a_password_signs_its_person_in(lynex: Installation) -> None:
    owner = lynex.first_owner(password=PASSWORD)

    entered = lynex.sign_in.accounts.sign_in(f" {ADA.upper()}", PASSWORD, LAPTOP)

    assert entered.user.id == owner.user.id
    assert is_open(lynex, entered)


@pytest.mark.parametrize(
    ("email", "password"),
    [(ADA, "wrong"), (ADA, ""), ("stranger@acme.test", PASSWORD), ("", PASSWORD), ("grace@acme.test", "")],
)
def test_every_refusal_reads_the_same(lynex: Installation, email: str, password: str) -> None:
    grace(lynex, lynex.first_owner(password=PASSWORD), password=None)

    with pytest.raises(Unauthorized) as refused:
        lynex.sign_in.accounts.sign_in(email, password, LAPTOP)

    assert str(refused.value) == "The e-mail address or the password is wrong."


def test_a_failure_is_told_in_the_persons_organisation_a_few_times_an_hour(lynex: Installation) -> None:
    owner = lynex.first_owner(password=PASSWORD)
    for number in range(15):
        with pytest.raises(Unauthorized):
            lynex.sign_in.accounts.sign_in(ADA, "wrong", Visitor(f"192.0.2.{number}", ""))

    failures = [entry for entry in lynex.audited() if entry.action == "sign_in.failed"]

    assert len(failures) == 10
    assert {entry.target for entry in failures} == {owner.user.id}
    assert failures[0].after == {"how": "password"}


def test_a_failure_of_nobody_is_told_without_the_address(lynex: Installation) -> None:
    with pytest.raises(Unauthorized):
        lynex.sign_in.accounts.sign_in("stranger@acme.test", "wrong", LAPTOP)

    [failure] = lynex.audited("")
    assert "stranger" not in str(failure)


def test_attempts_at_one_account_are_counted_whether_it_exists(lynex: Installation) -> None:
    lynex.first_owner(password=PASSWORD)

    def attempts_until_refused(email: str) -> int:
        for number in range(100):
            try:
                lynex.sign_in.accounts.sign_in(email, "wrong", Visitor(f"198.51.100.{number}", ""))
            except TooManyRequests as refused:
                assert 0 < refused.retry_after_s <= 3600
                return number
            except Unauthorized:
                continue
        raise AssertionError("never refused")

    assert attempts_until_refused(ADA) == attempts_until_refused("stranger@acme.test") == 20
    with pytest.raises(TooManyRequests):
        lynex.sign_in.accounts.sign_in(ADA, PASSWORD, Visitor("203.0.113.1", ""))  # even with the right one


# Changing the password


def test_a_first_password_needs_no_old_one(lynex: Installation) -> None:
    person = person_of(lynex.first_owner())
    assert not lynex.sign_in.accounts.has_password(person)

    lynex.sign_in.accounts.set_password(person, None, PASSWORD)

    assert lynex.sign_in.accounts.has_password(person)
    assert lynex.sign_in.accounts.sign_in(ADA, PASSWORD, LAPTOP)


def test_changing_a_password_needs_the_old_one_and_ends_every_other_session(lynex: Installation) -> None:
    here = lynex.first_owner(password=PASSWORD)
    elsewhere = lynex.sign_in.accounts.sign_in(ADA, PASSWORD, LAPTOP)

    with pytest.raises(InvalidInput):
        lynex.sign_in.accounts.set_password(person_of(here), None, OTHER_PASSWORD)
    with pytest.raises(Forbidden):
        lynex.sign_in.accounts.set_password(person_of(here), "wrong", OTHER_PASSWORD)
    lynex.sign_in.accounts.set_password(person_of(here), PASSWORD, OTHER_PASSWORD)

    assert (is_open(lynex, here), is_open(lynex, elsewhere)) == (True, False)
    with pytest.raises(Unauthorized):
        lynex.sign_in.accounts.sign_in(ADA, PASSWORD, LAPTOP)
    assert lynex.sign_in.accounts.sign_in(ADA, OTHER_PASSWORD, LAPTOP)
    assert "account.password_set" in lynex.actions()


def test_a_weak_password_changes_nothing(lynex: Installation) -> None:
    owner = lynex.first_owner(password=PASSWORD)

    with pytest.raises(InvalidInput):
        lynex.sign_in.accounts.set_password(person_of(owner), PASSWORD, ADA)

    assert lynex.sign_in.accounts.sign_in(ADA, PASSWORD, LAPTOP)


def test_the_old_password_cannot_be_guessed_through_a_stolen_session(lynex: Installation) -> None:
    person = person_of(lynex.first_owner(password=PASSWORD))

    with pytest.raises(TooManyRequests):
        for _ in range(30):
            with pytest.raises(Forbidden):
                lynex.sign_in.accounts.set_password(person, "wrong", OTHER_PASSWORD)


# Sessions


def test_a_person_ends_his_sessions_and_nobody_elses(lynex: Installation) -> None:
    owner = lynex.first_owner(password=PASSWORD)
    second = lynex.sign_in.accounts.sign_in(ADA, PASSWORD, LAPTOP)
    third = lynex.sign_in.accounts.sign_in(ADA, PASSWORD, LAPTOP)
    others = grace(lynex, owner)

    with pytest.raises(NotFound):
        lynex.sign_in.accounts.end_session(person_of(owner), others.begun.session.id)
    lynex.sign_in.accounts.end_session(person_of(owner), second.begun.session.id)
    assert [is_open(lynex, each) for each in (owner, second, third, others)] == [True, False, True, True]

    assert lynex.sign_in.accounts.end_other_sessions(person_of(owner)) == 1
    assert [is_open(lynex, each) for each in (owner, second, third, others)] == [True, False, False, True]
    assert lynex.actions()[-1] == "session.others_ended"


# Leaving


def test_a_deleted_account_leaves_no_personal_data_but_in_the_audit_log(lynex: Installation) -> None:
    owner = lynex.first_owner()
    member = grace(lynex, owner)
    lynex.ask_for_link("grace@acme.test")

    lynex.sign_in.accounts.delete(person_of(member), PASSWORD)

    assert not is_open(lynex, member)
    assert lynex.emails() == [ADA]
    with lynex.database.read() as connection:
        for table in (users, sessions, members, invitations):
            assert "grace" not in str(connection.execute(sa.select(table)).all()).lower()
            assert member.user.id not in str(connection.execute(sa.select(table)).all())
    deleted = lynex.audited()[-1]
    assert (deleted.action, deleted.target) == ("account.deleted", member.user.id)
    with pytest.raises(Unauthorized):
        lynex.sign_in.accounts.sign_in("grace@acme.test", PASSWORD, LAPTOP)


def test_the_last_owner_cannot_leave(lynex: Installation) -> None:
    owner = lynex.first_owner(password=PASSWORD)

    with pytest.raises(Conflict):
        lynex.sign_in.accounts.delete(person_of(owner), PASSWORD)

    assert is_open(lynex, owner)
    assert lynex.emails() == [ADA]


def test_an_account_is_deleted_by_its_person_alone(lynex: Installation, clock: FixedClock) -> None:
    owner = lynex.first_owner()
    with_password, without = grace(lynex, owner), lynex.sign_in.joining.join(
        invite(lynex, owner, "hopper@acme.test"), "Hopper", None, LAPTOP
    )  # fmt: skip

    with pytest.raises(Forbidden):
        lynex.sign_in.accounts.delete(person_of(with_password), "wrong")
    with pytest.raises(InvalidInput):
        lynex.sign_in.accounts.delete(person_of(with_password), None)
    clock.advance_us(16 * MINUTE_US)
    with pytest.raises(Forbidden):
        lynex.sign_in.accounts.delete(person_of(without), None)
    assert len(lynex.emails()) == 3

    again = lynex.ask_for_link("hopper@acme.test")
    fresh = lynex.sign_in.links.redeem(again.token, again.browser, LAPTOP)
    lynex.sign_in.accounts.delete(person_of(fresh), None)
    assert lynex.emails() == [ADA, "grace@acme.test"]
