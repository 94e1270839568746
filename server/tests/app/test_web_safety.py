"""What stands between the network and the application, around the smallest application there is."""

import re
from pathlib import Path
from typing import Any

import pydantic
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from pydantic import BaseModel

from lynex_server.app.dashboard import NONCE, add_dashboard
from lynex_server.app.problems import add_problem_handlers
from lynex_server.app.settings import AppSettings
from lynex_server.app.web_safety import WebSettings, guard
from lynex_server.gateway.operations import operation_of
from lynex_server.identity.public import client_address, is_secure

MAX_BODY_BYTES = 1000


class _Body(BaseModel):
    name: str


def a_client(
    host: str = "0.0.0.0",  # noqa: S104  # only named
    public_url: str = "",
    peer: str = "203.0.113.7",
    url: str = "http://lynex.example",
    **web: Any,
) -> TestClient:
    """A guarded application, asked from `peer` at `url`."""
    app = FastAPI()
    add_problem_handlers(app)

    @app.get("/v1/who")
    def who(request: Request) -> dict[str, Any]:
        return {"address": client_address(request), "secure": is_secure(request)}

    @app.post("/v1/body")
    def body(body: _Body) -> dict[str, str]:
        return {"name": body.name}

    @app.get("/v1/cached")
    def cached() -> Response:
        return Response("x", headers={"Cache-Control": "max-age=5"})

    @app.get("/page")
    def page() -> str:
        return "a page"

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.get("/v1/bug")
    def bug() -> None:
        raise ValueError

    settings = AppSettings(host=host, public_url=public_url)
    guarded = guard(app, settings, WebSettings(**web), MAX_BODY_BYTES)
    return TestClient(guarded, url, raise_server_exceptions=False, client=(peer, 4711))


def directives(policy: str) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


# Headers


@pytest.mark.parametrize("path", ["/page", "/nothing", "/v1/who", "/v1/nothing", "/v1/bug", "/healthz"])
def test_every_answer_says_what_browsers_may_not_do(path: str):
    headers = a_client().get(path).headers

    policy = directives(headers["content-security-policy"])
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


def test_a_page_may_load_its_own_files_and_an_answer_of_the_api_nothing():
    page = directives(a_client().get("/page").headers["content-security-policy"])
    answer = directives(a_client().get("/v1/who").headers["content-security-policy"])

    assert page["script-src"] == page["style-src"] == page["connect-src"] == "'self'"
    assert set(answer) == {"default-src", "frame-ancestors"}


def test_answers_of_the_api_are_not_kept_unless_the_route_says_so():
    assert a_client().get("/v1/who").headers["cache-control"] == "no-store"
    assert a_client().get("/v1/cached").headers["cache-control"] == "max-age=5"
    assert "cache-control" not in a_client().get("/page").headers


@pytest.mark.parametrize(
    "path",
    [
        "/v1/chat/completions",
        "/v1beta/models/gemini-2.5-flash:generateContent",
        "/upload/v1beta/files",
        "/openai/deployments/gpt-4o/chat/completions",
        "/model/anthropic.claude-x/converse",
        "/api/chat",
        "/gateway/acme/v1/chat/completions",
    ],
)
def test_an_answer_of_the_gateway_is_no_page_either_and_is_kept_nowhere(path: str):
    assert operation_of("POST", path, {}) is not None
    origin = {"Origin": "https://app.example.com"}

    answer = a_client(cors_origins="https://app.example.com").post(path, headers=origin)

    assert set(directives(answer.headers["content-security-policy"])) == {"default-src", "frame-ancestors"}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"


def test_insists_on_tls_only_where_the_request_came_over_tls():
    assert a_client(url="https://lynex.example").get("/page").headers["strict-transport-security"] == (
        "max-age=31536000"
    )
    assert "strict-transport-security" not in a_client().get("/page").headers
    off = a_client(url="https://lynex.example", hsts_max_age_s=0)
    assert "strict-transport-security" not in off.get("/page").headers


# Proxies


def test_believes_a_trusted_proxy():
    client = a_client(peer="10.0.0.1", trusted_proxies="10.0.0.0/8")

    answer = client.get("/v1/who", headers={"X-Forwarded-For": "198.51.100.2", "X-Forwarded-Proto": "https"})

    assert answer.json() == {"address": "198.51.100.2", "secure": True}
    assert "strict-transport-security" in answer.headers


@pytest.mark.parametrize("peer", ["203.0.113.7", "127.0.0.1"])
@pytest.mark.parametrize("trusted", ["", "10.0.0.0/8"])
def test_believes_nobody_else(peer: str, trusted: str):
    spoofed = {
        "X-Forwarded-For": "198.51.100.2",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=198.51.100.2;proto=https",
    }

    answer = a_client(peer=peer, trusted_proxies=trusted).get("/v1/who", headers=spoofed)

    assert answer.json() == {"address": peer, "secure": False}
    assert "strict-transport-security" not in answer.headers


def test_reads_the_standard_header_where_proxies_write_that():
    client = a_client(peer="10.0.0.1", trusted_proxies="10.0.0.1", proxy_header="forwarded")

    answer = client.get("/v1/who", headers={"Forwarded": "for=198.51.100.2;proto=https"})

    assert answer.json() == {"address": "198.51.100.2", "secure": True}


