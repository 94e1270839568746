"""What counts as a credential: pure, over plain headers."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.identity.credentials import (
    SIGNATURE_WINDOW_S,
    KeyCredential,
    SignedCredential,
    credential_in,
    sign,
)
from lynex_server.kernel.errors import Unauthorized

SECRET = "lx_abc_0123456789abcdef"


def basic(user: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}


def signature_headers(
    signer: str = "default", timestamp: str = "1000", signature: str = "ab"
) -> dict[str, str]:
    return {"x-lynex-key": signer, "x-lynex-timestamp": timestamp, "x-lynex-signature": signature}


@pytest.mark.parametrize(
    ("headers", "credential"),
    [
        ({"authorization": f"Bearer {SECRET}"}, KeyCredential(SECRET)),
        ({"authorization": f"bearer   {SECRET} "}, KeyCredential(SECRET)),
        ({"x-api-key": SECRET}, KeyCredential(SECRET)),
        (basic("pk-lf-1234", SECRET), KeyCredential(SECRET, "pk-lf-1234")),
        (basic("", SECRET), KeyCredential(SECRET)),
        (basic("a user with spaces", SECRET), KeyCredential(SECRET)),
        (basic("u", "with:colons:in:it"), KeyCredential("with:colons:in:it", "u")),
        (signature_headers(), SignedCredential("default", "1000", "ab")),
    ],
)
def test_reads_every_way_to_send_a_key(
    headers: dict[str, str], credential: KeyCredential | SignedCredential
) -> None:
    assert credential_in(headers) == credential


def test_a_key_of_ours_counts_before_what_a_proxy_added() -> None:
    headers = {"authorization": "Basic " + "cHJveHk6c2VjcmV0", "x-api-key": SECRET}

    assert credential_in(headers) == KeyCredential(SECRET)


def test_a_signature_counts_before_a_key() -> None:
    """Otherwise whoever strips or spoils the signature would be asked for less."""
    assert credential_in({**signature_headers(), "x-api-key": SECRET}) == SignedCredential(
        "default", "1000", "ab"
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer " + "a" * 300},
        {"authorization": f"Digest {SECRET}"},
        {"authorization": "Basic not-base64!"},
        {"authorization": "Basic " + base64.b64encode(b"\xff\xfe:x").decode()},
        {"authorization": "Basic " + base64.b64encode(b"no colon").decode()},
        basic("user", ""),
        {"x-api-key": " "},
        signature_headers(timestamp="yesterday"),
        signature_headers(timestamp="-5"),
        signature_headers(timestamp="٣"),
        signature_headers(timestamp="9" * 13),
        signature_headers(signer="a' OR 1=1 --"),
        signature_headers(signature=""),
        {"x-lynex-key": "default", "x-api-key": SECRET},
        {"x-lynex-signature": "ab"},
    ],
)
def test_refuses_what_is_missing_or_malformed(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorized):
        credential_in(headers)


@given(
    st.dictionaries(
        st.sampled_from(
            ["authorization", "x-api-key", "x-lynex-key", "x-lynex-timestamp", "x-lynex-signature"]
        ),
        st.text() | st.text().map("Basic ".__add__) | st.text().map("Bearer ".__add__),
    )
)
def test_never_fails_in_another_way(headers: dict[str, str]) -> None:
    try:
        credential = credential_in(headers)
    except Unauthorized:
        return
    assert isinstance(credential, KeyCredential | SignedCredential)


def test_the_signature_is_hmac_sha256_over_timestamp_dot_body() -> None:
    expected = hmac.new(SECRET.encode(), b'1000.{"a":1}', hashlib.sha256).hexdigest()

    assert sign(SECRET, "1000", b'{"a":1}') == expected


@given(body=st.binary(max_size=50), other=st.binary(max_size=50), secret=st.text(min_size=1, max_size=20))
def test_a_signature_is_of_its_body_secret_and_time_alone(body: bytes, other: bytes, secret: str) -> None:
    signed = SignedCredential("default", "1000", sign(secret, "1000", body))

    assert signed.is_of(secret, body)
    assert signed.is_of(secret, other) == (body == other)
    assert not signed.is_of(secret + "x", body)
    assert not SignedCredential("default", "1001", signed.signature).is_of(secret, body)


def test_a_signature_may_be_written_in_capitals_and_never_in_other_letters() -> None:
    signature = sign(SECRET, "1000", b"")

    assert SignedCredential("default", "1000", signature.upper()).is_of(SECRET, b"")
    assert not SignedCredential("default", "1000", "é" * 64).is_of(SECRET, b"")


@pytest.mark.parametrize(
    ("age_s", "fresh"),
    [(0, True), (SIGNATURE_WINDOW_S, True), (-SIGNATURE_WINDOW_S, True), (301, False), (-301, False)],
)
def test_a_signature_is_fresh_for_five_minutes_either_way(age_s: int, fresh: bool) -> None:
    credential = SignedCredential("default", "100000", "ab")

    assert credential.is_fresh((100_000 + age_s) * 1_000_000) is fresh


def test_a_secret_does_not_show_in_a_log_line() -> None:
    assert SECRET not in repr(credential_in({"x-api-key": SECRET}))
