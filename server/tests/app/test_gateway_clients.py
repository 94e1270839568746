"""The official clients, unchanged but for base URL and key: what they get, and the one span of each call.

Costs are written out by the list prices: whoever changes a price in the book sees it here.
"""

import asyncio
import json
from typing import Any

import anthropic
import openai
import pytest
from anthropic.types import RawMessageStartEvent
from app import spoken
from app.gateway_tenant import QUESTION, EverySurface, anthropic_client, openai_client
from app.real_lynex import eventually
from app.speaking_upstream import SPEECH
from pydantic import BaseModel

GPT = "gpt-4.1-mini-2025-04-14"
CLAUDE = "claude-sonnet-4-6"

GPT_NANOUSD = 60 * 400 + 40 * 100 + 50 * 1_600
"""The cached are among the 100 of the prompt, reasoning among the 50 of the completion."""
CLAUDE_NANOUSD = 100 * 3_000 + 40 * 300 + 20 * 3_750 + 10 * 6_000 + 50 * 15_000
"""What was read from the cache and written to it comes on top of the 100."""

CHAT_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": spoken.TOOL,
        "parameters": {"type": "object", "properties": {"number": {"type": "string"}}},
    },
}
MESSAGES_TOOL: dict[str, Any] = {
    "name": spoken.TOOL,
    "input_schema": {"type": "object", "properties": {"number": {"type": "string"}}},
}


class Arrival(BaseModel):
    """What a structured answer is parsed into."""

    city: str
    days: int


@pytest.fixture
def gateway(every_surface: EverySurface) -> EverySurface:
    return every_surface


def noting(sent: list[str]) -> dict[str, Any]:
    """How a client's own HTTP client is made so that it notes each request."""
    return {"trust_env": False, "event_hooks": {"request": [lambda request: sent.append(str(request.url))]}}


def counts(span: dict[str, Any]) -> tuple[Any, ...]:
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")
    return (span["provider"], span["model"], *(span[name] for name in names))


GPT_COUNTS = ("openai", GPT, 100, 50, 40, 20)


# OpenAI's client


def test_openai_chat_costs_the_same_whole_and_streamed(gateway):
    """bifrost#3451, langfuse#12306, litellm#14849: a stream's cached and reasoning tokens get lost, and it
    costs something else than the same answer as a whole."""
    client = openai_client(gateway)

    whole = client.chat.completions.create(model=GPT, messages=QUESTION)
    chunks = list(client.chat.completions.create(model=GPT, messages=QUESTION, stream=True))

    assert whole.choices[0].message.content == spoken.TEXT
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == spoken.TEXT
    assert all(chunk.usage is None for chunk in chunks)
    first, second = gateway.spans(2)
    assert counts(first) == counts(second) == GPT_COUNTS
    assert first["cost_nanousd"] == second["cost_nanousd"] == GPT_NANOUSD
    assert first["time_to_first_token_ms"] is None
    assert 0 < second["time_to_first_token_ms"] <= second["duration_ms"]


@pytest.mark.parametrize("streamed", [False, True])
def test_openai_tools_are_called_and_answered(gateway, streamed):
    client = openai_client(gateway)

    if streamed:
        with client.chat.completions.stream(model=GPT, messages=QUESTION, tools=[CHAT_TOOL]) as stream:
            message = stream.get_final_completion().choices[0].message
    else:
        message = (
            client.chat.completions.create(model=GPT, messages=QUESTION, tools=[CHAT_TOOL]).choices[0].message
        )
    [call] = message.tool_calls
    result = {"role": "tool", "tool_call_id": call.id, "content": "on its way"}
    said = {"role": "assistant", "tool_calls": [call.model_dump(include={"id", "type", "function"})]}
    answer = client.chat.completions.create(model=GPT, messages=[*QUESTION, said, result], tools=[CHAT_TOOL])

    assert (call.function.name, json.loads(call.function.arguments)) == (spoken.TOOL, spoken.ARGUMENTS)
    assert answer.choices[0].message.content == spoken.TEXT
    assert spoken.TOOL in gateway.spans(2)[0]["output"]


