"""What sending mail promises, and what it does not.

- A mail is to one address: plain text, and HTML beside it where given. What it says arrives as it was given,
  in any language.
- Mails with the same `key` have the same id, by which mail programs tell that one came twice.
- `send` returns when the next station has taken the mail over; whether it is ever read, nobody can promise.
- `Busy` means that it was not taken over: the server is away, or refuses it.
"""

import re
from dataclasses import dataclass
from typing import Protocol

MAX_ADDRESS_CHARS = 254
"""The longest address that SMTP carries. Source: RFC 5321, 4.5.3.1.3, less the angle brackets."""

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. Raises `ValueError` for a recipient or subject that would change the mail's headers."""

    to: str
    subject: str
    text: str
    html: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        local, at, domain = self.to.rpartition("@")
        fits = bool(local and at and domain) and len(self.to) <= MAX_ADDRESS_CHARS
        if not fits or not self.to.isprintable() or any(char in self.to for char in " ,;<>"):
            raise ValueError("a mail goes to one address")
        if not self.subject.isprintable():
            raise ValueError("a subject is one line")
        if self.key and not _KEY.fullmatch(self.key):
            raise ValueError("a key is a short word")


class Mailer(Protocol):
    """See the module text for the promises. Safe from any thread."""

    @property
    def delivers(self) -> bool:
        """Whether mail leaves this machine. Where it does not, whoever runs Lynex reads it on the console."""
        ...

    def send(self, mail: Mail) -> None:
        """Hand a mail over. Raises `Busy`."""
        ...

    def close(self) -> None:
        """Hand over what waits, and release the connection. Harmless when repeated."""
        ...
