"""The books of budgets: what each has spent, counted once, in the same transaction as the ledger.

Invariants:

- A budget's lines are the sum of the spans it covers, plus the settlements whose span has not come. That is
  true at the end of every transaction, so it is true after a crash at any moment.
- A settlement is a word until better is known: when a span with its reservation's id is booked, what the
  settlement added is taken back in the same transaction, and the span counts like any other. A settlement
  that comes after its span changes nothing.
- Lines are written in the order of their keys, and only while `BUDGETS_LOCK` is held: shared by those who
  book, alone by those who change what a budget covers.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import msgspec
import sqlalchemy as sa

from lynex_server.budgets.events import note_crossings, note_subject_crossings
from lynex_server.budgets.model import Amounts, Budget, Subject
from lynex_server.budgets.scope import Call
from lynex_server.budgets.storage import BUDGETS_LOCK, budgets_of_organisations
from lynex_server.budgets.subjects import SubjectDeltas, add_to_subjects, spent_by
from lynex_server.budgets.tables import budget_lines, budget_settlements, budget_slots
from lynex_server.budgets.windows import Window
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import organisations_of
from lynex_server.kernel.clock import Clock
from lynex_server.safety.public import AuditLog
from lynex_server.spans.public import SpanRow

RESERVATION_ATTRIBUTE = "lynex.reservation_id"
"""The span attribute that names the reservation under which the call was made."""

UNHELD = "unheld"
"""The prefix of ids of reservations that hold nothing: no store is asked about them."""

_CALL_KINDS = frozenset({"llm", "embedding"})
_MAX_RESERVATION_ID = 200

Change = tuple[Call, int, Amounts]
"""A call, when it was (µs), and what to add for it."""
Deltas = dict[tuple[str, int, int], int]
"""Budget id, line and slot -> what to add, in the budget's unit."""
ByCall = Mapping[Call, Sequence[tuple[int, Amounts]]]
ProjectBudgets = tuple[Budget, set[str]]
NO_SLOT = -1
"""The slot of a rolling budget's line, which is one itself."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a reserved call used, and when it was reserved."""

    reservation_id: str
    call: Call
    at_us: int
    used: Amounts

    @property
    def name(self) -> str:
        """The name of its hold."""
        return hold_id(self.call.project_id, self.reservation_id)


