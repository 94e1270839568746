"""Callers of OpenAI chat, models of Anthropic."""

from lynex_server.gateway.translate import anthropic_answer, chat_answer
from lynex_server.gateway.translate.anthropic_request import anthropic_request
from lynex_server.gateway.translate.chat_request import read_chat_request
from lynex_server.gateway.translate.contract import Document, Translated
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock

_VERSION = "2023-06-01"
"""The version that takes sampling parameters too, which later ones refuse for every model."""


class ChatToAnthropic:
    """See `Translator`."""

    def __init__(self, clock: Clock) -> None:
        self._created_s = clock.now_us() // MICROS_PER_SECOND
        self._include_usage = False

    def request(self, document: Document, model: str) -> Translated:
        chat = read_chat_request(document)
        self._include_usage = chat.include_usage
        headers = {"anthropic-version": _VERSION}
        return Translated("/v1/messages", anthropic_request(chat, model), headers, chat.stream)

    def answer(self, document: Document) -> Document:
        return anthropic_answer.chat_completion(document, self._created_s)

    def error(self, status: int, document: Document | None, text: str) -> Document:
        return chat_answer.error(status, *anthropic_answer.error_text(document, text))

    def stream(self) -> anthropic_answer.AnthropicStream:
        return anthropic_answer.AnthropicStream(self._created_s, self._include_usage)
