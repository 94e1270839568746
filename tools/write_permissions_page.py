"""Writes docs/reference/permissions.md from GRANTS and the marks of the routes: who may do what."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from lynex_server.app.http import describe_app
from lynex_server.app.route_marks import Mark, MarkedRoute, marked_routes
from lynex_server.identity.public import (
    GRANTS,
    ROLES,
    SCOPES,
    OpenToAll,
    Permission,
    RequiredCaller,
    RequiredInOrganisation,
    RequiredPermission,
)

_INTRODUCTION = """# Permissions

Who may do what: people by their **role**, programs by the **scopes** of their API key. A person's role in a
project is the higher of the one in its organisation and the one in the project itself. Every route names in
its signature what it needs. This page is generated from `identity/permissions.py` and the routes; how to give
roles and scopes is told in [Manage people and projects](../how-to/manage-people-and-projects.md) and
[Manage API keys](../how-to/manage-api-keys.md).
"""


def permissions_page() -> str:
    """The page as Markdown."""
    routes = [
        route
        for route in marked_routes(describe_app())
        if route.marks and route.method != "HEAD" and route.path != "/openapi.json"
    ]
    return "\n".join(
        [
            _INTRODUCTION,
            *_granted_table("Roles", ROLES, _has_role),
            *_granted_table("Scopes of API keys", SCOPES, _has_scope),
            "What no scope grants needs a person who is signed in.\n",
            *_routes_table(routes),
        ]
    )


def _has_role(permission: Permission, role: str) -> bool:
    return [*ROLES].index(GRANTS[permission].role) <= [*ROLES].index(role)  # type: ignore[arg-type]  # one of ROLES


def _has_scope(permission: Permission, scope: str) -> bool:
    return scope in GRANTS[permission].scopes


def _granted_table(
    title: str, columns: tuple[str, ...], has: Callable[[Permission, str], bool]
) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"| permission | {' | '.join(columns)} |"
    yield f"| --- |{' :-: |' * len(columns)}"
    for permission in GRANTS:
        cells = ["✓" if has(permission, column) else "" for column in columns]
        yield f"| `{permission}` | {' | '.join(cells)} |"
    yield ""


def _routes_table(routes: list[MarkedRoute]) -> Iterator[str]:
    yield "## Routes\n"
    yield "| route | needs | people from | keys with one of |"
    yield "| --- | --- | --- | --- |"
    for route in sorted(routes, key=lambda route: (route.path, route.method)):
        [mark] = route.marks
        yield f"| `{route.method} {route.path}` | {' | '.join(_needs(mark))} |"
    yield ""


def _needs(mark: Mark) -> tuple[str, str, str]:
    """What is needed, the least role, and the scopes that grant it."""
    if isinstance(mark, RequiredPermission | RequiredInOrganisation):
        grant = GRANTS[mark.permission]
        keys = isinstance(mark, RequiredPermission) or mark.keys
        scopes = ", ".join(scope for scope in SCOPES if keys and scope in grant.scopes)
        place = "" if isinstance(mark, RequiredPermission) else ", in the organisation"
        return f"`{mark.permission}`{place}", grant.role, scopes or "–"
    if isinstance(mark, OpenToAll):
        return f"nothing: {mark.reason}", "everybody", "all"
    if isinstance(mark, RequiredCaller):
        return "any credential; it answers about the caller", "everybody", "all"
    return "to be signed in; it is about the person", "everybody", "–"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(permissions_page(), encoding="utf-8")
