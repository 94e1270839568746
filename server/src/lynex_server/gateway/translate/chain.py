"""Two translations, one after the other: the caller's format into OpenAI chat, and that into the
upstream's."""

from lynex_server.gateway.sse import SseEvent, SseParser
from lynex_server.gateway.translate.contract import (
    Document,
    StreamTranslator,
    Translated,
    Translator,
    Untranslatable,
)


class Chain:
    """See `Translator`."""

    def __init__(self, first: Translator, second: Translator) -> None:
        self._first = first
        self._second = second

    def request(self, document: Document, model: str) -> Translated:
        between = self._first.request(document, model).document
        try:
            return self._second.request(between, model)
        except Untranslatable as error:
            # The path is one in the chat request between the two, which the caller never saw.
            raise Untranslatable(f"as OpenAI chat, {error}", "") from None

    def answer(self, document: Document) -> Document:
        return self._first.answer(self._second.answer(document))

    def error(self, status: int, document: Document | None, text: str) -> Document:
        return self._first.error(status, self._second.error(status, document, text), "")

    def stream(self) -> "ChainedStream":
        return ChainedStream(self._first.stream(), self._second.stream())


class ChainedStream:
    """See `StreamTranslator`."""

    def __init__(self, first: StreamTranslator, second: StreamTranslator) -> None:
        self._first = first
        self._second = second

    def feed(self, event: SseEvent) -> list[bytes]:
        return self._through(self._second.feed(event))

    def end(self) -> list[bytes]:
        return [*self._through(self._second.end()), *self._first.end()]

    def _through(self, events: list[bytes]) -> list[bytes]:
        parser = SseParser()
        return [out for raw in events for event in parser.feed(raw) for out in self._first.feed(event)]
