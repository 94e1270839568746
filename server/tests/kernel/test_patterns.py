"""Patterns of names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.kernel.patterns import matches, matches_any


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("*", ""), ("gpt-*", "gpt-4o"), ("*mini", "gpt-4o-mini"), ("gpt-4?", "gpt-4o"), ("a*c", "a\nb\nc")],
)
def test_a_star_is_any_text_and_a_question_mark_one_character(pattern: str, text: str):
    assert matches(pattern, text)
    assert matches_any(["other", pattern], text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("", "a"), ("gpt-*", "a gpt-4o"), ("gpt-4?", "gpt-4"), ("gpt-4", "gpt-4o"), ("a", "A")],
)
def test_the_whole_name_is_meant(pattern: str, text: str):
    assert not matches(pattern, text)
    assert not matches_any([], text)


@given(st.text(), st.text())
def test_nothing_else_has_a_meaning(pattern: str, text: str):
    literal = pattern.replace("*", "").replace("?", "")

    assert matches(literal, literal)
    assert matches(literal, text) == (literal == text)
