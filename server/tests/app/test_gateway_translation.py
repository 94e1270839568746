"""Official clients calling models of other providers: one surface in, another out, and the truth of usage."""

import json
from typing import Any

import openai
import pytest
from app import spoken
from app.gateway_tenant import QUESTION, EverySurface, anthropic_client, openai_client
from pydantic import BaseModel

CLAUDE = "claude-sonnet-4-6"
GEMINI = "gemini-2.5-flash"
NOVA = "anthropic.claude-sonnet-4-5-20250929-v1:0"
GPT = "gpt-4.1-mini-2025-04-14"
GPT_NANOUSD = 60 * 400 + 40 * 100 + 50 * 1_600

PRICED = [
    (f"anthropic/{CLAUDE}", "anthropic", 100 * 3_000 + 40 * 300 + 20 * 3_750 + 10 * 6_000 + 50 * 15_000),
    (f"gemini/{GEMINI}", "google", 60 * 300 + 40 * 30 + 70 * 2_500),
    (f"bedrock/{NOVA}", "aws", 100 * 3_300 + 40 * 330 + 20 * 4_125 + 50 * 16_500),
]
"""A model, what the price book calls its provider, and the cost of a call as its own surface counts."""
STREAMED = [each for each in PRICED if each[1] != "aws"]
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": spoken.TOOL,
        "parameters": {"type": "object", "properties": {"number": {"type": "string"}}},
    },
}


class Arrival(BaseModel):
    """What a structured answer is parsed into."""

    city: str
    days: int


@pytest.fixture
def gateway(every_surface: EverySurface) -> EverySurface:
    return every_surface


@pytest.mark.parametrize(("model", "provider", "nanousd"), STREAMED)
def test_openais_client_calls_models_of_others_whole_and_streamed(gateway, model, provider, nanousd):
    """bifrost#3451, litellm#14849: what the cache and thoughts cost is lost where a call is translated."""
    client = openai_client(gateway)

    whole = client.chat.completions.create(model=model, messages=QUESTION, max_tokens=100)
    chunks = list(client.chat.completions.create(model=model, messages=QUESTION, max_tokens=100, stream=True))

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert whole.choices[0].message.content == text == spoken.TEXT
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert whole.usage is not None
    first, second = gateway.spans(2)
    for span in (first, second):
        assert (span["provider"], span["status"]) == (provider, "ok")
        assert span["cost_nanousd"] == nanousd
        assert span["cost_source"] == "priced"
        assert spoken.TEXT in span["output"]


@pytest.mark.parametrize(
    ("streamed", "model", "nanousd"),
    [
        *((False, model, nanousd) for model, _, nanousd in PRICED),
        *((True, model, nanousd) for model, _, nanousd in STREAMED),
    ],
)
def test_openais_client_has_models_of_others_call_tools(gateway, streamed, model, nanousd):
    client = openai_client(gateway)
    wanted: dict[str, Any] = {"model": model, "tools": [TOOL], "max_tokens": 100}

    if streamed:
        with client.chat.completions.stream(**wanted, messages=QUESTION) as stream:
            choice = stream.get_final_completion().choices[0]
    else:
        choice = client.chat.completions.create(**wanted, messages=QUESTION).choices[0]
    [call] = choice.message.tool_calls
    result = {"role": "tool", "tool_call_id": call.id, "content": "on its way"}
    said = {"role": "assistant", "tool_calls": [call.model_dump(include={"id", "type", "function"})]}
    answer = client.chat.completions.create(**wanted, messages=[*QUESTION, said, result])

    assert choice.finish_reason == "tool_calls"
    assert (call.function.name, json.loads(call.function.arguments)) == (spoken.TOOL, spoken.ARGUMENTS)
    assert answer.choices[0].message.content == spoken.TEXT
    assert [span["cost_nanousd"] for span in gateway.spans(2)] == [nanousd, nanousd]


def test_structured_answers_of_others_are_parsed(gateway):
    client = openai_client(gateway)

    answer = client.chat.completions.parse(
        model=f"gemini/{GEMINI}", messages=QUESTION, response_format=Arrival
    )

    assert answer.choices[0].message.parsed == Arrival(city="Rotterdam", days=2)


def test_a_client_that_asks_for_the_usage_of_a_translated_stream_gets_it(gateway):
    client = openai_client(gateway)

    *_, last = client.chat.completions.create(
        model=f"anthropic/{CLAUDE}",
        messages=QUESTION,
        max_tokens=100,
        stream=True,
        stream_options={"include_usage": True},
    )

    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (170, 50)


@pytest.mark.parametrize("streamed", [False, True])
def test_anthropics_client_calls_an_openai_model(gateway, streamed):
    """As Claude Code does with a model of one's own."""
    client = anthropic_client(gateway)
    tool: Any = {"name": spoken.TOOL, "input_schema": {"type": "object", "properties": {}}}
    wanted: dict[str, Any] = {"model": GPT, "max_tokens": 100, "tools": [tool], "system": "Be brief."}

    if streamed:
        with client.messages.stream(**wanted, messages=QUESTION) as stream:
            message = stream.get_final_message()
    else:
        message = client.messages.create(**wanted, messages=QUESTION)
    [use] = message.content
    turns = [
        {"role": "assistant", "content": [use.model_dump(include={"type", "id", "name", "input"})]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "there"}]},
    ]
    answer = client.messages.create(**wanted, messages=[*QUESTION, *turns])

    assert (message.stop_reason, use.name, use.input) == ("tool_use", spoken.TOOL, spoken.ARGUMENTS)
    assert answer.content[0].text == spoken.TEXT
    assert message.usage.cache_read_input_tokens == 40
    assert gateway.upstream.asked[0].path == "/v1/chat/completions"
    for span in gateway.spans(2):
        assert (span["provider"], span["input_tokens"], span["output_tokens"]) == ("openai", 100, 50)
        assert span["cost_nanousd"] == GPT_NANOUSD


