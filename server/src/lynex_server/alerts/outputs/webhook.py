"""A generic webhook, signed as ingest is: hex HMAC-SHA256 over timestamp, dot and body."""

from dataclasses import asdict

import msgspec

from lynex_server.alerts.outputs.request import Request, Telling
from lynex_server.identity.public import sign
from lynex_server.kernel.clock import MICROS_PER_SECOND


def webhook(telling: Telling) -> Request:
    """What is told as JSON. `Idempotency-Key` is the same when a message is sent again."""
    content = None if telling.content is None else asdict(telling.content)
    body = msgspec.json.encode(
        {"key": telling.key, "title": telling.title, "text": telling.text, "incident": content}
    )
    timestamp = str(telling.at_us // MICROS_PER_SECOND)
    headers = {
        "content-type": "application/json",
        "idempotency-key": telling.key,
        "x-lynex-key": telling.channel.id,
        "x-lynex-timestamp": timestamp,
        "x-lynex-signature": sign(telling.secrets["signing_secret"], timestamp, body),
    }
    return Request(telling.secrets["url"], headers, body)
