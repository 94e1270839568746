"""OpenAI embeddings of Gemini's models."""

import base64
import struct
from typing import Any

import pytest
from gateway.translate.wire import refusal
from google.genai.types import EmbedContentResponse
from openai.types import CreateEmbeddingResponse

from lynex_server.gateway.translate import Translator, translator

ANSWER = {"embeddings": [{"values": [0.5, -1]}, {"values": [0.25]}]}


def ready() -> Translator:
    found = translator("openai", "embeddings", "gemini")
    assert found is not None
    return found


def test_every_text_is_asked_for():
    translated = ready().request({"model": "m", "input": ["a", "b"], "dimensions": 2}, "gemini-embedding-001")
    name = "models/gemini-embedding-001"

    assert translated.path == f"/v1beta/{name}:batchEmbedContents"
    assert translated.document["requests"] == [
        {"model": name, "content": {"parts": [{"text": text}]}, "outputDimensionality": 2}
        for text in ("a", "b")
    ]


def test_numbers_come_back_in_order():
    translating = ready()
    translating.request({"model": "m", "input": "a"}, "gemini-embedding-001")
    EmbedContentResponse.model_validate(ANSWER)
    answer = CreateEmbeddingResponse.model_validate(translating.answer(ANSWER))

    assert [(each.index, each.embedding) for each in answer.data] == [(0, [0.5, -1.0]), (1, [0.25])]
    assert answer.model == "gemini-embedding-001"


def test_packed_as_the_official_client_asks_for_them():
    translating = ready()
    translating.request({"model": "m", "input": "a", "encoding_format": "base64"}, "e")

    assert struct.unpack("<2f", base64.b64decode(translating.answer(ANSWER)["data"][0]["embedding"])) == (
        0.5,
        -1.0,
    )


def test_usage_where_gemini_counts():
    translating = ready()
    translating.request({"model": "m", "input": "a"}, "e")

    assert translating.answer(ANSWER | {"usageMetadata": {"promptTokenCount": 4}})["usage"] == {
        "prompt_tokens": 4,
        "total_tokens": 4,
    }


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"input": [1, 2]}, "input"),
        ({"input": []}, "input"),
        ({}, "input"),
        ({"input": "a", "encoding_format": "x"}, "encoding_format"),
        ({"input": "a", "new": 1}, "new"),
    ],
)
def test_what_gemini_has_no_word_for_is_refused(document: dict[str, Any], field: str):
    assert refusal(ready(), document).field == field
