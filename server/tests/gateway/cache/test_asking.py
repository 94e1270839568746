"""Which calls have the same answer, and who may ask the cache."""

import pytest

from lynex_server.gateway.cache.asking import (
    Directives,
    directives,
    is_repeatable,
    key_of,
    question_in,
    said_beside,
)
from lynex_server.gateway.model import CachePolicy

EXACT = CachePolicy(mode="exact")
SEMANTIC = CachePolicy(mode="semantic", embedding_model="text-embedding-3-small")
ASKED = {
    "model": "fast",
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why is it blue?"}],
    "temperature": 0.2,
}


def key(document=ASKED, project="p", route="r", model="gpt-4o", beside=()) -> str:
    return key_of(project, route, "openai", "chat", document, model, beside)


@pytest.mark.parametrize(
    "said",
    [
        {"stream": True, "stream_options": {"include_usage": True}},
        {"user": "ann", "metadata": {"trace": "1"}, "safety_identifier": "a", "prompt_cache_key": "b"},
        {"model": "another name of the same route"},
    ],
)
def test_who_asks_and_how_it_is_delivered_change_nothing(said):
    assert key({**ASKED, **said}) == key()


def test_the_order_of_fields_changes_nothing():
    assert key(dict(reversed(ASKED.items()))) == key()


@pytest.mark.parametrize(
    "said",
    [
        {"temperature": 0.3},
        {"tools": []},
        {"seed": 1},
        {"response_format": {"type": "json_object"}},
        {"messages": [{"role": "user", "content": "Why is it blue?"}]},
        {"a field nobody knows": 1},
    ],
)
def test_everything_else_is_another_question(said):
    assert key({**ASKED, **said}) != key()


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        ([(b"anthropic-beta", b"context-1m")], b""),
        ([(b"anthropic-beta", b"context-1m"), (b"anthropic-beta", b"fast-mode")], b""),
        ([], b"api-version=2024-10-21"),
        ([], b"api-version=preview"),
    ],
)
def test_a_version_or_a_trial_that_is_asked_for_beside_the_body_makes_another_question(fields, query):
    beside = said_beside([(b"user-agent", b"x"), *fields], query)

    assert beside
    assert key(beside=beside) != key()
    assert key(beside=beside) != key(
        beside=said_beside([(b"anthropic-beta", b"fast-mode")], b"api-version=v1")
    )


def test_who_calls_is_no_part_of_what_is_asked_beside_the_body():
    assert said_beside([(b"authorization", b"x"), (b"user-agent", b"y")], b"key=z&alt=sse") == []


def test_another_project_route_or_model_is_another_question():
    keys = {key(), key(project="q"), key(route="s"), key(model="gpt-4o-mini")}

    assert len(keys) == 4


@pytest.mark.parametrize(
    ("headers", "read", "write"),
    [
        ({}, True, True),
        ({"cache-control": "max-age=600"}, True, True),
        ({"cache-control": "no-store"}, False, False),
        ({"cache-control": "no-cache"}, False, True),
        ({"cache-control": "max-age=0, no-cache"}, False, True),
        ({"cache-control": "no-cache, no-store"}, False, False),
        ({"helicone-cache-enabled": "false"}, False, False),
        ({"helicone-cache-enabled": "true"}, True, True),
        ({"x-lynex-cache": "off"}, False, False),
        ({"x-lynex-cache": "Refresh"}, False, True),
    ],
)
def test_a_caller_can_keep_away_from_the_cache_or_refresh_it(headers, read, write):
    assert directives(headers, EXACT) == Directives(read, write)


@pytest.mark.parametrize("headers", [{}, {"helicone-cache-enabled": "true"}, {"x-lynex-cache": "refresh"}])
def test_no_header_switches_a_cache_on(headers):
    assert directives(headers, CachePolicy()) == Directives(read=False, write=False)


@pytest.mark.parametrize(
    ("operation", "document", "repeatable"),
    [
        ("chat", ASKED, True),
        ("embeddings", {"input": "x"}, True),
        ("responses", {"input": "x", "previous_response_id": "resp_1"}, True),
        ("responses", {"input": "x", "conversation": "conv_1"}, False),
        ("responses", {"input": "x", "background": True}, False),
        ("other", {}, False),
        ("count_tokens", {}, False),
    ],
)
def test_what_hangs_on_something_else_is_never_kept(operation, document, repeatable):
    assert is_repeatable(operation, document) == repeatable


def question(document=ASKED, policy=SEMANTIC, beside=()):
    return question_in("p", "r", "openai", "chat", document, "gpt-4o", beside, policy)


def with_messages(*messages):
    return {**ASKED, "messages": list(messages)}


def test_questions_of_one_group_differ_in_what_the_user_asked_last_alone():
    system, last = ASKED["messages"]
    asked = question()
    other = question(with_messages(system, {"role": "user", "content": "What makes it blue?"}))

    assert (asked.text, other.text) == ("Why is it blue?", "What makes it blue?")
    assert asked.group == other.group
    assert question(with_messages({"role": "system", "content": "Be long."}, last)).group != asked.group
    assert question({**ASKED, "temperature": 1}).group != asked.group
    assert question(policy=CachePolicy("semantic", embedding_model="other")).group != asked.group
    assert question(beside=[(b"anthropic-beta", b"a")]).group != asked.group


@pytest.mark.parametrize(
    ("document", "policy"),
    [
        (ASKED, EXACT),
        (ASKED, CachePolicy("semantic")),
        (with_messages({"role": "assistant", "content": "x"}), SEMANTIC),
        (with_messages({"role": "user", "content": " "}), SEMANTIC),
    ],
)
def test_without_a_question_in_words_nothing_is_compared(document, policy):
    assert question(document, policy) is None
