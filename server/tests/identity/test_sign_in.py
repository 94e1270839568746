"""Links: once, in time, in the browser that asked, and never telling who exists."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from clocks import FixedClock
from identity.signing_in import ADA, LAPTOP, PASSWORD, URL, Installation, invite, person_of, token_in
from structlog.testing import capture_logs

from lynex_server.engines.mail.protocol import Mail
from lynex_server.engines.relational.database import Database
from lynex_server.identity.entrance import Entered, Visitor
from lynex_server.identity.newcomers import Newcomer
from lynex_server.identity.place import Place
from lynex_server.identity.sign_in import FIRST_OWNER_LINKS, SentLink
from lynex_server.identity.tables import sign_in_links
from lynex_server.kernel.errors import (
    Busy,
    Conflict,
    Forbidden,
    InvalidInput,
    LynexError,
    NotFound,
    Unauthorized,
)

MINUTE_US = 60_000_000


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def lynex(database: Database, clock: FixedClock) -> Installation:
    return Installation.on(database, clock)


def redeem(lynex: Installation, sent: SentLink, visitor: Visitor = LAPTOP) -> Entered:
    return lynex.sign_in.links.redeem(sent.token, sent.browser, visitor)


# A link by mail


def test_a_mailed_link_signs_its_person_in(lynex: Installation) -> None:
    owner = lynex.first_owner()

    sent = lynex.ask_for_link(ADA.upper())
    entered = redeem(lynex, sent)

    assert lynex.mailed_tokens() == [sent.token]
    assert entered.user.id == owner.user.id
    found = lynex.sign_in.sessions.user_of(entered.begun.token)
    assert found is not None
    assert found.email == ADA


def test_a_link_works_once(lynex: Installation) -> None:
    lynex.first_owner()
    sent = lynex.ask_for_link()
    redeem(lynex, sent)

    for browser in (sent.browser, "another browser", ""):
        with pytest.raises(Unauthorized, match="not any more"):
            lynex.sign_in.links.redeem(sent.token, browser, LAPTOP)


def test_of_two_who_use_a_link_at_once_one_gets_in(lynex: Installation) -> None:
    lynex.first_owner()
    sent = lynex.ask_for_link()

    def attempt(_number: int) -> bool:
        try:
            redeem(lynex, sent)
        except Unauthorized:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(attempt, range(6))) == [False] * 5 + [True]


def test_a_link_works_for_fifteen_minutes(lynex: Installation, clock: FixedClock) -> None:
    lynex.first_owner()
    early, late = lynex.ask_for_link(), lynex.ask_for_link()

    clock.advance_us(15 * MINUTE_US - 1)
    redeem(lynex, early)
    clock.advance_us(1)
    with pytest.raises(Unauthorized):
        redeem(lynex, late)


def test_a_link_works_in_the_browser_that_asked_alone(lynex: Installation) -> None:
    """Whoever reads the mail, or the log of a proxy, has nothing; and what he tries does not use it up."""
    lynex.first_owner()
    sent = lynex.ask_for_link()

    for other in ("", "another browser", lynex.ask_for_link().browser):
        with pytest.raises(Forbidden):
            lynex.sign_in.links.redeem(sent.token, other, LAPTOP)

    assert redeem(lynex, sent)


def test_a_browser_that_asks_twice_may_use_either_link(lynex: Installation) -> None:
    lynex.first_owner()
    first = lynex.ask_for_link()
    second = lynex.ask_for_link(browser=first.browser)

    assert second.browser == first.browser
    assert redeem(lynex, first)
    assert redeem(lynex, second)


def test_the_table_does_not_hold_what_would_open_a_link(lynex: Installation) -> None:
    sent = lynex.ask_for_link()

    with lynex.database.read() as connection:
        row = connection.execute(sa.select(sign_in_links)).one()

    assert sent.token not in str(row)
    assert sent.browser not in str(row)
    assert sent.token not in repr(sent)


@pytest.mark.parametrize("token", ["", "x", "x" * 300, "\x00", "ünïcode"])
def test_what_is_no_link_is_refused(lynex: Installation, token: str) -> None:
    with pytest.raises(Unauthorized):
        lynex.sign_in.links.redeem(token, "", LAPTOP)


def test_nobody_is_told_whether_an_address_is_known(lynex: Installation) -> None:
    lynex.first_owner()

    known, unknown = lynex.ask_for_link(), lynex.ask_for_link("stranger@acme.test")

    assert (len(known.token), len(known.browser)) == (len(unknown.token), len(unknown.browser))
    assert lynex.mailed_tokens() == [known.token]  # and the stranger's went nowhere
    with pytest.raises(Unauthorized):
        redeem(lynex, unknown)
    assert lynex.emails() == [ADA]


def test_a_mail_server_that_is_away_looks_the_same_too(lynex: Installation) -> None:
    class Away:
        delivers = True

        def send(self, mail: Mail) -> None:
            raise Busy("the mail server is away")

        def close(self) -> None: ...

    lynex.first_owner()
    lynex.sign_in.links._mailer = Away()

    with capture_logs() as logs:
        lynex.ask_for_link()
        lynex.ask_for_link("stranger@acme.test")

    assert [entry["event"] for entry in logs] == ["sign_in.link_not_sent"]
    assert ADA not in str(logs)


def test_links_that_are_too_old_leave_the_table(lynex: Installation, clock: FixedClock) -> None:
    lynex.ask_for_link()
    clock.advance_us(16 * MINUTE_US)

    lynex.ask_for_link()

    with lynex.database.read() as connection:
        assert len(connection.execute(sa.select(sign_in_links)).all()) == 1


def test_an_invited_person_may_ask_for_a_link_before_having_an_account(lynex: Installation) -> None:
    invite(lynex, lynex.first_owner(), "grace@acme.test")

    entered = redeem(lynex, lynex.ask_for_link("grace@acme.test"))

    assert entered.user.email == "grace@acme.test"
    assert lynex.identity.members.of_person(entered.user.id) == []  # accepting is a step of its own


def test_signing_in_again_ends_the_session_that_the_browser_had(lynex: Installation) -> None:
    before = lynex.first_owner()
    other = redeem(lynex, lynex.ask_for_link())

    after = redeem(lynex, lynex.ask_for_link(), Visitor("192.0.2.7", "Firefox", before.begun.token))
    lynex.sign_in.sessions.forget()

    assert after.begun.token != before.begun.token
    assert lynex.sign_in.sessions.user_of(before.begun.token) is None
    assert lynex.sign_in.sessions.user_of(other.begun.token) is not None


def test_every_sign_in_is_told_in_the_organisations_log(lynex: Installation) -> None:
    lynex.first_owner()
    entered = redeem(lynex, lynex.ask_for_link())

    last = lynex.audited()[-1]

    assert (last.action, last.actor.id, last.actor.address) == ("session.begun", entered.user.id, "192.0.2.7")
    assert last.after == {"how": "link", "kind": "browser", "user_agent": "Firefox on a laptop"}


# The first owner


def test_the_first_person_becomes_the_owner_of_the_first_organisation(lynex: Installation) -> None:
    entered = lynex.first_owner(" Ada@Acme.test ")

    [membership] = lynex.identity.members.of_person(entered.user.id)
    assert (membership.organisation_id, membership.project_id, membership.role) == ("default", "", "owner")
    assert (entered.user.email, entered.user.name) == (ADA, "ada")
    assert lynex.actions() == ["member.added", "session.begun"]


def test_the_first_owner_may_have_a_password_from_the_beginning(lynex: Installation) -> None:
    lynex.first_owner(password=PASSWORD)

    assert lynex.sign_in.accounts.sign_in(ADA, PASSWORD, LAPTOP).user.email == ADA


def test_the_first_owners_link_stays_good_until_it_is_used(lynex: Installation, clock: FixedClock) -> None:
    """It is printed at each start; any of them works, in any browser, but one."""
    links = [token_in(lynex.sign_in.links.first_owner_link(URL) or "") for _ in range(3)]
    clock.advance_us(400 * 24 * 60 * MINUTE_US)

    assert lynex.sign_in.links.redeem(links[0], "", LAPTOP, Newcomer(ADA))

    assert lynex.sign_in.links.first_owner_link(URL) is None
    for token in links:
        with pytest.raises(Unauthorized):
            lynex.sign_in.links.redeem(token, "", LAPTOP, Newcomer("eve@acme.test"))
    assert lynex.emails() == [ADA]


def test_of_two_first_owners_at_once_one_becomes_it(lynex: Installation) -> None:
    tokens = [token_in(lynex.sign_in.links.first_owner_link(URL) or "") for _ in range(4)]

    def attempt(number: int) -> bool:
        try:
            lynex.sign_in.links.redeem(tokens[number], "", LAPTOP, Newcomer(f"p{number}@acme.test"))
        except Unauthorized:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(attempt, range(4))) == [False, False, False, True]
    assert len(lynex.emails()) == 1


@pytest.mark.parametrize(
    "newcomer",
    [
        None,
        Newcomer("no address"),
        Newcomer(ADA, "\x07"),
        Newcomer(ADA, "", "too short"),
        Newcomer(ADA, "x" * 201),
    ],
)
def test_a_first_owner_who_says_it_wrongly_may_try_again(
    lynex: Installation, newcomer: Newcomer | None
) -> None:
    token = token_in(lynex.sign_in.links.first_owner_link(URL) or "")
    with pytest.raises(InvalidInput):
        lynex.sign_in.links.redeem(token, "", LAPTOP, newcomer)

    assert lynex.sign_in.links.redeem(token, "", LAPTOP, Newcomer(ADA))


def test_a_bounded_number_of_first_owners_links_is_kept(lynex: Installation, clock: FixedClock) -> None:
    for _ in range(FIRST_OWNER_LINKS + 5):
        clock.advance_us(1)
        last = lynex.sign_in.links.first_owner_link(URL)

    with lynex.database.read() as connection:
        assert len(connection.execute(sa.select(sign_in_links)).all()) == FIRST_OWNER_LINKS
    assert lynex.sign_in.links.redeem(token_in(last or ""), "", LAPTOP, Newcomer(ADA))


def test_another_process_takes_the_link_that_this_one_printed(
    lynex: Installation, open_relational: Callable[[], Database], clock: FixedClock
) -> None:
    token = token_in(lynex.sign_in.links.first_owner_link(URL) or "")
    elsewhere = Installation.on(open_relational(), clock)

    entered = elsewhere.sign_in.links.redeem(token, "", LAPTOP, Newcomer(ADA))

    assert lynex.sign_in.sessions.user_of(entered.begun.token) is not None


# By an invitation, without mail


def test_who_holds_an_invitation_joins_by_it(lynex: Installation) -> None:
    token = invite(lynex, lynex.first_owner(), "grace@acme.test", "admin")

    entered = lynex.sign_in.joining.join(token, "Grace", PASSWORD, LAPTOP)

    [membership] = lynex.identity.members.of_person(entered.user.id)
    assert (entered.user.email, entered.user.name, membership.role) == ("grace@acme.test", "Grace", "admin")
    assert lynex.sign_in.accounts.sign_in("grace@acme.test", PASSWORD, LAPTOP)
    with pytest.raises(NotFound):
        lynex.sign_in.joining.join(token, "Eve", None, LAPTOP)


def test_an_invitation_does_not_open_an_account_that_is_there(lynex: Installation) -> None:
    """Else an admin could enter another organisation's account by inviting its address to his own."""
    owner = lynex.first_owner()
    grace = lynex.sign_in.joining.join(invite(lynex, owner, "grace@acme.test"), "Grace", None, LAPTOP)
    organisation = lynex.identity.organisations.create(person_of(owner), "Another")
    actor, place = person_of(owner).actor(), Place(organisation.id)
    token = lynex.identity.invitations.create(actor, place, "grace@acme.test", "member").token

    with pytest.raises(Conflict):
        lynex.sign_in.joining.join(token, "Eve", PASSWORD, LAPTOP)

    with pytest.raises(LynexError):
        lynex.sign_in.accounts.sign_in("grace@acme.test", PASSWORD, LAPTOP)
    assert lynex.identity.invitations.accept(person_of(grace), token).organisation_id == organisation.id


def test_a_weak_password_leaves_the_invitation_open(lynex: Installation) -> None:
    token = invite(lynex, lynex.first_owner(), "grace@acme.test")
    with pytest.raises(InvalidInput):
        lynex.sign_in.joining.join(token, "Grace", "password1234", LAPTOP)

    assert lynex.sign_in.joining.join(token, "Grace", None, LAPTOP)
