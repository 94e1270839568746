"""`lynex demo`: sends the demo traffic through the front door, as an app would."""

import gzip
import http.client
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lynex_server.app.demo_traffic import Event, broken_events, demo_events
from lynex_server.kernel.clock import SystemClock
from lynex_server.kernel.errors import Busy, InvalidInput, Unauthorized

EVENTS_PER_REQUEST = 1000
TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Sent:
    """What a demo run sent."""

    traces: int
    spans: int


def send_demo(url: str, api_key: str, days: int, traces: int, seed: int) -> Sent:
    """Send `traces` traces of the last `days` days to the Lynex at `url`, and calls that cannot be priced.

    Raises `Unauthorized` for a wrong key, `Busy` when Lynex cannot be reached or has no room,
    `InvalidInput` when it refuses events.
    """
    sent, now_us = 0, SystemClock().now_us()
    all_traces = demo_events(now_us, days, traces, seed)
    for batch in _batches(itertools.chain.from_iterable(all_traces)):
        _post(url, api_key, batch)
        sent += len(batch)
    _post(url, api_key, broken_events(now_us, seed))
    return Sent(traces, sent)


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    iterator = iter(events)
    while batch := list(itertools.islice(iterator, EVENTS_PER_REQUEST)):
        yield batch


def _post(url: str, api_key: str, events: list[Event]) -> None:
    parts = urlsplit(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.netloc, timeout=TIMEOUT_S)
    headers = {
        "Authorization": f"Bearer {api_key}",
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    try:
        connection.request("POST", "/v1/events", gzip.compress(json.dumps(events).encode(), 1), headers)
        response = connection.getresponse()
        answer = response.read()
    except OSError as error:
        raise Busy(f"no Lynex answers at {url}: {error.strerror or error}") from error
    finally:
        connection.close()
    if response.status == 401:
        raise Unauthorized("Lynex does not know this API key")
    if response.status == 503:
        raise Busy("Lynex has no room for more events right now")
    if response.status != 207 or json.loads(answer)["rejected"]:
        raise InvalidInput(f"Lynex refused events: {answer[:300].decode(errors='replace')}")
