"""The secret address that stops calls, as a chat, a pager and a script use it."""

import time
from typing import Any

import httpx
import pytest
from app.real_lynex import HTTP, Tenant

from lynex_server.budgets.hooks import MAX_BODY_BYTES
from lynex_server.identity.public import sign


@pytest.fixture
def hook(tenant: Tenant) -> dict[str, Any]:
    return made(tenant)


def made(tenant: Tenant, **wish: Any) -> dict[str, Any]:
    answer = tenant.ask("POST", "/v1/kill-switch/hooks", json={"name": "on call", **wish})
    assert answer.status_code == 201, answer.text
    return answer.json()


def flip(tenant: Tenant, hook: dict[str, Any], **request: Any) -> httpx.Response:
    """By somebody who knows the address and nothing else."""
    return HTTP.post(tenant.url + hook["path"], **request)


def is_stopped(tenant: Tenant) -> bool:
    return tenant.ask("POST", "/v1/reservations", json={"cost_usd": 0.01}).status_code == 423


@pytest.mark.parametrize(
    ("request_of", "reason"),
    [
        ({}, "triggered by a hook"),
        ({"data": {"command": "/stop-ai", "text": "stop agents run wild"}}, "agents run wild"),
        ({"json": {"event": {"event_type": "incident.triggered"}}}, "triggered by a hook"),
        ({"json": {"action": "trigger", "reason": "drill", "minutes": 5}}, "drill"),
        ({"content": "loop in triage", "headers": {"Content-Type": "text/plain"}}, "loop in triage"),
    ],
    ids=["nothing at all", "Slack", "a pager", "JSON", "plain text"],
)
def test_whatever_is_sent_there_stops_calls_until_it_says_release(
    tenant: Tenant, hook: dict[str, Any], request_of: dict[str, Any], reason: str
):
    assert flip(tenant, hook, **request_of).status_code == 200

    assert is_stopped(tenant)
    [switch] = tenant.get("/v1/kill-switch", active="true")["items"]
    assert (switch["reason"], switch["triggered_by"]) == (reason, "hook on call")

    assert "let through again" in flip(tenant, hook, data={"text": "release"}).json()["text"]
    assert not is_stopped(tenant)


def test_asked_again_and_again_it_stops_once(tenant: Tenant, hook: dict[str, Any]):
    for _ in range(3):
        flip(tenant, hook)

    assert len(tenant.get("/v1/kill-switch")["items"]) == 1


def test_a_signed_hook_takes_what_is_signed_and_nothing_else(tenant: Tenant):
    hook = made(tenant, signed=True)
    body, now = b"stop", str(int(time.time()))
    stale = str(int(time.time()) - 3600)

    def headers(timestamp: str, secret: str) -> dict[str, str]:
        return {"X-Lynex-Timestamp": timestamp, "X-Lynex-Signature": sign(secret, timestamp, body)}

    for wrong in ({}, headers(now, "another secret"), headers(stale, hook["hmac_secret"])):
        assert flip(tenant, hook, content=body, headers=wrong).status_code == 401
    assert not is_stopped(tenant)

    assert flip(tenant, hook, content=body, headers=headers(now, hook["hmac_secret"])).status_code == 200
    assert is_stopped(tenant)


def test_what_is_too_long_or_no_order_changes_nothing(tenant: Tenant, hook: dict[str, Any]):
    assert flip(tenant, hook, content=b"x" * (MAX_BODY_BYTES + 1)).status_code == 413
    assert flip(tenant, hook, json={"action": "dance"}).status_code == 400

    assert not is_stopped(tenant)


def test_a_revoked_address_is_none(tenant: Tenant, hook: dict[str, Any]):
    assert tenant.ask("DELETE", f"/v1/kill-switch/hooks/{hook['hook']['id']}").status_code == 204

    assert flip(tenant, hook).status_code == 404
    assert not is_stopped(tenant)
