"""What each route says of who may call it, read from its signature."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from lynex_server.identity.public import (
    OpenToAll,
    RequiredCaller,
    RequiredInOrganisation,
    RequiredPermission,
    RequiredPerson,
)

Mark = RequiredPermission | RequiredInOrganisation | RequiredPerson | RequiredCaller | OpenToAll


@dataclass(frozen=True, slots=True)
class MarkedRoute:
    """A method of a path, and its marks: exactly one, if all is well. `summary` may be empty."""

    method: str
    path: str
    summary: str
    marks: tuple[Mark, ...]


def marked_routes(app: FastAPI) -> Iterator[MarkedRoute]:
    """Every method of every route, in the order in which they were added."""
    for route in _every_route(app.routes):
        marks: tuple[Mark, ...] = ()
        if isinstance(route, APIRoute):
            called = {id(call): call for call in _calls(route.dependant) if isinstance(call, Mark)}
            marks = tuple(called.values())
        for method in sorted(getattr(route, "methods", None) or {"GET"}):
            yield MarkedRoute(method, route.path, getattr(route, "summary", None) or "", marks)


def _every_route(routes: list[Any]) -> Iterator[Any]:
    """Routes, with those of included routers."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from _every_route(inner.routes)


def _calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)
