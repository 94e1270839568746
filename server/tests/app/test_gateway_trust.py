"""What callers and providers cannot do to each other, or to those between them, through the gateway."""

import gzip
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from app.gateway_tenant import QUESTION, GatewayTenant
from app.real_lynex import Tenant
from app.scripted_upstream import USAGE, Scripted, ScriptedUpstream, scripted_upstream


class Untrusted(Scripted):
    """A provider that says what it should not."""

    def answer_get(self) -> None:
        if not self.path.endswith("/cut"):
            super().answer_get()
            return
        self.begin_stream("audio/mpeg")
        self.chunk(b"half of it")
        self.hang_up()

    def as_zipped(self, document: dict[str, Any]) -> None:
        whole = json.dumps({**self._whole(document), "usage": USAGE}).encode()
        if "gzip" in self.headers.get("accept-encoding", ""):
            self.answer_bytes(200, "application/json", gzip.compress(whole), **{"content-encoding": "gzip"})
        else:
            self.answer_bytes(200, "application/json", whole)

    def as_no_events(self, document: dict[str, Any]) -> None:
        self.begin_stream("application/vnd.amazon.eventstream")
        self.chunk(b"these are no events, whatever the head says")
        self.chunk(b"")

    def as_two_lines(self, document: dict[str, Any]) -> None:
        self.answer(200, {**self._whole(document), "model": "m\r\nset-cookie: a=1"})

    def as_talks_too_much(self, document: dict[str, Any]) -> None:
        fields = {
            "openai-organization": "acme",
            "access-control-allow-credentials": "true",
            "x-lynex-cost-usd": "99",
            "set-cookie": "a=1",
            "x-request-id": "req_1",
        }
        self.answer(200, self._whole(document), **fields)

    def as_repeats_the_key(self, document: dict[str, Any]) -> None:
        self.answer(400, {"error": {"message": f"You sent {self.headers['authorization']}."}})

    def as_redirects(self, document: dict[str, Any]) -> None:
        self.answer(307, {}, location="http://elsewhere.example/")

    def as_pays_you(self, document: dict[str, Any]) -> None:
        self.answer(200, {**self._whole(document), "usage": {**USAGE, "cost": -5}})

    def as_asks_for_all(self, document: dict[str, Any]) -> None:
        self.answer(200, {**self._whole(document), "usage": {**USAGE, "cost": 1e308}})


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedUpstream]:
    with scripted_upstream(Untrusted) as upstream:
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


def test_a_model_that_is_named_in_two_lines_makes_no_header(gateway):
    answer = gateway.call("two-lines")

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert answer.headers["x-lynex-model"] == "m??set-cookie: a=1"


def test_a_provider_tells_the_caller_neither_whose_account_it_is_nor_what_only_we_may_say(gateway):
    answer = gateway.call("talks-too-much")

    assert answer.headers["x-request-id"] == "req_1"
    assert float(answer.headers["x-lynex-cost-usd"]) < 1
    assert answer.headers.keys().isdisjoint(
        {"openai-organization", "access-control-allow-credentials", "set-cookie"}
    )


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/images/generations"])
def test_no_client_is_sent_elsewhere_with_its_key(gateway, path):
    answer = gateway.call("redirects", path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_garbage")
    assert "location" not in answer.headers


@pytest.mark.parametrize("model", ["pays-you", "asks-for-all"])
def test_a_cost_that_cannot_be_is_not_believed(gateway, model):
    gateway.price()

    answer = gateway.call(model)

    assert answer.status_code == 200
    assert gateway.span()["cost_source"] == "priced"


def test_what_an_unread_call_used_is_known_though_its_client_takes_packed_answers(gateway):
    gateway.call("zipped", "/v1/images/generations", headers={"Accept-Encoding": "gzip"})

    span = gateway.span()
    assert (span["input_tokens"], span["output_tokens"]) == (20, 10)


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_the_model_of_an_unread_call_is_known_however_its_type_is_written(gateway, content_type):
    body = json.dumps({"model": "whole"})

    gateway.tenant.ask("POST", "/v1/images/generations", content=body, headers={"Content-Type": content_type})

    assert gateway.span()["model"] != ""


def test_a_call_without_a_body_is_passed_on_without_one(gateway):
    as_written(gateway, "POST", "/v1/batches/b_1/cancel")

    assert "transfer-encoding" not in gateway.upstream.asked[0].headers


def test_a_file_that_breaks_off_is_not_made_to_look_whole(gateway):
    with pytest.raises(httpx.RemoteProtocolError):
        gateway.tenant.ask("GET", "/gateway/scripted/v1/files/cut")

    assert gateway.span()["error_type"] == "upstream_broke_off"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/images/generations"])
def test_no_refused_key_of_ours_is_told_as_the_callers_own(gateway, path):
    """Also where another key is left and nothing is tried again."""
    provider_id = gateway.provider("two-keys", models=["no-key"])
    gateway.make(f"/v1/gateway/providers/{provider_id}/keys", {"name": "second", "api_key": "sk-second"})
    gateway.route("once", [{"provider": "two-keys", "model": "no-key", "weight": 1}], retries=0)

    answer = gateway.call("once" if path == "/v1/chat/completions" else "no-key", path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "provider_key_refused")


def test_a_stream_that_is_none_is_the_providers_fault(gateway):
    gateway.call("no-events", stream=True)

    assert gateway.span()["error_type"] == "upstream_garbage"


def test_a_provider_that_repeats_its_key_does_not_tell_the_caller(gateway):
    answer = gateway.call("repeats-the-key")

    assert answer.json()["error"]["message"] == "You sent Bearer (key)."
    assert "sk-scripted" not in json.dumps(gateway.span())
