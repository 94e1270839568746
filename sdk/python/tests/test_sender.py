"""The way out, against a real HTTP server that fails on request: nothing twice, nothing lost in silence."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from receiver import Fault, Receiver, Request
from sending import configure, expected, record, wait_until

import lynex
from lynex._internal import sender
from lynex._internal.config import Config
from lynex._internal.transport import judge, read_retry_after, signing_key


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "_BACKOFF_BASE_S", 0.02)


def test_events_arrive_without_being_asked_for(receiver: Receiver) -> None:
    configure(receiver, environment="test")
    record(3)

    wait_until(lambda: lynex.stats().sent == 3)
    request = receiver.requests[0]
    assert request.path == "/v1/events"
    assert request.headers["authorization"] == "Bearer lx_test"
    assert request.headers["content-encoding"] == "gzip"
    assert request.headers["content-type"] == "application/json"
    assert len(request.headers["idempotency-key"]) == 32
    assert receiver.names == expected(3)
    assert receiver.events[0]["environment"] == "test"
    assert lynex.stats() == lynex.Stats(captured=3, sent=3, requests=len(receiver.requests))


def test_flush_waits_until_all_is_delivered(receiver: Receiver) -> None:
    configure(receiver, flush_interval_s=60.0)
    record(50)

    assert lynex.flush(5.0)
    assert receiver.names == expected(50)


def test_batches_are_cut_by_count_and_by_size(receiver: Receiver) -> None:
    configure(receiver, max_batch_events=10, flush_interval_s=60.0)
    record(25)
    lynex.flush()
    assert [len(request.events) for request in receiver.requests] == [10, 10, 5]

    configure(receiver, max_batch_bytes=5_000, flush_interval_s=60.0)
    receiver.requests.clear()
    record(10, input="x" * 2_000)
    lynex.flush()
    assert all(len(request.events) <= 2 for request in receiver.requests)
    assert sum(len(request.events) for request in receiver.requests) == 10


@pytest.mark.parametrize(
    "fault",
    [
        Fault(500),
        Fault(503),
        Fault(429, (("Retry-After", "0"),)),
        Fault(cut=True),
        Fault(cut=True, take_first=True),
        Fault(503, take_first=True),
        Fault(200, hang_s=1.0, take_first=True),
    ],
)
def test_a_fault_is_retried_under_the_same_key_and_body(receiver: Receiver, fault: Fault) -> None:
    """Booked before the answer was lost or not: the server sees one key, so nothing counts twice."""
    configure(receiver, request_timeout_s=0.2, flush_interval_s=60.0)
    receiver.faults = [fault, fault]
    record(5)

    assert lynex.flush(8.0)
    first, *retries = receiver.requests
    assert len(retries) >= 2
    assert {request.headers["idempotency-key"] for request in retries} == {first.headers["idempotency-key"]}
    assert {request.body for request in retries} == {first.body}
    assert receiver.names == expected(5)
    assert lynex.stats().sent == 5
    assert lynex.stats().retries == len(retries)
    assert lynex.stats().dropped == 0


def test_what_is_captured_during_an_outage_arrives_after_it(receiver: Receiver) -> None:
    configure(receiver)
    down = True
    receiver.rule = lambda request: Fault(503) if down else None
    record(100)
    wait_until(lambda: len(receiver.requests) > 2)
    record(100, start=100)
    down = False

    assert lynex.flush(8.0)
    assert receiver.names == expected(200)
    assert lynex.stats().dropped == 0


def test_retry_after_is_honoured(receiver: Receiver) -> None:
    configure(receiver)
    receiver.faults = [Fault(429, (("Retry-After", "1"),))]
    began = time.monotonic()
    record()

    assert lynex.flush(8.0)
    assert time.monotonic() - began >= 1.0, "came back before the server allowed it"


def test_a_refusal_is_not_retried_but_counted_and_told_once(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    configure(receiver, flush_interval_s=60.0)
    receiver.rule = lambda request: Fault(401, body=b'{"title": "no such key"}')
    record(2)
    lynex.flush()
    record(2)
    lynex.flush()

    assert lynex.stats().dropped == 4
    assert len(receiver.requests) == 2
    [told] = [line for line in caplog.messages if "dropped" in line]
    assert "no such key" in told


def test_rejected_items_are_counted_and_told_once(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    verdicts = [
        {"index": 0, "status": "accepted", "span_id": "a"},
        {"index": 1, "status": "rejected", "reason": "kind: unknown"},
        {"index": 2, "status": "accepted", "span_id": "b"},
    ]
    verdict = json.dumps({"accepted": 2, "rejected": 1, "results": verdicts}).encode()
    configure(receiver, flush_interval_s=60.0)
    receiver.rule = lambda request: Fault(207, body=verdict, take_first=True)
    record(3)
    lynex.flush()
    record(3)
    lynex.flush()

    assert lynex.stats().rejected == 2
    assert lynex.stats().sent == 4
    [told] = [line for line in caplog.messages if "rejected" in line]
    assert "kind: unknown" in told


def test_a_batch_that_is_too_large_is_halved(receiver: Receiver) -> None:
    def at_most_two(request: Request) -> Fault | None:
        return Fault(413) if len(request.events) > 2 or request.events[0]["name"] == "span 4" else None

    configure(receiver, flush_interval_s=60.0)
    receiver.rule = at_most_two
    record(8)
    lynex.flush()

    assert sorted(receiver.names) == ["span 0", "span 1", "span 2", "span 3", "span 5", "span 6", "span 7"]
    assert lynex.stats().dropped == 1


def test_the_buffer_is_bounded_by_count(receiver: Receiver) -> None:
    configure(receiver, max_buffered_events=20, max_batch_events=5)
    down = True
    receiver.rule = lambda request: Fault(503) if down else None
    record(500)
    wait_until(lambda: lynex.stats().dropped > 0)
    down = False

    assert lynex.flush(8.0)
    stats = lynex.stats()
    assert stats.sent + stats.dropped == 500
    assert 20 <= stats.sent <= 60, "what fits the buffers and the batch in flight"
    assert len(set(receiver.names)) == len(receiver.names) == stats.sent


def test_the_buffer_is_bounded_by_bytes(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    configure(receiver, max_buffered_bytes=50_000, max_batch_bytes=10_000)
    down = True
    receiver.rule = lambda request: Fault(503) if down else None
    for start in range(0, 100, 10):
        record(10, start=start, input="x" * 2_000)
        time.sleep(0.03)
    wait_until(lambda: lynex.stats().dropped > 0)
    down = False

    assert lynex.flush(8.0)
    stats = lynex.stats()
    assert stats.sent + stats.dropped == 100
    assert stats.sent <= 30
    assert len([line for line in caplog.messages if "dropped" in line]) == 1


def test_an_unreachable_server_is_given_up_in_bounded_time() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        configure(f"http://127.0.0.1:{taken.getsockname()[1]}", max_retry_s=0.2)
        record(3)

        assert lynex.flush(5.0)
    assert lynex.stats().dropped == 3


def test_flush_says_when_it_took_too_long(receiver: Receiver) -> None:
    configure(receiver)
    receiver.rule = lambda request: Fault(503)
    record()

    assert not lynex.flush(0.2)
    assert lynex.stats().buffered == 1


def test_shutdown_stops_in_bounded_time_and_counts_what_is_left(receiver: Receiver) -> None:
    configure(receiver)
    receiver.rule = lambda request: Fault(503, (("Retry-After", "60"),))
    record(3)
    began = time.monotonic()
    lynex.shutdown(0.3)

    assert time.monotonic() - began < 5.0
    assert lynex.stats().dropped == 3

    receiver.rule = lambda request: None
    record(1, start=7)
    assert lynex.flush()
    assert receiver.names == ["span 7"], "a span after the shutdown starts it again"


def test_threads_may_record_at_once(receiver: Receiver) -> None:
    configure(receiver)
    threads = [threading.Thread(target=record, args=(200, start)) for start in range(0, 1600, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert lynex.flush()
    assert sorted(receiver.names) == sorted(expected(1600))


def test_a_request_is_signed_when_there_is_a_secret(receiver: Receiver) -> None:
    configure(receiver, api_key="", hmac_secret="s3cret", project_id="shop")
    record()
    lynex.flush()

    [request] = receiver.requests
    timestamp = request.headers["x-lynex-timestamp"]
    signed = f"{timestamp}.".encode() + request.body
    assert request.headers["x-lynex-key"] == "shop"
    assert request.headers["x-lynex-signature"] == hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert abs(int(timestamp) - time.time()) < 60
    assert "authorization" not in request.headers


def test_a_secret_made_by_the_server_names_its_own_key() -> None:
    made = f"lx_{'0' * 26}_{'A' * 42}"
    assert signing_key(Config(hmac_secret=made, project_id="shop")) == f"key_{'0' * 26}"
    assert signing_key(Config(hmac_secret="lx_mine", project_id="shop")) == "shop"
    assert signing_key(Config(hmac_secret="lx_mine")) == "default"


def test_an_event_that_could_not_be_redacted_is_not_sent(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: lynex.Event) -> lynex.Event:
        raise KeyError("oops")

    configure(receiver, before_send=broken)
    record(2)
    lynex.flush()

    assert receiver.requests == []
    assert lynex.stats().dropped == 2
    assert len([line for line in caplog.messages if "before_send" in line]) == 1


def test_an_event_that_cannot_be_encoded_does_not_take_its_neighbours(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sometimes(event: lynex.Event) -> bytes:
        if event["name"] == "span 1":
            raise RuntimeError("ours")
        return original(event)

    original = sys.modules["lynex._internal.encode"].to_bytes
    monkeypatch.setattr("lynex._internal.encode.to_bytes", sometimes)
    configure(receiver)
    record(3)
    lynex.flush()

    assert receiver.names == ["span 0", "span 2"]
    assert lynex.stats().dropped == 1


@given(st.integers(min_value=0, max_value=10_000), st.none() | st.floats(min_value=0, max_value=1e9))
def test_a_backoff_is_never_before_retry_after_and_always_bounded(
    attempt: int, retry_after_s: float | None
) -> None:
    delay_s = sender.backoff_s(attempt, retry_after_s)

    assert delay_s >= min(retry_after_s or 0.0, sender._MAX_RETRY_AFTER_S)
    assert delay_s <= sender._MAX_RETRY_AFTER_S + sender._BACKOFF_CAP_S


@given(st.text())
def test_any_retry_after_is_borne(value: str) -> None:
    seconds = read_retry_after(value)

    assert seconds is None or seconds >= 0


@given(st.integers(min_value=100, max_value=599), st.binary(max_size=200))
def test_any_answer_is_judged(status: int, body: bytes) -> None:
    answer = judge(status, None, body)

    assert answer.taken + answer.retry + answer.too_large <= 1
    assert answer.taken == (200 <= status < 300)
