"""Callers of Anthropic's messages, servers that know OpenAI chat: Claude Code with a model of one's own."""

from lynex_server.gateway.translate import messages_answer
from lynex_server.gateway.translate.contract import Document, Translated
from lynex_server.gateway.translate.messages_request import chat_document

CHAT_PATH = "/v1/chat/completions"


class MessagesToChat:
    """See `Translator`."""

    def request(self, document: Document, model: str) -> Translated:
        chat = chat_document(document, model)
        return Translated(CHAT_PATH, chat, {}, bool(chat.get("stream")))

    def answer(self, document: Document) -> Document:
        return messages_answer.message(document)

    def error(self, status: int, document: Document | None, text: str) -> Document:
        return messages_answer.error(status, messages_answer.error_text(document, text))

    def stream(self) -> messages_answer.MessagesStream:
        return messages_answer.MessagesStream()
