"""What is removed before anything is stored, and what is left alone."""

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.ingest.public import IngestSettings, RedactionSettings, Redactor, default_settings
from lynex_server.ingest.redaction.detectors import PATTERNS
from lynex_server.spans.public import MetricPoint, SpanEvent

# Assembled here so that no scanner of this repository takes them for real keys.
FAKE = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z"
SECRETS = {
    "openai": "sk-proj-" + FAKE,
    "anthropic": "sk-ant-api03-" + FAKE,
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "github": "ghp_" + FAKE,
    "github fine-grained": "github_pat_" + FAKE,
    "slack": "xoxb-" + "123456789012-abcdef",
    "google": "AIza" + FAKE + "a",
    "stripe": "sk_live_" + FAKE,
    "groq": "gsk_" + FAKE,
    "hugging face": "hf_" + FAKE,
    "ours": "lx_" + "01m7xe890gbrnph15qab049d2e_" + FAKE + "aB3dE5fG",
}
redactor = Redactor(default_settings(IngestSettings()))


def redactor_of(**settings: Any) -> Redactor:
    """With every detector, unless said otherwise."""
    return Redactor(RedactionSettings(**{"detectors": ["secrets", "emails", "cards", "phones"], **settings}))


def a_span(**fields: Any) -> SpanEvent:
    """A span with the given texts."""
    return SpanEvent(trace_id="t", span_id="s", start_time_us=0, **fields)


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize(
    "around", ["{}", "key={} ok", "({})", '{{"k": "{}"}}', '{{"text": "first\\n{}\\nlast"}}']
)
def test_removes_keys_wherever_they_stand(name: str, around: str) -> None:
    assert redactor.redact_text(around.format(SECRETS[name])) == around.format("[redacted:api_key]")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("write to bob.smith+x@mail.example.co.uk now", "write to [redacted:email] now"),
        ("card 4111 1111 1111 1111.", "card [redacted:card]."),
        ("5555-5555-5555-4444", "[redacted:card]"),
        ("378282246310005", "[redacted:card]"),
        ("call +49 170 1234567!", "call [redacted:phone]!"),
        ("+14155552671", "[redacted:phone]"),
        ("(415) 555-2671 or 415-555-2671", "[redacted:phone] or [redacted:phone]"),
        ("Authorization: Bearer abcdefghijklmnop1234567", "Authorization: [redacted:bearer]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc-_", "[redacted:jwt]"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nrest",
            "[redacted:private_key]\nrest",
        ),
        ("-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----", "[redacted:private_key]"),
    ],
)
def test_removes_personal_data_and_credentials(text: str, redacted: str) -> None:
    assert redactor.redact_text(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "1767614400 1767614400000 1767614400000000 1767614400000000000",
        "2026-01-05T12:00:00+01:00 2026-01-05T12:00:00.123456+0100",
        "input_tokens: 130213, output_tokens: 260421, total 12345678901234",
        "4111 1111 1111 1112",  # the check digit is wrong
        "0.4111111111111111",
        "chatcmpl-4111111111111111",
        "version 3.14.15926 build 415-555",
        "x + 3 = +3.140000",
        "@decorator and user@localhost",
        "sk-learn-compatible-estimators-everywhere",
        "risk-adjusted-return-of-portfolio-12345678901234567890",
        "eyJustAWord",
        "The Bearer of bad news",
    ],
)
def test_leaves_ids_times_numbers_and_words_alone(text: str) -> None:
    assert redactor.redact_text(text) == text


@given(st.uuids())
def test_leaves_uuids_alone(value: uuid.UUID) -> None:
    assert redactor.redact_text(f"id {value}") == f"id {value}"


@given(st.integers(0, 10**13 - 1))
def test_leaves_counts_and_epoch_times_alone(number: int) -> None:
    assert redactor.redact_text(f"took {number} ns") == f"took {number} ns"


