"""Ingest over HTTP, from the request to the durable log."""

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
import zstandard
from clocks import NOON_US
from google.protobuf.json_format import MessageToDict
from ingest.conftest import Ingest
from ingest.otlp_requests import (
    JSON,
    PROTOBUF,
    a_log,
    a_span,
    a_sum,
    as_json,
    as_protobuf,
    logs,
    metrics,
    traces,
)
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from lynex_server.engines.queue.protocol import QueueBounds
from lynex_server.ingest.public import IngestSettings

CALL = {"ts": NOON_US, "provider": "openai", "model": "gpt-4o", "tokens_in": 5, "input": "I am a@b.co"}
OTLP_PATHS = ["/v1/traces", "/v1/logs", "/v1/metrics", "/api/public/otel/v1/traces", "/api/public/otel"]


def test_an_event_is_on_the_log_redacted_before_it_is_acknowledged(ingest: Ingest) -> None:
    answer = ingest.client.post("/v1/events", json=CALL, headers=ingest.headers)

    assert answer.status_code == 207
    span_id = answer.json()["results"][0]["span_id"]
    assert answer.json() == {
        "accepted": 1,
        "rejected": 0,
        "results": [{"index": 0, "status": "accepted", "span_id": span_id}],
    }
    [batch] = ingest.stored()
    assert (batch.project_id, batch.received_at_us) == ("acme", NOON_US)
    assert batch.api_key_id.startswith("key_")
    assert (batch.spans[0].span_id, batch.spans[0].input) == (span_id, "I am [redacted:email]")


def test_each_event_has_its_own_verdict_in_order(ingest: Ingest) -> None:
    events = [CALL, {"tokens_in": 1}, {**CALL, "project_id": "globex"}, {**CALL, "ts": 1}, CALL]

    answer = ingest.client.post("/v1/events", json=events, headers=ingest.headers).json()

    assert (answer["accepted"], answer["rejected"]) == (2, 3)
    assert [each["index"] for each in answer["results"]] == [0, 1, 2, 3, 4]
    reasons = [each.get("reason", "").split(":")[0] for each in answer["results"]]
    assert reasons == ["", "ts", "project_id", "start_time", ""]
    assert len(ingest.stored()[0].spans) == 2


def test_a_project_may_be_named_by_id_or_by_name(ingest: Ingest) -> None:
    events = [{**CALL, "project_id": "acme"}, {**CALL, "project_id": "Acme Shop"}]
    body = gzip.compress(json.dumps(events).encode())

    answer = ingest.client.post(
        "/v1/events", content=body, headers={**ingest.headers, "content-encoding": "gzip"}
    )

    assert answer.json()["accepted"] == 2


@pytest.mark.parametrize(("path", "encode"), [("/v1/events", None), ("/v1/traces", as_json)])
def test_a_repeated_request_is_answered_again_and_stored_once(
    ingest: Ingest, path: str, encode: Callable[[dict[str, Any]], bytes] | None
) -> None:
    """langfuse#5552: what was sent must be there, and there once."""
    body = encode(traces(a_span())) if encode else json.dumps([CALL, {}]).encode()
    headers = {**ingest.headers, "content-type": JSON}

    first = ingest.client.post(path, content=body, headers=headers)
    again = ingest.client.post(path, content=body, headers=headers)

    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert sum(len(batch.spans) for batch in ingest.stored()) == 1


def test_an_idempotency_key_decides_before_the_body_does(ingest: Ingest) -> None:
    def post(key: str, tokens: int) -> bool:
        headers = {**ingest.headers, "idempotency-key": key}
        answer = ingest.client.post("/v1/events", json={**CALL, "tokens_in": tokens}, headers=headers)
        return "idempotent-replayed" in answer.headers

    assert [post("a", 1), post("a", 2), post("b", 1)] == [False, True, False]
    assert len(ingest.stored()) == 2


def test_an_idempotency_key_that_is_too_long_is_refused(ingest: Ingest) -> None:
    answer = ingest.client.post(
        "/v1/events", json=CALL, headers={**ingest.headers, "idempotency-key": "k" * 256}
    )

    assert (answer.status_code, answer.json()["field"]) == (400, "idempotency-key")


def test_the_same_body_at_two_paths_is_two_requests(ingest: Ingest) -> None:
    headers = {**ingest.headers, "content-type": JSON}
    for path in ("/v1/traces", "/api/public/otel/v1/traces"):
        ingest.client.post(path, content=as_json(traces(a_span())), headers=headers)

    assert len(ingest.stored()) == 2


