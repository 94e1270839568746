"""Puts the guards around the application, in order."""

from collections.abc import Callable

from starlette.types import ASGIApp

from lynex_server.app.settings import AppSettings
from lynex_server.app.web_safety.cors import Cors
from lynex_server.app.web_safety.headers import SecurityHeaders
from lynex_server.app.web_safety.hosts import AllowedHosts, hosts_of
from lynex_server.app.web_safety.proxies import ThroughProxies
from lynex_server.app.web_safety.settings import WebSettings, parts
from lynex_server.identity.public import TrustedProxies
from lynex_server.limits.public import Metered


def guard(
    app: ASGIApp,
    settings: AppSettings,
    web: WebSettings,
    max_body_bytes: int,
    around: Callable[[ASGIApp], ASGIApp] = lambda inner: inner,
) -> ASGIApp:
    """`app` behind all guards: the outermost sees through proxies, the innermost meters bodies.

    `around` puts what bounds bodies itself between the two.
    """
    guarded: ASGIApp = Cors(around(Metered(app, max_body_bytes)), parts(web.cors_origins))
    hosts = hosts_of(settings, web)
    if hosts:
        guarded = AllowedHosts(guarded, hosts)
    guarded = SecurityHeaders(guarded, web.hsts_max_age_s)
    proxies = TrustedProxies.of(web.trusted_proxies, web.proxy_header)
    return ThroughProxies(guarded, proxies) if proxies.networks else guarded
