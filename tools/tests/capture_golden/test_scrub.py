"""A committed payload names no machine and no run, and is otherwise what the client sent."""

import json
import socket

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tools.capture_golden.scrub import BASE_NS, STEP_NS, refuse_leaks, scrub

NOW_NS = 1_790_000_000_000_000_000
PROTOBUF = "application/x-protobuf"


def a_span(name: str = "chat", start_ns: int = NOW_NS, **attributes: str | int) -> Span:
    span = Span(
        name=name,
        trace_id=bytes.fromhex("ab" * 16),
        span_id=name.encode().ljust(8, b"x")[:8],
        start_time_unix_nano=start_ns,
        end_time_unix_nano=start_ns + 7,
    )
    for key, value in attributes.items():
        said = span.attributes.add(key=key.replace("_", ".")).value
        if isinstance(value, int):
            said.int_value = value
        else:
            said.string_value = value
    return span


def scrubbed(*spans: Span, resource: dict[str, str] | None = None) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    for key, value in (resource or {}).items():
        group.resource.attributes.add(key=key).value.string_value = value
    group.scope_spans.add().spans.extend(spans)
    out = ExportTraceServiceRequest()
    out.ParseFromString(scrub(request.SerializeToString(), "/v1/traces", PROTOBUF, ["41371"]))
    return out


def the_spans(request: ExportTraceServiceRequest) -> list[Span]:
    return list(request.resource_spans[0].scope_spans[0].spans)


def test_instants_keep_their_order_from_a_fixed_start():
    late, early = the_spans(scrubbed(a_span("late", NOW_NS + 50), a_span("early", NOW_NS)))

    assert early.start_time_unix_nano == BASE_NS
    assert late.start_time_unix_nano == BASE_NS + 2 * STEP_NS


def test_one_identifier_keeps_one_name_also_inside_texts():
    (span,) = the_spans(scrubbed(a_span(mlflow_id="tr-" + "ab" * 16)))

    assert span.trace_id.hex() == f"{1:032x}"
    assert span.attributes[0].value.string_value == f"tr-{1:032x}"


def test_ports_paths_and_host_names_go_and_the_rest_stays():
    url = "http://127.0.0.1:41371/v1"
    (span,) = the_spans(
        scrubbed(a_span(url_full=url, server_port=41371, model="gpt-4o", host=socket.gethostname()))
    )

    said = {item.key: item.value for item in span.attributes}
    assert said["url.full"].string_value == "http://127.0.0.1:8080/v1"
    assert said["server.port"].int_value == 8080
    assert said["model"].string_value == "gpt-4o"
    assert said["host"].string_value == "host"


def test_what_a_resource_says_of_its_machine_is_dropped():
    request = scrubbed(a_span(), resource={"host.name": "box", "process.pid": "7", "service.name": "app"})

    assert [item.key for item in request.resource_spans[0].resource.attributes] == ["service.name"]


def test_json_keeps_the_way_its_sender_writes_numbers():
    span = {
        "traceId": "ab" * 16,
        "spanId": "cd" * 8,
        "startTimeUnixNano": str(NOW_NS),
        "attributes": [{"key": "tokens", "value": {"intValue": 12}}],
    }
    body = json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [span]}]}]}).encode()

    out = json.loads(scrub(body, "/v1/traces", "application/json", []))

    found = out["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert (found["traceId"], found["startTimeUnixNano"]) == (f"{1:032x}", str(BASE_NS))
    assert found["attributes"] == span["attributes"]


def test_refuses_a_payload_that_still_names_the_machine():
    with pytest.raises(ValueError, match="still contains"):
        refuse_leaks(f"served by {socket.gethostname()}", "a case")
