"""Gemini's, Amazon's and Ollama's surfaces, by their official clients where there are some."""

import json
from typing import Any

import boto3
import pytest
from app import spoken
from app.gateway_tenant import QUESTION, EverySurface, anthropic_client, openai_client
from app.real_lynex import eventually
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError
from google import genai
from google.genai import errors, types

GEMINI = "gemini-2.5-flash"
NOVA = "anthropic.claude-sonnet-4-5-20250929-v1:0"

GEMINI_NANOUSD = 60 * 300 + 40 * 30 + 70 * 2_500
"""Thoughts are told apart from the candidates, and cost what these do."""
NOVA_NANOUSD = 100 * 3_300 + 40 * 330 + 20 * 4_125 + 50 * 16_500


@pytest.fixture
def gateway(every_surface: EverySurface) -> EverySurface:
    return every_surface


def gemini_client(gateway: EverySurface) -> genai.Client:
    options = types.HttpOptions(base_url=gateway.tenant.url)
    return genai.Client(api_key=gateway.tenant.api_key, http_options=options)


@pytest.fixture
def bedrock(gateway: EverySurface) -> Any:
    """Amazon's client with a bearer token, put in by hand: by itself (`AWS_BEARER_TOKEN_BEDROCK`) it sends
    one over HTTPS only."""
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    client = boto3.client(
        "bedrock-runtime", region_name="us-east-1", endpoint_url=gateway.tenant.url, config=config
    )

    def prove(request: Any, **_: Any) -> None:
        request.headers["Authorization"] = f"Bearer {gateway.tenant.api_key}"

    client.meta.events.register("before-send.bedrock-runtime", prove)
    return client


# Gemini


def test_gemini_costs_the_same_whole_and_streamed(gateway):
    """litellm#14849: thoughts and the cache of streamed Gemini answers are counted otherwise."""
    client = gemini_client(gateway)

    whole = client.models.generate_content(model=GEMINI, contents="Where is my parcel?")
    chunks = list(client.models.generate_content_stream(model=GEMINI, contents="Where is my parcel?"))

    assert whole.text == "".join(chunk.text or "" for chunk in chunks) == spoken.TEXT
    first, second = gateway.spans(2)
    for span in (first, second):
        assert (span["provider"], span["model"]) == ("google", GEMINI)
        assert (span["input_tokens"], span["output_tokens"]) == (100, 70)
        assert (span["cache_read_tokens"], span["reasoning_tokens"]) == (40, 20)
        assert span["cost_nanousd"] == GEMINI_NANOUSD
    assert second["time_to_first_token_ms"] > 0
    assert gateway.upstream.asked[0].headers["x-goog-api-key"] == "sk-gemini"


def test_gemini_tools_structured_answers_embeddings_and_counts_work(gateway):
    client = gemini_client(gateway)
    declared = types.FunctionDeclaration(name=spoken.TOOL, description="Find it.")

    called = client.models.generate_content(
        model=GEMINI,
        contents="Where is my parcel?",
        config=types.GenerateContentConfig(tools=[types.Tool(function_declarations=[declared])]),
    )
    structured = client.models.generate_content(
        model=GEMINI,
        contents="Where?",
        config=types.GenerateContentConfig(
            response_mime_type="application/json", response_schema={"type": "OBJECT"}
        ),
    )
    embedded = client.models.embed_content(model="gemini-embedding-001", contents="parcel")
    counted = client.models.count_tokens(model=GEMINI, contents="parcel")

    assert called.function_calls is not None
    assert (called.function_calls[0].name, called.function_calls[0].args) == (spoken.TOOL, spoken.ARGUMENTS)
    assert json.loads(structured.text or "") == {"city": "Rotterdam", "days": 2}
    assert embedded.embeddings is not None
    assert embedded.embeddings[0].values == spoken.VECTOR
    assert counted.total_tokens == 23
    kinds = [span["kind"] for span in gateway.spans(4)]
    assert kinds == ["llm", "llm", "embedding", "other"]


def test_geminis_client_lists_what_may_be_named_and_names_it(gateway):
    gateway.route("fast", [{"provider": "gemini", "model": GEMINI}])
    client = gemini_client(gateway)

    listed = eventually(
        lambda: [model.name for model in client.models.list()], lambda names: "models/fast" in names
    )
    by_route = client.models.generate_content(model="fast", contents="Where is my parcel?")
    by_provider = client.models.generate_content(model=f"gemini/{GEMINI}", contents="Where is my parcel?")

    assert "models/gpt-4.1-mini" in listed
    assert by_route.text == by_provider.text == spoken.TEXT
    asked = [each.path for each in gateway.upstream.asked if each.method == "POST"]
    assert [path.rpartition("/")[2] for path in asked] == [f"{GEMINI}:generateContent"] * 2


def test_what_lies_with_google_or_anthropic_is_not_looked_for_with_openai(gateway):
    """All three have files and batches below `/v1/`."""
    client = gemini_client(gateway)
    list(client.files.list())
    list(anthropic_client(gateway).beta.files.list())
    list(openai_client(gateway).files.list())

    proofs = [
        {name: each.headers.get(name) for name in ("x-goog-api-key", "x-api-key", "authorization")}
        for each in gateway.upstream.asked
    ]
    assert [[value for value in proof.values() if value] for proof in proofs] == [
        ["sk-gemini"],
        ["sk-anthropic"],
        ["Bearer sk-openai"],
    ]


