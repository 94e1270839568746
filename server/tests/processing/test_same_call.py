"""Which of two spans that tell of one call counts: the rule alone."""

from typing import Any

import pytest
from span_factories import an_event

from lynex_server.processing.same_call import (
    Teller,
    Telling,
    addresses_in,
    claimed_by,
    leave_uncounted,
    telling_of,
    tells_apart,
    through_gateway,
)
from lynex_server.spans.public import SpanEvent

ANSWER = "chatcmpl-BxK3f0sQ2m"


def a_call(number: int, source: str = "otlp", answer: object = ANSWER, **changes: Any) -> SpanEvent:
    return an_event(number, source=source, attributes={"gen_ai.response.id": answer}, **changes)


def told(number: int, source: str = "otlp", answer: str = ANSWER, **changes: Any) -> Telling:
    return telling_of("prj_a", a_call(number, source, answer, **changes))


def counted(*tellings: Telling, before: dict[int, Teller] | None = None) -> list[int]:
    """The places of those that count, in one batch."""
    leave_uncounted(tellings, claimed_by(tellings) | (before or {}))
    return [place for place, telling in enumerate(tellings) if telling.event.kind == "llm"]


def test_within_a_batch_the_gateways_span_counts_wherever_it_stands():
    assert counted(told(1), told(2, "gateway")) == [1]
    assert counted(told(1, "gateway"), told(2)) == [0]


def test_what_does_not_count_says_who_does_and_keeps_its_usage():
    app = told(1)

    counted(app, told(2, "gateway"))

    assert app.event.kind == "chain"
    assert app.event.attributes["lynex.counted_by"] == "gateway"
    assert app.event.usage == {"input_tokens": 1000, "output_tokens": 100}


def test_the_second_does_not_count_where_the_first_was_counted_before():
    gateways, apps = told(1, "gateway"), told(2)

    assert counted(told(2), before={gateways.answer: gateways.teller}) == []
    assert counted(told(1, "gateway"), before={apps.answer: apps.teller}) == []


def test_a_span_that_comes_again_counts_as_it_did():
    gateways, apps = told(1, "gateway"), told(2)

    assert counted(told(1, "gateway"), before={gateways.answer: gateways.teller}) == [0]
    assert counted(told(2), before={apps.answer: apps.teller}) == [0]


def test_an_answer_that_the_gateway_gives_again_counts_for_nothing_each_time():
    """It has the id of the answer that was paid for. The application's spans of both calls count neither."""
    paid, hit = told(1, "gateway"), told(2, "gateway", local_cache_hit=True)

    assert counted(paid, hit, told(3), told(4)) == [0, 1]
    assert counted(told(5, "gateway", local_cache_hit=True), before={paid.answer: paid.teller}) == [0]


def test_a_hit_of_an_answer_whose_first_call_an_application_counts_is_not_counted_as_one_more():
    apps = told(1)

    assert counted(told(2, "gateway", local_cache_hit=True), told(3), before={apps.answer: apps.teller}) == []


def test_a_span_without_usage_leaves_the_count_to_the_one_that_has_it():
    """A stream whose client did not ask for the usage: what it cost is known to the gateway alone."""
    silent = told(1, usage={})

    assert claimed_by([silent]) == {}
    assert counted(silent, told(2, "gateway")) == [1]


def test_a_reported_cost_is_a_use():
    assert claimed_by([told(1, usage={}, cost_nanousd=5)]) != {}


def test_answers_are_known_within_their_project():
    elsewhere = telling_of("prj_b", a_call(1, "gateway"))

    assert counted(elsewhere, told(2)) == [0, 1]


def test_different_answers_have_nothing_to_do_with_each_other():
    assert counted(told(1, "gateway"), told(2, answer="chatcmpl-BxK3f0sQ2n")) == [0, 1]


@pytest.mark.parametrize(
    ("said", "tells"),
    [
        ("chatcmpl-BxK3f0sQ2mVv0aFh1yEwRkq7P9u2c", True),
        ("msg_01XFDUDYJgAACzvnptvVoYEL", True),
        ("resp_68a1f0c2e4b08190", True),
        ("mAitaLmkHPPlz7IPvtfUqQ4", True),
        ("0f3c1a2b-7d4e-4f5a-8b6c-9d0e1f2a3b4c", True),
        ("chatcmpl-998", False),
        ("[redacted:token_1]", False),
        ("REMOVED_BY_POLICY", False),
        ("", False),
        (17, False),
        (None, False),
        ("7" * 500, False),
    ],
)
def test_an_id_tells_of_an_answer_when_no_other_answer_has_it(said: object, tells: bool):
    assert tells_apart(a_call(1, answer=said)) is tells


def through(attributes: dict[str, Any], *addresses: str) -> bool:
    return through_gateway(
        SpanEvent(trace_id="a", span_id="b", start_time_us=1, attributes=attributes), frozenset(addresses)
    )


@pytest.mark.parametrize("name", ["lynex.through_gateway", "resource.lynex.through_gateway"])
@pytest.mark.parametrize(("said", "is_so"), [(True, True), ("true", True), ("false", False), (None, False)])
def test_an_application_may_say_that_its_calls_go_through_the_gateway(name: str, said: object, is_so: bool):
    assert through({name: said}) is is_so


def test_an_address_of_the_gateway_tells_that_a_call_went_through_it():
    here = {"server.address": "Gateway.Internal", "server.port": 8100}

    assert through(here, "gateway.internal:8100")
    assert through(here, "gateway.internal")
    assert not through(here, "gateway.internal:443")
    assert not through(here, "api.openai.com")
    assert not through(here)


@pytest.mark.parametrize(
    ("attributes", "addresses"),
    [
        ({"server.address": "gw", "server.port": 80}, {"gw", "gw:80"}),
        ({"server.address": "https://gw/v1"}, {"gw", "gw:443"}),
        ({"gen_ai.openai.api_base": "http://GW:8000/v1/"}, {"gw", "gw:8000"}),
        ({"gen_ai.openai.api_base": "http://gw:port/"}, set()),
        ({"server.address": 5}, set()),
        ({}, set()),
    ],
)
def test_reads_where_a_call_went(attributes: dict[str, Any], addresses: set[str]):
    assert addresses_in(attributes) >= addresses
    assert bool(addresses_in(attributes)) is bool(addresses)
