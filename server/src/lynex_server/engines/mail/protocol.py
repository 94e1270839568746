"""What sending mail promises, and what it does not.

- A mail is plain text to one address. What it says arrives as it was given, in any language.
- `send` returns when the next station has taken the mail over; whether it is ever read, nobody can promise.
- `Busy` means that it was not taken over: the server is away, or refuses it.
"""

from dataclasses import dataclass
from typing import Protocol

MAX_ADDRESS_CHARS = 254
"""The longest address that SMTP carries. Source: RFC 5321, 4.5.3.1.3, less the angle brackets."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. Raises `ValueError` for a recipient or subject that would change the mail's headers."""

    to: str
    subject: str
    text: str

    def __post_init__(self) -> None:
        local, at, domain = self.to.rpartition("@")
        fits = bool(local and at and domain) and len(self.to) <= MAX_ADDRESS_CHARS
        if not fits or not self.to.isprintable() or any(char in self.to for char in " ,;<>"):
            raise ValueError("a mail goes to one address")
        if not self.subject.isprintable():
            raise ValueError("a subject is one line")


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
