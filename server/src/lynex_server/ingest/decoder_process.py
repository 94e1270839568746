"""A process that prepares large requests for the one that answers: `python -m …ingest.decoder_process`.

Decoding holds Python's interpreter lock; beside it, the process that answers requests and feeds the store
would wait. The two speak over this one's standard input and output, in frames of a length (4 bytes, big
endian) and MessagePack: first the settings, then questions, each with one answer. It ends when its input
does, which is also when the other process dies, however it dies.
"""

import functools
import gc
import signal
import sys
from typing import BinaryIO

import msgspec

from lynex_server.ingest.preparing import Prepared, Task, prepare
from lynex_server.ingest.redaction.redactor import Redactor
from lynex_server.ingest.redaction.rules import RedactionSettings
from lynex_server.ingest.settings import IngestSettings
from lynex_server.kernel.errors import InvalidInput, LynexError, TooLarge

LENGTH_BYTES = 4
REMEMBERED_REDACTORS = 64


class Question(msgspec.Struct, frozen=True):
    """A request, and the project's redaction settings as JSON."""

    task: Task
    redaction: bytes


class Answer(msgspec.Struct, frozen=True):
    """What became of it: prepared, or refused as a whole with the code, text and field of the error."""

    prepared: Prepared | None = None
    code: str = ""
    text: str = ""
    field: str | None = None

    def result(self) -> Prepared:
        """What was prepared. Raises the `InvalidInput` or `TooLarge` that the request met."""
        if self.prepared is not None:
            return self.prepared
        if self.code == TooLarge.code:
            raise TooLarge(self.text)
        raise InvalidInput(self.text, self.field)


_questions = msgspec.msgpack.Decoder(Question)
_encoder = msgspec.msgpack.Encoder()


def framed(content: bytes) -> tuple[bytes, bytes]:
    """A frame, in two parts."""
    return len(content).to_bytes(LENGTH_BYTES, "big"), content


def main() -> None:
    """Answer until the input ends."""
    # Ctrl-C reaches every process of a terminal: the one that asks decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    settings = IngestSettings.model_validate_json(_read(source) or b"{}")
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    while (content := _read(source)) is not None:
        for part in framed(_encoder.encode(_answer(_questions.decode(content), settings))):
            sink.write(part)
        sink.flush()


def _answer(question: Question, settings: IngestSettings) -> Answer:
    try:
        return Answer(prepare(question.task, settings, _redactor(question.redaction)))
    except LynexError as error:
        field = error.field if isinstance(error, InvalidInput) else None
        return Answer(code=error.code, text=str(error), field=field)


@functools.lru_cache(REMEMBERED_REDACTORS)
def _redactor(settings: bytes) -> Redactor:
    return Redactor(RedactionSettings.model_validate_json(settings))


def _read(source: BinaryIO) -> bytes | None:
    """The next frame; None when the input has ended."""
    head = source.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "big")
    content = source.read(length)
    return content if len(content) == length else None


if __name__ == "__main__":
    main()
