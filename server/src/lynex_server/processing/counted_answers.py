"""Which answers of providers are counted, and by which span: remembered for a day.

Decided once, and durably, before a batch is stored: a batch that comes again after a crash finds its own
claims, and workers that have both sides of a call in hand at once find that one of them was first. Where a
project has never used the gateway nothing is claimed: that costs one small query for a batch that has calls
with answers' ids, and for one without, none.
"""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.processing.rows import CALL_KINDS
from lynex_server.processing.same_call import (
    GATEWAY,
    RESPONSE_ID,
    Teller,
    Telling,
    claimed_by,
    hand_over,
    leave_uncounted,
    telling_of,
    tells_apart,
    through_gateway,
)
from lynex_server.processing.tables import counted_answers, gateway_projects
from lynex_server.spans.public import EventBatch, SpanEvent

ANSWERS_KEPT_US = 24 * 3600 * MICROS_PER_SECOND
"""How long after one side of a call the other may still come: as long as the log takes a request for a
repetition."""
_AT_ONCE = 500
_FORGOTTEN_AT_ONCE = 10_000


class CountedAnswers:
    """Safe to use from several threads."""

    def __init__(self, database: Database, clock: Clock, gateway_addresses: Collection[str] = ()) -> None:
        self._database = database
        self._clock = clock
        self._addresses = frozenset(gateway_addresses)
        self._known: set[str] = set()  # projects that use the gateway; at most as many as there are

    def count_once(self, batches: Sequence[EventBatch]) -> None:
        """Change those events of a batch whose call another span counts. Raises `Busy`.

        The same events give the same result for as long as answers are remembered.
        """
        calls: dict[str, list[SpanEvent]] = {}
        using_it: set[str] = set()
        for batch in batches:
            if told := self._tellers(batch):
                calls.setdefault(batch.project_id, []).extend(told)
                # One request is the gateway's or an application's.
                if told[0].source == GATEWAY or told[-1].source == GATEWAY:
                    using_it.add(batch.project_id)
        unknown = using_it - self._known
        using_it |= self._using_gateway(calls.keys() - using_it)
        tellings = [
            telling_of(project_id, event)
            for project_id in calls
            if project_id in using_it
            for event in calls[project_id]
            if tells_apart(event)
        ]
        if tellings:
            leave_uncounted(tellings, self._claim(tellings, unknown))
            self._known |= using_it

    def forget_old(self) -> None:
        """Drop what is too old for another span to come. A little at a time: others want to write, too."""
        old = sa.select(counted_answers.c.answer).where(
            counted_answers.c.told_at_us < self._clock.now_us() - ANSWERS_KEPT_US
        )
        some = sa.delete(counted_answers).where(counted_answers.c.answer.in_(old.limit(_FORGOTTEN_AT_ONCE)))
        forgotten = _FORGOTTEN_AT_ONCE
        while forgotten == _FORGOTTEN_AT_ONCE:
            with self._database.begin() as connection:
                forgotten = connection.execute(some).rowcount

    def _tellers(self, batch: EventBatch) -> list[SpanEvent]:
        """The calls of a request that name an answer; without those that say by themselves that the gateway's
        span counts them. It looks at every span that comes in, so it does little."""
        told = []
        for event in batch.spans:
            if event.kind not in CALL_KINDS:
                continue
            if event.source != GATEWAY and through_gateway(event, self._addresses):
                hand_over(event, GATEWAY)
            elif RESPONSE_ID in event.attributes:
                told.append(event)
        return told

    def _using_gateway(self, project_ids: Collection[str]) -> set[str]:
        """Which of these projects have used the gateway."""
        found = self._known.intersection(project_ids)
        unknown = sorted(set(project_ids) - found)
        if unknown:
            column = gateway_projects.c.project_id
            with self._database.read() as connection:
                for start in range(0, len(unknown), _AT_ONCE):
                    some = unknown[start : start + _AT_ONCE]
                    found.update(connection.execute(sa.select(column).where(column.in_(some))).scalars())
        return found

    def _claim(self, tellings: Sequence[Telling], unknown: Collection[str]) -> Mapping[int, Teller]:
        """By whom each answer is counted, from now on if not before."""
        claims = claimed_by(tellings)
        now_us = self._clock.now_us()
        into_answers = self._database.insert(counted_answers).on_conflict_do_nothing()
        into_projects = self._database.insert(gateway_projects).on_conflict_do_nothing()
        # In the order of their keys: two workers with the same answers do not wait for each other in a ring.
        rows = [
            {"answer": answer, "told_at_us": now_us, "span": teller.span, "by_gateway": teller.by_gateway}
            for answer, teller in sorted(claims.items(), key=lambda claim: claim[0])
        ]
        with self._database.begin() as connection:
            if unknown:
                connection.execute(into_projects, [{"project_id": each} for each in sorted(unknown)])
            are_new = bool(rows) and connection.execute(into_answers, rows).rowcount == len(rows)
            counted = dict(claims) if are_new else {}
            asked = sorted({telling.answer for telling in tellings} - counted.keys())
            for start in range(0, len(asked), _AT_ONCE):
                some = counted_answers.c.answer.in_(asked[start : start + _AT_ONCE])
                for row in connection.execute(sa.select(counted_answers).where(some)):
                    counted[row.answer] = Teller(row.span, row.by_gateway)
        return counted
