"""No key reads what another project recorded: route by route, and statement by statement."""

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute
from query.conftest import Api
from query.rows import a_span

from lynex_server.query import statement
from lynex_server.query.public import router
from lynex_server.query.statement import Condition

ROUTES: dict[str, dict[str, Any]] = {
    "/v1/spans": {},
    "/v1/spans/{trace_id}/{span_id}": {},
    "/v1/traces": {},
    "/v1/traces/{trace_id}": {},
    "/v1/sessions": {},
    "/v1/metrics/summary": {"compare": True, "range": "5d"},
    "/v1/metrics/series": {"group_by": "model", "range": "5d"},
    "/v1/metrics/breakdown": {"by": "end_user", "range": "5d"},
    "/v1/metrics/cost-by-model": {},
    "/v1/metrics/latency-pctl": {},
    "/v1/facets": {},
    "/v1/export": {"format": "ndjson"},
}
"""`/v1/live` reads no table; `test_live.py` shows whose news it tells."""

SECRET = "project-secret"
NOT_FOUND_ELSEWHERE = {"/v1/spans/{trace_id}/{span_id}", "/v1/traces/{trace_id}"}


def url(path: str) -> str:
    return path.format(trace_id=f"trace-{SECRET}", span_id=f"span-{SECRET}")


def a_secret_span() -> Any:
    names = ("session_id", "end_user_id", "model", "name", "environment", "input")
    return a_span(
        trace_id=f"trace-{SECRET}",
        span_id=f"span-{SECRET}",
        cost_nanousd=123_456_789,
        duration_ms=1024.0,
        **dict.fromkeys(names, f"of-{SECRET}"),
    )


def tells_of_the_secret(path: str, text: str) -> bool:
    """Percentiles have no names: a latency tells."""
    return SECRET in text or "123456789" in text or "1024.0" in text


def test_every_route_that_reads_a_table_is_checked_here() -> None:
    paths = {route.path for route in router.routes if isinstance(route, APIRoute)}

    assert paths == {*ROUTES, "/v1/live"}


@pytest.mark.parametrize("path", ROUTES)
def test_a_key_reads_its_own_project_and_never_another(api: Api, path: str) -> None:
    api.store(a_secret_span())
    stranger = api.another()

    own, strange = api.ask(url(path), **ROUTES[path]), stranger.ask(url(path), **ROUTES[path])

    assert own.status_code == 200
    assert tells_of_the_secret(path, own.text)
    assert strange.status_code == (404 if path in NOT_FOUND_ELSEWHERE else 200)
    assert not tells_of_the_secret(
        path, strange.text.replace(f"trace-{SECRET}", "").replace(f"span-{SECRET}", "")
    )


@pytest.mark.parametrize("path", [*ROUTES, "/v1/live"])
def test_asking_for_another_project_by_name_finds_nothing(api: Api, path: str) -> None:
    other = api.another()

    response = api.ask(url(path), project_id=other.project_id, **ROUTES.get(path, {}))

    assert response.status_code == 404


@pytest.mark.parametrize("path", [*ROUTES, "/v1/live"])
def test_a_request_without_a_credential_is_refused(api: Api, path: str) -> None:
    assert api.client.get(url(path), params=ROUTES.get(path, {})).status_code == 401


@pytest.mark.parametrize("path", ROUTES)
def test_every_table_read_is_narrowed_to_the_tenant_first(api: Api, path: str) -> None:
    api.store(a_secret_span())
    api.columnar.asked.clear()

    api.ask(url(path), **ROUTES[path])

    assert api.columnar.asked
    for sql in api.columnar.asked:
        read = re.findall(r"\bFROM\s+(?!\()(\w+)", sql)
        narrowed = re.findall(r"\bFROM (\w+)\nWHERE project_id = \{project_id:String\}(?:\n|$)", sql)
        assert read
        assert read == narrowed


@pytest.mark.parametrize("path", ROUTES)
def test_without_the_tenant_step_a_stranger_would_read_along(
    api: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shows that the checks above can fail."""
    api.store(a_secret_span())
    stranger = api.another()
    kept_apart = stranger.ask(url(path), **ROUTES[path])
    monkeypatch.setattr(statement, "tenant_condition", lambda _project_id: Condition("1"))

    reading_along = stranger.ask(url(path), **ROUTES[path])

    assert reading_along.status_code == 200
    assert reading_along.text != kept_apart.text


def test_every_route_has_an_example() -> None:
    for route in router.routes:
        assert isinstance(route, APIRoute)
        assert "Example: `GET /v1/" in (route.endpoint.__doc__ or ""), route.path
