"""What never gets into an audit row, whatever a caller passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.safety.audit_entry import canonical_json
from lynex_server.safety.left_out import MAX_TEXT_CHARS, is_secret_name, without_secrets

PLANTED = "correct horse battery staple"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "secret",
            "client_secret",
            "clientSecret",
            "CLIENT-SECRET",
            "password",
            "newPassword",
            "passphrase",
        ),
        *("api_key", "apiKey", "APIKey", "apikey", "private_key", "token", "access_token", "refreshToken"),
        *(
            "Authorization",
            "cookie",
            "Set-Cookie",
            "webhook_url",
            "webhook",
            "smtp_password",
            "dsn",
            "hmac_key",
        ),
        *("credentials", "master_key", "signingKey", "connection_string", "secret_text", "token_sha256"),
    ],
)
def test_knows_a_secret_by_its_name(name: str) -> None:
    assert is_secret_name(name)
    assert without_secrets({name: PLANTED, "nested": [{name: {"deep": PLANTED}}]}) == {
        name: "[secret]",
        "nested": [{name: "[secret]"}],
    }


@pytest.mark.parametrize(
    "name",
    [
        *("name", "limit_nanousd", "max_tokens", "input_tokens", "tokens", "api_key_id", "secret_id", "key"),
        *(
            "password_changed_at_us",
            "token_expires_at",
            "keys",
            "scopes",
            "key_prefix",
            "model",
            "monkey",
            "",
        ),
    ],
)
def test_leaves_what_only_sounds_like_one(name: str) -> None:
    assert without_secrets({name: "told"}) == {name: "told"}


def test_whether_there_is_a_secret_is_none() -> None:
    assert without_secrets({"password": None, "has_password": True}) == {
        "password": None,
        "has_password": True,
    }


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("lx_01m7xpwa2sk4px757zyx3me0qx_" + "a1B2c3" * 7, "[secret]"),
        ("use sk-proj-abcdefghijklmnop1234 now", "use [secret] now"),
        ("postgresql://ann:hunter2@db/lynex", "[secret]db/lynex"),
        ("Bearer abcdefghijklmnopqrstuv", "[secret]"),
        ("-----BEGIN PRIVATE KEY-----", "[secret]"),
        ("https://example.com/hook", "https://example.com/hook"),
        ("a bearer of bad news", "a bearer of bad news"),
    ],
)
def test_knows_a_secret_by_its_looks(text: str, kept: str) -> None:
    assert without_secrets({"note": text}) == {"note": kept}
    assert without_secrets({"notes": [text]}) == {"notes": [kept]}


def test_cuts_what_is_too_long_too_many_or_too_deep() -> None:
    deep: dict[str, object] = {}
    for _ in range(50):
        deep = {"in": deep}
    kept = without_secrets({"text": "x" * 10_000, "list": list(range(1_000)), "deep": deep})

    assert kept is not None
    assert kept["text"] == "x" * (MAX_TEXT_CHARS - 1) + "…"
    assert len(kept["list"]) == 201
    assert len(canonical_json(kept)) < 5_000


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(), inner, max_size=4)
        | st.sets(st.text(), max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), _VALUES, max_size=4))
def test_any_value_becomes_plain_json(values: dict[str, object]) -> None:
    text = canonical_json(without_secrets(values))

    assert "\\u0000" not in text
    text.encode()
