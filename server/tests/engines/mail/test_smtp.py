"""Over a real SMTP server: encryption, passwords, refusals."""

import ssl
from collections.abc import Callable

import pytest
from engines.mail.conftest import Certificate, Mailbox, only_password
from servers import free_port

from lynex_server.engines.mail.opening import open_mailer
from lynex_server.engines.mail.protocol import Mail
from lynex_server.engines.mail.smtp import SmtpMailer, SmtpServer
from lynex_server.kernel.errors import Busy

MAIL = Mail("ada@acme.test", "Sign in", "https://lynex.test/sign-in#token=secret-of-ada")


def mailer(port: int, options: str, who: str = "", trusting: ssl.SSLContext | None = None) -> SmtpMailer:
    server = SmtpServer.of_url(f"smtp://{who}localhost:{port}?from=lynex@acme.test&{options}")
    return SmtpMailer(server, trusting)


def test_signs_in_after_starttls(start_smtp: Callable[..., Mailbox], certificate: Certificate) -> None:
    mailbox = start_smtp(
        tls_context=certificate.serving(), require_starttls=True,
        authenticator=only_password("pass/word"), auth_required=True,
    )  # fmt: skip

    mailer(mailbox.port, "tls=starttls", "ada:pass%2Fword@", certificate.trusting()).send(MAIL)

    message = mailbox.message()
    assert (message["from"], message["to"]) == ("lynex@acme.test", "ada@acme.test")
    assert message["auto-submitted"] == "auto-generated"
    assert message["date"]
    assert message["message-id"].endswith("@acme.test>")


def test_speaks_tls_from_the_first_byte_where_asked(
    start_smtp: Callable[..., Mailbox], certificate: Certificate
) -> None:
    mailbox = start_smtp(ssl_context=certificate.serving())

    mailer(mailbox.port, "tls=implicit", trusting=certificate.trusting()).send(MAIL)

    assert len(mailbox.received) == 1


def test_says_nothing_to_a_server_whose_certificate_is_not_trusted(
    start_smtp: Callable[..., Mailbox], certificate: Certificate
) -> None:
    mailbox = start_smtp(tls_context=certificate.serving())

    with pytest.raises(Busy, match="SSLCertVerificationError"):
        mailer(mailbox.port, "tls=starttls").send(MAIL)
    assert mailbox.received == []


def test_writes_to_addresses_in_any_language(start_smtp: Callable[..., Mailbox]) -> None:
    mailbox = start_smtp(enable_SMTPUTF8=True)

    mailer(mailbox.port, "tls=none").send(Mail("jürgen@bücher.test", "Hello", "Hello"))

    assert mailbox.received[0].rcpt_tos == ["jürgen@bücher.test"]
    assert mailbox.message()["to"] == "jürgen@bücher.test"


def test_does_not_fall_back_to_clear_text(start_smtp: Callable[..., Mailbox]) -> None:
    mailbox = start_smtp()  # which offers no STARTTLS

    with pytest.raises(Busy):
        mailer(mailbox.port, "tls=starttls").send(MAIL)
    assert mailbox.received == []


def test_a_wrong_password_is_busy_and_told_to_nobody(
    start_smtp: Callable[..., Mailbox], certificate: Certificate
) -> None:
    mailbox = start_smtp(
        tls_context=certificate.serving(), authenticator=only_password("right"), auth_required=True
    )

    with pytest.raises(Busy, match="535") as refused:
        mailer(mailbox.port, "tls=starttls", "ada:wrong@", certificate.trusting()).send(MAIL)
    assert "wrong" not in str(refused.value)
    assert mailbox.received == []


def test_a_refused_mail_is_busy_without_what_was_in_it(start_smtp: Callable[..., Mailbox]) -> None:
    mailbox = start_smtp()
    mailbox.refuses = "554 no token=secret-of-ada here"

    with pytest.raises(Busy, match="554") as refused:
        mailer(mailbox.port, "tls=none").send(MAIL)
    assert "secret-of-ada" not in str(refused.value)


def test_an_absent_server_is_busy() -> None:
    with pytest.raises(Busy, match="ConnectionRefusedError"):
        mailer(free_port(), "tls=none").send(MAIL)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("smtp://ada:geheim@host", "name the sender"),
        ("smtp://ada:geheim@host?from=a@b&tls=maybe", "tls"),
        ("smtp://ada:geheim@host?from=a@b&tls=none", "in the clear"),
        ("smtp://ada:geheim@host?from=a@b&ssl=yes", "must look like"),
        ("smtp://?from=a@b", "must look like"),
        ("imap://ada:geheim@host", "console"),
    ],
)
def test_a_url_that_is_wrong_is_refused_without_being_repeated(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        open_mailer(url)
    assert "geheim" not in str(refused.value)


def test_every_way_of_encryption_has_its_usual_port() -> None:
    ports = {
        tls: SmtpServer.of_url(f"smtp://host?from=a@b&tls={tls}").port
        for tls in ("starttls", "implicit", "none")
    }

    assert ports == {"starttls": 587, "implicit": 465, "none": 25}
    assert "geheim" not in repr(SmtpServer.of_url("smtp://ada:geheim@host?from=a@b"))