# Hosts


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "127.8.8.8", "lynex.localhost"]
)
def test_a_loopback_lynex_answers_to_the_names_of_its_machine(host: str):
    assert a_client("127.0.0.1").get("/v1/who", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:8000", "", "10.0.0.1"],
)
def test_a_loopback_lynex_answers_to_no_other_name(host: str):
    """DNS rebinding: a page's own host name, pointed at 127.0.0.1."""
    answer = a_client("127.0.0.1").get("/v1/who", headers={"Host": host})

    assert (answer.status_code, answer.json()["code"]) == (421, "misdirected")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_answers_to_the_public_name_too():
    client = a_client("127.0.0.1", public_url="https://Lynex.Example:8443/")

    assert client.get("/v1/who", headers={"Host": "lynex.example:8443"}).status_code == 200


def test_a_lynex_open_to_the_network_answers_to_any_name_unless_names_are_set():
    assert a_client().get("/v1/who", headers={"Host": "any.example"}).status_code == 200

    strict = a_client(allowed_hosts="lynex.example, *.Internal", public_url="https://public.example")
    asked = ["lynex.example", "a.b.internal", "public.example", "internal", "any.example", "127.0.0.1"]
    found = [strict.get("/v1/who", headers={"Host": host}).status_code for host in asked]
    assert found == [200, 200, 200, 421, 421, 421]


def test_monitors_may_ask_under_any_name():
    assert a_client("127.0.0.1").get("/healthz", headers={"Host": "10.1.2.3"}).status_code == 200


# Other sites' pages

LISTED = {"cors_origins": "https://app.example.com, http://localhost:3000"}


def preflight(client: TestClient, origin: str, method: str = "POST", headers: str = "authorization") -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    return client.options("/v1/body", headers=asked)


def test_a_page_of_a_listed_origin_may_call_with_its_key():
    answer = preflight(a_client(**LISTED), "https://app.example.com")

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "authorization"
    assert "Origin" in answer.headers["vary"]


def test_answers_to_a_listed_origin_can_be_read_and_never_with_cookies():
    answer = a_client(**LISTED).get("/v1/who", headers={"Origin": "http://localhost:3000"})

    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "RateLimit" in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "https://app.example.com.evil.example", "http://app.example.com", "*"],
)
@pytest.mark.parametrize("web", [LISTED, {}])
def test_a_page_of_another_origin_may_not(origin: str, web: dict[str, str]):
    refused = preflight(a_client(**web), origin)
    answer = a_client(**web).get("/v1/who", headers={"Origin": origin})

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden_origin")
    assert not any(name.startswith("access-control") for name in refused.headers)
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_only_the_api_can_be_called_from_other_origins():
    answer = a_client(**LISTED).get("/page", headers={"Origin": "https://app.example.com"})

    assert "access-control-allow-origin" not in answer.headers


def test_a_preflight_cannot_smuggle_a_header():
    assert preflight(a_client(**LISTED), "https://app.example.com", headers="x(y)").status_code == 400


# Bodies


def test_a_body_that_nobody_asked_for_is_bounded():
    fits = a_client().post("/v1/body", json={"name": "x"})
    declared = a_client().post("/v1/body", json={"name": "x" * MAX_BODY_BYTES})
    chunked = a_client().post("/v1/body", content=(b"x" * 100 for _ in range(20)))

    assert fits.status_code == 200
    assert [each.status_code for each in (declared, chunked)] == [413, 413]
    assert declared.json()["code"] == "too_large"
    assert "LYNEX_MAX_BODY_BYTES" in declared.json()["detail"]


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"trusted_proxies": "proxy.example"},
        {"trusted_proxies": "10.0.0.1/8"},
        {"cors_origins": "*"},
        {"cors_origins": "https://*.example.com"},
        {"cors_origins": "app.example.com"},
        {"cors_origins": "https://app.example.com/path"},
        {"cors_origins": "null"},
        {"allowed_hosts": "https://lynex.example"},
        {"allowed_hosts": "lynex.example:8000"},
        {"allowed_hosts": "*"},
        {"proxy_header": "x-real-ip"},
    ],
)
def test_refuses_what_cannot_be_meant(wrong: dict[str, str]):
    with pytest.raises(pydantic.ValidationError):
        WebSettings(**wrong)


# The dashboard's page


def the_page(folder: Path) -> TestClient:
    """The dashboard of two files, guarded."""
    (folder / "assets").mkdir()
    (folder / "index.html").write_text(f'<meta name="csp-nonce" nonce="{NONCE}">')
    (folder / "theme.js").write_text("theme()")
    app = FastAPI()
    add_dashboard(app, folder)
    settings = AppSettings(host="0.0.0.0")  # noqa: S104  # only named
    return TestClient(guard(app, settings, WebSettings(), MAX_BODY_BYTES))


@pytest.mark.parametrize("path", ["/", "/traces", "/index.html"])
def test_only_style_elements_that_know_the_pages_nonce_work(tmp_path: Path, path: str):
    client = the_page(tmp_path)

    nonces = set()
    for _ in range(3):
        answer = client.get(path)
        policy = directives(answer.headers["content-security-policy"])
        [nonce] = re.findall(r'nonce="([^"]+)"', answer.text)
        assert policy["style-src"] == f"'self' 'nonce-{nonce}'"
        assert policy["script-src"] == "'self'"
        assert "etag" not in answer.headers
        nonces.add(nonce)

    assert len(nonces) == 3
    assert client.head(path).headers["content-length"] == answer.headers["content-length"]


def test_files_beside_the_page_need_no_nonce(tmp_path: Path):
    answer = the_page(tmp_path).get("/theme.js")

    assert directives(answer.headers["content-security-policy"])["style-src"] == "'self'"
