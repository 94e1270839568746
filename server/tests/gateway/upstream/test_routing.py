import pytest
from gateway.factories import a_gateway, a_provider, a_route
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.gateway.errors import Refused
from lynex_server.gateway.operations import operation_of
from lynex_server.gateway.upstream.routing import plan_of, sticky_draw

CHAT = operation_of("POST", "/v1/chat/completions", {})
MESSAGES = operation_of("POST", "/v1/messages", {})
OPENAI = a_provider("openai", models=["gpt-*"])
ANTHROPIC = a_provider("anthropic", "anthropic", "https://api.anthropic.com", models=["claude-*"])
GROQ = a_provider("groq", "openai_compatible", "https://api.groq.com/openai/v1")


def asked(plan):
    return [(each.provider.name, each.model) for each in plan.candidates]


def test_a_route_is_asked_for_by_its_name():
    gateway = a_gateway(
        [OPENAI, GROQ], [a_route("fast", [("openai", "gpt-4.1-mini", 1), ("groq", "llama", 0)])]
    )

    assert asked(plan_of(gateway, CHAT, "fast", 0.3)) == [("openai", "gpt-4.1-mini"), ("groq", "llama")]


def test_the_weights_share_the_calls():
    gateway = a_gateway([OPENAI, GROQ], [a_route("fast", [("openai", "a", 95), ("groq", "b", 5)])])

    first = [asked(plan_of(gateway, CHAT, "fast", draw / 1000))[0][0] for draw in range(1000)]

    assert (first.count("openai"), first.count("groq")) == (950, 50)


def test_a_target_without_a_weight_is_a_fallback_only():
    gateway = a_gateway([OPENAI, GROQ], [a_route("fast", [("groq", "b", 0), ("openai", "a", 1)])])

    for draw in (0.0, 0.5, 0.999):
        assert asked(plan_of(gateway, CHAT, "fast", draw)) == [("openai", "a"), ("groq", "b")]


def test_a_target_without_a_model_gets_the_one_that_was_asked_for():
    gateway = a_gateway([GROQ], [a_route("llama-3", [("groq", "", 1)])])

    assert asked(plan_of(gateway, CHAT, "llama-3", 0.0)) == [("groq", "llama-3")]


def test_a_route_that_is_switched_off_refuses_and_gives_way_to_no_model_of_its_name():
    gateway = a_gateway([a_provider("openai", models=["gpt-*"])], [a_route("gpt-5", enabled=False)])

    with pytest.raises(Refused) as refused:
        plan_of(gateway, CHAT, "gpt-5", 0.0)

    assert (refused.value.status, refused.value.code) == (503, "no_provider")


def test_a_provider_that_is_switched_off_is_left_out():
    off = a_provider("openai", enabled=False)
    gateway = a_gateway([off, GROQ], [a_route("fast", [("openai", "a", 1), ("groq", "b", 0)])])

    assert asked(plan_of(gateway, CHAT, "fast", 0.0)) == [("groq", "b")]


def test_a_model_can_be_named_with_its_provider():
    gateway = a_gateway([OPENAI, GROQ])

    assert asked(plan_of(gateway, CHAT, "groq/meta/llama-3", 0.0)) == [("groq", "meta/llama-3")]


def test_a_model_alone_finds_the_provider_that_has_it_listed():
    gateway = a_gateway([OPENAI, ANTHROPIC, GROQ])

    assert asked(plan_of(gateway, CHAT, "gpt-4o", 0.0)) == [("openai", "gpt-4o")]
    assert asked(plan_of(gateway, CHAT, "claude-sonnet-4", 0.0)) == [("anthropic", "claude-sonnet-4")]


def test_an_unlisted_model_goes_to_the_only_provider_that_lists_none():
    assert asked(plan_of(a_gateway([OPENAI, GROQ]), CHAT, "llama-3", 0.0)) == [("groq", "llama-3")]


def test_a_name_that_is_nothing_is_refused_with_what_to_do():
    with pytest.raises(Refused) as refused:
        plan_of(a_gateway([OPENAI]), CHAT, "llama-3", 0.0)

    assert (refused.value.status, refused.value.code) == (404, "model_not_found")
    assert "llama-3" in str(refused.value)


def test_a_provider_in_the_path_is_asked_whatever_the_model():
    operation = operation_of("POST", "/gateway/groq/v1/chat/completions", {})

    assert asked(plan_of(a_gateway([OPENAI, GROQ]), operation, "gpt-4o", 0.0)) == [("groq", "gpt-4o")]


@given(st.text(min_size=1, max_size=40))
def test_a_session_stays_where_it_was(session):
    draw = sticky_draw("fast", session)

    assert 0 <= draw < 1
    assert draw == sticky_draw("fast", session)
