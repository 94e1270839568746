"""Every route: it names its permission, it is documented, and it keeps projects apart."""

import base64
import functools
import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from app.real_lynex import HTTP, Installation, Tenant, an_event, eventually
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from lynex_server.app.dashboard import add_dashboard
from lynex_server.app.http import describe_app
from lynex_server.identity.public import GRANTS, SCOPES, RequiredPermission, sign

PUBLIC = {"/healthz", "/readyz", "/openapi.json"}

Operation = tuple[str, str]


class Question(NamedTuple):
    """How a route is asked for a project's things: names in braces are those of the project."""

    parameters: dict[str, Any] = {}  # noqa: RUF012  # read alone
    body: Any = None
    strange: int = 200
    """What a stranger is answered: 404 where a thing is named, else the stranger's own (empty) list."""


_OTLP_SPAN = {
    "traceId": "{trace_id}",
    "spanId": "00000000000000bb",
    "name": "chat",
    "startTimeUnixNano": "{now_ns}",
    "endTimeUnixNano": "{now_ns}",
    "attributes": [{"key": "project_id", "value": {"stringValue": "{project_id}"}}],
}
_OTLP_RESOURCE = {
    "attributes": [{"key": "openinference.project.name", "value": {"stringValue": "{project_id}"}}]
}
_OTLP_TRACES = {"resourceSpans": [{"resource": _OTLP_RESOURCE, "scopeSpans": [{"spans": [_OTLP_SPAN]}]}]}
_OTLP_LOG = {
    "timeUnixNano": "{now_ns}",
    "traceId": "{trace_id}",
    "spanId": "00000000000000cc",
    "eventName": "gen_ai.client.inference.operation.details",
    "attributes": [{"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}}],
}
_OTLP_LOGS = {"resourceLogs": [{"resource": _OTLP_RESOURCE, "scopeLogs": [{"logRecords": [_OTLP_LOG]}]}]}
_OTLP_POINT = {"timeUnixNano": "{now_ns}", "asInt": "812"}
_OTLP_METRIC = {
    "name": "claude_code.token.usage",
    "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [_OTLP_POINT]},
}
_OTLP_METRICS = {
    "resourceMetrics": [{"resource": _OTLP_RESOURCE, "scopeMetrics": [{"metrics": [_OTLP_METRIC]}]}]
}

QUESTIONS: dict[Operation, Question] = {
    ("GET", "/v1/me"): Question(),
    ("GET", "/v1/status"): Question(),
    ("POST", "/v1/events"): Question(body=an_event(9, trace_id="{trace_id}"), strange=207),
    ("POST", "/v1/traces"): Question(body=_OTLP_TRACES),
    ("POST", "/api/public/otel"): Question(body=_OTLP_TRACES),
    ("POST", "/api/public/otel/v1/traces"): Question(body=_OTLP_TRACES),
    ("POST", "/v1/logs"): Question(body=_OTLP_LOGS),
    ("POST", "/v1/metrics"): Question(body=_OTLP_METRICS),
    ("GET", "/v1/dead-letters"): Question(),
    ("GET", "/v1/dead-letters/{letter_id}"): Question(strange=404),
    ("POST", "/v1/dead-letters/{letter_id}/replay"): Question(strange=404),
    ("POST", "/v1/dead-letters/replay-all"): Question(),
    ("DELETE", "/v1/dead-letters/{letter_id}"): Question(strange=404),
    ("GET", "/v1/spans"): Question({"trace_id": "{trace_id}"}),
    ("GET", "/v1/spans/{trace_id}/{span_id}"): Question(strange=404),
    ("GET", "/v1/traces"): Question({"session_id": "{session_id}"}),
    ("GET", "/v1/traces/{trace_id}"): Question(strange=404),
    ("GET", "/v1/sessions"): Question(),
    ("GET", "/v1/metrics/summary"): Question({"compare": "true"}),
    ("GET", "/v1/metrics/series"): Question({"group_by": "model"}),
    ("GET", "/v1/metrics/breakdown"): Question({"by": "end_user"}),
    ("GET", "/v1/metrics/cost-by-model"): Question(),
    ("GET", "/v1/metrics/latency-pctl"): Question(),
    ("GET", "/v1/facets"): Question(),
    ("GET", "/v1/export"): Question({"format": "ndjson"}),
    ("GET", "/v1/live"): Question(),
}
STREAMS = {("GET", "/v1/live")}
WRITES = [operation for operation in QUESTIONS if operation[0] != "GET"]
OTLP = {
    ("POST", path)
    for path in ("/v1/traces", "/v1/logs", "/v1/metrics", "/api/public/otel", "/api/public/otel/v1/traces")
}
"""These answer errors as OpenTelemetry says, in the encoding of the request."""


def whole_app() -> FastAPI:
    app = describe_app()
    add_dashboard(app)
    return app


def every_route(routes: list[Any]) -> Iterator[Any]:
    """Routes, with those of included routers."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from every_route(inner.routes)


def dependencies(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from dependencies(inner)


@functools.cache
def described() -> dict[Operation, dict[str, Any]]:
    """Every operation of the OpenAPI document."""
    return {
        (method.upper(), path): operation
        for path, methods in describe_app().openapi()["paths"].items()
        for method, operation in methods.items()
    }


# What each route says of itself


def test_every_route_names_its_permission_or_is_public() -> None:
    routes = list(every_route(whole_app().routes))
    without = {
        route.path
        for route in routes
        if not isinstance(route, APIRoute)
        or not any(isinstance(call, RequiredPermission) for call in dependencies(route.dependant))
    }

    assert len(routes) > len(QUESTIONS)
    assert without - {"/assets"} == PUBLIC


def test_every_permission_named_by_a_route_is_granted_to_somebody() -> None:
    named = {
        call.permission
        for route in every_route(describe_app().routes)
        if isinstance(route, APIRoute)
        for call in dependencies(route.dependant)
        if isinstance(call, RequiredPermission)
    }

    assert named <= set(GRANTS)


def test_every_described_route_is_asked_here() -> None:
    assert set(QUESTIONS) == {operation for operation in described() if operation[1] not in PUBLIC}


@pytest.mark.parametrize("operation", described(), ids=" ".join)
def test_every_route_is_documented(operation: Operation) -> None:
    document = described()[operation]

    assert document["summary"]
    assert len(document["description"]) > 20
    assert document["tags"]
    for body in document.get("requestBody", {}).get("content", {}).values():
        binary = body["schema"].get("format") == "binary"
        assert binary or "example" in body or "examples" in body


@pytest.mark.parametrize("operation", QUESTIONS, ids=" ".join)
def test_every_route_documents_its_problems(operation: Operation) -> None:
    """What goes wrong is said as it is answered: as a problem, and over OTLP as a status."""
    answers = described()[operation]["responses"]
    failures = {code: answer for code, answer in answers.items() if not code.startswith("2")}

    assert failures
    for code, answer in failures.items():
        kinds = set(answer["content"])
        assert kinds == {"application/problem+json"} or (operation in OTLP and code != "default"), answers


# Who may call it


@pytest.fixture(scope="module")
def victim(installation: Installation) -> Tenant:
    """A project with a session, a span that bears its name everywhere, and a dead letter."""
    tenant = installation.new_tenant()
    names = ("session_id", "end_user_id", "model", "name", "environment", "input", "route")
    tenant.send(
        an_event(
            1, cost_usd=0.123456789, latency_ms=1024.0, **dict.fromkeys(names, f"of-{tenant.project_id}")
        )
    )
    tenant.see(1)
    installation.put_in_queue(tenant, b"not a batch")
    eventually(lambda: tenant.get("/v1/dead-letters")["items"])
    return tenant


def names_of(tenant: Tenant) -> dict[str, str]:
    return {
        "trace_id": f"{1:032x}",
        "span_id": f"{1:016x}",
        "session_id": f"of-{tenant.project_id}",
        "project_id": tenant.project_id,
        "letter_id": tenant.get("/v1/dead-letters")["items"][0]["id"],
        "now_ns": str(time.time_ns()),
    }


def filled(template: Any, names: dict[str, str]) -> Any:
    """The template with every name in braces replaced."""
    if isinstance(template, str):
        for name, value in names.items():
            template = template.replace(f"{{{name}}}", value)
        return template
    if isinstance(template, dict):
        return {key: filled(value, names) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, names) for value in template]
    return template


def ask(asker: Tenant, operation: Operation, about: Tenant, **more: Any) -> httpx.Response:
    """Ask a route for the things of `about`. Of a stream only the head is read."""
    method, path = operation
    question, names = QUESTIONS[operation], names_of(about)
    request = {
        "params": filled(question.parameters, names) | more.pop("params", {}),
        "json": filled(question.body, names),
        **more,
    }
    if operation not in STREAMS:
        return asker.ask(method, filled(path, names), **request)
    headers = {"Authorization": f"Bearer {asker.api_key}"} | request.pop("headers", {})
    with HTTP.stream(method, asker.url + path, headers=headers, **request) as response:
        if response.status_code != 200:
            response.read()
        return response


def belongings(tenant: Tenant) -> Any:
    """Everything of a project that a stranger could change."""
    return (
        sorted(json.dumps(row, sort_keys=True) for row in tenant.rows()),
        tenant.get("/v1/dead-letters"),
        [tenant.get(f"/v1/dead-letters/{item['id']}") for item in tenant.get("/v1/dead-letters")["items"]],
        tenant.get("/v1/metrics/summary")["calls"],
    )


@pytest.mark.parametrize("operation", [each for each in QUESTIONS if each not in STREAMS], ids=" ".join)
def test_a_stranger_sees_nothing_and_changes_nothing(
    operation: Operation, victim: Tenant, tenant: Tenant
) -> None:
    before = belongings(victim)
    letter = names_of(victim)["letter_id"]

    answer = ask(tenant, operation, victim)

    assert answer.status_code == QUESTIONS[operation].strange, answer.text
    told = answer.text.replace(f"dead letter {letter}", "")  # an error may repeat what was asked for
    assert not [word for word in (victim.project_id, "123456789", "1024.0", letter) if word in told]
    assert belongings(victim) == before


@pytest.mark.parametrize("operation", QUESTIONS, ids=" ".join)
def test_the_owner_is_answered(operation: Operation, installation: Installation) -> None:
    """Shows that the test above asks for something that is there."""
    if QUESTIONS[operation].strange == 404:
        owner = installation.new_tenant()
        owner.send(an_event(1))
        owner.see(1)
        installation.put_in_queue(owner, b"not a batch")
        eventually(lambda: owner.get("/v1/dead-letters")["items"])
        assert ask(owner, operation, owner).status_code in (200, 204)


@pytest.mark.parametrize(
    "operation", [each for each in QUESTIONS if each[0] == "GET" and "project_id" in str(described()[each])],
    ids=" ".join,
)  # fmt: skip
def test_naming_another_project_finds_nothing(operation: Operation, victim: Tenant, tenant: Tenant) -> None:
    answer = ask(tenant, operation, victim, params={"project_id": victim.project_id})

    assert answer.status_code == 404


def test_an_event_that_names_another_project_is_rejected(victim: Tenant, tenant: Tenant) -> None:
    before = belongings(victim)

    answer = tenant.ask("POST", "/v1/events", json=an_event(5, project_id=victim.project_id))

    assert (answer.status_code, answer.json()["rejected"]) == (207, 1)
    assert "project" in answer.json()["results"][0]["reason"]
    assert belongings(victim) == before


def test_the_same_idempotency_key_in_two_projects_is_two_requests(victim: Tenant, tenant: Tenant) -> None:
    key = {"Idempotency-Key": "the same in both"}
    victim.send(an_event(21), **key)

    answer = tenant.send(an_event(21), **key)

    assert "idempotent-replayed" not in answer.headers
    assert tenant.see(1)[0]["span_id"] == f"{21:016x}"


def test_a_live_listener_hears_its_own_project_alone(victim: Tenant, tenant: Tenant) -> None:
    with tenant.listen() as lines:
        victim.send(an_event(31))
        eventually(lambda: victim.span_ids()[f"{31:016x}"])
        tenant.send(an_event(32))
        heard = next(line for line in lines if line.startswith("data:"))

    assert [span["span_id"] for span in json.loads(heard.removeprefix("data:"))] == [f"{32:016x}"]


# With what


def foreign_signature(tenant: Tenant, age_s: int = 0, body: bytes = b"") -> dict[str, str]:
    """Headers of a signature that the tenant's key made `age_s` ago for `body`."""
    timestamp = str(int(time.time()) - age_s)
    return {
        "Authorization": "",
        "X-Lynex-Key": tenant.project_id,
        "X-Lynex-Timestamp": timestamp,
        "X-Lynex-Signature": sign(tenant.api_key, timestamp, body),
    }


def bad_credentials(tenant: Tenant) -> dict[str, dict[str, Any]]:
    own = tenant.api_key
    basic = base64.b64encode(f"victim:{own}x".encode()).decode()
    return {
        "nothing": {"Authorization": ""},
        "an empty bearer": {"Authorization": "Bearer"},
        "another Lynex's key": {"Authorization": f"Bearer lx_{hashlib.sha256(own.encode()).hexdigest()}"},
        "a cut key": {"Authorization": f"Bearer {own[:-1]}"},
        "a longer key": {"Authorization": f"Bearer {own}x"},
        "a wrong x-api-key": {"Authorization": "", "x-api-key": own[::-1]},
        "a wrong Basic password": {"Authorization": f"Basic {basic}"},
        "no Base64": {"Authorization": "Basic !!!"},
        "another scheme": {"Authorization": f"Digest {own}"},
        "bytes": {"Authorization": b"Bearer \xff\xfe\xfd"},
        "an old signature": foreign_signature(tenant, age_s=400),
        "a future signature": foreign_signature(tenant, age_s=-400),
        "the signature of another body": foreign_signature(tenant, body=b"another"),
        "a signature without its time": foreign_signature(tenant) | {"X-Lynex-Timestamp": ""},
        "an empty signature": foreign_signature(tenant) | {"X-Lynex-Signature": ""},
    }


def says_unauthorized(operation: Operation, answer: httpx.Response) -> bool:
    if answer.status_code != 401:
        return False
    if operation in OTLP:
        return answer.headers["content-type"] == "application/json" and answer.json()["code"] == 16
    problem = answer.json()
    return (
        answer.headers["content-type"] == "application/problem+json"
        and answer.headers["www-authenticate"].startswith("Bearer")
        and (problem["status"], problem["code"]) == (401, "unauthorized")
    )


@pytest.mark.parametrize("operation", QUESTIONS, ids=" ".join)
def test_a_request_without_a_credential_is_unauthorized(operation: Operation, victim: Tenant) -> None:
    answer = ask(victim, operation, victim, headers={"Authorization": ""})

    assert says_unauthorized(operation, answer), answer.text


@pytest.mark.parametrize("operation", [("GET", "/v1/spans"), *WRITES], ids=" ".join)
def test_no_bad_credential_opens_a_route(operation: Operation, victim: Tenant) -> None:
    before = belongings(victim)

    for name, headers in bad_credentials(victim).items():
        answer = ask(victim, operation, victim, headers=headers)
        assert says_unauthorized(operation, answer), f"{name}: {answer.status_code} {answer.text}"
        assert victim.api_key not in answer.text
    assert belongings(victim) == before


@pytest.mark.parametrize("operation", QUESTIONS, ids=" ".join)
def test_a_key_without_the_scope_is_forbidden(
    operation: Operation, installation: Installation, victim: Tenant
) -> None:
    method, path = operation
    [route] = [
        each
        for each in every_route(describe_app().routes)
        if isinstance(each, APIRoute) and method in each.methods and each.path == path
    ]
    [granting] = [
        GRANTS[call.permission].scopes
        for call in dependencies(route.dependant)
        if isinstance(call, RequiredPermission)
    ]
    others = tuple(scope for scope in SCOPES if scope not in granting)
    before = belongings(victim)

    answer = ask(installation.new_key(victim, others), operation, victim)

    assert answer.status_code == 403, answer.text
    assert belongings(victim) == before


def test_a_revoked_key_stops(installation: Installation, tenant: Tenant) -> None:
    tenant.get("/v1/me")

    installation.revoke_every_key(tenant)

    eventually(lambda: tenant.ask("GET", "/v1/me").status_code, lambda status: status == 401)
