"""What every way of sending mail promises; see `protocol.py`."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from engines.mail.conftest import Mailbox

from lynex_server.engines.mail.console import ConsoleMailer
from lynex_server.engines.mail.outbox import Outbox
from lynex_server.engines.mail.protocol import Mail, Mailer
from lynex_server.engines.mail.smtp import SmtpMailer, SmtpServer

TEXT = "Grüße, 你好!\n.\n..\nFrom here\n" + "long " * 300 + "\nhttps://lynex.test/sign-in#token=a_b-c\n"


@dataclass
class Way:
    """A mailer, and what its reader gets to see once it is closed."""

    mailer: Mailer
    read: Callable[[], str]


@pytest.fixture(params=["console", "smtp", "outbox"])
def way(request: pytest.FixtureRequest, start_smtp: Callable[..., Mailbox]) -> Iterator[Way]:
    if request.param == "console":
        stream = io.StringIO()
        yield Way(ConsoleMailer(stream), stream.getvalue)
        return
    mailbox = start_smtp()
    smtp = SmtpMailer(SmtpServer.of_url(f"smtp://127.0.0.1:{mailbox.port}?from=lynex@acme.test&tls=none"))

    def read() -> str:
        message = mailbox.message()
        return f"{message['to']}\n{message['subject']}\n{message.get_content()}"

    yield Way(smtp if request.param == "smtp" else Outbox(smtp), read)


def test_a_mail_arrives_as_it_was_written(way: Way) -> None:
    way.mailer.send(Mail("ada@acme.test", "Ihr Zugang für Lynex ✓", TEXT))
    way.mailer.close()

    seen = way.read().replace("\r\n", "\n")

    assert "ada@acme.test" in seen
    assert "Ihr Zugang für Lynex ✓" in seen
    assert TEXT in seen


def test_closing_twice_is_harmless(way: Way) -> None:
    way.mailer.send(Mail("ada@acme.test", "Hello", "Hello"))

    way.mailer.close()
    way.mailer.close()


@pytest.mark.parametrize(
    "to",
    ["", "ada", "@acme.test", "ada@", "ada@acme.test, bob@acme.test", "ada@acme.test\r\nBcc: bob@acme.test",
     "Ada <ada@acme.test>", "a" * 250 + "@acme.test"],
)  # fmt: skip
def test_a_mail_goes_to_exactly_one_address(to: str) -> None:
    with pytest.raises(ValueError, match="one address"):
        Mail(to, "Hello", "Hello")


def test_a_subject_adds_no_header() -> None:
    with pytest.raises(ValueError, match="one line"):
        Mail("ada@acme.test", "Hello\r\nBcc: bob@acme.test", "Hello")
