"""Trying a provider, against real local servers that answer as the real ones do."""

import json
from typing import Any

import pytest
from gateway.admin_stage import AdminStage, Asker
from safety.local_servers import Answer, Seen, local_server
from servers import free_port

SECRET = "sk-planted-0123456789-wxyz"

OPENAI = {"object": "list", "data": [{"id": "gpt-4o"}, {"id": "gpt-4o-mini"}]}
GEMINI = {"models": [{"name": "models/gemini-2.5-flash"}]}
OLLAMA = {"object": "list", "data": [{"id": "llama3.2:latest", "object": "model"}]}

KINDS = {
    "openai": ("/v1/models", "authorization", f"Bearer {SECRET}", OPENAI, "gpt-4o"),
    "openai_compatible": ("/v1/models", "authorization", f"Bearer {SECRET}", OPENAI, "gpt-4o"),
    "azure_openai": ("/openai/models?api-version=2024-10-21", "api-key", SECRET, OPENAI, "a-deployment"),
    "anthropic": (
        "/v1/models?limit=1000",
        "x-api-key",
        SECRET,
        {"data": [{"type": "model", "id": "claude-sonnet-4-5"}]},
        "claude-sonnet-4-5",
    ),
    "gemini": ("/v1beta/models?pageSize=1000", "x-goog-api-key", SECRET, GEMINI, "gemini-2.5-flash"),
    "ollama": ("/v1/models", "authorization", f"Bearer {SECRET}", OLLAMA, "llama3.2"),
}


def a_provider_at(owner: Asker, port: int, kind: str = "openai_compatible", **fields: Any) -> str:
    made = owner.a_provider("mine", kind, base_url=f"http://127.0.0.1:{port}", **fields)
    return f"/providers/{made['id']}/test"


def answering(document: Any, status: int = 200) -> Answer:
    return Answer(status, body=json.dumps(document).encode())


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_asked_as_it_wants_to_be(owner: Asker, kind: str) -> None:
    path, header, value, document, model = KINDS[kind]
    with local_server(lambda _seen: answering(document)) as server:
        test = a_provider_at(owner, server.port, kind, api_key=SECRET, headers={"x-team": "search"})
        told = owner.told("POST", test)
        with_model = owner.told("POST", test, {"model": model})
        without = owner.told("POST", test, {"model": "gpt-unknown"})

    seen: Seen = server.seen[0]
    assert (seen.method, seen.path, seen.headers[header], seen.headers["x-team"]) == (
        "GET",
        path,
        value,
        "search",
    )
    assert (told["ok"], told["status"], with_model["ok"]) == (True, 200, True)
    assert all(isinstance(name, str) and "models/" not in name for name in told["models"])
    assert without["ok"] == (kind == "azure_openai")


def test_without_a_key_none_is_sent(owner: Asker) -> None:
    with local_server(lambda _seen: answering(OLLAMA)) as server:
        assert owner.told("POST", a_provider_at(owner, server.port, "ollama"))["ok"]

    assert "authorization" not in server.seen[0].headers


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (answering({"error": {"message": f"Incorrect API key: {SECRET}"}}, 401), "Incorrect API key: …"),
        (answering({"error": "busy\nnow"}, 503), "busy now"),
        (Answer(500, body=b"<html>oops"), "It answered 500."),
        (Answer(200, body=b"<html>hello"), "no list of models"),
        (answering({"data": "many"}), "no list of models"),
        (answering({"message": "x" * 5_000}, 400), "x…"),
    ],
    ids=["key echoed", "busy", "oops", "a page", "a text", "long"],
)
def test_what_goes_wrong_there_is_an_answer_without_the_key(owner: Asker, answer: Answer, said: str) -> None:
    with local_server(lambda _seen: answer) as server:
        told = owner.told("POST", a_provider_at(owner, server.port, api_key=SECRET))

    assert (told["ok"], told["status"]) == (False, answer.status)
    assert said in told["message"]
    assert len(told["message"]) <= 300
    assert SECRET not in json.dumps(told)


def test_nobody_there_is_an_answer_too(owner: Asker) -> None:
    told = owner.told("POST", a_provider_at(owner, free_port()))

    assert (told["ok"], told["status"]) == (False, None)
    assert told["message"]


def test_a_base_url_that_ends_with_the_version_is_not_given_it_twice(owner: Asker) -> None:
    with local_server(lambda _seen: answering(OPENAI)) as server:
        made = owner.a_provider("mine", base_url=f"http://127.0.0.1:{server.port}/api/v1/")
        assert owner.told("POST", f"/providers/{made['id']}/test")["ok"]

    assert server.seen[0].path == "/api/v1/models"


def test_an_address_that_calls_may_not_reach_is_not_asked_either(stage: AdminStage, owner: Asker) -> None:
    stage.private_upstreams = "refuse"
    stage.client.app.state.gateway_admin = stage.another_process()
    with local_server(lambda _seen: answering(OPENAI)) as server:
        told = owner.told("POST", a_provider_at(owner, server.port))
    metadata = owner.a_provider("cloud", "openai_compatible", base_url="http://169.254.169.254")

    assert (told["ok"], told["status"], server.seen) == (False, None, [])
    assert not owner.told("POST", f"/providers/{metadata['id']}/test")["ok"]


def test_only_some_of_many_models_are_told(owner: Asker) -> None:
    many = {"data": [{"id": f"m-{number}"} for number in range(200)]}
    with local_server(lambda _seen: answering(many)) as server:
        told = owner.told("POST", a_provider_at(owner, server.port), {"model": "m-199"})

    assert (told["ok"], len(told["models"])) == (True, 50)


def test_a_bedrock_provider_is_tried_with_the_first_call(owner: Asker) -> None:
    made = owner.a_provider("aws", "bedrock")

    told = owner.told("POST", f"/providers/{made['id']}/test")

    assert (told["ok"], told["status"], "first call" in told["message"]) == (True, None, True)
