"""Lies of a provider, or of who stands between: each is seen through."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from identity.openid_provider import CLIENT_ID, Provider
from identity.signing_in import ADA, Installation
from identity.signing_on import add, sign_in
from joserfc.jwk import OctKey, RSAKey

from lynex_server.identity.oidc import SignOnFailed


def other_key(provider: Provider) -> None:
    provider.signs_with = RSAKey.generate_key(2048)


def the_public_key_as_a_shared_secret(provider: Provider) -> None:
    """The classic: signed by HMAC with what everybody can read."""
    provider.signs_with = provider.key.as_pem(private=False)


def a_published_shared_secret(provider: Provider) -> None:
    secret = OctKey.generate_key(256, {"kid": "oct"})
    provider.signs_with = secret
    provider.published = [provider.key.as_dict(private=False), secret.as_dict(private=True)]
    provider.lie = lambda header, claims: ({"alg": "HS256", "kid": "oct"}, claims)


def saying(**claims: Any) -> Callable[[Provider], None]:
    def lie(provider: Provider) -> None:
        provider.lie = lambda header, said: (
            header,
            {name: value for name, value in {**said, **claims}.items() if value is not None},
        )

    return lie


def no_signature(provider: Provider) -> None:
    provider.lie = lambda header, claims: ({**header, "alg": "none"}, claims)


def other_persons_userinfo(provider: Provider) -> None:
    provider.userinfo = {"sub": "somebody else", "email": ADA, "email_verified": True}


def other_name(provider: Provider) -> None:
    provider.metadata = {"issuer": "https://accounts.google.com"}


def unsafe_endpoint(provider: Provider) -> None:
    provider.metadata = {"token_endpoint": "http://evil.test/token"}


def no_keys(provider: Provider) -> None:
    provider.published = [OctKey.generate_key(256).as_dict(private=True)]


LIES = {
    "another key": other_key,
    "the public key as a shared secret": the_public_key_as_a_shared_secret,
    "a published shared secret": a_published_shared_secret,
    "no signature": no_signature,
    "another nonce": saying(nonce="of another sign-in"),
    "no nonce": saying(nonce=None),
    "another audience": saying(aud="another client"),
    "several audiences without saying which asked": saying(aud=[CLIENT_ID, "another client"]),
    "another party": saying(azp="another client"),
    "another issuer": saying(iss="https://accounts.google.com"),
    "expired": saying(exp=int(time.time()) - 3600),
    "never expires": saying(exp=None),
    "not yet": saying(nbf=int(time.time()) + 3600),
    "no subject": saying(sub=None),
    "a hash of another access token": saying(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "userinfo of somebody else": other_persons_userinfo,
    "no keys that are meant for this": no_keys,
}
LIES_AT_THE_START = {"another name": other_name, "an endpoint that anybody can listen to": unsafe_endpoint}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_token_that_does_not_hold_lets_nobody_in(
    quick_lynex: Installation, provider: Provider, lie: Callable[[Provider], None]
) -> None:
    added = add(quick_lynex, provider)
    lie(provider)

    with pytest.raises(SignOnFailed):
        sign_in(quick_lynex, provider, added)

    assert quick_lynex.emails() == []
    assert quick_lynex.actions()[-1] == "sign_in.failed"
    provider.lie, provider.signs_with = (lambda header, claims: (header, claims)), None
    provider.published, provider.userinfo = [], {}
    assert sign_in(quick_lynex, provider, added), "and it was the lie alone that stood in the way"


@pytest.mark.parametrize("lie", LIES_AT_THE_START.values(), ids=LIES_AT_THE_START)
def test_a_provider_that_is_not_what_it_says_is_not_gone_to(
    quick_lynex: Installation, provider: Provider, lie: Callable[[Provider], None]
) -> None:
    added = add(quick_lynex, provider)
    lie(provider)

    with pytest.raises(SignOnFailed):
        sign_in(quick_lynex, provider, added)

    assert quick_lynex.emails() == []


def test_a_clock_that_is_a_little_off_does_no_harm(quick_lynex: Installation, provider: Provider) -> None:
    added = add(quick_lynex, provider)
    saying(exp=int(time.time()) - 30)(provider)

    assert sign_in(quick_lynex, provider, added)
