"""What callers and providers cannot do to each other, or to those between them, through the gateway."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from app.gateway_tenant import QUESTION, GatewayTenant
from app.real_lynex import Tenant
from app.scripted_upstream import ScriptedUpstream, scripted_upstream


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedUpstream]:
    with scripted_upstream() as upstream:
        yield upstream


@pytest.fixture
def gateway(tenant: Tenant, running: ScriptedUpstream) -> GatewayTenant:
    running.asked.clear()
    return GatewayTenant(tenant, running)


def as_written(gateway: GatewayTenant, method: str, path: str, body: bytes = b"", *fields: str) -> str:
    """The answer to a request that no HTTP library has tidied up."""
    where = urlsplit(gateway.tenant.url)
    lines = (
        f"{method} {path} HTTP/1.1",
        f"Host: {where.netloc}",
        f"Authorization: Bearer {gateway.tenant.api_key}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *fields,
    )
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode("latin-1")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/files/../../admin",
        "/v1/files/%2e%2e/%2E%2E/admin",
        "/v1/files/..%2f..%2fadmin",
        "/gateway/scripted/../admin",
    ],
)
def test_no_path_leads_out_of_a_providers_base_url(gateway, path):
    answer = as_written(gateway, "GET", path)

    assert gateway.upstream.asked == [], answer


def test_no_path_leads_around_limits_and_guards(gateway):
    body = json.dumps({"model": "whole", "messages": QUESTION}).encode()

    as_written(gateway, "POST", "/v1/files/..%2Fchat%2Fcompletions", body, "Content-Type: application/json")

    assert gateway.upstream.asked == []


def test_a_question_mark_in_a_name_begins_no_query(gateway):
    as_written(gateway, "GET", "/v1/files/a%3Fb%23c")

    assert gateway.upstream.asked[0].path == "/v1/files/a%3Fb%23c"


def test_a_providers_key_cannot_be_had_back_by_trace(gateway):
    answer = as_written(gateway, "TRACE", "/v1/files/x")

    assert "sk-scripted" not in answer
    assert gateway.upstream.asked == []
