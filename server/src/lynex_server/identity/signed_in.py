"""A route about the person who asks, and nothing else: it needs somebody signed in, and no permission.

@router.get("/v1/me/sessions")
def list_sessions(person: Annotated[SessionUser, signed_in()]) -> list[SessionShown]: ...
"""

from typing import Annotated, Any

from fastapi import Request, Security, params
from fastapi.concurrency import run_in_threadpool
from fastapi.security import APIKeyCookie

from lynex_server.identity.csrf import check_csrf
from lynex_server.identity.sessions import SESSION_COOKIE, Sessions, SessionUser, presented_in
from lynex_server.kernel.errors import Unauthorized

SESSION_SCHEME = APIKeyCookie(
    name=SESSION_COOKIE,
    scheme_name="session",
    description="The session of a person who is signed in. What changes something also needs X-Lynex-CSRF "
    "(`GET /v1/auth/csrf`). Command lines send the token as `Authorization: Bearer lxs_…` instead.",
    auto_error=False,
)


class RequiredPerson:
    """The dependency behind `signed_in`: the person of the request's session."""

    async def __call__(
        self, request: Request, _session: Annotated[str | None, Security(SESSION_SCHEME)]
    ) -> SessionUser:
        check_csrf(request)
        person = await person_of(request)
        if person is None:
            raise Unauthorized("Sign in first.")
        return person


def signed_in() -> Any:
    """A FastAPI dependency that gives the `SessionUser` of the request.

    It raises `Unauthorized` when nobody is signed in (an API key is nobody), `Forbidden` when `check_csrf`
    does. The `Sessions` are found at `request.app.state.sessions`.
    """
    dependency: params.Depends = Security(RequiredPerson())
    return dependency


async def person_of(request: Request) -> SessionUser | None:
    """Who is signed in, by cookie or bearer; None when nobody is. Does not check where it comes from."""
    presented = presented_in(request.headers)
    if presented is None:
        return None
    sessions: Sessions = request.app.state.sessions
    known = sessions.remembered(presented.token)
    return known if known is not None else await run_in_threadpool(sessions.user_of, presented.token)
