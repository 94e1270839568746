"""Cursors come back as they were given out, and nothing else is one."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.kernel.errors import InvalidInput
from lynex_server.kernel.paging import decode_cursor, encode_cursor

Position = tuple[int, str, float | None]


@given(
    st.integers(-(2**63), 2**63 - 1), st.text(), st.none() | st.floats(allow_nan=False, allow_infinity=False)
)
def test_a_position_comes_back_and_needs_no_escaping_in_a_url(number: int, text: str, value: float | None):
    cursor = encode_cursor(number, text, value)

    assert re.fullmatch(r"[A-Za-z0-9_-]*", cursor)
    assert decode_cursor(cursor, Position) == (number, text, value)


@pytest.mark.parametrize("shape", [tuple[str, int], tuple[int], tuple[int, str, str]])
def test_a_cursor_of_another_list_is_refused(shape: type):
    with pytest.raises(InvalidInput) as refused:
        decode_cursor(encode_cursor(1, "a"), shape)

    assert refused.value.field == "cursor"


@given(st.text())
def test_any_text_is_a_position_or_refused(text: str):
    with contextlib.suppress(InvalidInput):
        number, name, value = decode_cursor(text, Position)
        assert (type(number), type(name)) == (int, str)
        assert value is None or isinstance(value, float)