@pytest.mark.parametrize("content_type", [JSON, PROTOBUF])
def test_otlp_traces_are_taken_in_both_encodings(ingest: Ingest, content_type: str) -> None:
    body = (as_json if content_type == JSON else as_protobuf)(traces(a_span({"gen_ai.request.model": "m"})))

    answer = ingest.client.post(
        "/v1/traces", content=body, headers={**ingest.headers, "content-type": content_type}
    )

    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    assert answer.content == (b"{}" if content_type == JSON else b"")
    assert ingest.stored()[0].spans[0].model == "m"


def test_partial_success_counts_and_explains(ingest: Ingest) -> None:
    request = traces(a_span(), *[a_span(spanId="")] * 7)

    from_json = ingest.client.post(
        "/v1/traces", content=as_json(request), headers={**ingest.headers, "content-type": JSON}
    ).json()["partialSuccess"]
    from_protobuf = ExportTraceServiceResponse.FromString(
        ingest.client.post(
            "/v1/traces", content=as_protobuf(request), headers={**ingest.headers, "content-type": PROTOBUF}
        ).content
    )

    assert from_json["rejectedSpans"] == "7"
    assert from_json["errorMessage"].startswith("1: span_id: 8 bytes")
    assert from_json["errorMessage"].endswith("and 2 more")
    assert MessageToDict(from_protobuf)["partialSuccess"] == from_json


def test_logs_and_metrics_are_taken(ingest: Ingest) -> None:
    headers = {**ingest.headers, "content-type": PROTOBUF}
    log = logs(a_log({"event.name": "claude_code.api_request", "input_tokens": 4}), a_log())
    metric = metrics(a_sum("claude_code.token.usage", 4, {"type": "input"}), a_sum("other", 1))

    logged = ingest.client.post("/v1/logs", content=as_protobuf(log), headers=headers)
    measured = ingest.client.post("/v1/metrics", content=as_protobuf(metric), headers=headers)

    assert (logged.status_code, measured.status_code) == (200, 200)
    assert ExportLogsServiceResponse.FromString(logged.content).partial_success.rejected_log_records == 1
    assert ExportMetricsServiceResponse.FromString(measured.content).partial_success.rejected_data_points == 1
    of_log, of_metric = ingest.stored()
    assert of_log.spans[0].usage == {"input_tokens": 4}
    assert of_metric.points[0].token_type == "input"


def test_langfuse_sdks_are_taken_with_basic_auth_and_gzip(ingest: Ingest) -> None:
    basic = base64.b64encode(f"pk-lf-any:{ingest.secret}".encode()).decode()
    body = gzip.compress(as_protobuf(traces(a_span(), scope="langfuse-sdk")))
    headers = {"authorization": f"Basic {basic}", "content-type": PROTOBUF, "content-encoding": "gzip"}

    answer = ingest.client.post("/api/public/otel/v1/traces", content=body, headers=headers)

    assert answer.status_code == 200
    assert ingest.stored()[0].spans[0].source == "langfuse"


