"""OpenAI chat requests in Gemini's words."""

from typing import Any

import pytest
from gateway.translate.wire import PNG, called, chat, from_chat, function_tool, refusal, sent

MODEL = "gemini-3-pro"
OLD = "gemini-2.5-flash"


def asked(*messages: dict[str, Any], model: str = MODEL, **fields: Any) -> dict[str, Any]:
    return sent("gemini", model, chat(*messages, **fields))


def why(*messages: dict[str, Any], model: str = MODEL, **fields: Any) -> str:
    return str(refusal(from_chat("gemini"), chat(*messages, **fields), model))


@pytest.mark.parametrize(
    ("model", "stream", "path"),
    [
        (MODEL, False, "/v1beta/models/gemini-3-pro:generateContent"),
        (MODEL, True, "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse"),
        ("tunedModels/my model", False, "/v1beta/tunedModels/my%20model:generateContent"),
    ],
)
def test_goes_to_the_model_in_the_path(model: str, stream: bool, path: str):
    translated = from_chat("gemini").request(chat(stream=stream), model)

    assert (translated.path, translated.stream) == (path, stream)
    assert "model" not in translated.document


def test_roles_are_user_and_model_and_the_system_stands_apart():
    document = asked(
        {"role": "developer", "content": "Be brief"},
        {"role": "user", "content": "a"},
        {"role": "user", "content": "b"},
        {"role": "assistant", "content": "c"},
    )

    assert document["systemInstruction"] == {"parts": [{"text": "Be brief"}]}
    assert document["contents"] == [
        {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
        {"role": "model", "parts": [{"text": "c"}]},
    ]


def test_sampling_and_limits():
    document = asked(
        max_tokens=5,
        stop="x",
        temperature=1.7,
        top_p=0.9,
        top_k=3,
        seed=4,
        n=2,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=True,
        top_logprobs=2,
    )

    assert document["generationConfig"] == {
        "maxOutputTokens": 5,
        "stopSequences": ["x"],
        "temperature": 1.7,
        "topP": 0.9,
        "topK": 3,
        "seed": 4,
        "candidateCount": 2,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "responseLogprobs": True,
        "logprobs": 2,
    }


def test_a_plain_call_has_no_configuration():
    assert set(asked()) == {"contents"}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (
            {"type": "function", "function": {"name": "weather"}},
            {"mode": "ANY", "allowedFunctionNames": ["weather"]},
        ),
    ],
)
def test_tools_and_their_choice(choice: Any, expected: dict[str, Any]):
    document = asked(tools=[function_tool()], tool_choice=choice)
    schema = function_tool()["function"]["parameters"]

    assert document["tools"] == [
        {
            "functionDeclarations": [
                {"name": "weather", "description": "Tells.", "parametersJsonSchema": schema}
            ]
        }
    ]
    assert document["toolConfig"] == {"functionCallingConfig": expected}


def test_calls_and_results_in_the_order_of_the_calls_apart_from_what_the_user_says():
    document = asked(
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "tool_calls": [called("call_gw_r_0_0"), called("b", arguments="{}")]},
        {"role": "tool", "tool_call_id": "b", "content": "[1]"},
        {"role": "tool", "tool_call_id": "call_gw_r_0_0", "content": '{"sky":"blue"}'},
        {"role": "user", "content": "And?"},
        model=OLD,
    )

    assert document["contents"][1:] == [
        {
            "role": "model",
            "parts": [
                {"functionCall": {"name": "weather", "args": {"city": "Rome"}}},
                {"functionCall": {"id": "b", "name": "weather", "args": {}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "weather", "response": {"sky": "blue"}}},
                {"functionResponse": {"id": "b", "name": "weather", "response": {"output": [1]}}},
            ],
        },
        {"role": "user", "parts": [{"text": "And?"}]},
    ]


def test_ids_that_each_turn_uses_anew_do_not_mix_up_its_results():
    def turn(first: str, second: str) -> list[dict[str, Any]]:
        return [
            {"role": "assistant", "tool_calls": [called("0", first), called("1", second)]},
            {"role": "tool", "tool_call_id": "1", "content": "of 1"},
            {"role": "tool", "tool_call_id": "0", "content": "of 0"},
        ]

    contents = asked({"role": "user", "content": "x"}, *turn("a", "b"), *turn("c", "d"), model=OLD)[
        "contents"
    ]

    assert [part["functionResponse"]["name"] for part in contents[2]["parts"]] == ["a", "b"]
    assert [part["functionResponse"]["name"] for part in contents[4]["parts"]] == ["c", "d"]