def test_openai_structured_answers_are_parsed(gateway):
    client = openai_client(gateway)

    chat = client.chat.completions.parse(model=GPT, messages=QUESTION, response_format=Arrival)
    response = client.responses.parse(model=GPT, input="Where is my parcel?", text_format=Arrival)

    arrival = Arrival(city="Rotterdam", days=2)
    assert (chat.choices[0].message.parsed, response.output_parsed) == (arrival, arrival)
    asked = gateway.upstream.asked[0].document["response_format"]["json_schema"]
    assert asked["schema"]["required"] == ["city", "days"]


def test_openai_responses_cost_the_same_whole_and_streamed(gateway):
    """langfuse#12306: cached tokens of streamed responses are not seen."""
    client = openai_client(gateway)

    whole = client.responses.create(model=GPT, input="Where is my parcel?")
    with client.responses.stream(model=GPT, input="Where is my parcel?") as stream:
        kinds = [event.type for event in stream]
        streamed = stream.get_final_response()

    assert whole.output_text == streamed.output_text == spoken.TEXT
    assert kinds[-1] == "response.completed"
    first, second = gateway.spans(2)
    assert counts(first) == counts(second) == GPT_COUNTS
    assert first["cost_nanousd"] == second["cost_nanousd"] == GPT_NANOUSD
    assert second["time_to_first_token_ms"] is not None


def test_openai_completions_embeddings_and_models_answer(gateway):
    client = openai_client(gateway)

    completion = client.completions.create(model=GPT, prompt="Where is")
    chunks = list(client.completions.create(model=GPT, prompt="Where is", stream=True))
    embedded = client.embeddings.create(
        model="text-embedding-3-small", input="parcel", encoding_format="float"
    )
    models = [model.id for model in client.models.list()]

    assert completion.choices[0].text == chunks[0].choices[0].text == spoken.TEXT
    assert len(embedded.data[0].embedding) == 3
    assert "gpt-4.1-mini" in models
    assert client.models.retrieve("gpt-4.1-mini").id == "gpt-4.1-mini"
    first, second, third = gateway.spans(3)
    assert first["cost_nanousd"] == second["cost_nanousd"] == GPT_NANOUSD
    assert (third["kind"], third["input_tokens"], third["cost_nanousd"]) == ("embedding", 7, 7 * 20)


def test_openai_calls_that_nobody_reads_pass_through(gateway, tmp_path):
    client = openai_client(gateway)
    sound = tmp_path / "sound.mp3"
    sound.write_bytes(SPEECH)

    moderated = client.moderations.create(model="omni-moderation-latest", input="hello")
    image = client.images.generate(model="gpt-image-1", prompt="a parcel")
    speech = client.audio.speech.create(model="tts-1", voice="alloy", input="hello").read()
    with sound.open("rb") as opened:
        heard = client.audio.transcriptions.create(model="whisper-1", file=opened)
    file = client.files.create(file=("calls.jsonl", b'{"a": 1}\n'), purpose="batch")
    files = [each.id for each in client.files.list()]
    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
    )

    assert moderated.results[0].flagged is False
    assert image.data is not None
    assert image.data[0].b64_json == "aGVsbG8="
    assert speech == SPEECH
    assert heard.text == spoken.TEXT
    assert (file.id, files, batch.status) == ("file-1", ["file-1"], "validating")
    uploaded = gateway.upstream.asked[3]
    assert uploaded.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert SPEECH in uploaded.body
    assert all(asked.headers["authorization"] == "Bearer sk-openai" for asked in gateway.upstream.asked)
    spans = gateway.spans(7)
    assert {span["provider"] for span in spans} == {"openai"}
    image_span = spans[1]
    assert (image_span["input_tokens"], image_span["output_tokens"]) == (10, 200)


