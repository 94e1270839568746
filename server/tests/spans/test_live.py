"""News of stored spans."""

import pytest
from span_factories import a_row

from lynex_server.spans.live import SPANS_PER_NEWS
from lynex_server.spans.public import decode_news, encode_news, live_channel


def test_tells_of_spans_without_their_text():
    row = a_row(input="a question", output="an answer", attributes={"secret": "x"})

    [told] = decode_news(encode_news([row])).spans

    assert (told.input, told.output, told.attributes) == ("", "", "")
    assert (told.span_id, told.cost_nanousd) == (row.span_id, row.cost_nanousd)


def test_tells_of_the_newest_of_many_and_counts_the_rest():
    rows = [a_row(number) for number in range(1, SPANS_PER_NEWS + 4)]

    news = decode_news(encode_news(rows))

    assert [span.span_id for span in news.spans] == [row.span_id for row in rows[3:]]
    assert news.more == 3


def test_each_project_has_a_channel_of_its_own():
    assert live_channel("prj_a") != live_channel("prj_b")


@pytest.mark.parametrize(
    "message", [b"", b"news", encode_news([a_row()])[:-1], encode_news([a_row()]) + b"x"]
)
def test_other_bytes_are_refused(message: bytes):
    with pytest.raises(ValueError, match="not news"):
        decode_news(message)
