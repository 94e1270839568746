"""A URL chooses how mail goes out."""

from lynex_server.engines.mail.console import ConsoleMailer
from lynex_server.engines.mail.outbox import Outbox
from lynex_server.engines.mail.protocol import Mailer
from lynex_server.engines.mail.smtp import SmtpMailer, SmtpServer


def open_mailer(url: str) -> Mailer:
    """Open `console:`, or `smtp://user:password@host:587?from=…&tls=starttls`; connects for each mail.

    Raises `ValueError` for another URL, without repeating it.
    """
    mailer = open_direct_mailer(url)
    return Outbox(mailer) if mailer.delivers else mailer


def open_direct_mailer(url: str) -> Mailer:
    """As `open_mailer`, but `send` waits for the mail server and raises `Busy` when that refuses: for those
    who keep what waits themselves."""
    if url == "console:":
        return ConsoleMailer()
    if url.startswith("smtp:"):
        return SmtpMailer(SmtpServer.of_url(url))
    raise ValueError("the mail URL must be console: or begin with smtp://")