def test_what_is_passed_through_goes_by_routes_and_names_of_providers_too(gateway):
    gateway.route("painter", [{"provider": "openai", "model": "gpt-image-1"}])
    client = openai_client(gateway)

    client.images.generate(model="painter", prompt="a parcel")
    client.moderations.create(model="openai/omni-moderation-latest", input="hello")
    client.images.generate(model="gpt-image-1", prompt="a parcel")

    models = [asked.document["model"] for asked in gateway.upstream.asked]
    assert models == ["gpt-image-1", "omni-moderation-latest", "gpt-image-1"]
    requested = [span["model_requested"] for span in gateway.spans(3)]
    assert requested == ["painter", "openai/omni-moderation-latest", "gpt-image-1"]


def test_openais_asynchronous_client_gets_the_same(gateway):
    async def called() -> tuple[str | None, str]:
        url, key = f"{gateway.tenant.url}/v1", gateway.tenant.api_key
        async with openai.AsyncOpenAI(base_url=url, api_key=key) as client:
            whole = client.chat.completions.create(model=GPT, messages=QUESTION)
            stream = await client.chat.completions.create(model=GPT, messages=QUESTION, stream=True)
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
            return (await whole).choices[0].message.content, "".join(pieces)

    assert asyncio.run(called()) == (spoken.TEXT, spoken.TEXT)
    assert {span["cost_nanousd"] for span in gateway.spans(2)} == {GPT_NANOUSD}


def test_azures_client_names_the_model_by_its_deployment(gateway):
    client = openai.AzureOpenAI(
        azure_endpoint=gateway.tenant.url, api_key=gateway.tenant.api_key, api_version="2024-10-21"
    )

    on_azure = client.chat.completions.create(model="deployed-mini", messages=QUESTION)
    elsewhere = client.chat.completions.create(model=GPT, messages=QUESTION)

    assert on_azure.choices[0].message.content == elsewhere.choices[0].message.content == spoken.TEXT
    first, second = gateway.upstream.asked
    assert first.path == "/openai/deployments/deployed-mini/chat/completions?api-version=2024-10-21"
    assert first.headers["api-key"] == "sk-azure"
    assert second.path.partition("?")[0] == "/v1/chat/completions"
    assert second.headers["authorization"] == "Bearer sk-openai"
    assert [span["provider"] for span in gateway.spans(2)] == ["azure", "openai"]


def refusals(gateway: EverySurface) -> None:
    """Make one call of each kind be refused: a model a key may not call, and a budget without money."""
    key_id = gateway.tenant.get("/v1/keys")["items"][0]["id"]
    settings = {"allowed_models": {key_id: ["gpt-*", "claude-*", "nowhere-*"]}}
    assert gateway.tenant.ask("PUT", "/v1/gateway/settings", json=settings).status_code == 200
    eventually(lambda: gateway.call("nobody").status_code, lambda status: status == 403)
    gateway.budget(0.000_001)


def test_openais_client_raises_its_own_exceptions_and_does_not_try_again(gateway):
    refusals(gateway)
    sent: list[str] = []
    client = openai.OpenAI(
        base_url=f"{gateway.tenant.url}/v1",
        api_key=gateway.tenant.api_key,
        http_client=openai.DefaultHttpxClient(**noting(sent)),
    )
    stranger = openai.OpenAI(base_url=f"{gateway.tenant.url}/v1", api_key="nonsense")

    with pytest.raises(openai.AuthenticationError):
        stranger.chat.completions.create(model=GPT, messages=QUESTION)
    with pytest.raises(openai.PermissionDeniedError):
        client.chat.completions.create(model="nobody", messages=QUESTION)
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="nowhere-1", messages=QUESTION)
    with pytest.raises(openai.RateLimitError) as raised:
        client.chat.completions.create(model=GPT, messages=QUESTION)

    assert missing.value.code == "model_not_found"
    assert raised.value.code == "budget_exceeded"
    assert len(sent) == 3
    assert gateway.upstream.asked == []


# Anthropic's client


