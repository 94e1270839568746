"""`GET /v1/me` and the permission in a route's signature, over HTTP."""

from collections.abc import Iterator
from typing import Annotated, get_args

import pytest
from clocks import FixedClock
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient

from lynex_server.engines.relational.database import open_database
from lynex_server.identity.access import MAX_SIGNED_BODY_BYTES
from lynex_server.identity.public import GRANTS, Identity, Permission, Principal, require, sign
from lynex_server.identity.routes import router
from lynex_server.kernel.errors import LynexError
from lynex_server.kernel.ids import ProjectId


@pytest.fixture
def client(sqlite_url: str) -> Iterator[TestClient]:
    database = open_database(sqlite_url)
    app = FastAPI()
    app.state.identity = Identity(database, bytes(32), FixedClock())
    app.include_router(router)
    app.add_exception_handler(LynexError, _status_and_text)

    @app.post("/sent")
    async def read_sent(
        request: Request, principal: Annotated[Principal, require("keys:write")]
    ) -> dict[str, str]:
        return {"project_id": principal.project_id, "body": (await request.body()).decode()}

    with TestClient(app) as client:
        yield client
    database.close()


async def _status_and_text(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LynexError)
    return JSONResponse({"detail": str(error)}, error.status)


def identity_of(client: TestClient) -> Identity:
    identity: Identity = client.app.state.identity
    return identity


def a_secret(client: TestClient, *scopes: str) -> str:
    identity = identity_of(client)
    if not identity.list_projects():
        identity.create_project("Acme", "acme")
    return identity.create_key(ProjectId("acme"), "laptop", scopes).secret


def test_tells_a_client_who_it_is(client: TestClient) -> None:
    secret = a_secret(client, "read", "ingest")

    answer = client.get("/v1/me", headers={"Authorization": f"Bearer {secret}"})

    (key,) = identity_of(client).list_keys(ProjectId("acme"))
    told = answer.json()
    assert {
        name: told[name] for name in told if name not in ("permissions", "organisations", "projects")
    } == {
        "kind": "api_key",
        "user": None,
        "project_id": "acme",
        "project_name": "Acme",
        "organisation_id": "default",
        "role": None,
        "api_key_id": key.id,
        "api_key_name": "laptop",
        "scopes": ["ingest", "read"],
    }
    assert {"events:write", "spans:read"} < set(told["permissions"])
    [organisation] = told["organisations"]
    assert (organisation["id"], organisation["role"], organisation["permissions"]) == ("default", None, [])
    assert [project["id"] for project in told["projects"]] == ["acme"]


def test_refuses_a_request_without_a_valid_credential(client: TestClient) -> None:
    assert client.get("/v1/me").status_code == 401
    assert client.get("/v1/me", auth=("user", "not-a-key-of-ours")).status_code == 401
    assert client.get("/v1/me", headers={"Authorization": "Basic %%%"}).status_code == 401


def signed_headers(secret: str, body: bytes) -> dict[str, str]:
    timestamp = str(FixedClock().now_us() // 1_000_000)
    return {
        "X-Lynex-Key": "acme",
        "X-Lynex-Timestamp": timestamp,
        "X-Lynex-Signature": sign(secret, timestamp, body),
    }


def test_a_signed_request_still_gives_the_route_its_body(client: TestClient) -> None:
    headers = signed_headers(a_secret(client, "admin"), b"hello")

    assert client.post("/sent", content=b"hello", headers=headers).json() == {
        "project_id": "acme",
        "body": "hello",
    }
    assert client.post("/sent", content=b"other", headers=headers).status_code == 401


def test_a_signature_without_a_body_changes_nothing(client: TestClient) -> None:
    """It covers neither method nor path: what was signed for a GET must not do for a change."""
    headers = signed_headers(a_secret(client, "admin"), b"")

    assert client.get("/v1/me", headers=headers).status_code == 200
    assert client.post("/sent", headers=headers).status_code == 401


def test_a_signed_body_is_bounded_before_it_is_read(client: TestClient) -> None:
    headers = signed_headers(a_secret(client, "admin"), b"")

    too_large = {**headers, "Content-Length": str(MAX_SIGNED_BODY_BYTES + 1)}
    assert client.post("/sent", content=b"x", headers=too_large).status_code == 413
    assert client.post("/sent", content=iter([b"x"]), headers=headers).status_code == 400


def test_openapi_lists_every_way_to_prove_oneself(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    assert document["paths"]["/v1/me"]["get"]["security"] == [
        {"bearer": []},
        {"apiKey": []},
        {"basic": []},
        {"signature": []},
        {"session": []},
    ]
    assert set(document["components"]["securitySchemes"]) == {
        "bearer",
        "apiKey",
        "basic",
        "signature",
        "session",
    }
    assert "parameters" not in document["paths"]["/v1/me"]["get"]


def test_every_permission_is_granted_to_a_role() -> None:
    assert set(GRANTS) == set(get_args(Permission))