class Books:
    """Adds to the books. Every method runs in a transaction of the caller's."""

    def __init__(self, database: Database, clock: Clock, audit: AuditLog) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    def book_spans(self, connection: sa.Connection, rows: Sequence[SpanRow]) -> None:
        """Count spans that are booked in the ledger by this transaction."""
        self._database.lock_shared(connection, BUDGETS_LOCK)
        taken_back = list(self._spans_came(connection, sorted(reservations_of(rows))))
        budgets = self._budgets_about(connection, {row.project_id for row in rows})
        if budgets:
            self._count(connection, budgets, [*changes_of(rows), *taken_back])

    def book_settlements(self, connection: sa.Connection, settled: Sequence[Settled]) -> set[str]:
        """Count what reserved calls used, as their callers say. Gives the names of those that were not booked
        before."""
        self._database.lock_shared(connection, BUDGETS_LOCK)
        # In the order in which spans come to them: nobody waits for someone who waits for him.
        first = {
            each.name: each
            for each in sorted(settled, key=lambda each: (each.call.project_id, each.reservation_id))
            if self._settled_first(connection, each)
        }
        budgets = self._budgets_about(connection, {each.call.project_id for each in first.values()})
        self._count(connection, budgets, [(each.call, each.at_us, each.used) for each in first.values()])
        return set(first)

    def _settled_first(self, connection: sa.Connection, settled: Settled) -> bool:
        stored = connection.execute(
            self._database.insert(budget_settlements)
            .values(
                project_id=settled.call.project_id,
                reservation_id=settled.reservation_id,
                at_us=settled.at_us,
                end_user_id=settled.call.end_user,
                call=json.dumps(asdict(settled.call)),
                span_came=False,
                **asdict(settled.used),
            )
            .on_conflict_do_nothing()
        )
        return bool(stored.rowcount)

    def _spans_came(
        self, connection: sa.Connection, reservations: Sequence[tuple[str, str]]
    ) -> Iterator[Change]:
        """Note that spans stand for reservations (project, id); gives what takes their settlements back."""
        if not reservations:
            return
        now_us, nothing = self._clock.now_us(), asdict(Amounts())
        new = connection.execute(
            self._database.insert(budget_settlements).on_conflict_do_nothing(),
            [
                {
                    "project_id": project_id,
                    "reservation_id": reservation_id,
                    "at_us": now_us,
                    "end_user_id": "",
                    "call": "{}",
                    "span_came": True,
                    **nothing,
                }
                for project_id, reservation_id in reservations
            ],
        )
        if new.rowcount != len(reservations):
            # One by one, and in this order: see `book_settlements`.
            for project_id, reservation_id in reservations:
                yield from self._taken_back(connection, project_id, reservation_id)

    def _taken_back(
        self, connection: sa.Connection, project_id: str, reservation_id: str
    ) -> Iterator[Change]:
        columns = budget_settlements.c
        settled = connection.execute(
            sa.update(budget_settlements)
            .where(
                columns.project_id == project_id,
                columns.reservation_id == reservation_id,
                columns.span_came.is_(False),
            )
            .values(span_came=True)
            .returning(columns.call, columns.at_us, columns.cost_nanousd, columns.tokens, columns.requests)
        ).first()
        if settled is not None:  # else a span of this reservation came before, or just now
            used = Amounts(settled.cost_nanousd, settled.tokens, settled.requests)
            yield call_of(settled.call), settled.at_us, used.times(-1)

    def _budgets_about(self, connection: sa.Connection, project_ids: set[str]) -> list[ProjectBudgets]:
        """Each budget that could cover a call of these projects, with those of them that are its business."""
        owners = organisations_of(connection, project_ids)
        found = budgets_of_organisations(connection, set(owners.values()), list(owners))
        return [
            (budget, {name for name, owner in owners.items() if owner == budget.organisation_id})
            for budget in found
        ]

    def _count(
        self, connection: sa.Connection, budgets: Sequence[ProjectBudgets], changes: Iterable[Change]
    ) -> None:
        by_call = by_calls(changes)
        deltas: Deltas = {}
        subjects: SubjectDeltas = {}
        for budget, project_ids in budgets:
            deltas |= deltas_of(budget, project_ids, by_call)
            if budget.per:
                subjects |= subject_deltas_of(budget, project_ids, by_call)
        touched = self.add(connection, deltas)
        now_us = self._clock.now_us()
        by_id = {budget.id: budget for budget, _ in budgets}
        add_to_subjects(self._database, connection, by_id, subjects, now_us)
        note_crossings(
            self._database,
            connection,
            self._audit,
            [budget for budget in by_id.values() if budget.id in touched],
            now_us,
        )
        for budget_id, theirs in subjects_of(subjects).items():
            spent = spent_by(connection, by_id[budget_id], theirs, now_us)
            note_subject_crossings(self._database, connection, by_id[budget_id], spent, now_us)

    def add(self, connection: sa.Connection, deltas: Deltas) -> set[str]:
        """Add to lines and slots. Gives the budgets whose books changed."""
        lines: defaultdict[tuple[str, int], int] = defaultdict(int)
        for (budget_id, line_us, _), amount in deltas.items():
            lines[budget_id, line_us] += amount
        if not lines:
            return set()
        now_us = self._clock.now_us()
        into_lines = self._database.insert(budget_lines)
        connection.execute(
            into_lines.on_conflict_do_update(
                index_elements=["budget_id", "line_us"],
                set_={
                    "spent": budget_lines.c.spent + into_lines.excluded.spent,
                    "version": budget_lines.c.version + 1,
                    "changed_at_us": into_lines.excluded.changed_at_us,
                },
            ),
            [
                {"budget_id": name, "line_us": line, "spent": spent, "version": 1, "changed_at_us": now_us}
                for (name, line), spent in sorted(lines.items())
            ],
        )
        slots = [
            {"budget_id": name, "line_us": line, "slot_us": slot, "spent": spent}
            for (name, line, slot), spent in sorted(deltas.items())
            if slot != NO_SLOT
        ]
        if slots:
            into_slots = self._database.insert(budget_slots)
            connection.execute(
                into_slots.on_conflict_do_update(
                    index_elements=["budget_id", "line_us", "slot_us"],
                    set_={"spent": budget_slots.c.spent + into_slots.excluded.spent},
                ),
                slots,
            )
        return {name for name, _ in lines}


def hold_id(project_id: str, reservation_id: str) -> str:
    """The name of a reservation's hold: an id counts in its own project alone, whoever else sends it."""
    return f"{project_id}:{reservation_id}"


