"""What upstreams answer: heard whole, or passed on as it comes.

Usage and model are read in the upstream's own words, whatever dialect the caller speaks: a translation has no
word for everything that has a price.
"""

import dataclasses
from typing import Any

import msgspec

from lynex_server.gateway.answers.answer import Answer, read_answer
from lynex_server.gateway.answers.assembling import assemble
from lynex_server.gateway.call.attempts import Asking, refused_by
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.call.relay import Kept, Send, pass_stream, translate_stream
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.upstream.client import UpstreamFailed
from lynex_server.gateway.upstream.health import Health
from lynex_server.kernel.errors import Unreachable

Document = dict[str, Any]
MAX_KEPT_STREAM_BYTES = 16_000_000
"""Of a stream this much is kept until its end, to be read then; what comes after is only passed on."""
OWN_WORDS_BYTES = 65_536
"""How much of a translated stream is kept as it came; beyond it, the last that tells the usage."""


class Hearing:
    """One for the event loop."""

    def __init__(self, health: Health, max_answer_bytes: int) -> None:
        self._health = health
        self._max_answer_bytes = max_answer_bytes

    def whole(self, exchange: Exchange, asking: Asking) -> tuple[bytes, Document]:
        """A whole answer, in the caller's dialect."""
        body, document, translating = asking.body, asking.document, asking.translating
        if translating is None:
            exchange.answer = read_answer(exchange.operation.name, document)
            return body, document
        own = read_answer(translating.name, document)
        document = translating.translator.answer(document)
        exchange.answer = _in_own_words(read_answer(exchange.operation.name, document), own)
        return msgspec.json.encode(document), document

    async def streamed(self, exchange: Exchange, asking: Asking, send: Send) -> tuple[Document, bool]:
        """Pass a stream on. What it would have been as a whole, and whether that is all of it. Raises
        `Refused`."""
        name, translating = exchange.operation.name, asking.translating
        answers = exchange.must_be_asked.choices
        kept = Kept(name, min(self._max_answer_bytes, MAX_KEPT_STREAM_BYTES), answers)
        exchange.heard = kept
        own = kept if translating is None else Kept(translating.name, OWN_WORDS_BYTES, answers)
        document: Document = {}
        try:
            if translating is not None:
                await translate_stream(asking.answer, send, kept, own, translating.translator.stream())
            else:
                hides_usage = name in ("chat", "completion") and not exchange.must_be_asked.shows_usage
                await pass_stream(asking.answer, send, kept, hides_usage)
        except UpstreamFailed as error:
            if not kept.is_told:  # what breaks off after the last event has said all it had to say
                self._health.failed(asking.candidate.provider)
                raise refused_by(error, asking.candidate.provider) from error
        except Unreachable as error:
            self._health.failed(asking.candidate.provider)
            failed = UpstreamFailed("garbage", f"The provider's stream cannot be read: {error}")
            raise refused_by(failed, asking.candidate.provider) from error
        finally:
            exchange.first_content_s = kept.first_content_s
            document = assemble(name, kept.pieces)
            answer = read_answer(name, document)
            if translating is not None:
                said = read_answer(translating.name, assemble(translating.name, own.pieces))
                answer = _in_own_words(answer, said)
            exchange.answer = answer
        failure = own.failure or kept.failure
        if failure:  # the client has been told in the stream itself
            self._health.failed(asking.candidate.provider)
            exchange.status = "error"
            exchange.refused = Refused(502, "upstream_error", failure)
        return document, kept.is_whole and not failure


def _in_own_words(translated: Answer, own: Answer) -> Answer:
    """The answer as its caller gets it, with what the upstream itself says of usage and model."""
    return dataclasses.replace(
        translated,
        usage=own.usage,
        convention=own.convention,
        service_tier=own.service_tier,
        cost_usd=own.cost_usd,
        model=own.model or translated.model,
    )
