"""Letting a command line in from a browser."""

import pytest
from clocks import FixedClock
from identity.signing_in import LAPTOP, Installation, person_of

from lynex_server.engines.relational.database import Database
from lynex_server.identity.entrance import Entered, Visitor
from lynex_server.kernel.errors import NotFound, TooManyRequests, Unauthorized

TERMINAL = Visitor("192.0.2.9", "lynex/0.1.0 workstation")
MINUTE_US = 60_000_000


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def lynex(database: Database, clock: FixedClock) -> Installation:
    return Installation.on(database, clock)


@pytest.fixture
def ada(lynex: Installation) -> Entered:
    return lynex.first_owner()


def test_a_confirmed_command_line_gets_a_session_of_its_own_once(lynex: Installation, ada: Entered) -> None:
    waiting = lynex.sign_in.cli.begin(TERMINAL)
    assert lynex.sign_in.cli.finish(waiting.device_code, TERMINAL) is None

    shown = lynex.sign_in.cli.waiting(person_of(ada), waiting.user_code.lower().replace("-", " "))
    lynex.sign_in.cli.decide(person_of(ada), shown.user_code, "confirm")
    entered = lynex.sign_in.cli.finish(waiting.device_code, TERMINAL)

    assert (shown.address, shown.user_agent) == (TERMINAL.address, TERMINAL.user_agent)
    assert entered is not None
    assert (entered.user.id, entered.begun.session.kind) == (ada.user.id, "cli")
    assert entered.begun.token.startswith("lxs_")
    assert lynex.sign_in.sessions.user_of(ada.begun.token) is not None  # the browser's stays
    with pytest.raises(Unauthorized):
        lynex.sign_in.cli.finish(waiting.device_code, TERMINAL)


def test_a_refused_command_line_stays_out(lynex: Installation, ada: Entered) -> None:
    waiting = lynex.sign_in.cli.begin(TERMINAL)

    lynex.sign_in.cli.decide(person_of(ada), waiting.user_code, "refuse")

    with pytest.raises(Unauthorized):
        lynex.sign_in.cli.finish(waiting.device_code, TERMINAL)
    with pytest.raises(NotFound):
        lynex.sign_in.cli.decide(person_of(ada), waiting.user_code, "confirm")


def test_nobody_lets_a_command_line_in_twice(lynex: Installation, ada: Entered) -> None:
    """Else a second person could take over whom it signs in as."""
    waiting = lynex.sign_in.cli.begin(TERMINAL)
    lynex.sign_in.cli.decide(person_of(ada), waiting.user_code, "confirm")

    with pytest.raises(NotFound):
        lynex.sign_in.cli.decide(person_of(ada), waiting.user_code, "confirm")


def test_a_command_line_waits_for_ten_minutes(lynex: Installation, ada: Entered, clock: FixedClock) -> None:
    confirmed, waiting = lynex.sign_in.cli.begin(TERMINAL), lynex.sign_in.cli.begin(TERMINAL)
    lynex.sign_in.cli.decide(person_of(ada), confirmed.user_code, "confirm")

    clock.advance_us(10 * MINUTE_US)

    for attempt in (confirmed, waiting):
        with pytest.raises(Unauthorized):
            lynex.sign_in.cli.finish(attempt.device_code, TERMINAL)
    with pytest.raises(NotFound):
        lynex.sign_in.cli.decide(person_of(ada), waiting.user_code, "confirm")


@pytest.mark.parametrize("code", ["", "BCDF-GHJK", "x" * 300, "\x00"])
def test_what_nobody_waits_with_is_refused(lynex: Installation, ada: Entered, code: str) -> None:
    with pytest.raises(NotFound):
        lynex.sign_in.cli.waiting(person_of(ada), code)
    with pytest.raises(Unauthorized):
        lynex.sign_in.cli.finish(code, TERMINAL)


def test_codes_cannot_be_guessed_by_trying(lynex: Installation, ada: Entered) -> None:
    with pytest.raises(TooManyRequests):
        for _ in range(50):
            with pytest.raises(NotFound):
                lynex.sign_in.cli.decide(person_of(ada), "BCDF-GHJK", "confirm")


def test_the_secret_of_a_command_line_is_not_in_the_table_nor_in_its_code(
    lynex: Installation, ada: Entered
) -> None:
    waiting = lynex.sign_in.cli.begin(LAPTOP)

    assert waiting.device_code not in repr(waiting)
    with pytest.raises(Unauthorized):
        lynex.sign_in.cli.finish(waiting.user_code, LAPTOP)