def test_a_result_may_hold_an_image():
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    document = asked(
        {"role": "user", "content": "x"},
        {"role": "assistant", "tool_calls": [called("b")]},
        {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "A map"}, image]},
    )

    assert document["contents"][2]["parts"][0]["functionResponse"] == {
        "id": "b",
        "name": "weather",
        "response": {"output": "A map"},
        "parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}}],
    }


def test_a_result_of_no_call_is_refused():
    assert why({"role": "tool", "tool_call_id": "z", "content": "x"}) == (
        "messages.0.tool_call_id: no call before it has the id 'z'"
    )


def test_signatures_go_back_and_where_they_were_lost_newer_models_are_told_so():
    kept = called("a") | {"extra_content": {"google": {"thought_signature": "c2ln"}}}

    def signatures(model: str, *calls: dict[str, Any]) -> list[str | None]:
        document = asked(
            {"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": list(calls)}, model=model
        )
        return [part.get("thoughtSignature") for part in document["contents"][1]["parts"]]

    assert signatures(MODEL, kept, called("b")) == ["c2ln", None]
    assert signatures(MODEL, called("a"), called("b")) == ["skip_thought_signature_validator", None]
    assert signatures(OLD, called("a")) == [None]


@pytest.mark.parametrize(
    ("url", "part"),
    [
        (f"data:image/png;base64,{PNG}", {"inlineData": {"mimeType": "image/png", "data": PNG}}),
        ("gs://bucket/a.png", {"fileData": {"fileUri": "gs://bucket/a.png", "mimeType": "image/png"}}),
        (
            "https://example.com/a.jpg?x=1",
            {"fileData": {"fileUri": "https://example.com/a.jpg?x=1", "mimeType": "image/jpeg"}},
        ),
        ("https://example.com/a", {"fileData": {"fileUri": "https://example.com/a"}}),
    ],
)
def test_images_by_data_and_by_address(url: str, part: dict[str, Any]):
    said = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}

    assert asked(said)["contents"][0]["parts"] == [part]


def test_audio_and_files():
    document = asked(
        {
            "role": "user",
            "content": [
                {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
                {
                    "type": "file",
                    "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="},
                },
            ],
        }
    )

    assert document["contents"][0]["parts"] == [
        {"inlineData": {"mimeType": "audio/wav", "data": "AA=="}},
        {"inlineData": {"mimeType": "application/pdf", "data": "AA=="}},
    ]


def test_structured_output():
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}

    assert asked(response_format=form)["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseJsonSchema": schema,
    }
    assert asked(response_format={"type": "json_object"})["generationConfig"] == {
        "responseMimeType": "application/json"
    }


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        (OLD, "none", {"thinkingBudget": 0, "includeThoughts": False}),
        (OLD, "low", {"thinkingBudget": 1024, "includeThoughts": True}),
        (OLD, "max", {"thinkingBudget": 24576, "includeThoughts": True}),
        (MODEL, "minimal", {"thinkingLevel": "MINIMAL", "includeThoughts": True}),
        (MODEL, "medium", {"thinkingLevel": "MEDIUM", "includeThoughts": True}),
        ("gemini-flash-latest", "high", {"thinkingLevel": "HIGH", "includeThoughts": True}),
        (MODEL, "max", {"thinkingLevel": "XHIGH", "includeThoughts": True}),
    ],
)
def test_effort(model: str, effort: str, expected: dict[str, Any]):
    assert asked(model=model, reasoning_effort=effort)["generationConfig"]["thinkingConfig"] == expected


def test_newer_models_cannot_be_kept_from_thinking():
    assert why(reasoning_effort="none").startswith("reasoning_effort: ")


@pytest.mark.parametrize(
    "fields",
    [
        {"logit_bias": {"1": 2}},
        {"parallel_tool_calls": False, "tools": [function_tool()]},
        {"service_tier": "scale"},
        {"prediction": {}},
        {"web_search_options": {}},
        {"something_new": 1},
    ],
)
def test_what_gemini_has_no_word_for_is_refused_by_its_name(fields: dict[str, Any]):
    assert refusal(from_chat("gemini"), chat(**fields)).field == next(iter(fields))


def test_tiers():
    assert asked(service_tier="flex")["serviceTier"] == "flex"
    assert "serviceTier" not in asked(service_tier="auto")
