"""`ingest.otlp`: how fast OTLP spans become queryable, how soon they are acknowledged, and seen.

The load generator runs on the same cores as the server and is counted in.
"""

import socket
import threading
import time
from collections.abc import Iterator

from benchmarks.otlp_load import Template, endless, templates, trace_id
from benchmarks.result import Result, Size, at_least, at_most, percentile
from benchmarks.stack import Lynex, running_lynex

SPANS_PER_REQUEST = 200
SENDERS = 3
ACK_REQUESTS_PER_S = 100
ACK_SPANS_PER_REQUEST = 10
WATCH_EVERY = 20
POLL_S = 0.05
VISIBLE_TIMEOUT_S = 120


def run(size: Size, seed: int) -> Iterator[Result]:
    """Throughput, then acknowledgement and visibility at a steady rate."""
    requests, seconds = (1500, 30) if size == "full" else (10, 1)
    with running_lynex() as lynex:
        yield at_least("ingest.otlp", _throughput(lynex, requests, seed), "spans/s", 15_000)
    with running_lynex() as lynex:
        acks_ms, visible_s = _steady(lynex, seconds, seed)
        yield at_most("ingest.otlp.ack_p95", percentile(acks_ms, 0.95), "ms", 20)
        yield at_most("ingest.otlp.ack_p50", percentile(acks_ms, 0.5), "ms", 20)
        yield at_most("ingest.otlp.visible_p95", percentile(visible_s, 0.95), "s", 1)


def _throughput(lynex: Lynex, requests: int, seed: int) -> float:
    built = templates(20, SPANS_PER_REQUEST, seed)
    work = endless(built)
    lock = threading.Lock()
    sent = 0

    def send() -> None:
        nonlocal sent
        connection = Connection(lynex)
        while True:
            with lock:
                if sent == requests:
                    return
                sent += 1
                number, template = next(work)
                body = template.stamped(number)
            connection.post(body)

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spans = requests * SPANS_PER_REQUEST
    wait_until_stored(lynex, spans)
    return spans / (time.monotonic() - begun)


def _steady(lynex: Lynex, seconds: int, seed: int) -> tuple[list[float], list[float]]:
    """Acknowledgement times in ms of every request, and seconds until visible of some of them.

    Open loop: a request's time counts from when it was due, so that a stall is not hidden by waiting for it.
    """
    work = endless(templates(50, ACK_SPANS_PER_REQUEST, seed + 1))
    plan: list[tuple[int, Template]] = [next(work) for _ in range(seconds * ACK_REQUESTS_PER_S)]
    acks_ms: list[float] = []
    visible_s: list[float] = []
    watchers: list[threading.Thread] = []
    begun = time.monotonic() + 0.2

    def send(lane: int, lanes: int) -> None:
        connection = Connection(lynex)
        for position in range(lane, len(plan), lanes):
            due = begun + position / ACK_REQUESTS_PER_S
            time.sleep(max(0.0, due - time.monotonic()))
            number, template = plan[position]
            connection.post(template.stamped(number))
            acknowledged = time.monotonic()
            acks_ms.append((acknowledged - due) * 1000)
            if position % WATCH_EVERY == 0:
                watcher = threading.Thread(target=_watch, args=(lynex, number, acknowledged, visible_s))
                watcher.start()
                watchers.append(watcher)

    lanes = 4
    threads = [threading.Thread(target=send, args=(lane, lanes)) for lane in range(lanes)]
    for thread in [*threads]:
        thread.start()
    for thread in [*threads]:
        thread.join()
    for watcher in watchers:
        watcher.join()
    return acks_ms, visible_s


def _watch(lynex: Lynex, number: int, acknowledged: float, visible_s: list[float]) -> None:
    while time.monotonic() - acknowledged < VISIBLE_TIMEOUT_S:
        found = lynex.get("/v1/spans", trace_id=trace_id(number, 0), range="1h")["items"]
        if found:
            visible_s.append(time.monotonic() - acknowledged)
            return
        time.sleep(POLL_S)
    visible_s.append(float("inf"))


def wait_until_stored(lynex: Lynex, spans: int) -> None:
    """Until the log is empty and a query sees `spans`. Raises `TimeoutError`."""
    deadline = time.monotonic() + VISIBLE_TIMEOUT_S
    while lynex.get("/v1/status")["queue"]["entries"] or stored_spans(lynex) < spans:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{stored_spans(lynex)} of {spans} spans are queryable")
        time.sleep(POLL_S)


def stored_spans(lynex: Lynex) -> int:
    """Spans of the last hour that a query sees."""
    count: int = lynex.get("/v1/metrics/summary", range="1h")["spans"]
    return count


class Connection:
    """A keep-alive connection that posts OTLP: a plain socket, so that the generator costs little."""

    def __init__(self, lynex: Lynex) -> None:
        self._lynex = lynex
        self._socket = socket.create_connection(("127.0.0.1", lynex.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, body: bytes) -> None:
        """Send one request and read its answer. Raises `RuntimeError` unless it was accepted."""
        head = (
            f"POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:{self._lynex.port}\r\n"
            "Content-Type: application/x-protobuf\r\n"
            f"Authorization: Bearer {self._lynex.api_key}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._socket.sendall(head.encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            received = self._socket.recv(65536)
            if not received:
                raise ConnectionError("the server closed the connection")
            answer += received
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"refused: {answer[:400]!r}")
        headers, _, rest = answer.partition(b"\r\n\r\n")
        length = int(headers.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(rest) < length:
            rest += self._socket.recv(65536)
