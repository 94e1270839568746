"""Whatever is sent: an answer below 500, and no neighbour lost."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest.conftest import Ingest
from ingest.otlp_requests import JSON, PROTOBUF, a_span, as_json, traces

ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
)
EVENT_FIELDS = [
    "ts",
    "start_time",
    "end_time",
    "trace_id",
    "span_id",
    "request_id",
    "project_id",
    "kind",
    "route",
    "model",
    "tokens_in",
    "usage",
    "status",
    "cost_usd",
    "latency_ms",
    "tags",
    "metadata",
    "attributes",
    "input",
    "provider",
    "usage_convention",
    "events",
    "local_cache_hit",
]
SPAN_FIELDS = [
    "traceId",
    "spanId",
    "parentSpanId",
    "name",
    "startTimeUnixNano",
    "endTimeUnixNano",
    "attributes",
    "status",
    "events",
    "links",
]
GOOD_EVENT = {"ts": 1_767_614_400, "model": "m", "tokens_in": 1}
SHARED = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@SHARED
@given(
    path=st.sampled_from(
        ["/v1/events", "/v1/traces", "/v1/logs", "/v1/metrics", "/api/public/otel/v1/traces"]
    ),
    body=st.binary(max_size=300),
    content_type=st.sampled_from([JSON, PROTOBUF, "application/x-ndjson", "text/plain", ""]),
    encoding=st.sampled_from(["", "gzip", "zstd", "br"]),
)
def test_any_bytes_get_an_answer(
    ingest: Ingest, path: str, body: bytes, content_type: str, encoding: str
) -> None:
    headers = {**ingest.headers, "content-type": content_type, "content-encoding": encoding}

    assert ingest.client.post(path, content=body, headers=headers).status_code < 500


@SHARED
@given(st.dictionaries(st.sampled_from(EVENT_FIELDS), ANY_JSON), st.integers(0, 2))
def test_a_strange_event_sinks_no_neighbour(ingest: Ingest, strange: dict[str, Any], place: int) -> None:
    events: list[Any] = [GOOD_EVENT, GOOD_EVENT]
    events.insert(place, strange)

    answer = ingest.client.post("/v1/events", content=json.dumps(events).encode(), headers=ingest.headers)

    if answer.status_code == 400:  # NaN and Infinity are no JSON: the body as a whole cannot be read
        assert "NaN" in json.dumps(events) or "Infinity" in json.dumps(events)
        return
    verdicts = [result["status"] for result in answer.json()["results"]]
    assert verdicts[:place] + verdicts[place + 1 :] == ["accepted"] * 2


@SHARED
@given(st.dictionaries(st.sampled_from(SPAN_FIELDS), ANY_JSON), st.integers(0, 2))
def test_a_strange_span_sinks_no_neighbour(ingest: Ingest, strange: dict[str, Any], place: int) -> None:
    spans: list[Any] = [a_span(), a_span()]
    spans.insert(place, {**a_span(), **strange})
    body = as_json(traces(*spans))

    answer = ingest.client.post("/v1/traces", content=body, headers={**ingest.headers, "content-type": JSON})

    if answer.status_code == 400:
        assert b"NaN" in body or b"Infinity" in body
        return
    assert answer.status_code == 200
    assert int(answer.json().get("partialSuccess", {}).get("rejectedSpans", 0)) <= 1


@pytest.mark.parametrize("path", ["/v1/logs", "/v1/metrics"])
@SHARED
@given(strange=ANY_JSON)
def test_strange_records_and_points_get_an_answer(ingest: Ingest, path: str, strange: Any) -> None:
    request = {
        "resourceLogs": [
            {"scopeLogs": [{"logRecords": [strange, {"body": strange, "attributes": strange}]}]}
        ],
        "resourceMetrics": [{"scopeMetrics": [{"metrics": [strange, {"name": "llm.x", "sum": strange}]}]}],
    }

    answer = ingest.client.post(
        path, content=json.dumps(request).encode(), headers={**ingest.headers, "content-type": JSON}
    )

    assert answer.status_code in (200, 400)


@pytest.mark.parametrize("depth", [40, 1000, 100_000])
def test_deep_nesting_gets_an_answer(start_ingest: Callable[..., Ingest], depth: int) -> None:
    ingest = start_ingest()
    nested = "[" * depth + "]" * depth
    for path, body in (
        ("/v1/events", f'[{{"ts": 1767614400, "input": {nested}}}]'),
        ("/v1/events", nested),
        ("/v1/traces", f'{{"resourceSpans": {nested}}}'),
        ("/v1/traces", f'{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{nested}]}}]}}]}}'),
    ):
        answer = ingest.client.post(path, content=body, headers={**ingest.headers, "content-type": JSON})
        assert answer.status_code < 500
