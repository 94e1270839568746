"""How long a provider asks to be left alone."""

import pytest

from lynex_server.gateway.upstream.retry_after import retry_after_s

NOON = ("Date", "Mon, 05 Jan 2026 12:00:00 GMT")


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ([("Retry-After", "2")], 2.0),
        ([("retry-after", " 1.5 ")], 1.5),
        ([("retry-after", "0")], 0.0),
        ([("retry-after", "3"), ("retry-after-ms", "250")], 0.25),
        ([("Retry-After", "Mon, 05 Jan 2026 12:00:04 GMT"), NOON], 4.0),
        ([("Retry-After", "Mon, 05 Jan 2026 11:59:00 GMT"), NOON], 0.0),
        ([("Retry-After", "Mon, 05 Jan 2026 12:00:04 GMT")], None),
        ([("Retry-After", "soon"), NOON], None),
        ([("Retry-After", "-1"), NOON], None),
        ([("Retry-After", "²")], None),
        ([], None),
    ],
)
def test_a_wish_is_seconds_milliseconds_or_a_time(headers: list[tuple[str, str]], wait_s: float | None):
    assert retry_after_s(headers) == wait_s
