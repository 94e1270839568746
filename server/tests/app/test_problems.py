"""Whatever goes wrong is answered as `application/problem+json`; what is no API is the dashboard."""

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from app.real_lynex import HTTP, Tenant, an_event, eventually
from fastapi import FastAPI, Query
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from lynex_server.app.dashboard import add_dashboard
from lynex_server.app.http import describe_app
from lynex_server.app.problems import QUOTA_EXCEEDED, Problem
from lynex_server.app.settings import AppSettings
from lynex_server.app.web_safety import WebSettings, guard
from lynex_server.kernel import errors

EXPECTED: dict[type[errors.LynexError], tuple[int, str]] = {
    errors.InvalidInput: (400, "invalid_input"),
    errors.Unauthorized: (401, "unauthorized"),
    errors.Forbidden: (403, "forbidden"),
    errors.NotFound: (404, "not_found"),
    errors.Conflict: (409, "conflict"),
    errors.PreconditionFailed: (412, "precondition_failed"),
    errors.TooLarge: (413, "too_large"),
    errors.QueryTooExpensive: (422, "query_too_expensive"),
    errors.TooManyRequests: (429, "too_many_requests"),
    errors.RateLimited: (429, "rate_limited"),
    errors.Unreachable: (502, "unreachable"),
    errors.Busy: (503, "busy"),
}
SECRET = "lx_secret_of_the_database"


class _Body(BaseModel):
    name: str
    size: int


def every_kind(of: type[errors.LynexError]) -> Iterator[type[errors.LynexError]]:
    for kind in of.__subclasses__():
        yield kind
        yield from every_kind(kind)


def an_app(built: Path) -> FastAPI:
    """The application with routes that fail, and a dashboard of two files."""
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<title>the page</title>")
    (built / "theme.js").write_text("theme()")
    (built / "assets" / "app.js").write_text("app()")
    (built.parent / "secret.txt").write_text(SECRET)
    app = describe_app()

    @app.get("/v1/raise/{name}")
    def fail(name: str) -> None:
        more = {"TooManyRequests": (9,), "RateLimited": (9, ("project", "key"))}.get(name, ())
        raise getattr(errors, name)(f"about {name}", *more)

    @app.get("/v1/field")
    def wrong_field() -> None:
        raise errors.InvalidInput("limit: too small", field="limit")

    @app.get("/v1/later")
    def later() -> None:
        raise errors.Busy("full", retry_after_s=17)

    @app.get("/v1/bug")
    def bug() -> None:
        raise ValueError(f"cannot connect with {SECRET}")

    @app.get("/v1/teapot")
    def teapot() -> None:
        raise HTTPException(418, "a teapot", headers={"X-Spout": "left"})

    @app.post("/v1/body")
    def with_body(body: _Body, limit: int = Query(ge=1)) -> None:
        raise AssertionError

    add_dashboard(app, built)
    return app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dashboard is in its folder `built`; beside that is a secret."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    """One for all: describing the application takes longer than asking it."""
    app = guard(an_app(folder / "built"), AppSettings(host="0.0.0.0"), WebSettings(), 10_000)  # noqa: S104  # only named
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def problem_of(answer: Any) -> dict[str, Any]:
    """The problem, seen to be one."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    Problem.model_validate(problem, strict=True)
    assert problem["status"] == answer.status_code
    return problem


def test_every_kind_of_error_is_expected_here() -> None:
    kernels = {kind for kind in every_kind(errors.LynexError) if kind.__module__ == errors.__name__}

    assert kernels == set(EXPECTED)


@pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.__name__)
def test_an_error_is_answered_with_its_status_and_code(
    client: TestClient, kind: type[errors.LynexError]
) -> None:
    answer = client.get(f"/v1/raise/{kind.__name__}")

    problem = problem_of(answer)
    assert (answer.status_code, problem["code"]) == EXPECTED[kind]
    assert (problem["title"], problem["detail"]) == (kind.title, f"about {kind.__name__}")


