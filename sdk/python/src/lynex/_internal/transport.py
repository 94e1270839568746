"""One request to the server: compression, signature, and what its answer means. Loaded on first use.

Retrying is decided here and done by the sender: this module neither waits nor remembers.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import http.client
import json
import re
import ssl
import time
import urllib.request
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from lynex._internal.config import Config
from lynex._internal.version import __version__

USER_AGENT = f"lynex-python/{__version__}"
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_MAX_ANSWER_BYTES = 8_000_000
_MAX_REASON_CHARS = 300
_TOO_LARGE = 413
_OK = range(200, 300)
_NAMED_SECRET = re.compile(r"lx_([0-9a-hjkmnp-tv-z]{26})_[0-9A-Za-z]{42}")
"""A key made by the server: `lx_`, the rest of its id, `_`, random characters."""


class Answer(NamedTuple):
    """What became of one request. Exactly one of: taken, to be retried, too large, refused."""

    taken: bool = False
    retry: bool = False
    too_large: bool = False
    retry_after_s: float | None = None
    rejected: int = 0
    reason: str = ""


class RulesAnswer(NamedTuple):
    """What became of asking for the redaction rules. `status` 0: the server could not be reached."""

    status: int = 0
    etag: str = ""
    body: bytes = b""
    reason: str = ""


class Transport:
    """A kept-alive connection to one server. Used by one thread at a time."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._url = urlsplit(config.events_url)
        self._path = self._url.path + (f"?{self._url.query}" if self._url.query else "")
        self._connection: http.client.HTTPConnection | None = None

    def post(self, body: bytes, idempotency_key: str, timeout_s: float) -> Answer:
        """Send one compressed batch. Never raises for what a network or a server may do."""
        try:
            connection = self._connected(timeout_s)
            connection.request("POST", self._path, body, headers(self._config, body, idempotency_key))
            response = connection.getresponse()
            text = response.read(_MAX_ANSWER_BYTES)
            if response.will_close or response.length:
                self.close()
            return judge(response.status, response.headers.get("Retry-After"), text)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(retry=True, reason=f"{type(error).__name__}: {error}")

    def get_rules(self, etag: str, timeout_s: float) -> RulesAnswer:
        """The project's redaction rules, unless they are those of `etag` still. Never raises."""
        try:
            connection = self._connected(timeout_s)
            asked = {"User-Agent": USER_AGENT, **credentials(self._config, b"")}
            if etag:
                asked["If-None-Match"] = etag
            base = self._path.rpartition("/v1/events")[0]
            connection.request("GET", f"{base}/v1/redaction/rules", headers=asked)
            response = connection.getresponse()
            text = response.read(_MAX_ANSWER_BYTES)
            if response.will_close or response.length:
                self.close()
            reason = "" if response.status in (200, 304) else f"HTTP {response.status}"
            return RulesAnswer(response.status, response.headers.get("ETag") or "", text, reason)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return RulesAnswer(reason=f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """Drop the connection; the next request makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self, timeout_s: float) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = self._connect(timeout_s)
        elif self._connection.sock is not None:
            self._connection.sock.settimeout(timeout_s)
        return self._connection

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        secure = self._url.scheme == "https"
        proxy = urllib.request.getproxies().get(self._url.scheme)
        if proxy and not urllib.request.proxy_bypass(host):
            return self._connect_through(proxy, timeout_s)
        if secure:
            return http.client.HTTPSConnection(
                host, port, timeout=timeout_s, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, port, timeout=timeout_s)

    def _connect_through(self, proxy: str, timeout_s: float) -> http.client.HTTPConnection:
        at = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "https":
            secure = http.client.HTTPSConnection(
                at.hostname or "", at.port, timeout=timeout_s, context=ssl.create_default_context()
            )
            secure.set_tunnel(host, port)
            return secure
        self._path = self._url.geturl()
        return http.client.HTTPConnection(at.hostname or "", at.port, timeout=timeout_s)


def compress(items: list[bytes]) -> bytes:
    """The body of a batch: a JSON array, gzip. Level 1: a tenth of the time of the default, a bit larger."""
    return gzip.compress(b"[" + b",".join(items) + b"]", compresslevel=1, mtime=0)


def headers(config: Config, body: bytes, idempotency_key: str) -> dict[str, str]:
    """Headers of one attempt. The signature is made anew each time: its timestamp is good for minutes."""
    common = {
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
        "Idempotency-Key": idempotency_key,
        "User-Agent": USER_AGENT,
    }
    return {**common, **credentials(config, body)}


def credentials(config: Config, body: bytes) -> dict[str, str]:
    """What proves who sends `body`: the key, or a signature with it."""
    if not config.hmac_secret:
        return {"Authorization": f"Bearer {config.api_key}"}
    timestamp = str(int(time.time()))
    return {
        "X-Lynex-Key": signing_key(config),
        "X-Lynex-Timestamp": timestamp,
        "X-Lynex-Signature": sign(config.hmac_secret, timestamp, body),
    }


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Hex HMAC-SHA256 over the timestamp, a full stop and the body as sent."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def signing_key(config: Config) -> str:
    """Whose signature it is: the key that the secret names, else the project, else the first project."""
    named = _NAMED_SECRET.fullmatch(config.hmac_secret)
    if named:
        return f"key_{named[1]}"
    return config.project_id or "default"


def judge(status: int, retry_after: str | None, body: bytes) -> Answer:
    """What a status and a body mean for the batch."""
    if status in _OK:
        rejected, reason = read_verdicts(body)
        return Answer(taken=True, rejected=rejected, reason=reason)
    reason = f"HTTP {status}: {body[:_MAX_REASON_CHARS].decode('utf-8', 'replace')}"
    if status in _RETRIED:
        return Answer(retry=True, retry_after_s=read_retry_after(retry_after), reason=reason)
    return Answer(too_large=status == _TOO_LARGE, reason=reason)


def read_retry_after(value: str | None) -> float | None:
    """Seconds to wait, from either form of the header (RFC 9110 section 10.2.3); None when unreadable."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def read_verdicts(body: bytes) -> tuple[int, str]:
    """How many items the server refused, and its reason for the first (`EventVerdicts` of its API)."""
    try:
        answer = json.loads(body)
        refused = [verdict for verdict in answer["results"] if verdict["status"] == "rejected"]
        return len(refused), str(refused[0].get("reason") or "") if refused else ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0, ""
