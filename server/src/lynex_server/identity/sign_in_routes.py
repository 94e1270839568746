"""Signing in and out over HTTP: by link, password, invitation, or for a command line.

Where a browser may ask, the request must come from our own page (`csrf.py`), though nobody is signed in yet:
else a stranger's page could sign its visitor in as the stranger.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from lynex_server.identity.access import open_to_all, require_person
from lynex_server.identity.cli_sign_in import ASK_EVERY_S, CLI_PATH, LIFETIME_S
from lynex_server.identity.client_address import client_address
from lynex_server.identity.csrf import check_csrf, check_same_origin, csrf_token
from lynex_server.identity.example import LEFT_OUT, body
from lynex_server.identity.model import Person
from lynex_server.identity.newcomers import Newcomer
from lynex_server.identity.page_url import page_url
from lynex_server.identity.sessions import SESSION_COOKIE, cookie_in, presented_in
from lynex_server.identity.sign_in import SIGN_IN_PATH
from lynex_server.identity.sign_in_schemas import (
    CliAnswer,
    CliBegun,
    CliDecision,
    CliQuestion,
    CliShown,
    CsrfToken,
    InvitationJoin,
    LinkSent,
    LinkToken,
    LinkWish,
    PasswordGiven,
    SignedIn,
    SignInOptions,
    SsoOption,
)
from lynex_server.identity.sign_in_services import SignIn
from lynex_server.identity.signed_in import give_cookie, signed_in, take_cookie, visitor_of
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.errors import Unauthorized

BROWSER_COOKIE = "lynex_browser"
"""What binds a link to the browser that asked for it."""
AUTH_PATH = "/v1/auth"

_LOOPBACK = frozenset({"127.0.0.1", "::1"})

router = APIRouter(tags=["sign-in"])
BEFORE = [open_to_all("nobody is signed in before signing in; attempts are limited")]
Someone = Annotated[Person, require_person()]


@router.get("/v1/auth/options", summary="How one can sign in", dependencies=BEFORE)
def read_options(
    request: Request,
    domain: Annotated[str, Query(max_length=253, description="Of one's e-mail address.")] = "",
) -> SignInOptions:
    """The ways of signing in here, and the providers for a domain. Says nothing about who has an account."""
    services = _services(request)
    found = services.providers.for_domain(domain) if domain else []
    return SignInOptions(
        mail=services.links.are_delivered,
        password=True,
        owner_exists=services.links.owner_exists(),
        sso=[SsoOption(id=each.id, name=each.name) for each in found],
    )


@router.post("/v1/auth/links", status_code=202, summary="Ask for a sign-in link", dependencies=BEFORE)
def send_link(
    request: Request, response: Response, wish: Annotated[LinkWish, body(email="ada@example.org")]
) -> LinkSent:
    """Sends a link to whoever has an account or an invitation with this address. The answer is always the
    same. The link works once, in the browser that gets this answer's cookie."""
    check_same_origin(request)
    services = _services(request)
    browser, url = cookie_in(request.headers, BROWSER_COOKIE), page_url(request)
    sent = services.links.send(wish.email, browser, url, client_address(request))
    lasts_s = services.settings.sign_in_link_minutes * 60
    give_cookie(request, response, BROWSER_COOKIE, sent.browser, AUTH_PATH, lasts_s)
    shown = f"{url}{SIGN_IN_PATH}#token={sent.token}" if _may_show_links(request) else None
    return LinkSent(expires_in_s=lasts_s, link=shown)


@router.post("/v1/auth/links/redeem", summary="Sign in by a link", dependencies=BEFORE)
def redeem_link(
    request: Request, response: Response, given: Annotated[LinkToken, body(token=LEFT_OUT)]
) -> SignedIn:
    """Once. The link that Lynex prints at its first start makes the first owner, who says who he is."""
    check_same_origin(request)
    newcomer = None if given.email is None else Newcomer(given.email, given.name, given.password)
    browser = cookie_in(request.headers, BROWSER_COOKIE)
    entered = _services(request).links.redeem(given.token, browser, visitor_of(request), newcomer)
    take_cookie(request, response, BROWSER_COOKIE, AUTH_PATH)
    return signed_in(request, response, entered, "browser")


