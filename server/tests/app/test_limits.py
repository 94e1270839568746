"""Limits, guards and proxies of a real `lynex up` whose plan is a narrow one."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from app.real_lynex import HTTP, Installation, Process, Tenant, an_event, run

BURST = 6
PLANS = {
    "default": {"requests_per_s": 0.01, "burst": BURST, "bytes_per_s": 1_000_000, "max_body_bytes": 5_000},
    "wide": {"requests_per_s": 1000, "burst": 5000},
    "thin": {"requests_per_s": 1000, "burst": 5000, "bytes_per_s": 10, "max_body_bytes": 2_000},
}
ENVIRONMENT = {
    "LYNEX_PLANS": json.dumps(PLANS),
    "LYNEX_CORS_ORIGINS": "https://app.example.com",
    "LYNEX_TRUSTED_PROXIES": "127.0.0.1",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("limited")


@pytest.fixture(scope="module")
def limited(folder: Path) -> Iterator[Installation]:
    process = Process("up", LYNEX_DATA_DIR=str(folder), **ENVIRONMENT)
    yield Installation.in_folder(process.url(), folder)
    assert process.end(signal.SIGTERM) == 0


@pytest.fixture
def tenant(limited: Installation) -> Tenant:
    """A project in the plan `default`, with nothing sent yet."""
    return limited.new_tenant()


def in_plan(folder: Path, tenant: Tenant, plan: str) -> Tenant:
    """The same, put into a plan on the command line."""
    given = run("limits", "plan", tenant.project_id, plan, LYNEX_DATA_DIR=str(folder), **ENVIRONMENT)
    assert given.returncode == 0, given.stderr
    return tenant


def audited(folder: Path, tenant: Tenant) -> list[str]:
    """The rows of the audit log about reached limits of the project, as the command line shows them."""
    listed = run(
        "audit", "list", "--project", tenant.project_id, "--action", "limit",
        LYNEX_DATA_DIR=str(folder), COLUMNS="250",
    )  # fmt: skip
    return [line for line in listed.stdout.splitlines() if "limit.reached" in line]


def test_what_is_over_the_limit_is_refused_and_the_rest_is_stored(tenant: Tenant) -> None:
    answers = [tenant.ask("POST", "/v1/events", json=an_event(number)) for number in range(BURST + 4)]

    assert [answer.status_code for answer in answers] == [207] * BURST + [429] * 4
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert (problem["code"], problem["violated-policies"]) == ("rate_limited", ["project"])
    assert 0 < int(refused.headers["retry-after"]) <= 100


def test_every_answer_tells_the_limits_and_what_is_left(tenant: Tenant) -> None:
    sent = tenant.ask("POST", "/v1/events", json=an_event(1))
    asked = tenant.ask("GET", "/v1/me")

    policy = '"project";q=6;w=600, "project-bytes";q=1000000;qu="content-bytes";w=1'
    assert sent.headers["ratelimit-policy"] == asked.headers["ratelimit-policy"] == policy
    assert sent.headers["ratelimit"].startswith(f'"project";r={BURST - 1};t=')
    assert '"project-bytes";r=' in sent.headers["ratelimit"]
    assert asked.headers["ratelimit"].startswith(f'"project";r={BURST - 2};t=')


def test_reading_counts_too_and_refusals_without_permission_do(limited: Installation, tenant: Tenant) -> None:
    writer = limited.new_key(tenant, ("ingest",))

    answers = [writer.ask("GET", "/v1/spans").status_code for _ in range(BURST + 1)]

    assert answers == [403] * BURST + [429]
    assert tenant.ask("GET", "/v1/spans").status_code == 429


def test_opentelemetry_is_told_in_its_own_words(tenant: Tenant) -> None:
    for _ in range(BURST):
        tenant.ask("POST", "/v1/traces", json={})

    refused = tenant.ask("POST", "/v1/traces", json={})

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "project" in refused.json()["message"]


def test_who_is_not_known_is_not_told_any_limit(tenant: Tenant) -> None:
    stranger = HTTP.get(f"{tenant.url}/v1/me")

    assert stranger.status_code == 401
    assert "ratelimit" not in stranger.headers


def test_bytes_are_limited_also_when_a_body_does_not_say_how_long_it_is(folder: Path, tenant: Tenant) -> None:
    in_plan(folder, tenant, "thin")
    body = json.dumps(an_event(1, input="x" * 1500)).encode()
    json_type = {"Content-Type": "application/json"}

    first = tenant.ask("POST", "/v1/events", content=iter([body[:700], body[700:]]), headers=json_type)
    again = tenant.ask("POST", "/v1/events", content=iter([body[:700], body[700:]]), headers=json_type)
    declared = tenant.ask("POST", "/v1/events", content=body, headers=json_type)
    larger = tenant.ask("POST", "/v1/events", content=iter([b" " * 2001]), headers=json_type)

    assert [first.status_code, again.status_code, declared.status_code] == [207, 429, 429]
    assert again.json()["violated-policies"] == ["project-bytes"]
    assert (larger.status_code, larger.json()["code"]) == (413, "too_large")


def test_a_body_beyond_the_plan_is_refused_though_the_installation_takes_larger_ones(
    folder: Path, limited: Installation, tenant: Tenant
) -> None:
    event = an_event(1, input="x" * 6_000)
    wide = in_plan(folder, limited.new_tenant(), "wide")

    assert tenant.ask("POST", "/v1/events", json=event).status_code == 413
    assert wide.ask("POST", "/v1/events", json=event).status_code == 207


def test_limits_are_shown_and_can_only_be_lowered(folder: Path, tenant: Tenant) -> None:
    in_plan(folder, tenant, "wide")
    path = f"/v1/projects/{tenant.project_id}/limits"

    lowered = tenant.ask("PUT", path, json={"requests_per_s": 500})
    above = tenant.ask("PUT", path, json={"burst": 5001})
    nothing = tenant.ask("PUT", path, json={"burst": 0})
    shown = tenant.get("/v1/limits")

    assert lowered.status_code == 200
    assert (above.status_code, above.json()["field"]) == (400, "burst")
    assert nothing.status_code == 422
    assert (shown["plan"], shown["of_plan"]["burst"]) == ("wide", 5000)
    assert (shown["in_effect"]["requests_per_s"], shown["in_effect"]["burst"]) == (500, 2500)
    assert shown["key"]["in_effect"] == shown["in_effect"]


def test_a_key_has_its_own_limits_below_the_projects(
    folder: Path, limited: Installation, tenant: Tenant
) -> None:
    in_plan(folder, tenant, "wide")
    app = limited.new_key(tenant, ("ingest", "read"))
    key_id = app.get("/v1/me")["api_key_id"]

    lowered = tenant.ask("PUT", f"/v1/keys/{key_id}/limits", json={"requests_per_s": 0.01, "burst": 2})
    answers = [app.ask("GET", "/v1/me") for _ in range(3)]

    assert lowered.json()["in_effect"]["burst"] == 2
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json()["violated-policies"] == ["key"]
    assert '"key";q=2;w=200' in answers[0].headers["ratelimit-policy"]
    assert tenant.ask("GET", "/v1/me").status_code == 200
    assert app.ask("PUT", f"/v1/keys/{key_id}/limits", json={}).status_code in (403, 429)


def test_a_rotated_key_passes_its_limits_on(folder: Path, limited: Installation, tenant: Tenant) -> None:
    in_plan(folder, tenant, "wide")
    key_id = limited.new_key(tenant, ("read",)).get("/v1/me")["api_key_id"]
    tenant.ask("PUT", f"/v1/keys/{key_id}/limits", json={"requests_per_s": 0.01, "burst": 2})

    new = tenant.ask("POST", f"/v1/keys/{key_id}/rotate", json={"overlap_s": 60}).json()
    app = Tenant(tenant.url, tenant.project_id, new["secret"])

    assert tenant.get(f"/v1/keys/{new['id']}/limits") == {
        **tenant.get(f"/v1/keys/{key_id}/limits"),
        "api_key_id": new["id"],
    }
    assert [app.ask("GET", "/v1/me").status_code for _ in range(3)] == [200, 200, 429]


def test_no_limits_of_another_projects_key(limited: Installation, tenant: Tenant) -> None:
    other = limited.new_tenant()
    key_id = other.get("/v1/me")["api_key_id"]

    assert tenant.ask("GET", f"/v1/keys/{key_id}/limits").status_code == 404
    assert tenant.ask("PUT", f"/v1/keys/{key_id}/limits", json={"burst": 1}).status_code == 404
    assert other.get("/v1/limits")["key"]["lowered"]["burst"] is None


def test_refusals_are_counted_and_the_first_is_audited_with_the_clients_address(
    folder: Path, limited: Installation, tenant: Tenant
) -> None:
    behind_proxy = {"X-Forwarded-For": "198.51.100.9"}
    for _ in range(BURST + 3):
        tenant.ask("GET", "/v1/me", headers=behind_proxy)
    in_plan(folder, tenant, "wide")

    def counted() -> Any:
        return tenant.ask("GET", "/v1/status")

    status = counted()
    while status.status_code == 429:  # until the running process has heard of the plan
        status = counted()

    [refused] = status.json()["refused"]
    assert refused["policy"] == "project"
    assert refused["count"] >= 3
    [row] = audited(folder, tenant)
    assert refused["sender"] in row
    assert "198.51.100.9" in row


def test_answers_to_its_own_names_alone(tenant: Tenant) -> None:
    rebound = HTTP.get(f"{tenant.url}/v1/me", headers={"Host": "evil.example"})
    own = HTTP.get(f"{tenant.url}/v1/me", headers={"Host": "localhost:1234"})

    assert (rebound.status_code, rebound.json()["code"]) == (421, "misdirected")
    assert own.status_code == 401


def test_insists_on_tls_when_the_trusted_proxy_says_it_was_tls(tenant: Tenant) -> None:
    over_tls = HTTP.get(tenant.url, headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.9"})

    assert "max-age=" in over_tls.headers["strict-transport-security"]
    assert "strict-transport-security" not in HTTP.get(tenant.url).headers


def test_a_listed_page_may_send_with_its_key_and_another_may_not(tenant: Tenant) -> None:
    def asks(origin: str) -> Any:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        return HTTP.options(f"{tenant.url}/v1/events", headers=asked)

    sent = tenant.ask("POST", "/v1/events", json=an_event(1), headers={"Origin": "https://app.example.com"})

    assert asks("https://app.example.com").status_code == 204
    assert asks("https://evil.example").status_code == 403
    assert sent.status_code == 207
    assert sent.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "RateLimit" in sent.headers["access-control-expose-headers"]


def test_a_plan_that_does_not_exist_is_refused(folder: Path, tenant: Tenant) -> None:
    unknown = run("limits", "plan", tenant.project_id, "gold", LYNEX_DATA_DIR=str(folder), **ENVIRONMENT)
    nobody = run("limits", "plan", "prj_nobody", "wide", LYNEX_DATA_DIR=str(folder), **ENVIRONMENT)
    listed = run("limits", "list", LYNEX_DATA_DIR=str(folder), COLUMNS="200", **ENVIRONMENT)

    assert unknown.returncode == nobody.returncode == 1
    assert "LYNEX_PLANS" in unknown.stderr
    assert tenant.project_id in listed.stdout