PIECES = st.one_of(
    st.sampled_from(
        [*SECRETS.values(), "a@b.co", "4111111111111111", "+49 170 1234567", "(415) 555-2671", "\\n"]
    ),
    st.text(max_size=5),
    st.from_regex(r"[0-9 +().\-]{0,24}", fullmatch=True),
    st.sampled_from(["Bearer ", "sk-", "@", ".", "-", "-----BEGIN PRIVATE KEY-----", "eyJ", "\\n"]),
)


@given(st.lists(PIECES, max_size=8).map("".join))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redactor.redact_text(text)

    assert redactor.redact_text(once) == once


@given(st.text(alphabet=st.characters(exclude_characters="@0123456789", exclude_categories=("Cs",))))
def test_text_without_an_at_sign_or_digit_is_left_alone(text: str) -> None:
    assert redactor.redact_text(text) == text or "PRIVATE KEY" in text


@pytest.mark.parametrize("field", ["input", "output", "name", "error_message"])
def test_every_text_of_a_span_is_searched(field: str) -> None:
    span = a_span(**{field: "ask a@b.co"})

    redactor.redact_span(span)

    assert getattr(span, field) == "ask [redacted:email]"


def test_tags_metadata_and_nested_attributes_are_searched() -> None:
    span = a_span(
        tags=["a@b.co"],
        metadata={"who": "a@b.co"},
        attributes={"deep": {"er": ["a@b.co", {"x": "a@b.co"}, 5]}},
    )

    redactor.redact_span(span)

    mark = "[redacted:email]"
    assert (span.tags, span.metadata) == ([mark], {"who": mark})
    assert span.attributes == {"deep": {"er": [mark, {"x": mark}, 5]}}


def test_the_end_user_is_kept() -> None:
    span = a_span(end_user_id="a@b.co", session_id="a@b.co", input="a@b.co")

    redactor.redact_span(span)

    assert (span.end_user_id, span.session_id) == ("a@b.co", "a@b.co")


@pytest.mark.parametrize(
    "key", ["authorization", "http.request.header.Authorization", "PASSWORD", "x.api_key", "cookie"]
)
def test_sensitive_fields_lose_their_value_whatever_it_is(key: str) -> None:
    span = a_span(metadata={key: "hunter2"}, attributes={key: {"a": 1}, "deep": [{"er": {key: "hunter2"}}]})

    redactor.redact_span(span)

    mark = "[redacted:field]"
    assert span.metadata == {key: mark}
    assert span.attributes == {key: mark, "deep": [{"er": {key: mark}}]}


def test_fields_that_only_sound_alike_are_kept() -> None:
    said = {"gen_ai.usage.input_tokens": 5, "gen_ai.token.type": "input", "key": "v"}
    span = a_span(attributes=dict(said))

    redactor.redact_span(span)

    assert span.attributes == said


def test_metric_points_are_redacted_too() -> None:
    point = MetricPoint(name="n", time_us=0, value=1, attributes={"user.email": "a@b.co", "password": "x"})

    redactor.redact_point(point)

    assert point.attributes == {"user.email": "[redacted:email]", "password": "[redacted:field]"}


def test_each_detector_can_be_switched_off() -> None:
    text = "a@b.co 4111111111111111"

    cards, none = IngestSettings(redact_detectors="cards"), IngestSettings(redact_detectors="none")

    assert Redactor(default_settings(cards)).redact_text(text) == "a@b.co [redacted:card]"
    assert Redactor(default_settings(none)).redact_text(text) == text


def test_own_fields_can_be_named() -> None:
    span = a_span(attributes={"http.header.x-tenant": "t", "x-other": "o"})

    Redactor(default_settings(IngestSettings(redact_fields="x-tenant"))).redact_span(span)

    assert span.attributes == {"http.header.x-tenant": "[redacted:field]", "x-other": "o"}


def test_a_detector_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="addresses"):
        default_settings(IngestSettings(redact_detectors="addresses"))


def test_no_mark_is_found_by_any_detector() -> None:
    marks = " ".join(f"[redacted:{pattern.label}]" for pattern in PATTERNS)

    assert redactor.redact_text(marks) == marks
