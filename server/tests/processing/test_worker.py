"""How long a worker rests between batches."""

from hypothesis import given
from hypothesis import strategies as st

from lynex_server.processing.settings import ProcessingSettings
from lynex_server.processing.worker import rest_s

SETTINGS = ProcessingSettings(work_linger_ms=300, work_batch_bytes=16_000_000)


def test_rests_for_the_linger_after_a_small_batch() -> None:
    assert rest_s(0, SETTINGS) == 0.3


def test_does_not_rest_after_a_batch_that_is_nearly_full() -> None:
    assert rest_s(13_000_000, SETTINGS) == 0.0
    assert rest_s(16_000_000, SETTINGS) == 0.0


@given(st.integers(min_value=0, max_value=16_000_000))
def test_never_rests_longer_than_four_lingers(claimed_bytes: int) -> None:
    assert 0.0 <= rest_s(claimed_bytes, SETTINGS) <= 1.2


@given(st.integers(min_value=0, max_value=12_000_000), st.integers(min_value=0, max_value=12_000_000))
def test_rests_longer_the_more_came_in(fewer: int, more: int) -> None:
    fewer, more = sorted((fewer, more))

    assert rest_s(fewer, SETTINGS) <= rest_s(more, SETTINGS)
