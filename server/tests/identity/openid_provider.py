"""OpenID providers that the tests sign in by: real HTTP servers that speak the whole protocol.

`running_provider` is built on Authlib's own authorization server (codes used once, PKCE required, clients
authenticated, RSA signatures), and lies when told to. `running_other_provider` is somebody else's program.
"""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import flask
import httpx
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeGrant, AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from servers import free_port, wait_until
from werkzeug.serving import make_server

CLIENT_ID = "lynex"
CLIENT_SECRET = "of the provider: /, ~ and other+signs"

Token = tuple[dict[str, Any], dict[str, Any]]
"""The header and the claims of an ID token."""


@dataclass
class Provider:
    """A running provider, who is signed in at it, and how it lies: `lie` changes header and claims of the ID
    token before `key` signs it."""

    issuer: str
    key: RSAKey
    redirect_uris: list[str] = field(default_factory=list)
    person: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    lie: Callable[[dict[str, Any], dict[str, Any]], Token] = lambda header, claims: (header, claims)
    signs_with: RSAKey | OctKey | bytes | None = None
    published: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def sign_in(self, url: str) -> dict[str, str]:
        """What a browser brings back from `url`: the parameters of the redirect."""
        answer = httpx.get(url, trust_env=False)
        assert answer.status_code == 302, answer.text
        location = urlsplit(answer.headers["location"])
        assert any(answer.headers["location"].startswith(uri) for uri in self.redirect_uris)
        return dict(parse_qsl(location.query))


@dataclass
class _Code(AuthorizationCodeMixin):
    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class _Client(ClientMixin):
    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return self._provider.redirect_uris[0]

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self._provider.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


def _app(provider: Provider) -> flask.Flask:
    app = flask.Flask("provider")
    codes: dict[str, _Code] = {}
    client = _Client(provider)

    class CodeGrant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]  # noqa: RUF012  # Authlib's

        def save_authorization_code(self, code: str, request: Any) -> None:
            asked = request.payload.data
            codes[code] = _Code(
                code, CLIENT_ID, request.payload.redirect_uri, request.payload.scope, asked["nonce"],
                asked["code_challenge"], asked["code_challenge_method"],
            )  # fmt: skip

        def query_authorization_code(self, code: str, client: Any) -> _Code | None:
            return codes.get(code)

        def delete_authorization_code(self, authorization_code: _Code) -> None:
            codes.pop(authorization_code.code)

        def authenticate_user(self, authorization_code: _Code) -> dict[str, Any]:
            return provider.person

    class IdToken(OpenIDCode):
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return any(code.nonce == nonce for code in codes.values())

        def generate_user_info(self, user: dict[str, Any], scope: str) -> dict[str, Any]:
            return user

        def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
            now_s = int(time.time())
            claims = {
                "iss": provider.issuer,
                "aud": [CLIENT_ID],
                "iat": now_s,
                "exp": now_s + 300,
                **self.get_authorization_code_claims(request.authorization_code),
                **request.user,
            }
            header, claims = provider.lie({"alg": "RS256", "kid": provider.key.kid}, claims)
            return _token(header, claims, provider.signs_with or provider.key)

    server = AuthorizationServer(
        app, lambda client_id: client if client_id == CLIENT_ID else None, lambda *_: None
    )
    server.register_grant(CodeGrant, [IdToken(require_nonce=True), CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def configuration() -> Any:
        return {
            "issuer": provider.issuer,
            "authorization_endpoint": f"{provider.issuer}/authorize",
            "token_endpoint": f"{provider.issuer}/token",
            "jwks_uri": f"{provider.issuer}/keys",
            **({"userinfo_endpoint": f"{provider.issuer}/userinfo"} if provider.userinfo else {}),
            **provider.metadata,
        }

    @app.get("/authorize")
    def authorize() -> Any:
        provider.asked.append(flask.request.url)
        if not provider.person:
            back, state = flask.request.args["redirect_uri"], flask.request.args["state"]
            return flask.redirect(f"{back}?error=access_denied&state={state}")
        grant = server.get_consent_grant(end_user=provider.person)
        return server.create_authorization_response(grant=grant, grant_user=provider.person)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.get("/keys")
    def keys() -> Any:
        return {"keys": provider.published or [provider.key.as_dict(private=False, use="sig")]}

    @app.get("/userinfo")
    def userinfo() -> Any:
        assert flask.request.headers["authorization"].startswith("Bearer ")
        return provider.userinfo

    return app


def _token(header: dict[str, Any], claims: dict[str, Any], key: RSAKey | OctKey | bytes) -> str:
    """A signed token. By `bytes`, an HMAC that no library would make; by `none`, no signature."""
    if isinstance(key, bytes):
        signed = _encoded({**header, "alg": "HS256"}) + b"." + _encoded(claims)
        return (signed + b"." + _base64(hmac.new(key, signed, hashlib.sha256).digest())).decode()
    if header["alg"] == "none":
        return f"{_encoded(header).decode()}.{_encoded(claims).decode()}."
    return jwt.encode(header, claims, key, [header["alg"]])


def _encoded(value: dict[str, Any]) -> bytes:
    return _base64(json.dumps(value).encode())


def _base64(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


@contextmanager
def running_provider(key: RSAKey) -> Iterator[Provider]:
    """A provider of our own, at which Ada is signed in."""
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}", key)
    provider.key.ensure_kid()
    provider.person = {"sub": "ada-1815", "email": "ada@acme.test", "email_verified": True, "name": "Ada"}
    server = make_server("127.0.0.1", port, _app(provider), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class OtherProvider:
    """A provider that is not ours, in a process of its own."""

    issuer: str

    def register(self, redirect_uri: str) -> tuple[str, str]:
        """The id and the secret of a new client."""
        body = {"redirect_uris": [redirect_uri], "token_endpoint_auth_method": "client_secret_basic"}
        answer = httpx.post(f"{self.issuer}/oauth2/clients", json=body, trust_env=False)
        assert answer.status_code == 201, answer.text
        return answer.json()["client_id"], answer.json()["client_secret"]

    def set_person(self, subject: str, **claims: Any) -> None:
        """Say who somebody is."""
        httpx.put(f"{self.issuer}/users/{subject}", json=claims, trust_env=False).raise_for_status()

    def sign_in(self, url: str, subject: str) -> dict[str, str]:
        """Fill in the form that `url` shows: the parameters that a browser brings back."""
        answer = httpx.post(url, data={"sub": subject}, trust_env=False)
        assert answer.status_code == 302, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


@contextmanager
def running_other_provider() -> Iterator[OtherProvider]:
    """The program `oidc-provider-mock`, which requires registered clients and a nonce."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "-r", "true", "-n", "true"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    issuer = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{issuer}/.well-known/openid-configuration", trust_env=False).is_success
        except httpx.TransportError:
            return False

    try:
        wait_until(answers, process)
        yield OtherProvider(issuer)
    finally:
        process.terminate()
        process.wait(20)
