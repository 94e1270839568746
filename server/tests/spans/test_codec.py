"""What is written into the durable log comes back as it was."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from span_factories import a_batch, an_event

from lynex_server.spans.public import EventBatch, MetricPoint, decode_batch, encode_batch


def test_a_batch_comes_back_as_it_was():
    event = an_event(
        attributes={"nested": [{"a": None}, 1.5, "ü"]}, metadata={"k": "v"}, tags=["x"], cost_nanousd=-1
    )
    batch = a_batch(event, an_event(2), points=[MetricPoint(name="tokens", time_us=1, value=2.5)])

    assert decode_batch(encode_batch(batch)) == batch


@given(st.text(), st.integers(-(2**63), 2**63 - 1), st.dictionaries(st.text(), st.integers(0, 2**63 - 1)))
def test_any_text_and_number_survives(text: str, number: int, usage: dict[str, int]):
    batch = a_batch(an_event(input=text, start_time_us=number, usage=usage))

    assert decode_batch(encode_batch(batch)) == batch


def test_a_batch_of_an_older_lynex_is_read_with_what_it_did_not_say():
    older = {"project_id": "prj_a", "api_key_id": "key_1", "received_at_us": 5, "unknown": [1]}

    body = zstandard.compress(msgspec.msgpack.encode(older))

    assert decode_batch(body) == EventBatch(project_id="prj_a", api_key_id="key_1", received_at_us=5)


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(body: bytes):
    for damaged in (body, zstandard.compress(body), encode_batch(a_batch(an_event()))[:-1]):
        with pytest.raises(ValueError, match="not a batch of events"):
            decode_batch(damaged)


def test_threads_do_not_share_what_must_not_be_shared():
    batches = [a_batch(an_event(number, input="x" * number)) for number in range(200)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda batch: decode_batch(encode_batch(batch)), batches))

    assert found == batches
