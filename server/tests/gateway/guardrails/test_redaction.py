"""Personal data leaves as a placeholder and comes back as itself."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.gateway.guardrails.redaction import redacted
from lynex_server.gateway.texts import map_texts, texts_of

EMAILS = st.sampled_from(["ann@example.com", "bob.b+x@sub.example.org", "c_d@x-y.io"])
CARDS = st.sampled_from(["4111 1111 1111 1111", "5500-0000-0000-0004", "371449635398431"])
PHONES = st.sampled_from(["+49 151 2345678", "+1 (415) 555-2671", "(212) 555-0199"])
KEYS = st.sampled_from(
    ["sk-abcdefghijklmnopqrst123", "Bearer abcdefghijklmnopqrstuv1", "AKIAABCDEFGHIJKLMNOP"]
)
WORDS = st.text(max_size=12) | st.sampled_from(
    ["<EMAIL_1>", "<EMAIL_2>", "<CARD_1>", "<", ">", "\\n", "{", '"', " ", "<EMAIL_", "_1>"]
)
TEXTS = st.lists(EMAILS | CARDS | PHONES | KEYS | WORDS, max_size=12).map("".join) | st.lists(
    EMAILS | CARDS | PHONES | KEYS | WORDS, max_size=12
).map(" ".join)


def a_chat(*contents: str) -> dict:
    return {"messages": [{"role": "user", "content": content} for content in contents]}


def an_answer(content: str | None = None, **message: object) -> dict:
    return {"choices": [{"message": {"role": "assistant", "content": content, **message}}]}


def redact(*contents: str):
    return redacted(a_chat(*contents), "openai", "chat")


@given(contents=st.lists(TEXTS, min_size=1, max_size=4))
def test_what_was_taken_out_is_put_back_exactly(contents):
    document, restorer = redact(*contents)

    back = document if restorer is None else map_texts(document, "openai", "chat", restorer.text)
    assert back == a_chat(*contents)


@given(contents=st.lists(TEXTS, min_size=1, max_size=4))
def test_nothing_is_left_to_find(contents):
    document, _ = redact(*contents)

    again, restorer = redacted(document, "openai", "chat")
    assert restorer is None
    assert again is document


def test_the_same_value_is_the_same_placeholder_everywhere():
    document, restorer = redact("I am ann@example.com", "Write to bob@example.com and ann@example.com")

    assert texts_of(document, "openai", "chat") == ["I am <EMAIL_1>", "Write to <EMAIL_2> and <EMAIL_1>"]
    assert restorer is not None
    assert (
        restorer.text("Dear <EMAIL_1>, <EMAIL_2> <EMAIL_3>")
        == "Dear ann@example.com, bob@example.com <EMAIL_3>"
    )


def test_a_text_like_a_placeholder_is_not_taken_for_one():
    document, restorer = redact("What does <EMAIL_1> mean? I am ann@example.com")

    assert texts_of(document, "openai", "chat") == ["What does <EMAIL_1> mean? I am <EMAIL_2>"]
    assert restorer is not None
    assert (
        restorer.text("<EMAIL_1> is a word, <EMAIL_2> is you")
        == "<EMAIL_1> is a word, ann@example.com is you"
    )


def test_finds_each_kind():
    document, _ = redact("ann@example.com, 4111 1111 1111 1111, +49 151 2345678, sk-abcdefghijklmnopqrst123")

    assert texts_of(document, "openai", "chat") == ["<EMAIL_1>, <CARD_1>, <PHONE_1>, <API_KEY_1>"]


def test_a_request_without_personal_data_goes_as_it_is():
    document = a_chat("Hello")

    assert redacted(document, "openai", "chat") == (document, None)


def test_system_prompts_and_results_of_tools_are_redacted_too():
    document = {
        "system": "The admin is root@example.com.",
        "messages": [
            {"role": "user", "content": [{"type": "tool_result", "content": '{"mail":"ann@example.com"}'}]}
        ],
    }

    left, _ = redacted(document, "anthropic", "messages")

    assert "example.com" not in json.dumps(left)
    assert left["messages"][0]["content"][0]["content"] == '{"mail":"<EMAIL_2>"}'


def test_arguments_of_a_tool_call_get_the_values_back_and_stay_json():
    _, restorer = redact(
        "Mail ann@example.com my key -----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"
    )
    assert restorer is not None
    arguments = '{"to": "<EMAIL_1>", "note": "<PRIVATE_KEY_1>"}'
    answer = an_answer(tool_calls=[{"id": "c", "function": {"name": "mail", "arguments": arguments}}])

    restored = restorer.answer(answer, "openai", "chat")

    got = json.loads(restored["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"])
    assert got["to"] == "ann@example.com"
    assert got["note"] == "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("dialect", "operation", "answer"),
    [
        ("openai", "chat", an_answer("Dear <EMAIL_1>")),
        ("openai", "responses", {"output": [{"type": "message", "content": [{"text": "Dear <EMAIL_1>"}]}]}),
        ("openai", "responses", {"output": [], "instructions": "Dear <EMAIL_1>"}),
        ("anthropic", "messages", {"content": [{"type": "tool_use", "input": {"to": "Dear <EMAIL_1>"}}]}),
        ("gemini", "generate", {"candidates": [{"content": {"parts": [{"text": "Dear <EMAIL_1>"}]}}]}),
        ("bedrock", "converse", {"output": {"message": {"content": [{"text": "Dear <EMAIL_1>"}]}}}),
        ("ollama", "ollama_chat", {"message": {"content": "Dear <EMAIL_1>"}}),
    ],
)
def test_answers_of_every_dialect_get_the_values_back(dialect, operation, answer):
    _, restorer = redact("I am ann@example.com")
    assert restorer is not None

    restored = restorer.answer(answer, dialect, operation)

    assert "Dear ann@example.com" in json.dumps(restored)
    assert "EMAIL_1" not in json.dumps(restored)
