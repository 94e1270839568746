"""Callers of OpenAI's responses, servers that know only chat: Codex CLI with a model of one's own."""

from lynex_server.gateway.translate import chat_answer, messages_answer, responses_answer
from lynex_server.gateway.translate.contract import Document, Translated
from lynex_server.gateway.translate.messages_to_chat import CHAT_PATH
from lynex_server.gateway.translate.responses_request import chat_document
from lynex_server.gateway.translate.responses_tools import Tools
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock

_REPEATED: Document = {
    "instructions": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "temperature": None,
    "top_p": None,
    "tool_choice": "auto",
    "tools": [],
    "max_output_tokens": None,
    "reasoning": None,
    "text": {"format": {"type": "text"}},
    "truncation": "disabled",
    "user": None,
}
"""What a response repeats of its request, and what it says where the request was silent."""


class ResponsesToChat:
    """See `Translator`. Nothing is stored, and the response says so."""

    def __init__(self, clock: Clock) -> None:
        self._created_s = clock.now_us() // MICROS_PER_SECOND
        self._echo: Document = {}
        self._tools = Tools()

    def request(self, document: Document, model: str) -> Translated:
        chat, self._tools = chat_document(document, model)
        said = {name: value for name, value in document.items() if name in _REPEATED and value is not None}
        self._echo = _REPEATED | said | {"store": False, "previous_response_id": None}
        return Translated(CHAT_PATH, chat, {}, bool(chat.get("stream")))

    def answer(self, document: Document) -> Document:
        return responses_answer.response(document, self._created_s, self._echo, self._tools)

    def error(self, status: int, document: Document | None, text: str) -> Document:
        return chat_answer.error(status, messages_answer.error_text(document, text))

    def stream(self) -> responses_answer.ResponsesStream:
        return responses_answer.ResponsesStream(self._created_s, self._echo, self._tools)