def test_what_cannot_be_translated_is_refused_by_name(gateway):
    client = openai_client(gateway)

    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(
            model=f"anthropic/{CLAUDE}", messages=QUESTION, max_tokens=9, logit_bias={"1": 5}
        )

    assert raised.value.param == "logit_bias"
    assert raised.value.code == "untranslatable"
    assert gateway.upstream.asked == []
    assert gateway.span()["error_type"] == "untranslatable"


def test_a_stream_of_bedrock_through_another_surface_is_refused(gateway):
    client = openai_client(gateway)

    with pytest.raises(openai.BadRequestError, match="Bedrock streams in a form of its own") as raised:
        client.chat.completions.create(model=f"bedrock/{NOVA}", messages=QUESTION, stream=True)

    assert raised.value.param == "stream"


def a_server_that_knows_only_chat(gateway: EverySurface) -> str:
    gateway.upstream.knows_only_chat = True
    gateway.provider("local", price_as="openai", models=["none"])
    return f"local/{GPT}"


def test_responses_are_translated_for_a_server_that_knows_only_chat(gateway):
    model = a_server_that_knows_only_chat(gateway)
    client = openai_client(gateway)

    whole = client.responses.create(model=model, input="Where is my parcel?")
    with client.responses.stream(model=model, input="Where is my parcel?") as stream:
        kinds = [event.type for event in stream]
        streamed = stream.get_final_response()

    assert whole.output_text == streamed.output_text == spoken.TEXT
    assert kinds[-1] == "response.completed"
    paths = [asked.path for asked in gateway.upstream.asked]
    assert paths == ["/v1/responses", "/v1/chat/completions", "/v1/chat/completions"]
    for span in gateway.spans(2):
        assert span["name"] == f"responses {model}"
        assert (span["cost_nanousd"], span["status"]) == (GPT_NANOUSD, "ok")


def test_a_server_that_knows_neither_answers_for_itself(gateway):
    gateway.upstream.knows_only_chat = True
    client = openai_client(gateway)

    with pytest.raises(openai.NotFoundError):
        client.responses.create(model=GPT, input="Where is my parcel?")

    assert [asked.path for asked in gateway.upstream.asked] == ["/v1/responses"]
    assert gateway.span()["error_type"] == "upstream_404"


def test_what_lies_with_openai_cannot_be_had_of_a_server_that_knows_only_chat(gateway):
    model = a_server_that_knows_only_chat(gateway)
    client = openai_client(gateway)

    with pytest.raises(openai.BadRequestError) as raised:
        client.responses.create(model=model, input="And now?", previous_response_id="resp_1")

    assert raised.value.param == "previous_response_id"


def test_an_error_of_another_provider_is_told_in_the_callers_words(gateway):
    client = openai.OpenAI(base_url=f"{gateway.tenant.url}/v1", api_key=gateway.tenant.api_key, max_retries=0)

    with pytest.raises(openai.RateLimitError, match="slow down"):
        client.chat.completions.create(model="anthropic/limited", messages=QUESTION, max_tokens=9)

    assert gateway.span()["status"] == "error"


@pytest.mark.parametrize("model", [GPT, f"gemini/{GEMINI}", f"bedrock/{NOVA}", "llama3.2"])
def test_tokens_for_a_model_of_others_are_counted_here(gateway, model):
    client = anthropic_client(gateway)

    short = client.messages.count_tokens(model=model, messages=QUESTION)
    long = client.messages.count_tokens(model=model, messages=QUESTION, system="Be brief. " * 100)
    raw = client.messages.with_raw_response.count_tokens(model=model, messages=QUESTION)

    assert 0 < short.input_tokens < long.input_tokens
    assert raw.headers["x-lynex-estimated"] == "tokens"
    assert gateway.upstream.asked == []
    for span in gateway.spans(3):
        assert (span["kind"], span["status"], span["cost_nanousd"]) == ("other", "ok", None)
        assert span["input_tokens"] is None


def test_tokens_for_a_model_of_others_are_counted_for_geminis_callers_too(gateway):
    contents = [{"role": "user", "parts": [{"text": "Where is my parcel?"}]}]
    path = f"/v1beta/models/{GPT}:countTokens"

    plain = gateway.tenant.ask("POST", path, json={"contents": contents})
    wrapped = gateway.tenant.ask("POST", path, json={"generateContentRequest": {"contents": contents}})

    assert plain.json() == wrapped.json()
    assert plain.json()["totalTokens"] > 0
    assert gateway.upstream.asked == []


def test_a_count_that_its_provider_has_is_asked_for_there(gateway):
    targets = [{"provider": "anthropic", "model": CLAUDE}, {"provider": "openai", "model": GPT, "weight": 0}]
    gateway.route("mixed", targets)

    counted = anthropic_client(gateway).messages.count_tokens(model="mixed", messages=QUESTION)

    assert counted.input_tokens == 23
    assert [asked.path for asked in gateway.upstream.asked] == ["/v1/messages/count_tokens"]
