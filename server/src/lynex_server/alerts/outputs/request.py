"""What goes out, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from lynex_server.alerts.model import Channel, Message


@dataclass(frozen=True, slots=True)
class Digest:
    """A text that is about no incident: a cost digest. `html` is for mail, `text` for everything else."""

    title: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Telling:
    """One message on its way: what is told, in which words, on which channel. `key` is the same however often
    it is sent. `secrets` are those of the channel, by name. `content` is None for a digest."""

    channel: Channel
    secrets: Mapping[str, str] = field(repr=False)
    key: str
    at_us: int
    title: str
    text: str
    content: Message | None


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request. Its URL may be a secret."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    content: bytes
    method: str = "POST"


def json_request(url: str, body: object, headers: Mapping[str, str] | None = None) -> Request:
    """A POST of JSON."""
    return Request(url, {"content-type": "application/json", **(headers or {})}, msgspec.json.encode(body))


def setting(channel: Channel, name: str) -> str:
    """A plain setting of the channel that is one text."""
    value = channel.settings.get(name, "")
    return value if isinstance(value, str) else ""


def cut(text: str, limit: int) -> str:
    """The text, with an ellipsis where it had to be cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
