"""One's own account over HTTP: sessions, password, and leaving for good."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from lynex_server.identity.access import require_person
from lynex_server.identity.example import LEFT_OUT, body
from lynex_server.identity.model import Person
from lynex_server.identity.sessions import SESSION_COOKIE, Session
from lynex_server.identity.sign_in_schemas import (
    AccountDeletion,
    PasswordChange,
    PasswordState,
    SessionList,
    SessionsEnded,
    SessionShown,
)
from lynex_server.identity.sign_in_services import SignIn
from lynex_server.identity.signed_in import take_cookie
from lynex_server.kernel.clock import datetime_from_us

router = APIRouter(tags=["account"])
Someone = Annotated[Person, require_person()]


@router.get("/v1/me/sessions", summary="List my sessions")
def list_sessions(request: Request, person: Someone) -> SessionList:
    """Everywhere one is signed in: where, since when, with which browser or program."""
    found = _services(request).sessions.list_of(person.user_id)
    return SessionList(items=[_shown(each, person) for each in found])


@router.delete("/v1/me/sessions", summary="End my other sessions")
def end_other_sessions(request: Request, person: Someone) -> SessionsEnded:
    """Every session but the one in use ends, everywhere within a second."""
    return SessionsEnded(ended=_services(request).accounts.end_other_sessions(person))


@router.delete("/v1/me/sessions/{session_id}", status_code=204, summary="End one of my sessions")
def end_session(request: Request, person: Someone, session_id: str) -> None:
    """It ends everywhere within a second."""
    _services(request).accounts.end_session(person, session_id)


@router.get("/v1/me/password", summary="Whether I have a password")
def read_password_state(request: Request, person: Someone) -> PasswordState:
    """The password itself is nowhere: only what it can be checked by."""
    return PasswordState(is_set=_services(request).accounts.has_password(person))


@router.put("/v1/me/password", status_code=204, summary="Set or change my password")
def set_password(
    request: Request,
    person: Someone,
    change: Annotated[PasswordChange, body(old_password=None, new_password=LEFT_OUT)],
) -> None:
    """The old one is needed where there is one. Every other session ends."""
    _services(request).accounts.set_password(person, change.old_password, change.new_password)


@router.delete("/v1/me", status_code=204, summary="Delete my account")
def delete_account(
    request: Request,
    response: Response,
    person: Someone,
    given: Annotated[AccountDeletion | None, body(password=LEFT_OUT)] = None,
) -> None:
    """For good: sessions, roles, name and address. The audit log keeps what was done, by whom and when. Not
    for the last owner of an organisation."""
    _services(request).accounts.delete(person, None if given is None else given.password)
    take_cookie(request, response, SESSION_COOKIE, "/")


def _shown(session: Session, person: Person) -> SessionShown:
    return SessionShown(
        id=session.id,
        kind=session.kind,
        address=session.address,
        user_agent=session.user_agent,
        created_at=datetime_from_us(session.created_at_us),
        last_seen_at=datetime_from_us(session.last_seen_at_us),
        expires_at=datetime_from_us(session.expires_at_us),
        is_this_one=session.id == person.session_id,
    )


def _services(request: Request) -> SignIn:
    services: SignIn = request.app.state.sign_in
    return services
