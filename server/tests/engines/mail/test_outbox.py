"""Mail that is sent later: bounded, tried again, and not in anybody's way."""

import threading
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from lynex_server.engines.mail.outbox import MAX_WAITING, Outbox
from lynex_server.engines.mail.protocol import Mail
from lynex_server.kernel.errors import Busy

PATIENCE_S = 20.0
MAIL = Mail("ada@acme.test", "Hello", "Hello")


class MailServer:
    """The next station: takes mail once `may_take` is set, after refusing the first `refusals`."""

    delivers = True

    def __init__(self, refusals: int = 0) -> None:
        self.may_take = threading.Event()
        self.taken: list[Mail] = []
        self.asked = 0
        self._refusals = refusals

    def send(self, mail: Mail) -> None:
        self.may_take.wait(PATIENCE_S)
        self.asked += 1
        if self.asked <= self._refusals:
            raise Busy("the mail server is away")
        self.taken.append(mail)

    def close(self) -> None:
        pass


@pytest.fixture
def server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.may_take.set()


def test_nobody_waits_for_the_mail_server(server: MailServer) -> None:
    outbox = Outbox(server)

    outbox.send(MAIL)

    assert server.taken == []
    server.may_take.set()
    outbox.close()
    assert server.taken == [MAIL]


def test_a_mail_is_tried_three_times_and_then_given_up() -> None:
    server = MailServer(refusals=3)
    outbox = Outbox(server, pauses_s=(0.001, 0.001))
    server.may_take.set()

    with capture_logs() as logs:
        outbox.send(MAIL)
        outbox.send(Mail("bob@acme.test", "Hello", "Hello"))
        while len(server.taken) == 0:
            threading.Event().wait(0.005)
        outbox.close()

    assert [mail.to for mail in server.taken] == ["bob@acme.test"]
    assert [entry["again_in_s"] for entry in logs] == [0.001, 0.001, None]
    assert "ada@acme.test" not in str(logs)


def test_a_full_outbox_says_so(server: MailServer) -> None:
    outbox = Outbox(server)

    with pytest.raises(Busy, match="waiting"):
        for _ in range(MAX_WAITING + 2):  # one is under way
            outbox.send(MAIL)

    server.may_take.set()
    outbox.close()
    assert len(server.taken) >= MAX_WAITING


def test_a_closed_outbox_takes_nothing(server: MailServer) -> None:
    server.may_take.set()
    outbox = Outbox(server)
    outbox.close()

    with pytest.raises(Busy):
        outbox.send(MAIL)
