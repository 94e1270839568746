"""Single sign-on over HTTP: an organisation's providers, and the way out to one and back."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from lynex_server.identity.access import open_to_all, require_in_organisation
from lynex_server.identity.client_address import client_address
from lynex_server.identity.example import LEFT_OUT, body
from lynex_server.identity.model import Principal
from lynex_server.identity.page_url import page_url
from lynex_server.identity.sessions import cookie_in
from lynex_server.identity.sign_in import SIGN_IN_PATH
from lynex_server.identity.sign_in_services import SignIn
from lynex_server.identity.signed_in import give_cookie, give_session, take_cookie, visitor_of
from lynex_server.identity.sso import ProviderWish, ShownProvider
from lynex_server.identity.sso_schemas import ProviderGiven, ProviderList, ProviderShown
from lynex_server.identity.sso_sign_in import LIFETIME_S
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.errors import LynexError

SSO_COOKIE = "lynex_sso"
"""What binds a way out and back to the browser that went."""
SSO_PATH = "/v1/auth/sso"

router = APIRouter(tags=["single sign-on"])
Owner = Annotated[Principal, require_in_organisation("organisation:write")]
BEFORE = [open_to_all("nobody is signed in before signing in; attempts are limited")]
_EXAMPLE = body(
    name="Acme",
    issuer="https://login.acme.com",
    client_id="lynex",
    client_secret=LEFT_OUT,
    email_domains=["acme.com"],
    role_claim="groups",
    role_mapping={"platform": "admin"},
    default_role="viewer",
)


@router.get("/v1/organisations/{organisation_id}/sso", summary="List sign-on providers")
def list_providers(request: Request, principal: Owner, organisation_id: str) -> ProviderList:
    """Those of the organisation, without their secrets."""
    found = _services(request).providers.of_organisation(principal.organisation_id)
    return ProviderList(items=[_shown(request, each) for each in found])


@router.post("/v1/organisations/{organisation_id}/sso", status_code=201, summary="Add a sign-on provider")
def add_provider(
    request: Request, principal: Owner, organisation_id: str, given: Annotated[ProviderGiven, _EXAMPLE]
) -> ProviderShown:
    """An OpenID provider by which the organisation's people sign in. Its client secret is kept sealed."""
    made = _services(request).providers.add(principal.actor(), principal.organisation_id, _wish(given))
    return _shown(request, made)


@router.get("/v1/organisations/{organisation_id}/sso/{provider_id}", summary="Show a sign-on provider")
def show_provider(
    request: Request, principal: Owner, organisation_id: str, provider_id: str
) -> ProviderShown:
    """One provider, without its secret."""
    return _shown(request, _services(request).providers.get(principal.organisation_id, provider_id))


@router.put("/v1/organisations/{organisation_id}/sso/{provider_id}", summary="Change a sign-on provider")
def change_provider(
    request: Request,
    principal: Owner,
    organisation_id: str,
    provider_id: str,
    given: Annotated[ProviderGiven, _EXAMPLE],
) -> ProviderShown:
    """Replaces all of it; without a client secret the one that is kept stays, unless the issuer changes."""
    providers = _services(request).providers
    changed = providers.change(principal.actor(), principal.organisation_id, provider_id, _wish(given))
    return _shown(request, changed)


@router.delete(
    "/v1/organisations/{organisation_id}/sso/{provider_id}",
    status_code=204,
    summary="Remove a sign-on provider",
)
def remove_provider(request: Request, principal: Owner, organisation_id: str, provider_id: str) -> None:
    """Nobody signs in by it any more; who did stays a member."""
    _services(request).providers.remove(principal.actor(), principal.organisation_id, provider_id)


@router.get(
    "/v1/auth/sso/{provider_id}/start",
    status_code=303,
    response_class=RedirectResponse,
    summary="Sign in by a provider",
    dependencies=BEFORE,
)
def start_sign_on(
    request: Request,
    provider_id: str,
    return_to: Annotated[
        str, Query(max_length=1000, description="A path of Lynex to go to afterwards.")
    ] = "/",
) -> Response:
    """Leads the browser to the provider, which leads it back."""
    departure = _services(request).sso.start(
        provider_id, page_url(request), return_to, client_address(request)
    )
    response = RedirectResponse(departure.url, 303)
    give_cookie(request, response, SSO_COOKIE, departure.browser, SSO_PATH, LIFETIME_S)
    return response


@router.get(
    "/v1/auth/sso/{provider_id}/callback",
    status_code=303,
    response_class=RedirectResponse,
    summary="Come back from a provider",
    dependencies=BEFORE,
)
def finish_sign_on(
    request: Request,
    provider_id: str,
    state: Annotated[str, Query(max_length=1000)] = "",
    code: Annotated[str, Query(max_length=10_000)] = "",
    error: Annotated[str, Query(max_length=1000)] = "",
    iss: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Signs in and leads to the wanted page; when that fails, to the sign-in page with `#problem=` and the
    code of the problem. Why it failed is in the organisation's audit log."""
    answer = {"code": code, "error": error, **({} if iss is None else {"iss": iss})}
    browser = cookie_in(request.headers, SSO_COOKIE)
    try:
        arrival = _services(request).sso.finish(provider_id, state, browser, answer, visitor_of(request))
    except LynexError as problem:
        response = RedirectResponse(f"{page_url(request)}{SIGN_IN_PATH}#problem={quote(problem.code)}", 303)
    else:
        response = RedirectResponse(f"{page_url(request)}{arrival.return_to}", 303)
        give_session(request, response, arrival.entered)
    take_cookie(request, response, SSO_COOKIE, SSO_PATH)
    return response


def _wish(given: ProviderGiven) -> ProviderWish:
    return ProviderWish(
        name=given.name,
        issuer=given.issuer,
        client_id=given.client_id,
        client_secret=given.client_secret,
        email_domains=tuple(given.email_domains),
        role_claim=given.role_claim,
        role_mapping=given.role_mapping,
        default_role=given.default_role,
    )


def _shown(request: Request, shown: ShownProvider) -> ProviderShown:
    provider = shown.provider
    return ProviderShown(
        id=provider.id,
        name=provider.name,
        issuer=provider.issuer,
        client_id=provider.client_id,
        email_domains=list(provider.email_domains),
        unconfirmed_domains=list(shown.unconfirmed_domains),
        role_claim=provider.role_claim,
        role_mapping=dict(provider.role_mapping),
        default_role=provider.default_role,
        redirect_uri=f"{page_url(request)}{SSO_PATH}/{provider.id}/callback",
        created_at=datetime_from_us(provider.created_at_us),
    )


def _services(request: Request) -> SignIn:
    services: SignIn = request.app.state.sign_in
    return services