def test_geminis_client_raises_its_own_exception(gateway):
    gateway.budget(0.000_001)
    client = gemini_client(gateway)

    with pytest.raises(errors.ClientError) as raised:
        client.models.generate_content(model=GEMINI, contents="Where is my parcel?")
    with pytest.raises(errors.ClientError) as missing:
        client.models.generate_content(model="nobody", contents="Where is my parcel?")

    assert (raised.value.code, raised.value.status) == (429, "RESOURCE_EXHAUSTED")
    assert "budget" in str(raised.value.message)
    assert (missing.value.code, missing.value.status) == (404, "NOT_FOUND")
    assert gateway.upstream.asked == []
    assert len(gateway.spans(2)) == 2


# Amazon Bedrock


CONVERSATION = [{"role": "user", "content": [{"text": "Where is my parcel?"}]}]


def test_bedrock_costs_the_same_whole_and_streamed(gateway, bedrock):
    whole = bedrock.converse(modelId=NOVA, messages=CONVERSATION)
    events = list(bedrock.converse_stream(modelId=NOVA, messages=CONVERSATION)["stream"])

    text = "".join(
        event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event
    )
    assert whole["output"]["message"]["content"][0]["text"] == text == spoken.TEXT
    assert events[-1]["metadata"]["usage"]["cacheReadInputTokens"] == 40
    assert gateway.upstream.asked[0].headers["authorization"] == "Bearer sk-bedrock"
    first, second = gateway.spans(2)
    for span in (first, second):
        assert (span["provider"], span["model"]) == ("aws", NOVA)
        assert (span["input_tokens"], span["output_tokens"], span["cache_read_tokens"]) == (160, 50, 40)
        assert span["cost_nanousd"] == NOVA_NANOUSD
        assert spoken.TEXT in span["output"]
    assert second["time_to_first_token_ms"] > 0


def test_bedrocks_client_raises_its_own_exception(gateway, bedrock):
    gateway.budget(0.000_001)

    with pytest.raises(ClientError) as raised:
        bedrock.converse(modelId=NOVA, messages=CONVERSATION, inferenceConfig={"maxTokens": 100})
    with pytest.raises(bedrock.exceptions.ResourceNotFoundException):
        bedrock.converse(modelId="nobody", messages=CONVERSATION)

    assert raised.value.response["Error"]["Code"] == "ThrottlingException"
    assert "budget" in raised.value.response["Error"]["Message"]
    assert gateway.upstream.asked == []
    assert len(gateway.spans(2)) == 2


# Ollama


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/chat", {"messages": QUESTION}, "message"),
        ("/api/generate", {"prompt": "Where is my parcel?"}, "response"),
    ],
)
def test_ollama_tells_the_same_whole_and_streamed(gateway, path, body, field):
    gateway.price()

    whole = gateway.tenant.ask("POST", path, json={"model": "llama3.2", "stream": False, **body}).json()
    streamed = gateway.tenant.ask("POST", path, json={"model": "llama3.2", **body})

    lines = [json.loads(line) for line in streamed.text.splitlines()]
    texts = [line[field]["content"] if field == "message" else line[field] for line in lines]
    said = whole[field]["content"] if field == "message" else whole[field]
    assert "".join(texts) == said == spoken.TEXT
    assert lines[-1]["eval_count"] == 50
    first, second = gateway.spans(2)
    for span in (first, second):
        assert (span["provider"], span["model"]) == ("ollama", "llama3.2")
        assert (span["input_tokens"], span["output_tokens"]) == (100, 50)
        assert span["cost_nanousd"] == 150_000_000
        assert spoken.TEXT in span["output"]
    assert second["time_to_first_token_ms"] > 0


def test_ollamas_embeddings_and_lists_work(gateway):
    embedded = gateway.tenant.ask("POST", "/api/embed", json={"model": "nomic-embed", "input": "parcel"})
    tags = gateway.tenant.ask("GET", "/api/tags")

    assert embedded.json()["embeddings"] == [spoken.VECTOR]
    assert tags.json()["asked"] == "/api/tags"
    first, _ = gateway.spans(2)
    assert (first["kind"], first["input_tokens"]) == ("embedding", 7)


def test_ollama_refusals_are_in_its_own_words(gateway):
    answer = gateway.tenant.ask("POST", "/api/chat", json={"model": "nobody", "messages": QUESTION})

    assert answer.status_code == 404
    assert "nobody" in answer.json()["error"]


# Streams that break off


def test_geminis_client_raises_its_own_exception_for_a_broken_stream(gateway):
    client = gemini_client(gateway)
    stream = client.models.generate_content_stream(model="gemini-cut-off", contents="Where?")

    with pytest.raises(errors.APIError, match="broke off"):
        list(stream)


def test_bedrocks_client_raises_its_own_exception_for_a_broken_stream(gateway, bedrock):
    answer = bedrock.converse_stream(modelId="anthropic.cut-off", messages=CONVERSATION)

    with pytest.raises(EventStreamError, match="broke off") as raised:
        list(answer["stream"])

    assert raised.value.response["Error"]["Code"] == "modelStreamErrorException"
    assert gateway.span()["output_tokens"] > 1


def test_a_broken_stream_of_ollamas_ends_with_an_error(gateway):
    answer = gateway.tenant.ask("POST", "/api/chat", json={"model": "llama-cut-off", "messages": QUESTION})

    assert "broke off" in json.loads(answer.text.splitlines()[-1])["error"]
