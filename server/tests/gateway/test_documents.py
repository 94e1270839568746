"""What others sent as JSON, read without trust."""

import pytest

from lynex_server.gateway.answers.assembling import assemble
from lynex_server.gateway.documents import document_in


def test_reads_an_object():
    assert document_in(b'{"a": [1, null]}') == {"a": [1, None]}


@pytest.mark.parametrize(
    "data", [b"", b"[1]", b"{", b'{"a": "\xff"}', b'{"a": ' + b"[" * 100_000, b'{"a": "\\ud83d"}']
)
def test_what_is_no_object_is_none_and_never_raises(data):
    assert document_in(data) is None


def test_a_piece_of_a_stream_that_is_no_utf8_is_left_out():
    pieces = [b'{"choices": [{"delta": {"content": "a"}}]}', b'{"choices": "\xff"}']

    assert assemble("chat", pieces)["choices"][0]["message"]["content"] == "a"