@router.post("/v1/auth/password", summary="Sign in by password", dependencies=BEFORE)
def sign_in_by_password(
    request: Request,
    response: Response,
    given: Annotated[PasswordGiven, body(email="ada@example.org", password=LEFT_OUT)],
) -> SignedIn:
    """For installs without mail, and for command lines. Answers the same whether the account exists."""
    check_same_origin(request)
    entered = _services(request).accounts.sign_in(
        given.email, given.password, visitor_of(request), given.kind
    )
    return signed_in(request, response, entered, given.kind)


@router.post("/v1/auth/invitations", summary="Join by an invitation", dependencies=BEFORE)
def join(
    request: Request,
    response: Response,
    given: Annotated[InvitationJoin, body(token=LEFT_OUT, name="Grace", password=LEFT_OUT)],
) -> SignedIn:
    """Makes the account of an invited person, who has none yet, accepts the invitation and signs in."""
    check_same_origin(request)
    entered = _services(request).joining.join(given.token, given.name, given.password, visitor_of(request))
    return signed_in(request, response, entered, "browser")


@router.post(
    "/v1/auth/sign-out",
    status_code=204,
    summary="Sign out",
    dependencies=[open_to_all("a session that is over can be left too")],
)
def sign_out(request: Request, response: Response) -> None:
    """Ends the session of this request, if it has one, and takes the cookie back."""
    check_csrf(request)
    services, presented = _services(request), presented_in(request.headers)
    user = None if presented is None else services.sessions.user_of(presented.token)
    if user is not None:
        person = Person(user.session_id, user.user_id, user.email, user.name, client_address(request))
        services.accounts.end_session(person, user.session_id)
    take_cookie(request, response, SESSION_COOKIE, "/")


@router.get("/v1/auth/csrf", summary="Get the CSRF token")
def read_csrf_token(request: Request, _person: Someone) -> CsrfToken:
    """What X-Lynex-CSRF must carry in this session when a browser changes something."""
    presented = presented_in(request.headers)
    if presented is None:
        raise Unauthorized("Sign in first.")
    return CsrfToken(csrf_token=csrf_token(presented.token))


@router.post("/v1/auth/cli", summary="Begin to sign a command line in", dependencies=BEFORE)
def begin_cli(request: Request) -> CliBegun:
    """Gives a code that a signed-in person confirms in a browser, while the command line keeps asking."""
    attempt = _services(request).cli.begin(visitor_of(request))
    return CliBegun(
        device_code=attempt.device_code,
        user_code=attempt.user_code,
        url=f"{page_url(request)}{CLI_PATH}#code={attempt.user_code}",
        ask_every_s=ASK_EVERY_S,
        expires_in_s=LIFETIME_S,
    )


@router.get("/v1/auth/cli/{user_code}", summary="Show a command line that waits")
def show_cli(request: Request, person: Someone, user_code: str) -> CliShown:
    """Where it runs and since when: whoever lets it in should recognise it."""
    waiting = _services(request).cli.waiting(person, user_code)
    return CliShown(
        user_code=waiting.user_code,
        address=waiting.address,
        user_agent=waiting.user_agent,
        created_at=datetime_from_us(waiting.created_at_us),
    )


@router.post("/v1/auth/cli/confirm", status_code=204, summary="Let a command line in")
def decide_cli(
    request: Request, person: Someone, given: Annotated[CliDecision, body(user_code="BCDF-GHJK")]
) -> None:
    """Signs the command line that shows this code in as oneself, or refuses it."""
    _services(request).cli.decide(person, given.user_code, given.decision)


@router.post("/v1/auth/cli/token", summary="Ask whether a command line is let in", dependencies=BEFORE)
def finish_cli(
    request: Request, response: Response, given: Annotated[CliQuestion, body(device_code="…")]
) -> CliAnswer:
    """Gives the session, once, when somebody has let this command line in."""
    entered = _services(request).cli.finish(given.device_code, visitor_of(request))
    if entered is None:
        return CliAnswer(waiting=True, signed_in=None)
    return CliAnswer(waiting=False, signed_in=signed_in(request, response, entered, "cli"))


def _may_show_links(request: Request) -> bool:
    services = _services(request)
    wanted = services.settings.sign_in_links_on_page and not services.links.are_delivered
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    return wanted and client_address(request) in _LOOPBACK and not forwarded


def _services(request: Request) -> SignIn:
    services: SignIn = request.app.state.sign_in
    return services
