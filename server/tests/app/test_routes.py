"""Every route says who may call it, is documented, and is asked by the tests of isolation."""

import functools
from typing import Any

import pytest
from app.route_questions import OTLP, QUESTIONS, Operation
from fastapi import APIRouter, FastAPI

from lynex_server.app.dashboard import add_dashboard
from lynex_server.app.http import describe_app
from lynex_server.app.route_marks import marked_routes
from lynex_server.identity.public import GRANTS, OpenToAll, RequiredInOrganisation, RequiredPermission

UNMARKED = {"/openapi.json", "/assets"}
"""What others made, and everybody may read: the framework's document, and the dashboard's files."""


def whole_app() -> FastAPI:
    app = describe_app()
    add_dashboard(app)
    return app


@functools.cache
def described() -> dict[Operation, dict[str, Any]]:
    """Every operation of the OpenAPI document."""
    return {
        (method.upper(), path): operation
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }


@functools.cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return describe_app().openapi()


def as_described(operation: Operation) -> Operation:
    """A route as the document names it: without the kind of its parameters."""
    return operation[0], operation[1].replace(":path}", "}")


def has_example(body: dict[str, Any]) -> bool:
    """Whether there is an example of a body: beside its schema, in it, or in what it refers to."""
    schema = body["schema"]
    meant = document()["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
    return any("example" in place or "examples" in place for place in (body, schema, meant))


# What each route says of itself


def test_every_route_says_who_may_call_it_once() -> None:
    routes = list(marked_routes(whole_app()))

    assert len(routes) > len(QUESTIONS)
    assert {route.path for route in routes if not route.marks} == UNMARKED
    assert [route for route in routes if len(route.marks) > 1] == []


def test_the_walk_finds_a_route_without_a_mark() -> None:
    router = APIRouter()

    @router.get("/forgotten")
    def forgotten() -> str:
        return "nobody is asked who he is"

    app = FastAPI(openapi_url=None)
    app.include_router(router)

    assert [(route.path, route.marks) for route in marked_routes(app)] == [("/forgotten", ())]


def test_every_permission_named_by_a_route_is_granted_to_somebody() -> None:
    named = {
        mark.permission
        for route in marked_routes(describe_app())
        for mark in route.marks
        if isinstance(mark, RequiredPermission | RequiredInOrganisation)
    }

    assert named <= set(GRANTS)


def test_a_route_that_is_open_to_all_says_why() -> None:
    reasons = {
        mark.reason
        for route in marked_routes(describe_app())
        for mark in route.marks
        if isinstance(mark, OpenToAll)
    }

    assert all(len(reason) > 10 for reason in reasons)


def test_every_route_that_is_not_open_to_all_is_asked_for_other_peoples_things() -> None:
    """One that is not in `QUESTIONS` would be tested by nobody."""
    closed = {
        (route.method, route.path)
        for route in marked_routes(describe_app())
        if not any(isinstance(mark, OpenToAll) for mark in route.marks) and route.path not in UNMARKED
    }

    asked = set(QUESTIONS)
    assert (closed - asked, asked - closed) == (set(), set())


@pytest.mark.parametrize("operation", described(), ids=" ".join)
def test_every_route_is_documented(operation: Operation) -> None:
    told = described()[operation]

    assert told["summary"]
    assert len(told["description"]) > 20
    assert told["tags"]
    for body in told.get("requestBody", {}).get("content", {}).values():
        assert body["schema"].get("format") == "binary" or has_example(body)


@pytest.mark.parametrize("operation", QUESTIONS, ids=" ".join)
def test_every_route_documents_its_problems(operation: Operation) -> None:
    """What goes wrong is said as it is answered: as a problem, and over OTLP as a status."""
    answers = described()[as_described(operation)]["responses"]
    failures = {code: answer for code, answer in answers.items() if code[0] not in "23"}

    assert failures
    for code, answer in failures.items():
        kinds = set(answer["content"])
        assert kinds == {"application/problem+json"} or (operation in OTLP and code != "default"), answers
