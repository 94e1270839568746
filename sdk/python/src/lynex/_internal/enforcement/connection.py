"""Plain requests to the API, signed in as the sender is: for the control state and for reservations."""

from __future__ import annotations

import http.client
import json
import ssl
import time
import urllib.request
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lynex._internal.config import Config
from lynex._internal.transport import USER_AGENT, sign, signing_key

MAX_ANSWER_BYTES = 4_000_000


class Answer(NamedTuple):
    """Status, headers of interest and the JSON that came; {} where there was none."""

    status: int
    etag: str
    body: dict[str, Any]


def api_base(config: Config) -> str:
    """The address of the API, whether the base or the events' address was given."""
    return config.events_url.removesuffix("/v1/events")


def open_connection(config: Config, timeout_s: float) -> tuple[http.client.HTTPConnection, str]:
    """A connection to the server, through the system's proxy if there is one, and what goes before a path."""
    url = urlsplit(api_base(config))
    host, port, secure = url.hostname or "", url.port, url.scheme == "https"
    proxy = urllib.request.getproxies().get(url.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        at = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        if not secure:
            return http.client.HTTPConnection(at.hostname or "", at.port, timeout=timeout_s), url.geturl()
        tunnel = http.client.HTTPSConnection(
            at.hostname or "", at.port, timeout=timeout_s, context=ssl.create_default_context()
        )
        tunnel.set_tunnel(host, port)
        return tunnel, url.path
    if secure:
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context), url.path
    return http.client.HTTPConnection(host, port, timeout=timeout_s), url.path


def credential(config: Config, body: bytes) -> dict[str, str]:
    """What proves who asks."""
    if not config.hmac_secret:
        return {"Authorization": f"Bearer {config.api_key}", "User-Agent": USER_AGENT}
    timestamp = str(int(time.time()))
    return {
        "X-Lynex-Key": signing_key(config),
        "X-Lynex-Timestamp": timestamp,
        "X-Lynex-Signature": sign(config.hmac_secret, timestamp, body),
        "User-Agent": USER_AGENT,
    }


def read_answer(response: http.client.HTTPResponse) -> Answer:
    """The whole answer. Raises `OSError` or `HTTPException` as the network fails."""
    text = response.read(MAX_ANSWER_BYTES)
    try:
        said = json.loads(text) if text else {}
    except ValueError:
        said = {}
    return Answer(response.status, response.headers.get("ETag", ""), said if isinstance(said, dict) else {})
