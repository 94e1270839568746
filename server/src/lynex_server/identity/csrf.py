"""Proof that our own page sent a request which a browser signed with its cookie by itself.

Two things must hold for a method that changes something: the browser says that the request comes from our
origin (`Sec-Fetch-Site`, else `Origin`), and the page knows the session's token (`X-Lynex-CSRF`), which no
other origin can read. The token is derived from the session's own secret: nothing is stored, and it changes
with every sign-in. `SameSite=Lax` on the cookie is a third line.

Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Fetch Metadata headers" and "Signed
double-submit cookie".
"""

import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import Request

from lynex_server.identity.sessions import presented_in
from lynex_server.kernel.errors import Forbidden

CSRF_HEADER = "X-Lynex-CSRF"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_PURPOSE = b"lynex csrf"


def csrf_token(session_token: str) -> str:
    """What `X-Lynex-CSRF` must carry in this session: it says nothing about the session's own secret."""
    return hmac.new(session_token.encode(), _PURPOSE, hashlib.sha256).hexdigest()


def check_csrf(request: Request) -> None:
    """Refuse a request that changes something, is signed by the session cookie, and not sent by our page.

    Bearer tokens and API keys are exempt: no browser adds those by itself. Raises `Forbidden`.
    """
    presented = presented_in(request.headers)
    if request.method in SAFE_METHODS or presented is None or not presented.by_cookie:
        return
    if not (_states_origin(request) and _is_from_here(request)):
        raise Forbidden("This request does not come from the page of this Lynex.")
    given = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), csrf_token(presented.token).encode()):
        raise Forbidden(f"{CSRF_HEADER} must carry the token that GET /v1/auth/csrf gives.")


def check_same_origin(request: Request) -> None:
    """Refuse what a browser sends from another site's page, where nobody need be signed in yet.

    Otherwise a stranger's page could sign its visitor in as the stranger. Programs state no origin and pass.
    Raises `Forbidden`.
    """
    if _states_origin(request) and not _is_from_here(request):
        raise Forbidden("This request does not come from the page of this Lynex.")


def _states_origin(request: Request) -> bool:
    return "sec-fetch-site" in request.headers or "origin" in request.headers


def _is_from_here(request: Request) -> bool:
    """Browsers state `Sec-Fetch-Site` wherever the page came over TLS or from this machine, and it needs
    no knowledge of proxies. Without it, the origin must be the host that was asked, or the public URL's."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    public = urlsplit(getattr(request.app.state, "public_url", ""))
    is_public = bool(public.netloc) and (origin.scheme, origin.netloc) == (public.scheme, public.netloc)
    return is_public or (bool(origin.netloc) and origin.netloc == request.headers.get("host"))