def is_unheld(reservation_id: str) -> bool:
    """Whether it names a reservation of which nothing is kept, because no budget covered its call."""
    return reservation_id.startswith(f"{UNHELD}_")


def changes_of(rows: Iterable[SpanRow]) -> list[Change]:
    """What the spans add, those that used nothing left out: a call that was blocked was never made."""
    changes: list[Change] = []
    for row in rows:
        tokens = (row.input_tokens or 0) + (row.output_tokens or 0)
        is_call = row.kind in _CALL_KINDS and row.status != "blocked"
        if is_call or tokens or row.cost_nanousd:
            changes.append(
                (call_in(row), row.start_time, Amounts(row.cost_nanousd or 0, tokens, int(is_call)))
            )
    return changes


def by_calls(changes: Iterable[Change]) -> ByCall:
    """The changes of each call: a batch has far fewer different calls than spans."""
    grouped: defaultdict[Call, list[tuple[int, Amounts]]] = defaultdict(list)
    for call, at_us, amounts in changes:
        grouped[call].append((at_us, amounts))
    return grouped


def deltas_of(budget: Budget, project_ids: Collection[str], by_call: ByCall) -> Deltas:
    """What the calls that a budget covers, of projects of its organisation, add to its books."""
    deltas: defaultdict[tuple[str, int, int], int] = defaultdict(int)
    calendar = budget.calendar
    is_rolling = calendar.period == "rolling"
    for _, line_us, at_us, amount in _placed(budget, project_ids, by_call):
        slot_us = NO_SLOT if is_rolling else at_us - (at_us - line_us) % calendar.slot_us
        deltas[budget.id, line_us, slot_us] += amount
    return dict(deltas)


def subject_deltas_of(budget: Budget, project_ids: Collection[str], by_call: ByCall) -> SubjectDeltas:
    """The same of a budget with `per`, for each of its subjects."""
    deltas: defaultdict[tuple[str, int, Subject], int] = defaultdict(int)
    for call, line_us, _, amount in _placed(budget, project_ids, by_call):
        deltas[budget.id, line_us, budget.subject(call)] += amount
    return dict(deltas)


def subjects_of(deltas: SubjectDeltas) -> dict[str, set[Subject]]:
    """The subjects of each budget that something was added for."""
    found: defaultdict[str, set[Subject]] = defaultdict(set)
    for budget_id, _, subject in deltas:
        found[budget_id].add(subject)
    return dict(found)


def _placed(
    budget: Budget, project_ids: Collection[str], by_call: ByCall
) -> Iterator[tuple[Call, int, int, int]]:
    """Each call that counts, with its line, when it was, and what it adds."""
    calendar, window = budget.calendar, Window(0, 0)
    is_rolling = calendar.period == "rolling"
    for call, changes in by_call.items():
        if call.project_id not in project_ids or not budget.covers(call):
            continue
        for at_us, amounts in changes:
            amount = amounts.of(budget.unit)
            if not amount:
                continue
            if is_rolling:
                yield call, calendar.line_us(at_us), at_us, amount
                continue
            if not window.contains(at_us):
                window = calendar.window(at_us)
            yield call, window.start_us, at_us, amount


def call_in(row: SpanRow) -> Call:
    """The call that a span tells of."""
    return Call(
        project_id=row.project_id,
        environment=row.environment,
        provider=row.provider,
        model=row.model,
        model_requested=row.model_requested,
        route=row.route,
        end_user=row.end_user_id,
        api_key=row.api_key_id,
        session=row.session_id,
        tags=tuple(row.tags),
    )


def call_of(text: str) -> Call:
    """The call of a stored settlement."""
    values = json.loads(text)
    return Call(**{**values, "tags": tuple(values["tags"])})


class _Attributes(msgspec.Struct):
    """What counts here of a span's attributes."""

    reservation_id: object = msgspec.field(default=None, name=RESERVATION_ATTRIBUTE)


_attributes = msgspec.json.Decoder(_Attributes)


def reservations_of(rows: Iterable[SpanRow]) -> set[tuple[str, str]]:
    """Project and id of the reservations that these spans stand for."""
    found: set[tuple[str, str]] = set()
    for row in rows:
        if RESERVATION_ATTRIBUTE in row.attributes:  # text: parsed only where it may be there
            reservation_id = _attributes.decode(row.attributes).reservation_id
            if (
                isinstance(reservation_id, str)
                and 0 < len(reservation_id) <= _MAX_RESERVATION_ID
                and not is_unheld(reservation_id)
            ):
                found.add((row.project_id, reservation_id))
    return found
