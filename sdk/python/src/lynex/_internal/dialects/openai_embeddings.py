"""OpenAI embeddings. The vectors are not recorded: nobody reads them, and they are large."""

from __future__ import annotations

from typing import Any

from lynex._internal.dialects.dialect import (
    PARAMETERS,
    get,
    items,
    put_attribute,
    put_parameters,
    put_usage,
    text,
)
from lynex._internal.dialects.openai_usage import read_openai_usage
from lynex._internal.record import SpanRecord


class OpenAIEmbeddings:
    """`POST /embeddings`."""

    kind = "embedding"
    provider = "openai"

    def read_request(self, span: SpanRecord, body: Any) -> None:
        """The texts as input."""
        if span.input is None:
            span.input = get(body, "input")
        put_parameters(span, body, PARAMETERS)

    def read_response(self, span: SpanRecord, response: Any) -> None:
        """Served model, usage and how many vectors came back."""
        span.model = span.model or text(response, "model")
        put_usage(span, read_openai_usage(get(response, "usage")), "inclusive")
        put_attribute(span, "lynex.embedding_count", len(items(response, "data")))

    def stream_reader(self) -> EmptyStream:
        """Embeddings are never streamed."""
        return EmptyStream()


class EmptyStream:
    """A stream that says nothing."""

    __slots__ = ()

    def feed(self, piece: Any) -> bool:
        """Take one piece."""
        return False

    def is_complete(self) -> bool:
        """There is nothing to wait for."""
        return True

    def response(self) -> Any:
        """Nothing."""
        return None