@pytest.mark.parametrize("path", ["/v1/events", "/v1/traces"])
def test_a_signature_over_the_compressed_body_is_enough(ingest: Ingest, path: str) -> None:
    plain = json.dumps([CALL]).encode() if path == "/v1/events" else as_json(traces(a_span()))
    body = zstandard.ZstdCompressor().compress(plain)
    timestamp = str(NOON_US // 1_000_000)
    signature = hmac.new(ingest.secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {
        "x-lynex-key": "acme",
        "x-lynex-timestamp": timestamp,
        "x-lynex-signature": signature,
        "content-encoding": "zstd",
        "content-type": JSON,
    }

    good = ingest.client.post(path, content=body, headers=headers)
    bad = ingest.client.post(path, content=body + b"x", headers=headers)

    assert (good.status_code, bad.status_code) == (207 if path == "/v1/events" else 200, 401)
    assert len(ingest.stored()) == 1


@pytest.mark.parametrize("path", ["/v1/events", *OTLP_PATHS])
def test_nothing_is_taken_without_a_valid_key(ingest: Ingest, path: str) -> None:
    for headers in ({}, {"authorization": "Bearer lx_wrong"}, {"x-api-key": "lx_wrong"}):
        answer = ingest.client.post(path, content=b"{}", headers={**headers, "content-type": JSON})
        assert answer.status_code == 401

    assert ingest.stored() == []


@pytest.mark.parametrize("path", ["/v1/events", *OTLP_PATHS])
def test_a_key_that_may_only_read_takes_nothing_in(start_ingest: Callable[..., Ingest], path: str) -> None:
    ingest = start_ingest(scopes=("read",))

    answer = ingest.client.post(path, content=b"{}", headers={**ingest.headers, "content-type": JSON})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("content_type", "answered", "read"),
    [
        (JSON, JSON, lambda body: json.loads(body)["code"]),
        (PROTOBUF, PROTOBUF, lambda body: body[1] if body[0] == 0x08 else None),
        ("text/csv", JSON, lambda body: json.loads(body)["code"]),
    ],
)
def test_otlp_errors_are_a_status_in_the_encoding_of_the_request(
    ingest: Ingest, content_type: str, answered: str, read: Callable[[bytes], int]
) -> None:
    headers = {**ingest.headers, "content-type": content_type}

    refused = ingest.client.post("/v1/traces", content=b"\xff\xff", headers=headers)
    unknown = ingest.client.post("/v1/traces", content=b"", headers={"content-type": content_type})

    assert (refused.status_code, refused.headers["content-type"], read(refused.content)) == (400, answered, 3)
    assert (unknown.status_code, read(unknown.content)) == (401, 16)


@pytest.mark.parametrize("body", [b"", b"not json", b"[", b"\x00\xff"])
def test_an_unreadable_body_is_a_problem_and_changes_nothing(ingest: Ingest, body: bytes) -> None:
    answer = ingest.client.post("/v1/events", content=body, headers=ingest.headers)

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert ingest.stored() == []


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"max_body_bytes": 50}, "LYNEX_MAX_BODY_BYTES"),
        ({"max_decompressed_bytes": 50}, "LYNEX_MAX_DECOMPRESSED_BYTES"),
        ({"max_items_per_batch": 1}, "LYNEX_MAX_ITEMS_PER_BATCH"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/events", "/v1/traces"])
def test_over_a_limit_is_413_and_names_it(
    start_ingest: Callable[..., Ingest], path: str, settings: dict[str, int], named: str
) -> None:
    ingest = start_ingest(IngestSettings(**settings))
    body = json.dumps([CALL, CALL]).encode() if path == "/v1/events" else as_json(traces(a_span(), a_span()))

    answer = ingest.client.post(path, content=body, headers={**ingest.headers, "content-type": JSON})

    assert answer.status_code == 413
    assert named in answer.text


@pytest.mark.parametrize("path", ["/v1/events", "/v1/traces"])
def test_a_full_log_says_when_to_come_back(start_ingest: Callable[..., Ingest], path: str) -> None:
    """Nothing is lost in silence: the client keeps what was not taken."""
    ingest = start_ingest(bounds=QueueBounds(max_entries=1))
    headers = {**ingest.headers, "content-type": JSON}
    ingest.client.post("/v1/events", json=CALL, headers=headers)
    body = json.dumps([CALL]).encode() if path == "/v1/events" else as_json(traces(a_span()))

    answer = ingest.client.post(path, content=body, headers=headers)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


def test_a_request_of_which_nothing_is_left_stores_nothing(ingest: Ingest) -> None:
    answer = ingest.client.post("/v1/events", json=[{}], headers=ingest.headers)

    assert (answer.status_code, answer.json()["rejected"]) == (207, 1)
    assert ingest.stored() == []


def test_a_large_batch_is_taken_whole(ingest: Ingest) -> None:
    events = [{**CALL, "request_id": f"r{index}", "output": "word " * 100} for index in range(2000)]

    answer = ingest.client.post("/v1/events", json=events, headers=ingest.headers)

    assert answer.json()["accepted"] == 2000
    assert len(ingest.stored()[0].spans) == 2000


def test_openapi_shows_both_event_forms_with_examples(ingest: Ingest) -> None:
    paths = ingest.client.get("/openapi.json").json()["paths"]

    event = paths["/v1/events"]["post"]
    body = event["requestBody"]["content"]["application/json"]
    forms = body["schema"]["anyOf"][0]["anyOf"]
    assert [form["title"] for form in forms] == ["CallEvent", "SpanInput"]
    assert set(body["examples"]) == {"call", "span", "list"}
    assert event["responses"]["207"]["content"][JSON]["example"]["rejected"] == 1
    for path in OTLP_PATHS:
        assert set(paths[path]["post"]["requestBody"]["content"]) == {JSON, PROTOBUF}


def test_the_examples_of_openapi_are_accepted(ingest: Ingest) -> None:
    paths = ingest.client.get("/openapi.json").json()["paths"]

    for example in paths["/v1/events"]["post"]["requestBody"]["content"][JSON]["examples"].values():
        answer = ingest.client.post("/v1/events", json=example["value"], headers=ingest.headers)
        assert answer.json()["rejected"] == 0
    for path in OTLP_PATHS:
        example = paths[path]["post"]["requestBody"]["content"][JSON]["example"]
        answer = ingest.client.post(path, json=example, headers=ingest.headers)
        assert (answer.status_code, answer.content) == (200, b"{}")
