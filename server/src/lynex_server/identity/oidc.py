"""OpenID Connect, the part of whoever relies on a provider: code flow with PKCE, state and nonce.

Source: OpenID Connect Core 1.0 and Discovery 1.0, RFC 7636 (PKCE), RFC 9700 (security of OAuth 2.0). Authlib
does the protocol's arithmetic, joserfc the signatures; every request goes through `OutgoingClient`, for the
issuer is a URL that a user gave.

- What a provider says of itself is asked for at each sign-in: nothing is remembered that could be stale.
- An ID token counts only with a signature by one of the provider's keys, in an algorithm of `ALGORITHMS`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import InvalidInput, LynexError
from lynex_server.safety.public import OutgoingClient

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures by a private key. Neither `none`, nor those by a shared secret: a provider's public key must not
pass for one."""
LEEWAY_S = 60
"""How far the provider's clock may be off."""
SCOPE = "openid email profile"
MAX_KEYS = 100
MAX_ISSUER_CHARS = 500

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_KEY_KINDS = frozenset({"RSA", "EC", "OKP"})

Claims = Mapping[str, Any]


class SignOnFailed(LynexError):
    """The provider did not sign somebody in, or what it says is not to be believed. The text is for whoever
    looks after the provider here; who tries to sign in is told no more than that it failed."""

    status = 403
    code = "sso_failed"
    title = "Single sign-on failed"


@dataclass(frozen=True, slots=True)
class Client:
    """What Lynex is to a provider: `issuer` is the provider's name for itself, `secret` what it gave us."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Where a provider answers, as it says itself."""

    name: str
    authorization_url: str
    token_url: str
    keys_url: str
    userinfo_url: str
    secret_in_body: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """One way through a provider: its secrets, and where it leads back to."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    redirect_uri: str


class OpenIdConnect:
    """Talks to providers. Calls block (several requests to another machine) and are safe from any thread."""

    def __init__(self, outgoing: OutgoingClient, clock: Clock) -> None:
        self._outgoing = outgoing
        self._clock = clock

    def discover(self, issuer: str) -> Issuer:
        """What the provider says of itself. Raises `SignOnFailed`, `Unreachable`, `OutgoingRefused`."""
        said = self._json("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != issuer:
            raise SignOnFailed(f"the provider calls itself {said.get('issuer')!r}, not {issuer!r}")
        methods = said.get("token_endpoint_auth_methods_supported")
        methods = methods if isinstance(methods, list) and methods else ["client_secret_basic"]
        return Issuer(
            name=issuer,
            authorization_url=_endpoint(said, "authorization_endpoint", issuer),
            token_url=_endpoint(said, "token_endpoint", issuer),
            keys_url=_endpoint(said, "jwks_uri", issuer),
            userinfo_url=_endpoint(said, "userinfo_endpoint", issuer) if "userinfo_endpoint" in said else "",
            secret_in_body="client_secret_basic" not in methods and "client_secret_post" in methods,
        )

    def sign_on_url(self, issuer: Issuer, client: Client, flow: Flow) -> str:
        """Where the browser goes to sign in."""
        url: str = prepare_grant_uri(
            issuer.authorization_url,
            client_id=client.client_id,
            response_type="code",
            redirect_uri=flow.redirect_uri,
            scope=SCOPE,
            state=flow.state,
            nonce=flow.nonce,
            code_challenge=create_s256_code_challenge(flow.code_verifier),
            code_challenge_method="S256",
        )
        return url

    def claims(self, issuer: Issuer, client: Client, flow: Flow, code: str) -> Claims:
        """Who signed in, for the code that the browser brought back: what the ID token says, and what it
        leaves out and the provider tells on request. Raises as `discover` does."""
        tokens = self._exchange(issuer, client, flow, code)
        access_token = str(tokens.get("access_token", ""))
        claims = self._verified(issuer, client, flow, str(tokens.get("id_token", "")), access_token)
        if not issuer.userinfo_url or not access_token:
            return claims
        more = self._json("GET", issuer.userinfo_url, {"authorization": f"Bearer {access_token}"})
        # Source: OpenID Connect Core 1.0, 5.3.2: an answer about another person must not be used.
        if more.get("sub") != claims["sub"]:
            raise SignOnFailed("the provider's userinfo is about somebody else")
        return {**more, **claims}

    def _exchange(self, issuer: Issuer, client: Client, flow: Flow, code: str) -> dict[str, Any]:
        body = urlencode(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": flow.redirect_uri,
                "code_verifier": flow.code_verifier,
            }
        )
        method = "client_secret_post" if issuer.secret_in_body else "client_secret_basic"
        url, headers, body = ClientAuth(client.client_id, client.secret, method).prepare(
            "POST", issuer.token_url, {"Content-Type": "application/x-www-form-urlencoded"}, body
        )
        return self._json("POST", url, headers, body.encode())

    def _verified(
        self, issuer: Issuer, client: Client, flow: Flow, id_token: str, access_token: str
    ) -> dict[str, Any]:
        try:
            keys = KeySet.import_key_set({"keys": self._keys(issuer)})
            token = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": issuer.name},
                    "aud": {"essential": True, "value": client.client_id},
                },
                {"nonce": flow.nonce, "client_id": client.client_id, "access_token": access_token},
            )
            claims.validate(now=self._clock.now_us() // MICROS_PER_SECOND, leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            # What such a token says is not repeated: anybody can write one.
            raise SignOnFailed(f"the provider's ID token does not hold: {_kind(error)}") from error
        return dict(claims)

    def _keys(self, issuer: Issuer) -> list[Any]:
        keys = self._json("GET", issuer.keys_url).get("keys")
        if not isinstance(keys, list):
            raise SignOnFailed("the provider publishes no keys")
        for_signatures = [
            key
            for key in keys[:MAX_KEYS]
            if isinstance(key, dict) and key.get("kty") in _KEY_KINDS and key.get("use", "sig") == "sig"
        ]
        if not for_signatures:
            raise SignOnFailed("the provider publishes no key for signatures that is understood here")
        return for_signatures

    def _json(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> dict[str, Any]:
        answer = self._outgoing.request_sync(
            method, url, headers={"Accept": "application/json", **(headers or {})}, content=content
        )
        where = urlsplit(url).path
        try:
            said = json.loads(answer.body)
        except ValueError as error:
            raise SignOnFailed(f"{where} answered {answer.status} and no JSON") from error
        if not isinstance(said, dict):
            raise SignOnFailed(f"{where} answered {answer.status} and no object")
        if answer.status != 200:
            reason = said.get("error")
            told = f": {reason[:100]}" if isinstance(reason, str) and reason.isprintable() else ""
            raise SignOnFailed(f"{where} answered {answer.status}{told}")
        return said


def checked_issuer(issuer: str) -> str:
    """An issuer as providers write theirs. Raises `InvalidInput`."""
    if not is_private_enough(issuer) or "?" in issuer or "#" in issuer or len(issuer) > MAX_ISSUER_CHARS:
        raise InvalidInput("issuer must be the https:// address of an OpenID provider", field="issuer")
    return issuer


def is_private_enough(url: str) -> bool:
    """Whether nobody on the way can read or change what goes there."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def _endpoint(said: Mapping[str, Any], name: str, issuer: str) -> str:
    url = said.get(name)
    if not isinstance(url, str) or not is_private_enough(url):
        raise SignOnFailed(f"the provider {issuer} states no {name} that can be used")
    return url


def _kind(error: Exception) -> str:
    claim = getattr(error, "claim", None)
    return f"{type(error).__name__}{f' ({claim})' if claim else ''}"
