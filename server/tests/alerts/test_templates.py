"""Texts with named placeholders, and nothing else."""

import pytest
from alerts.factories import a_message
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.alerts.templates import (
    MAX_TITLE_CHARS,
    PLACEHOLDERS,
    check_template,
    text_of,
    title_of,
)
from lynex_server.kernel.errors import InvalidInput


def test_placeholders_are_replaced():
    assert title_of(a_message(), "{severity}: {rule} {{{group}}}") == "critical: Errors {gpt-4o}"


def test_every_placeholder_has_a_value():
    template = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)

    check_template(template, "text")
    assert "{" not in text_of(a_message(), template)


def test_a_value_is_never_read_as_a_template():
    message = a_message(rule="{url}", group="{0.__class__}")

    assert title_of(message, "{rule} {group}") == "{url} {0.__class__}"


@pytest.mark.parametrize("template", ["{nobody}", "{rule.__class__}", "{rule!r}", "{0}", "{", "}", "{rule"])
def test_anything_else_is_refused(template: str):
    with pytest.raises(InvalidInput):
        check_template(template, "text")


def test_without_a_template_empty_parts_leave_no_lines():
    assert text_of(a_message(note="", url=""), "") == "the error rate of gpt-4o was 12 %, above 5 %"


@given(st.text(max_size=500))
def test_a_title_is_one_bounded_printable_line(rule: str):
    title = title_of(a_message(rule=rule), "")

    assert len(title) <= MAX_TITLE_CHARS and title.isprintable()
