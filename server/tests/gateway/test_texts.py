"""Where the texts of a call are, in every dialect; and that nothing else is ever touched."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.gateway.texts import (
    answer_texts_of,
    map_answer_texts,
    map_texts,
    question_of,
    texts_of,
    with_question,
)
from lynex_server.kernel.errors import InvalidInput

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"

REQUESTS = {
    ("openai", "chat"): (
        {
            "model": "gpt-4o",
            "user": "user-id",
            "messages": [
                {"role": "system", "content": "T1"},
                {
                    "role": "user",
                    "name": "anna",
                    "content": [
                        {"type": "text", "text": "T2"},
                        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PIXEL}"}},
                    ],
                },
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "find", "arguments": '{ "q": "T3", "n": [1, "T4"] }'},
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": "T5"},
            ],
            "tools": [{"type": "function", "function": {"name": "find", "description": "finds"}}],
        },
        5,
    ),
    ("openai", "responses"): (
        {
            "instructions": "T1",
            "prompt": {"id": "pmpt_1", "variables": {"city": "T2"}},
            "input": [
                {"role": "user", "content": "T3"},
                {
                    "type": "message",
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "T4"},
                        {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"},
                    ],
                },
                {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "T5"}]},
                {"type": "function_call", "call_id": "c", "name": "find", "arguments": '{"q":"T6"}'},
                {"type": "function_call_output", "call_id": "c", "output": "T7"},
            ],
        },
        7,
    ),
    ("openai", "completion"): ({"prompt": ["T1", "T2"], "suffix": "T3"}, 3),
    ("openai", "embeddings"): ({"input": "T1", "encoding_format": "base64"}, 1),
    ("anthropic", "messages"): (
        {
            "system": [{"type": "text", "text": "T1", "cache_control": {"type": "ephemeral"}}],
            "messages": [
                {"role": "user", "content": "T2"},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "signed", "signature": "c2ln"},
                        {"type": "tool_use", "id": "t", "name": "find", "input": {"q": "T3"}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "t",
                            "content": [
                                {"type": "text", "text": "T4"},
                                {
                                    "type": "image",
                                    "source": {"type": "base64", "media_type": "image/png", "data": PIXEL},
                                },
                            ],
                        },
                        {
                            "type": "document",
                            "title": "T5",
                            "source": {"type": "text", "media_type": "text/plain", "data": "T6"},
                        },
                    ],
                },
            ],
        },
        6,
    ),
    ("gemini", "generate"): (
        {
            "systemInstruction": {"parts": [{"text": "T1"}]},
            "contents": [
                {
                    "role": "user",
                    "parts": [{"text": "T2"}, {"inlineData": {"mimeType": "image/png", "data": PIXEL}}],
                },
                {
                    "role": "model",
                    "parts": [
                        {"text": "signed", "thought": True},
                        {"functionCall": {"name": "find", "args": {"q": "T3"}}, "thoughtSignature": "c2ln"},
                    ],
                },
                {"role": "user", "parts": [{"functionResponse": {"name": "find", "response": {"r": "T4"}}}]},
            ],
        },
        4,
    ),
    ("gemini", "embed_content"): ({"requests": [{"content": {"parts": [{"text": "T1"}]}}]}, 1),
    ("bedrock", "converse"): (
        {
            "system": [{"text": "T1"}],
            "messages": [
                {
                    "role": "user",
                    "content": [{"text": "T2"}, {"image": {"format": "png", "source": {"bytes": PIXEL}}}],
                },
                {
                    "role": "assistant",
                    "content": [
                        {"reasoningContent": {"reasoningText": {"text": "signed", "signature": "s"}}},
                        {"toolUse": {"toolUseId": "t", "name": "find", "input": {"q": "T3"}}},
                    ],
                },
                {
                    "role": "user",
                    "content": [{"toolResult": {"content": [{"text": "T4"}, {"json": {"r": "T5"}}]}}],
                },
            ],
        },
        5,
    ),
    ("ollama", "ollama_chat"): (
        {
            "messages": [
                {"role": "user", "content": "T1", "images": [PIXEL]},
                {
                    "role": "assistant",
                    "content": "",
                    "tool_calls": [{"function": {"name": "find", "arguments": {"q": "T2"}}}],
                },
            ]
        },
        2,
    ),
    ("ollama", "ollama_generate"): ({"prompt": "T1", "system": "T2", "images": [PIXEL]}, 2),
    ("ollama", "ollama_embed"): ({"input": ["T1", "T2"]}, 2),
}

ANSWERS = {
    ("openai", "chat"): (
        {
            "id": "chatcmpl-1",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {
                        "role": "assistant",
                        "content": "T1",
                        "tool_calls": [{"id": "c", "function": {"name": "find", "arguments": '{"q":"T2"}'}}],
                    },
                }
            ],
            "usage": {"prompt_tokens": 1},
        },
        2,
    ),
    ("openai", "responses"): (
        {
            "instructions": "an echo",
            "output": [
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "T1"}]},
                {"type": "function_call", "name": "find", "arguments": '{"q":"T2"}'},
            ],
        },
        2,
    ),
    ("openai", "completion"): ({"choices": [{"text": "T1"}]}, 1),
    ("anthropic", "messages"): (
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "signed", "signature": "c2ln"},
                {"type": "text", "text": "T1"},
                {"type": "tool_use", "id": "t", "name": "find", "input": {"q": ["T2"]}},
            ],
        },
        2,
    ),
    ("gemini", "generate"): (
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "T1"}]}, "finishReason": "STOP"}]},
        1,
    ),
    ("bedrock", "converse"): ({"output": {"message": {"role": "assistant", "content": [{"text": "T1"}]}}}, 1),
    ("ollama", "ollama_chat"): ({"message": {"role": "assistant", "content": "T1"}, "done": True}, 1),
    ("ollama", "ollama_generate"): ({"response": "T1"}, 1),
}


@pytest.mark.parametrize("called", REQUESTS)
def test_finds_every_text_of_a_request_once(called):
    document, count = REQUESTS[called]

    assert texts_of(document, *called) == [f"T{number}" for number in range(1, count + 1)]


@pytest.mark.parametrize("called", ANSWERS)
def test_finds_every_text_of_an_answer_once(called):
    answer, count = ANSWERS[called]

    assert answer_texts_of(answer, *called) == [f"T{number}" for number in range(1, count + 1)]


@pytest.mark.parametrize("called", REQUESTS)
def test_changes_the_texts_and_nothing_else(called):
    document, count = REQUESTS[called]
    before = copy.deepcopy(document)

    changed = map_texts(document, *called, lambda text: f'"{text}\\')

    assert document == before
    assert texts_of(changed, *called) == [f'"T{number}\\' for number in range(1, count + 1)]
    back = map_texts(changed, *called, lambda text: text[1:-1])
    assert compact(back) == compact(before)


@pytest.mark.parametrize("called", REQUESTS)
def test_a_change_that_changes_nothing_gives_the_same_document(called):
    document, _ = REQUESTS[called]

    assert map_texts(document, *called, lambda text: text) is document


def test_changes_the_texts_of_an_answer():
    answer, _ = ANSWERS["openai", "chat"]

    changed = map_answer_texts(answer, "openai", "chat", str.lower)

    message = changed["choices"][0]["message"]
    assert (message["content"], message["tool_calls"][0]["function"]["arguments"]) == ("t1", '{"q":"t2"}')
    assert changed["usage"] is answer["usage"]


def test_arguments_that_are_no_json_are_a_text():
    call = {"function": {"name": "find", "arguments": '{"q": "cut sho'}}
    document = {"messages": [{"role": "assistant", "tool_calls": [call]}]}

    assert texts_of(document, "openai", "chat") == ['{"q": "cut sho']


def test_what_only_begins_like_a_file_is_a_text():
    """Else a pattern could be walked around by writing `data:` before it."""
    document = {"messages": [{"role": "user", "content": "data:text/plain;base64, the secret word!"}]}

    assert texts_of(document, "openai", "chat") == ["data:text/plain;base64, the secret word!"]


@pytest.mark.parametrize(
    ("called", "document"),
    [
        (("openai", "chat"), {"messages": [{"role": "user", "content": {"type": "text", "text": "T1"}}]}),
        (("openai", "responses"), {"input": [{"type": "input_text", "text": "T1"}]}),
        (("anthropic", "messages"), {"system": {"type": "text", "text": "T1"}}),
        (("gemini", "generate"), {"contents": ["T1"]}),
        (("gemini", "generate"), {"contents": {"parts": {"text": "T1"}}}),
        (("openai", "chat"), {"messages": [{"tool_calls": [{"function": {"arguments": {"q": "T1"}}}]}]}),
    ],
)
def test_finds_texts_in_what_only_a_lenient_server_takes(called, document):
    """Else a guard could be walked around where the upstream is one."""
    assert texts_of(document, *called) == ["T1"]


@pytest.mark.parametrize("called", [("openai", "other"), ("openai", "messages"), ("anthropic", "models")])
def test_an_operation_without_texts_has_none(called):
    document = {"messages": [{"role": "user", "content": "T1"}]}

    assert texts_of(document, *called) == []
    assert map_texts(document, *called, str.lower) is document


def test_refuses_what_is_nested_too_deep_to_walk():
    value: object = "T1"
    for _ in range(100_000):
        value = [value]
    document = {"messages": [{"role": "user", "content": [{"type": "tool_use", "input": value}]}]}

    with pytest.raises(InvalidInput, match="too deep"):
        texts_of(document, "anthropic", "messages")


@pytest.mark.parametrize("depth", [600, 100_000])
def test_refuses_json_in_a_text_that_is_nested_too_deep_to_walk(depth):
    """As a text it would hide what its escapes say."""
    call = {"function": {"name": "find", "arguments": "[" * depth + '"\\u0054"' + "]" * depth}}
    document = {"messages": [{"role": "assistant", "tool_calls": [call]}]}

    with pytest.raises(InvalidInput, match="too deep"):
        texts_of(document, "openai", "chat")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["messages", "content", "text", "input", "parts", "contents", "role", "tool_calls"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(
    document=st.dictionaries(
        st.sampled_from(["messages", "input", "contents", "system", "prompt", "instructions"]), JSON
    ),
    called=st.sampled_from(list(REQUESTS)),
)
def test_whatever_comes_is_walked_without_a_fault(document, called):
    assert map_texts(document, *called, lambda text: text) is document
    changed = map_texts(document, *called, lambda text: text + "!")
    assert texts_of(changed, *called) == [text + "!" for text in texts_of(document, *called)]
    question_of(document, *called)


@pytest.mark.parametrize(
    ("called", "document", "question"),
    [
        (("openai", "chat"), {"messages": [{"role": "user", "content": "Q"}]}, "Q"),
        (("openai", "chat"), {"messages": [{"role": "assistant", "content": "Q"}]}, ""),
        (("openai", "chat"), {"messages": [{"role": "tool", "content": "Q"}]}, ""),
        (("openai", "responses"), {"input": "Q"}, "Q"),
        (("openai", "responses"), {"input": [{"type": "message", "role": "user", "content": "Q"}]}, "Q"),
        (("openai", "responses"), {"input": [{"type": "function_call_output", "output": "Q"}]}, ""),
        (("anthropic", "messages"), {"messages": [{"role": "user", "content": "Q"}]}, "Q"),
        (
            ("anthropic", "messages"),
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": "Q"}]}]},
            "",
        ),
        (("gemini", "generate"), {"contents": [{"parts": [{"text": "Q"}, {"text": "R"}]}]}, "Q\nR"),
        (("ollama", "ollama_chat"), {"messages": [{"role": "user", "content": "Q"}]}, "Q"),
        (("openai", "embeddings"), {"input": "Q"}, ""),
        (("openai", "chat"), {"messages": []}, ""),
    ],
)
def test_knows_what_the_user_asked_last(called, document, question):
    assert question_of(document, *called) == question
    left = with_question(document, *called, lambda _: "")
    assert question_of(left, *called) == ""
    assert (left != document) == bool(question)


def compact(document):
    """Without the blanks of JSON that is written in a string."""
    return json.loads(json.dumps(document).replace('\\"', "'").replace(" ", ""))
