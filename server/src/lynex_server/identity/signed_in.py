"""Between HTTP and sessions: who asks, from where, and the cookies that say so."""

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.security import APIKeyCookie

from lynex_server.identity.client_address import client_address, is_secure
from lynex_server.identity.csrf import csrf_token
from lynex_server.identity.entrance import Entered, Visitor
from lynex_server.identity.schemas import User
from lynex_server.identity.sessions import (
    SESSION_COOKIE,
    SessionKind,
    Sessions,
    SessionUser,
    cookie_in,
    presented_in,
)
from lynex_server.identity.sign_in_schemas import SignedIn
from lynex_server.kernel.clock import MICROS_PER_SECOND, datetime_from_us

SESSION_SCHEME = APIKeyCookie(
    name=SESSION_COOKIE,
    scheme_name="session",
    description="The session of a person who is signed in. What changes something also needs X-Lynex-CSRF "
    "(`GET /v1/auth/csrf`). Command lines send the token as `Authorization: Bearer lxs_…` instead.",
    auto_error=False,
)


async def person_of(request: Request) -> SessionUser | None:
    """Who is signed in, by cookie or bearer; None when nobody is. Does not check where it comes from."""
    presented = presented_in(request.headers)
    if presented is None:
        return None
    sessions: Sessions = request.app.state.sessions
    known = sessions.remembered(presented.token)
    return known if known is not None else await run_in_threadpool(sessions.user_of, presented.token)


def visitor_of(request: Request) -> Visitor:
    """Where a request comes from, and the session that its browser has so far."""
    return Visitor(
        address=client_address(request),
        user_agent=request.headers.get("user-agent", ""),
        session=cookie_in(request.headers, SESSION_COOKIE),
    )


def signed_in(request: Request, response: Response, entered: Entered, kind: SessionKind) -> SignedIn:
    """The answer to somebody who just signed in: a browser's token goes into a cookie that no script reads,
    a command line's into the answer."""
    session, token = entered.begun.session, entered.begun.token
    if kind == "browser":
        give_session(request, response, entered)
    return SignedIn(
        user=User(id=entered.user.id, email=entered.user.email, name=entered.user.name),
        csrf_token=csrf_token(token),
        expires_at=datetime_from_us(session.expires_at_us),
        token=token if kind == "cli" else None,
    )


def give_session(request: Request, response: Response, entered: Entered) -> None:
    """Put the token of a session into the browser's cookie, for as long as the session can last."""
    session = entered.begun.session
    lasts_s = (session.expires_at_us - session.created_at_us) // MICROS_PER_SECOND
    give_cookie(request, response, SESSION_COOKIE, entered.begun.token, "/", lasts_s)
    sessions: Sessions = request.app.state.sessions
    sessions.forget()  # the one that this browser had before ends here at once


def give_cookie(request: Request, response: Response, name: str, value: str, path: str, lasts_s: int) -> None:
    """Set a cookie that no script reads and no other site's page sends along, but a link to here does."""
    response.set_cookie(
        name, value, max_age=lasts_s, path=path, httponly=True, samesite="lax", secure=_over_tls(request)
    )


def take_cookie(request: Request, response: Response, name: str, path: str) -> None:
    """Take a cookie of `give_cookie` back."""
    response.delete_cookie(name, path=path, httponly=True, samesite="lax", secure=_over_tls(request))


def _over_tls(request: Request) -> bool:
    public_url: str = getattr(request.app.state, "public_url", "")
    return is_secure(request) or public_url.startswith("https://")
