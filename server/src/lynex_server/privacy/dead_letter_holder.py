"""What dead letters hold: whole requests, with the spans of many end users in one body.

A letter is rewritten without the end user's spans, or removed when nothing is left of it. What cannot be
read cannot be searched either: an erasure removes such letters of the project.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from lynex_server.engines.blob.protocol import Blob
from lynex_server.kernel.errors import NotFound
from lynex_server.privacy.holders import EndUser, Line
from lynex_server.processing.public import DeadLetter, DeadLetters, body_prefix
from lynex_server.spans.public import EventBatch, MetricPoint, SpanEvent, decode_batch, encode_batch

PAGE_LETTERS: Final = 200


class DeadLetterHolder:
    """See `holders.Holder`."""

    def __init__(self, dead_letters: DeadLetters, blob: Blob) -> None:
        self._dead_letters = dead_letters
        self._blob = blob

    def count_end_user(self, user: EndUser) -> Mapping[str, int]:
        found = 0
        for _, batch in self._bodies(user.project_id):
            found += 1 if batch is None else len(_theirs(batch, user)[0]) + len(_theirs(batch, user)[1])
        told = sum(user.end_user_id in letter.reason for letter in self._letters(user.project_id))
        return {"dead_letters": found + told}

    def named_elsewhere(self, user: EndUser) -> Mapping[str, int]:
        return {}

    def erase_end_user(self, user: EndUser) -> None:
        known = {letter.body_key: letter for letter in self._letters(user.project_id)}
        for key, batch in list(self._bodies(user.project_id)):
            letter = known.get(key)
            if batch is None or (letter is not None and user.end_user_id in letter.reason):
                self._remove(key, letter)
                continue
            spans, points = _theirs(batch, user)
            if not spans and not points:
                continue
            gone = {id(each) for each in (*spans, *points)}
            kept = msgspec.structs.replace(
                batch,
                spans=[span for span in batch.spans if id(span) not in gone],
                points=[point for point in batch.points if id(point) not in gone],
            )
            if letter is None or not (kept.spans or kept.points):
                self._remove(key, letter)
            else:
                self._dead_letters.shorten(letter, encode_batch(kept), len(kept.spans))

    def export_end_user(self, user: EndUser) -> Iterator[Line]:
        for key, batch in self._bodies(user.project_id):
            if batch is not None:
                for event in (*_theirs(batch, user)[0], *_theirs(batch, user)[1]):
                    yield {"held": "dead_letter", "body": key, "event": msgspec.to_builtins(event)}

    def count_project(self, project_id: str) -> Mapping[str, int]:
        return {"dead_letter_bodies": sum(1 for _ in self._blob.keys(body_prefix(project_id)))}

    def erase_project(self, project_id: str) -> None:
        for key in list(self._blob.keys(body_prefix(project_id))):
            self._blob.delete(key)

    def export_project(self, project_id: str) -> Iterator[Line]:
        for key, batch in self._bodies(project_id):
            if batch is not None:
                for event in (*batch.spans, *batch.points):
                    yield {"held": "dead_letter", "body": key, "event": msgspec.to_builtins(event)}

    def settle(self) -> None:
        """A body is gone when it is deleted."""

    def outdated_files(self, since_us: int) -> int:
        return 0

    def _letters(self, project_id: str) -> Iterator[DeadLetter]:
        before: tuple[int, str] | None = None
        while letters := self._dead_letters.page(project_id, PAGE_LETTERS, before):
            yield from letters
            before = (letters[-1].failed_at_us, letters[-1].id)

    def _bodies(self, project_id: str) -> Iterator[tuple[str, EventBatch | None]]:
        """Every body, also one whose row was lost in a crash; None for what cannot be read."""
        for key in self._blob.keys(body_prefix(project_id)):
            try:
                yield key, decode_batch(self._blob.get(key))
            except ValueError:
                yield key, None
            except NotFound:
                continue  # replayed or deleted meanwhile

    def _remove(self, key: str, letter: DeadLetter | None) -> None:
        if letter is not None:
            self._dead_letters.remove(letter)
        self._blob.delete(key)


def _theirs(batch: EventBatch, user: EndUser) -> tuple[list[SpanEvent], list[MetricPoint]]:
    """Their spans, with those that name nobody in the same traces, and their metric points."""
    traces = {span.trace_id for span in batch.spans if span.end_user_id == user.end_user_id}
    spans = [
        span
        for span in batch.spans
        if span.end_user_id == user.end_user_id or (not span.end_user_id and span.trace_id in traces)
    ]
    return spans, [point for point in batch.points if point.end_user_id == user.end_user_id]
