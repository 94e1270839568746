"""Whatever a provider streams: putting it together never fails a call that its client has already seen."""

import json
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from lynex_server.gateway.answers.answer import read_answer
from lynex_server.gateway.answers.assembling import assemble
from lynex_server.gateway.cache.replay import as_stream
from lynex_server.gateway.operations import Name

NAMES = (
    *("id", "model", "choices", "index", "delta", "message", "content", "tool_calls", "function", "usage"),
    *("finish_reason", "text", "type", "output_index", "item", "response", "output", "content_block"),
    *("citation", "partial_json", "input", "candidates", "parts", "thought", "usageMetadata", "bytes"),
    *("start", "contentBlockIndex", "stopReason", "done", "eval_count", "error", "args", "cost"),
)
KINDS = (
    *("message_start", "content_block_start", "content_block_delta", "message_delta", "text", "tool_use"),
    *("response.output_item.done", "response.output_text.delta"),
)
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(KINDS) | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)


@given(st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_any_documents_are_put_together_and_read(documents: list[dict[str, Any]]):
    pieces = [json.dumps(document).encode() for document in documents]

    for name in get_args(Name):
        read_answer(name, assemble(name, pieces))


@given(DOCUMENTS)
def test_any_document_is_told_as_a_stream_or_not_at_all(document: dict[str, Any]):
    for dialect, name in (("openai", "chat"), ("openai", "responses"), ("anthropic", "messages")):
        as_stream(dialect, name, json.dumps(document).encode())


def test_a_message_that_was_cut_off_has_no_count_of_its_output():
    """The one of `message_start` is a placeholder."""
    started = {"type": "message", "usage": {"input_tokens": 100, "output_tokens": 1}}
    pieces = [json.dumps({"type": "message_start", "message": started}).encode()]
    ended = [*pieces, json.dumps({"type": "message_delta", "usage": {"output_tokens": 50}}).encode()]

    assert assemble("messages", pieces)["usage"] == {"input_tokens": 100}
    assert assemble("messages", ended)["usage"] == {"input_tokens": 100, "output_tokens": 50}
