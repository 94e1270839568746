"""What a body says of its call."""

import pytest

from lynex_server.gateway.call.asked import read_asked
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.operations import Operation

CHAT = Operation("openai", "chat", "llm", "/v1/chat/completions")


@pytest.mark.parametrize("model", ["gpt-5", "openai/gpt-5", "ft:gpt-4o:acme::a.b", "models/gemini-3-pro"])
def test_reads_the_name_of_a_model(model):
    assert read_asked(CHAT, b'{"model": "%b"}' % model.encode()).model == model.removeprefix("models/")


@pytest.mark.parametrize("name", ["Model", "MESSAGES", "max_Tokens"])
def test_a_field_in_other_letters_is_not_read_by_some_and_passed_over_by_others(name):
    with pytest.raises(Refused) as refused:
        read_asked(CHAT, b'{"model": "small", "%b": "large"}' % name.encode())

    assert refused.value.details == {"field": name.lower()}


def test_fields_that_are_read_nowhere_may_be_in_any_letters():
    read_asked(CHAT, b'{"model": "small", "Custom": 1, "generationConfig": {}, "": 2, "X-7": 3}')


@pytest.mark.parametrize(
    "model",
    [
        "null",
        "7",
        '""',
        f'"{"m" * 201}"',
        '"gemini/../../admin"',
        '".."',
        r'"gpt\r\nset-cookie: a=1"',
        r'"\u0000"',
    ],
)
def test_what_could_lead_astray_is_no_name_of_a_model(model):
    with pytest.raises(Refused) as refused:
        read_asked(CHAT, f'{{"model": {model}}}'.encode())

    assert (refused.value.status, refused.value.code) == (400, "model_missing")
