from hypothesis import given
from hypothesis import strategies as st

from lynex_server.gateway.call.estimate import TOKENS_PER_IMAGE, tokens_of_document, tokens_of_text


@given(st.text(max_size=200), st.text(max_size=200))
def test_more_text_is_never_fewer_tokens(first, second):
    assert tokens_of_text(first + second) >= tokens_of_text(first)


def test_english_is_set_aside_with_some_room():
    text = "The quick brown fox jumps over the lazy dog. " * 20  # 200 tokens by cl100k

    assert 200 <= tokens_of_text(text) <= 320


def test_a_picture_counts_as_a_picture_not_as_its_characters():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 1_000_000}}

    assert (
        TOKENS_PER_IMAGE
        <= tokens_of_document([{"role": "user", "content": [picture]}])
        < 2 * TOKENS_PER_IMAGE
    )


def test_token_ids_are_counted_one_by_one():
    assert tokens_of_document([[1, 2, 3], [4, 5]]) == 5


def test_a_document_without_end_is_not_followed_for_ever():
    nested: object = "text"
    for _ in range(500):
        nested = [nested]

    assert tokens_of_document(nested) == 0