def test_unauthorized_says_how_to_prove_oneself(client: TestClient) -> None:
    assert client.get("/v1/raise/Unauthorized").headers["www-authenticate"] == 'Bearer realm="lynex"'


def test_busy_says_when_to_come_back(client: TestClient) -> None:
    assert client.get("/v1/later").headers["retry-after"] == "17"


@pytest.mark.parametrize("kind", ["TooManyRequests", "RateLimited"])
def test_who_is_over_a_limit_is_told_when_to_come_back(client: TestClient, kind: str) -> None:
    assert client.get(f"/v1/raise/{kind}").headers["retry-after"] == "9"


def test_who_is_over_a_limit_is_told_which(client: TestClient) -> None:
    answer = problem_of(client.get("/v1/raise/RateLimited"))

    assert (answer["type"], answer["violated-policies"]) == (QUOTA_EXCEEDED, ["project", "key"])


def test_invalid_input_names_its_field(client: TestClient) -> None:
    assert problem_of(client.get("/v1/field"))["field"] == "limit"


def test_an_unexpected_error_tells_no_details(client: TestClient) -> None:
    answer = client.get("/v1/bug")

    assert (answer.status_code, problem_of(answer)["code"]) == (500, "internal")
    assert SECRET not in answer.text
    assert "ValueError" not in answer.text


def test_everything_wrong_with_a_request_is_listed(client: TestClient) -> None:
    answer = client.post("/v1/body?limit=0", json={"size": "large"})

    problem = problem_of(answer)
    assert (answer.status_code, problem["code"]) == (422, "invalid_input")
    assert {fault["field"] for fault in problem["faults"]} == {"query.limit", "body.name", "body.size"}
    assert problem["faults"][0]["field"] in problem["detail"]


def test_a_fault_of_the_whole_body_names_no_field(client: TestClient) -> None:
    answer = client.post("/v1/body?limit=1", json=[])

    assert problem_of(answer)["faults"][0]["field"] == "body"
    assert "body" not in problem_of(answer)["detail"]


def test_a_body_that_is_no_json_is_a_problem(client: TestClient) -> None:
    headers = {"content-type": "application/json"}

    assert client.post("/v1/body?limit=1", content=b"{", headers=headers).status_code == 422
    assert problem_of(client.post("/v1/body?limit=1", content=b"\xff\xfe", headers=headers))["status"] in (
        400,
        422,
    )


