"""What a translation between two wire formats is. One translator serves one call: it remembers the
request."""

from dataclasses import dataclass
from typing import Any, Protocol

from lynex_server.gateway.sse import SseEvent

Document = dict[str, Any]
"""A JSON object of somebody's wire format."""


class Untranslatable(Exception):
    """The caller asks for what the upstream has no word for, or what the caller's own format does not allow.

    `field` is a path in the caller's document (`messages.2.content.0.image_url`); the text names it and says
    why.
    """

    def __init__(self, message: str, field: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Translated:
    """A request in the upstream's format. `path` begins with `/` and comes after the provider's base URL."""

    path: str
    document: Document
    headers: dict[str, str]
    stream: bool


class StreamTranslator(Protocol):
    """A streamed answer, event by event."""

    def feed(self, event: SseEvent) -> list[bytes]:
        """What the caller gets for an event of the upstream: whole events, none or several.

        An error that the upstream reports in the middle becomes the caller's own; nothing follows it.
        """
        ...

    def end(self) -> list[bytes]:
        """What ends the caller's stream. Where the upstream stopped before its answer did: an error."""
        ...


class Translator(Protocol):
    """One call's translation. `request` comes first."""

    def request(self, document: Document, model: str) -> Translated:
        """The caller's request for the upstream's `model`. Raises `Untranslatable`, and nothing else."""
        ...

    def answer(self, document: Document) -> Document:
        """A whole answer of the upstream in the caller's format. Never raises: what is not there is left
        out."""
        ...

    def error(self, status: int, document: Document | None, text: str) -> Document:
        """The upstream's error in the caller's format. `text` is the body where it is no JSON object."""
        ...

    def stream(self) -> StreamTranslator:
        """For the streamed answer of this call."""
        ...
