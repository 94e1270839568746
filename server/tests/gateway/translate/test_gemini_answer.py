"""Gemini's answers in OpenAI's chat format."""

from typing import Any

import pytest
from gateway.translate.wire import NOON_S, chat, chunks, events, from_chat, put_together, streamed, whole
from google.genai.types import GenerateContentResponse

from lynex_server.gateway.translate import Translator

USAGE = {
    "promptTokenCount": 10,
    "cachedContentTokenCount": 4,
    "candidatesTokenCount": 5,
    "thoughtsTokenCount": 3,
    "toolUsePromptTokenCount": 2,
    "totalTokenCount": 20,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 7}, {"modality": "IMAGE", "tokenCount": 3}],
}


def candidate(
    *parts: dict[str, Any], finish: str | None = "STOP", index: int = 0, **fields: Any
) -> dict[str, Any]:
    ended = {"finishReason": finish} if finish else {}
    return {"index": index, "content": {"role": "model", "parts": list(parts)}, **ended, **fields}


def response(*candidates: dict[str, Any], **fields: Any) -> dict[str, Any]:
    document = {
        "responseId": "r1",
        "modelVersion": "gemini-3-pro-001",
        "candidates": list(candidates),
        "usageMetadata": USAGE,
        **fields,
    }
    GenerateContentResponse.model_validate(document)
    return document


def as_stream(document: dict[str, Any]) -> list[dict[str, Any]]:
    """An answer as the events that Gemini would send for it: a part each, text in two pieces, the end
    last."""
    found = []
    for each in document["candidates"]:
        for part in each.get("content", {}).get("parts", []):
            for piece in _pieces(part):
                content = {"role": "model", "parts": [piece]}
                found.append(document | {"candidates": [{"index": each["index"], "content": content}]})
        last = {name: value for name, value in each.items() if name != "content"}
        found.append(
            document | {"candidates": [last | {"content": {"role": "model", "parts": [{"text": ""}]}}]}
        )
    return [GenerateContentResponse.model_validate(each) and each for each in found]


def _pieces(part: dict[str, Any]) -> list[dict[str, Any]]:
    if not part.get("text"):
        return [part]
    return [part | {"text": half} for half in (part["text"][:2], part["text"][2:])]


def ready(**fields: Any) -> Translator:
    translating = from_chat("gemini")
    translating.request(chat(**fields), "gemini-3-pro")
    return translating


def test_text_thoughts_and_usage():
    answer = response(candidate({"text": "Hm.", "thought": True}, {"text": "Hello"}))

    assert whole(ready().answer(answer)) == {
        "id": "r1",
        "created": NOON_S,
        "model": "gemini-3-pro-001",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Hello", "reasoning_content": "Hm."},
            }
        ],
        "usage": {
            "prompt_tokens": 12,
            "completion_tokens": 8,
            "total_tokens": 20,
            "prompt_tokens_details": {"cached_tokens": 4, "image_tokens": 3},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    }


def test_calls_have_ids_gemini_s_own_or_made_from_the_answer_s():
    own = {"functionCall": {"id": "f1", "name": "now", "args": {}}, "thoughtSignature": "c2ln"}
    without = {"functionCall": {"name": "weather", "args": {"city": "Zürich"}}}
    choice = whole(ready().answer(response(candidate(own, without))))["choices"][0]

    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["tool_calls"] == [
        {
            "id": "f1",
            "type": "function",
            "function": {"name": "now", "arguments": "{}"},
            "extra_content": {"google": {"thought_signature": "c2ln"}},
        },
        {
            "id": "call_gw_r1_0_1",
            "type": "function",
            "function": {"name": "weather", "arguments": '{"city":"Zürich"}'},
        },
    ]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "stop"),
    ],
)
def test_why_it_ended(reason: str, expected: str):
    choice = whole(ready().answer(response(candidate({"text": "x"}, finish=reason))))["choices"][0]

    assert choice["finish_reason"] == expected
    assert ("refusal" in choice["message"]) == (expected == "content_filter")


BLOCKED = response(promptFeedback={"blockReason": "SAFETY", "blockReasonMessage": "Unsafe."})


def test_a_blocked_prompt_is_a_refusal():
    choice = whole(ready().answer(BLOCKED))["choices"][0]

    assert choice["finish_reason"] == "content_filter"
    assert choice["message"]["refusal"] == "Unsafe."


def test_probabilities():
    result = {
        "chosenCandidates": [{"token": "Hé", "logProbability": -0.5, "tokenId": 1}],
        "topCandidates": [{"candidates": [{"token": "Ho", "logProbability": -1.5, "tokenId": 2}]}],
    }
    answer = response(candidate({"text": "Hé"}, logprobsResult=result))

    assert whole(ready().answer(answer))["choices"][0]["logprobs"]["content"] == [
        {
            "token": "Hé",
            "logprob": -0.5,
            "bytes": [72, 195, 169],
            "top_logprobs": [{"token": "Ho", "logprob": -1.5, "bytes": [72, 111]}],
        }
    ]


IMAGE = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
WHOLE_ANSWERS = [
    response(candidate({"text": "Hello"})),
    response(
        candidate(
            {"text": "Think", "thought": True},
            {"text": "Hello"},
            {"functionCall": {"name": "weather", "args": {"city": "Rome"}}},
            {"functionCall": {"id": "f2", "name": "now", "args": {}}, "thoughtSignature": "c2ln"},
        )
    ),
    response(candidate({"text": "Hello"}, finish="MAX_TOKENS"), candidate({"text": "Howdy"}, index=1)),
    response(candidate({"text": "Hello"}, IMAGE, IMAGE, finish="SAFETY", finishMessage="No.")),
    response(
        candidate(
            {"text": "Hello"},
            citationMetadata={
                "citations": [{"uri": "https://a", "title": "A", "startIndex": 1, "endIndex": 4}]
            },
        )
    ),
]


@pytest.mark.parametrize("answer", WHOLE_ANSWERS, ids=range(len(WHOLE_ANSWERS)))
def test_a_stream_comes_together_as_the_whole_answer_does(answer: dict[str, Any]):
    translating = ready(stream=True, stream_options={"include_usage": True})

    assert put_together(streamed(translating, *as_stream(answer))) == whole(ready().answer(answer))


def test_a_blocked_prompt_ends_the_stream_as_a_refusal():
    stream = streamed(ready(stream=True), BLOCKED)

    assert chunks(stream)[0].choices[0].finish_reason == "content_filter"
    assert chunks(stream)[0].choices[0].delta.refusal == "Unsafe."
    assert stream.endswith(b"data: [DONE]\n\n")


def test_usage_only_when_asked_for():
    stream = streamed(ready(stream=True), *as_stream(response(candidate({"text": "Hello"}))))

    assert not any("usage" in document for document in events(stream))
    assert stream.endswith(b"data: [DONE]\n\n")


def test_an_error_in_the_middle_and_a_cut():
    start = as_stream(response(candidate({"text": "Hello"})))[:1]
    failed = {"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}
    stream, cut = streamed(ready(), *start, failed), streamed(ready(), *start)

    assert events(stream)[-1]["error"]["code"] == "UNAVAILABLE"
    assert events(cut)[-1]["error"]["code"] == "stream_cut_off"
    assert b"[DONE]" not in stream + cut


def test_errors():
    document = {"error": {"code": 429, "message": "Slow down", "status": "RESOURCE_EXHAUSTED"}}

    assert ready().error(429, document, "")["error"] == {
        "message": "Slow down",
        "type": "rate_limit_error",
        "param": None,
        "code": "RESOURCE_EXHAUSTED",
    }
