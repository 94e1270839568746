"""Where calls go at a provider: never elsewhere than below its base URL, and never with another question."""

import pytest
from gateway.factories import a_provider

from lynex_server.gateway.operations import operation_of
from lynex_server.gateway.upstream.addressing import address_of, answer_headers, headers_for


def address(path: str, base_url: str = "https://host/tenant/v1", model: str = "m", **provider: str) -> str:
    operation = operation_of("POST", path, {})
    assert operation is not None, path
    return address_of(a_provider(base_url=base_url, **provider), operation, model, "")


@pytest.mark.parametrize(
    ("path", "below"),
    [
        ("/v1/files/a?b#c", "/files/a%3Fb%23c"),
        ("/v1/files/a%2Fb", "/files/a%252Fb"),
        ("/gateway/openai/two words\r\n", "/two%20words%0D%0A"),
        ("/v1/files/caf\u00e9", "/files/caf%C3%A9"),
        ("/gateway/openai/@other.example/x", "/@other.example/x"),
    ],
)
def test_what_a_caller_writes_into_a_path_stays_in_the_path(path, below):
    assert address(path) == f"https://host/tenant/v1{below}"


def test_the_model_takes_its_place_in_a_path():
    gemini = address("/v1beta/models/fast:generateContent", "https://host", "gemini-3-pro", kind="gemini")
    bedrock = address("/model/fast/converse", "https://host", "arn:aws:b:profile/us.nova", kind="bedrock")

    assert gemini == "https://host/v1beta/models/gemini-3-pro:generateContent"
    assert bedrock == "https://host/model/arn:aws:b:profile%2Fus.nova/converse"


def test_a_model_named_like_its_version_does_not_take_the_versions_place():
    assert address("/v1/models/v1:generateContent", "https://host", "m", kind="gemini") == (
        "https://host/v1/models/m:generateContent"
    )


def test_what_a_caller_means_for_this_hop_alone_is_not_passed_on():
    said = [("connection", "Keep-Alive, X-Hop"), ("x-hop", "1"), ("connection", "x-other"), ("x-other", "2")]

    sent = headers_for(a_provider(), "key", [*said, ("x-end", "3")], passes_credentials=False)

    assert sent == [("x-end", "3"), ("authorization", "Bearer key")]


def test_what_a_provider_means_for_this_hop_alone_is_not_passed_on():
    said = {"Connection": "close, X-Hop", "X-Hop": "1", "X-End": "2"}

    assert answer_headers(said, read=True) == [(b"x-end", b"2")]