def test_anthropic_messages_cost_the_same_whole_and_streamed(gateway):
    """bifrost#3451: cache writes counted twice, or not at all, in streams."""
    client = anthropic_client(gateway)

    whole = client.messages.create(model=CLAUDE, max_tokens=100, messages=QUESTION)
    with client.messages.stream(model=CLAUDE, max_tokens=100, messages=QUESTION) as stream:
        text = "".join(stream.text_stream)
        streamed = stream.get_final_message()

    assert whole.content[0].text == text == spoken.TEXT
    assert streamed.usage.output_tokens == 50
    first, second = gateway.spans(2)
    for span in (first, second):
        assert counts(span) == ("anthropic", CLAUDE, 170, 50, 40, None)
        assert (span["cache_write_5m_tokens"], span["cache_write_1h_tokens"]) == (20, 10)
        assert span["cost_nanousd"] == CLAUDE_NANOUSD
    assert first["time_to_first_token_ms"] is None
    assert second["time_to_first_token_ms"] > 0


@pytest.mark.parametrize("streamed", [False, True])
def test_anthropic_tools_are_called_and_answered(gateway, streamed):
    client = anthropic_client(gateway)
    wanted: dict[str, Any] = {"model": CLAUDE, "max_tokens": 100, "tools": [MESSAGES_TOOL]}

    if streamed:
        with client.messages.stream(**wanted, messages=QUESTION) as stream:
            [use] = stream.get_final_message().content
    else:
        [use] = client.messages.create(**wanted, messages=QUESTION).content
    turns = [
        {"role": "assistant", "content": [use.model_dump(include={"type", "id", "name", "input"})]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "there"}]},
    ]
    answer = client.messages.create(**wanted, messages=[*QUESTION, *turns])

    assert (use.name, use.input) == (spoken.TOOL, spoken.ARGUMENTS)
    assert answer.content[0].text == spoken.TEXT


def test_anthropic_counts_tokens_and_lists_models(gateway):
    client = anthropic_client(gateway)

    counted = client.messages.count_tokens(model=CLAUDE, messages=QUESTION)
    models = [model.id for model in client.models.list()]

    assert counted.input_tokens == 23
    assert "claude-x" in models
    span = gateway.span()
    assert (span["kind"], span["cost_nanousd"]) == ("other", None)


def test_anthropics_client_raises_its_own_exceptions_and_does_not_try_again(gateway):
    refusals(gateway)
    sent: list[str] = []
    client = anthropic.Anthropic(
        base_url=gateway.tenant.url,
        api_key=gateway.tenant.api_key,
        http_client=anthropic.DefaultHttpxClient(**noting(sent)),
    )
    stranger = anthropic.Anthropic(base_url=gateway.tenant.url, api_key="nonsense")
    wanted: dict[str, Any] = {"max_tokens": 100, "messages": QUESTION}

    with pytest.raises(anthropic.AuthenticationError):
        stranger.messages.create(model=CLAUDE, **wanted)
    with pytest.raises(anthropic.PermissionDeniedError):
        client.messages.create(model="nobody", **wanted)
    with pytest.raises(anthropic.RateLimitError, match="budget"):
        client.messages.create(model=CLAUDE, **wanted)
    with pytest.raises(anthropic.RateLimitError), client.messages.stream(model=CLAUDE, **wanted):
        pass

    assert len(sent) == 3
    assert gateway.upstream.asked == []


def test_a_streams_first_event_is_the_providers_own(gateway):
    client = anthropic_client(gateway)

    events = list(client.messages.create(model=CLAUDE, max_tokens=9, messages=QUESTION, stream=True))

    assert isinstance(events[0], RawMessageStartEvent)
    assert events[0].message.usage.cache_read_input_tokens == 40


def test_a_broken_stream_raises_the_clients_own_exception_and_is_estimated(gateway):
    """litellm#35958: what a stream cost that broke off is lost, or a placeholder of one token."""
    with pytest.raises(anthropic.APIError):
        for _ in anthropic_client(gateway).messages.create(
            model="claude-cut-off", max_tokens=9, messages=QUESTION, stream=True
        ):
            pass
    with pytest.raises(openai.APIError):
        for _ in openai_client(gateway).responses.create(model="gpt-cut-off", input="Where?", stream=True):
            pass

    first, second = gateway.spans(2)
    assert {first["status"], second["status"]} == {"error"}
    assert first["input_tokens"] == 170  # the provider said so when it began
    assert first["output_tokens"] > 1
    assert "usage_estimated" in first["usage_flags"]
    assert second["output_tokens"] > 1
