"""Mail by a mail server that takes it over SMTP (RFC 5321), with a connection of its own for each mail."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import Literal, cast, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

from lynex_server.engines.mail.protocol import Mail
from lynex_server.kernel.errors import Busy

TIMEOUT_S = 15.0
"""For each step: connecting, and each answer of the server."""

TLS = Literal["starttls", "implicit", "none"]
_PORTS: dict[TLS, int] = {"starttls": 587, "implicit": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes in, and who it says it comes from. Without `user`, nobody signs in."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str
    tls: TLS

    @classmethod
    def of_url(cls, url: str) -> "SmtpServer":
        """`smtp://user:password@host:587?from=lynex@acme.com&tls=starttls`, percent-encoded where needed.

        `tls` is `starttls` (what is meant without it), `implicit` or `none`; each has a usual port. Raises
        `ValueError`, which does not repeat the URL: it holds a password.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        tls, sender = options.pop("tls", "starttls"), options.pop("from", "")
        if parts.scheme != "smtp" or not parts.hostname or options or parts.path not in ("", "/"):
            raise ValueError("the mail URL must look like smtp://user:password@host:587?from=…&tls=starttls")
        if tls not in get_args(TLS):
            raise ValueError(f"tls of the mail URL must be one of {', '.join(get_args(TLS))}")
        if "@" not in sender:
            raise ValueError("the mail URL must name the sender: ?from=lynex@your.domain")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if user and tls == "none" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("the mail URL would send a password over the network in the clear: use tls")
        known: TLS = cast(TLS, tls)
        return cls(parts.hostname, parts.port or _PORTS[known], user, password, sender, known)


class SmtpMailer:
    """Hands mail to one server. The server's certificate must be valid, for the name that was configured."""

    delivers = True

    def __init__(self, server: SmtpServer, context: ssl.SSLContext | None = None) -> None:
        """`context` says which certificates are trusted; the machine's own list when None."""
        self._server = server
        self._context = ssl.create_default_context() if context is None else context

    def send(self, mail: Mail) -> None:
        """As promised by the protocol."""
        try:
            with self._connected() as connection:
                if self._server.tls == "starttls":
                    connection.starttls(context=self._context)
                if self._server.user:
                    connection.login(self._server.user, self._server.password)
                self._hand_over(connection, mail)
        except (OSError, smtplib.SMTPException) as error:
            # Not the error's text: servers repeat in it what they were sent.
            raise Busy(f"the mail server {self._server.host} did not take a mail: {_kind(error)}") from error

    def close(self) -> None:
        """As promised by the protocol."""

    def _connected(self) -> smtplib.SMTP:
        host, port = self._server.host, self._server.port
        if self._server.tls == "implicit":
            return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=self._context)
        return smtplib.SMTP(host, port, timeout=TIMEOUT_S)

    def _hand_over(self, connection: smtplib.SMTP, mail: Mail) -> None:
        # Not `send_message`: it writes ">From" where a line of the text begins with "From".
        international = not mail.to.isascii()
        message = self._message(mail).as_bytes(policy=policy.SMTPUTF8 if international else policy.SMTP)
        options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
        connection.sendmail(parseaddr(self._server.sender)[1], [mail.to], message, options)

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._server.sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = formatdate()
        domain = self._server.sender.rpartition("@")[2].rstrip(">")
        message["Message-ID"] = f"<{mail.key}@{domain}>" if mail.key else make_msgid(domain=domain)
        # So that holiday notices do not answer. Source: RFC 3834, 5.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        if mail.html:
            message.add_alternative(mail.html, subtype="html")
        return message


def _kind(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    return type(error).__name__
