"""Callers of OpenAI chat, models of Gemini."""

from urllib.parse import quote

from lynex_server.gateway.translate import chat_answer, gemini_answer
from lynex_server.gateway.translate.chat_request import read_chat_request
from lynex_server.gateway.translate.contract import Document, Translated
from lynex_server.gateway.translate.gemini_request import gemini_request
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock


class ChatToGemini:
    """See `Translator`."""

    def __init__(self, clock: Clock) -> None:
        self._created_s = clock.now_us() // MICROS_PER_SECOND
        self._include_usage = False
        self._model = ""

    def request(self, document: Document, model: str) -> Translated:
        chat = read_chat_request(document)
        self._include_usage, self._model = chat.include_usage, model
        method = "streamGenerateContent?alt=sse" if chat.stream else "generateContent"
        path = f"{model_path(model)}:{method}"
        return Translated(path, gemini_request(chat, model), {}, chat.stream)

    def answer(self, document: Document) -> Document:
        return gemini_answer.chat_completion(document, self._created_s, self._model)

    def error(self, status: int, document: Document | None, text: str) -> Document:
        return chat_answer.error(status, *gemini_answer.error_text(document, text))

    def stream(self) -> gemini_answer.GeminiStream:
        return gemini_answer.GeminiStream(self._created_s, self._include_usage, self._model)


def model_path(model: str) -> str:
    """Where a model lies. A name that is already a path (`tunedModels/x`) stays one."""
    name = model if "/" in model else f"models/{model}"
    return f"/v1beta/{quote(name)}"