def test_other_http_errors_keep_their_headers(client: TestClient) -> None:
    answer = client.get("/v1/teapot")

    assert problem_of(answer)["code"] == "http_418"
    assert answer.headers["x-spout"] == "left"


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/v1/", "/v1", "/api/public/nothing", "/healthz/x", "/v1/spans/"]
)
def test_an_unknown_api_path_is_not_found_as_a_problem(client: TestClient, path: str) -> None:
    answer = client.get(path, follow_redirects=False)

    assert (answer.status_code, problem_of(answer)["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/v1/spans"),
        ("POST", "/v1/me"),
        ("GET", "/v1/events"),
        ("POST", "/traces"),
        ("PATCH", "/"),
    ],
)
def test_a_wrong_method_is_a_problem(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)

    assert (answer.status_code, problem_of(answer)["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"] or "POST" in answer.headers["allow"]


# The dashboard


@pytest.mark.parametrize(
    "path", ["/", "/traces", "/traces/0af7651916cd43dd8448eb211c80319c?x=1", "/a/b/c", "/v1x"]
)
def test_every_other_address_is_the_page(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.text) == (200, "<title>the page</title>")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(("path", "text"), [("/theme.js", "theme()"), ("/assets/app.js", "app()")])
def test_files_of_the_dashboard_are_served(client: TestClient, path: str, text: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.text) == (200, text)
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/", "/theme.js", "/assets/app.js", "/healthz"])
def test_a_monitor_may_ask_by_head(client: TestClient, path: str) -> None:
    answer = client.head(path)

    assert (answer.status_code, answer.content) == (200, b"")


def test_a_missing_file_of_the_dashboard_is_not_the_page(client: TestClient) -> None:
    """A page in place of a script would be an error that nobody understands."""
    assert client.get("/assets/gone.js").status_code == 404


def test_without_a_built_dashboard_the_page_says_so(tmp_path: Path) -> None:
    app = describe_app()
    add_dashboard(app, tmp_path)

    answer = TestClient(app).get("/")

    assert answer.status_code == 503
    assert "not built" in answer.text


STRANGE_PATHS = [
    "/%00", "/a%00b", "/assets/%00", f"/{'a' * 5000}", f"/assets/{'a' * 5000}", "/%ff%fe", "/%F0%9F%98%80",
    "/a%0d%0ab", "/%5c..%5csecret.txt", "/con", "//", "///etc/passwd", "/%2e", "/.",
]  # fmt: skip


@pytest.mark.parametrize("path", STRANGE_PATHS, ids=lambda path: path[:20])
def test_a_strange_path_gets_an_answer(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (200, 404)


@pytest.mark.parametrize("up", ["..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "%252e%252e%252f", "....//", "%2f"])
@pytest.mark.parametrize("start", ["/", "/assets/", "/assets%2f"])
def test_no_path_leaves_the_folder_of_the_dashboard(client: TestClient, start: str, up: str) -> None:
    for depth in range(1, 4):
        assert SECRET not in client.get(f"{start}{up * depth}secret.txt").text


def test_a_link_out_of_the_folder_is_not_followed(client: TestClient, folder: Path) -> None:
    (folder / "built" / "link.txt").symlink_to(folder / "secret.txt")
    (folder / "built" / "assets" / "link.txt").symlink_to(folder / "secret.txt")

    assert SECRET not in client.get("/link.txt").text
    assert SECRET not in client.get("/assets/link.txt").text


# The same, over a real connection


def raw_get(tenant: Tenant, target: str) -> tuple[int, bytes]:
    """A GET whose target goes over the wire as it is: nothing tidies it up."""
    connection = http.client.HTTPConnection(urlsplit(tenant.url).netloc, timeout=60)
    try:
        connection.putrequest("GET", target, skip_host=False)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("start", ["", "/assets", "/assets/x", "/static"])
def test_no_target_on_the_wire_reads_a_file_of_the_machine(tenant: Tenant, start: str) -> None:
    for depth in (1, 3, 12):
        for step in ("/..", "/%2e%2e", "/..%2f", "//.."):
            status, body = raw_get(tenant, f"{start}{step * depth}/etc/passwd")
            assert status < 500
            assert b"root:" not in body


def test_a_real_answer_is_a_problem_too(tenant: Tenant) -> None:
    for path, status in (
        ("/v1/nothing", 404),
        ("/v1/spans?limit=0", 422),
        ("/v1/spans?range=yesterday", 400),
    ):
        assert problem_of(tenant.ask("GET", path))["status"] == status


def test_health_and_readiness_are_told_without_a_key(tenant: Tenant) -> None:
    health = HTTP.get(f"{tenant.url}/healthz")
    ready = HTTP.get(f"{tenant.url}/readyz")

    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert ready.json()["status"] == "ready"
    assert set(ready.json()["checks"].values()) == {"ok"}


def test_a_body_over_the_limit_is_refused_and_the_next_request_is_not(tenant: Tenant) -> None:
    answer = tenant.ask("POST", "/v1/events", content=b" " * 12_000_000)

    assert problem_of(answer)["code"] == "too_large"
    assert "LYNEX_" in answer.text or "max_body_bytes" in answer.text
    tenant.send(an_event(1))
    eventually(tenant.span_ids, lambda ids: list(ids) == [f"{1:016x}"])


def test_the_page_of_a_real_lynex_loads_nothing_from_elsewhere(tenant: Tenant) -> None:
    page = HTTP.get(tenant.url)

    assert "text/html" in page.headers["content-type"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "https://" not in page.text
