"""Which expressions are taken, and that a taken one means the same everywhere."""

import re
from typing import Any

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.ingest.redaction.detectors import PATTERNS
from lynex_server.ingest.redaction.expression_parser import ExpressionError
from lynex_server.ingest.redaction.expressions import portable, read_expression


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (r"ORD-\d{6}", "ORD-[0-9]{6}"),
        (r"\w\s\D", r"[0-9A-Z_a-z][\t-\n\f-\r ][^0-9]"),
        ("a.b", r"a[^\n]b"),
        ("(a|b)+", "(?:a|b)+"),
        (r"[^\]a\-z]x", r"[^\-\]az]x"),
        (r"\bx", r"(?:\\[nrt]|\b)x"),
        ("a{2,}", "a{2,}"),
        (r"\/\#\ ", "/# "),
        ("ä[ö-ü]", "ä[ö-ü]"),
    ],
)
def test_an_expression_has_one_written_form(given: str, written: str) -> None:
    assert read_expression(given).text == written


def test_case_is_spelt_out() -> None:
    assert read_expression("a1[c-e]", ignore_case=True).text == "[Aa]1[C-Ec-e]"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("a*", "empty text"),
        (".*x", "must stand last"),
        ("a+b", "must stand last"),
        ("(a+)+b", "must stand last"),
        ("(a+)+", "must stand last"),
        ("(?:a{1,9}){1,9}b", "too long"),
        ("a{1,100}a{1,100}a{1,100}b", "too long"),
        ("(a|a){1,20}b", "too long"),
        ("^a", "not taken"),
        ("a$", "not taken"),
        ("(?i)a", "only"),
        ("(?=a)b", "only"),
        ("(?P<n>a)", "only"),
        (r"(a)\1", "not taken"),
        (r"\x41", "not taken"),
        (r"\pL", "not taken"),
        ("a*?", "lazy"),
        ("a++", "lazy"),
        ("a{2}{3}", "lazy"),
        ("a{2,1}", "go up"),
        ("a{1001}", "not above"),
        ("[z-a]", "go up"),
        ("[[:alpha:]]", "class"),
        ("(a", "without its"),
        ("a)", "without its"),
        ("[a", "too early"),
        ("a|", "missing"),
        ("()", "missing"),
        ("a\\", "too early"),
        ("\x00", "control"),
        ("*", "nothing to repeat"),
        ("(" * 30 + "a" + ")" * 30, "within each other"),
    ],
)
def test_what_could_stall_or_differ_is_refused_with_advice(given: str, why: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(why)):
        read_expression(given)


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "ab",
        "x ",
        "é",
        r"\d",
        r"\w",
        r"\s",
        ".",
        "[a-c]",
        "[^ab]",
        r"\.",
        "(?:a|bc)",
        "(ab|c)",
        r"\b",
    ]
)
TIMES = st.sampled_from(["", "", "", "?", "{2}", "{0,3}", "{1,4}"])
ENDS = st.sampled_from(["", "+", "{2,}"])


@st.composite
def expressions(draw: Any) -> str:
    parts = [
        piece + ("" if piece == r"\b" else draw(TIMES))
        for piece in draw(st.lists(PIECES, min_size=1, max_size=5))
    ]
    last = draw(st.sampled_from(["a", "[0-9]", "(?:bc)"])) + draw(ENDS)
    return "".join(parts) + last


TEXTS = st.text(alphabet="abcx .é019\n\r_\u00a0\u2028A", max_size=40)


@given(expressions(), st.booleans(), TEXTS)
def test_re2_and_python_find_the_same(expression: str, ignore_case: bool, text: str) -> None:
    """Also of JavaScript's kind: what differs there (dot, classes, anchors) is not in the written form."""
    try:
        written = read_expression(expression, ignore_case).text
    except ExpressionError:
        return
    ours = [match.span() for match in re.compile(written, re.ASCII).finditer(text)]
    theirs = [match.span() for match in re2.finditer(written, text)]

    assert ours == theirs


@given(expressions(), TEXTS)
def test_the_written_form_means_what_was_given(expression: str, text: str) -> None:
    try:
        written = read_expression(expression).text
    except ExpressionError:
        return
    if expression.startswith(r"\b"):
        return  # it gained a way to begin
    assert [m.span() for m in re2.finditer(written, text)] == [
        m.span() for m in re2.finditer(expression, text)
    ]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.label)
def test_the_detectors_keep_to_the_same_part(pattern: Any) -> None:
    written = portable(pattern.expression)

    re.compile(written, re.ASCII)
    assert portable(written) == written
