"""Callers of OpenAI embeddings, models of Gemini."""

import base64
import struct
from typing import Any

from lynex_server.gateway.sse import SseEvent
from lynex_server.gateway.translate import chat_answer, gemini_answer
from lynex_server.gateway.translate.chat_to_gemini import model_path
from lynex_server.gateway.translate.contract import Document, Translated, Untranslatable
from lynex_server.gateway.translate.fields import Fields
from lynex_server.gateway.translate.lenient import count, item, items

_LARGEST = 3e38
"""What a number of 32 bits can hold."""


class EmbeddingsToGemini:
    """See `Translator`. The official client asks for base64, so numbers are packed where they are wanted
    so."""

    def __init__(self) -> None:
        self._model = ""
        self._packed = False

    def request(self, document: Document, model: str) -> Translated:
        fields = Fields(document)
        fields.drop("model", "user")
        encoding = fields.text("encoding_format") or "float"
        if encoding not in ("float", "base64"):
            raise Untranslatable("must be float or base64", "encoding_format")
        dimensions = fields.whole("dimensions")
        texts = _texts(fields)
        fields.refuse_rest("Gemini")
        self._model, self._packed = model, encoding == "base64"
        path = model_path(model)
        sized = {} if dimensions is None else {"outputDimensionality": dimensions}
        name = path.removeprefix("/v1beta/")
        requests = [{"model": name, "content": {"parts": [{"text": text}]}, **sized} for text in texts]
        return Translated(f"{path}:batchEmbedContents", {"requests": requests}, {}, stream=False)

    def answer(self, document: Document) -> Document:
        data = [
            {"object": "embedding", "index": index, "embedding": self._embedding(each.get("values"))}
            for index, each in enumerate(items(document, "embeddings"))
        ]
        # The format has no word for "not counted"; Gemini counts only for its newer models.
        tokens = count(item(document, "usageMetadata"), "promptTokenCount") or 0
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return {"object": "list", "data": data, "model": self._model, "usage": usage}

    def error(self, status: int, document: Document | None, text: str) -> Document:
        return chat_answer.error(status, *gemini_answer.error_text(document, text))

    def stream(self) -> "NeverStreamed":
        return NeverStreamed()

    def _embedding(self, values: Any) -> list[float] | str:
        listed = values if isinstance(values, list) else []
        numbers = [float(each) for each in listed if isinstance(each, int | float) and abs(each) < _LARGEST]
        return (
            base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode() if self._packed else numbers
        )


class NeverStreamed:
    """For what is never streamed."""

    def feed(self, event: SseEvent) -> list[bytes]:
        return []

    def end(self) -> list[bytes]:
        return []


def _texts(fields: Fields) -> list[str]:
    value = fields.take("input")
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return value
    raise Untranslatable(
        "must be a string or a list of strings; Gemini takes no token numbers", fields.at("input")
    )
