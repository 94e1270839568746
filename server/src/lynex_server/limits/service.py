"""Lets requests in while their senders keep to their limits; shows and changes those limits."""

import math
import threading
from collections.abc import Mapping, Sequence

import structlog
from fastapi.concurrency import run_in_threadpool
from starlette.types import Scope

from lynex_server.engines.limits.protocol import Limiter, Take, Verdict
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import InvalidInput, LynexError, RateLimited
from lynex_server.limits import storage
from lynex_server.limits.fields import POLICY_FIELD, STATE_FIELD, state_field
from lynex_server.limits.gate import Gate, gate_of
from lynex_server.limits.metering import METER, Meter
from lynex_server.limits.model import DEFAULT_PLAN, Ceilings, Lowered, ProjectLimits, Refusals, Sender
from lynex_server.safety.public import Actor, AuditLog

KNOWN_S = 2
"""How long limits are remembered: a change holds in other processes within this time."""
MAX_GATES = 10_000
MAX_COUNTED = 10_000
"""Senders whose refusals are counted one by one; those of others are counted, in the same project, as `*`."""
AUDITED_EVERY_S = 3600

_log = structlog.get_logger(__name__)


class RequestLimits:
    """The service: `admit` is called in the event loop, the rest blocks and is safe from any thread."""

    def __init__(
        self,
        limiter: Limiter,
        database: Database,
        plans: Mapping[str, Ceilings],
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        """`plans` must have the plan `default`."""
        self._limiter = limiter
        self._database = database
        self._plans = plans
        self._audit = audit
        self._clock = clock
        self._gates: dict[tuple[str, str], tuple[Gate, int]] = {}
        self._counting = threading.Lock()
        self._refused: dict[tuple[str, str, str], int] = {}

    @property
    def plans(self) -> Mapping[str, Ceilings]:
        """Every plan by name."""
        return self._plans

    @property
    def max_body_bytes(self) -> int:
        """The largest body that any plan allows."""
        return max(plan.max_body_bytes for plan in self._plans.values())

    async def admit(self, scope: Scope, sender: Sender) -> None:
        """Take the request `scope` from the limits of its sender, and let its answer tell what is left.

        Raises `RateLimited`, or `TooLarge` for a body beyond the plan's bound.
        """
        gate = self._known_gate(sender)
        if gate is None:
            gate = await run_in_threadpool(self._look_up, sender)
        meter: Meter | None = scope.get(METER)
        size_bytes = 0
        if meter is not None:
            size_bytes = self._measure(meter, gate, sender)
        byte_wishes = gate.wishes_for_bytes(size_bytes)
        wishes = gate.requests + byte_wishes
        names = gate.request_names + gate.byte_names if byte_wishes else gate.request_names
        verdicts = await self._take(wishes)
        if meter is not None:
            meter.fields = [
                (POLICY_FIELD, gate.policies),
                (STATE_FIELD, state_field(names, verdicts)),
            ]
        if not all(verdict.allowed for verdict in verdicts):
            raise await self._refused_by(names, verdicts, sender)

    def _measure(self, meter: Meter, gate: Gate, sender: Sender) -> int:
        """How many bytes to charge for now; those of a body of unknown length are charged for at its end."""
        meter.admitted = True
        meter.max_body_bytes = gate.max_body_bytes
        size_bytes = meter.declared_bytes
        if size_bytes is None:
            size_bytes = meter.received_bytes
            if not meter.whole:
                meter.charge = lambda received_bytes: self._charge(gate, sender, meter, received_bytes)
                return 0
        if size_bytes > gate.max_body_bytes:
            raise meter.too_large()
        return size_bytes

    async def _charge(self, gate: Gate, sender: Sender, meter: Meter, size_bytes: int) -> None:
        wishes = gate.wishes_for_bytes(size_bytes)
        verdicts = await self._take(wishes)
        if wishes:
            state = state_field(gate.byte_names, verdicts)
            meter.fields = [*meter.fields, (STATE_FIELD, state)]  # two lines of one list
        if not all(verdict.allowed for verdict in verdicts):
            raise await self._refused_by(gate.byte_names, verdicts, sender)

    async def _take(self, wishes: Sequence[Take]) -> Sequence[Verdict]:
        if self._limiter.waits:
            return await self._limiter.take_all_async(wishes)
        return self._limiter.take_all(wishes)

    async def _refused_by(
        self, names: Sequence[str], verdicts: Sequence[Verdict], sender: Sender
    ) -> RateLimited:
        refusing = {
            name: verdict for name, verdict in zip(names, verdicts, strict=True) if not verdict.allowed
        }
        retry_after_s = max(math.ceil(max(verdict.retry_after_s for verdict in refusing.values())), 1)
        self._count(sender, refusing)
        await self._account(sender, tuple(refusing))
        return RateLimited(
            f"Over the limit of {' and '.join(refusing)}: come back in {retry_after_s} s. "
            "GET /v1/limits shows the limits.",
            retry_after_s=retry_after_s,
            policies=tuple(refusing),
        )

    def _count(self, sender: Sender, policies: Mapping[str, Verdict]) -> None:
        with self._counting:
            for policy in policies:
                counted = (sender.project_id, sender.api_key_id or sender.user_id, policy)
                if counted not in self._refused and len(self._refused) >= MAX_COUNTED:
                    counted = (sender.project_id, "*", policy)
                self._refused[counted] = self._refused.get(counted, 0) + 1

    async def _account(self, sender: Sender, policies: tuple[str, ...]) -> None:
        """Write the first refusal of an hour into the audit log, once in all processes that share limits."""
        whose = sender.api_key_id or sender.user_id
        wish = Take(f"audited:{sender.project_id}:{whose}", 1, 1 / AUDITED_EVERY_S)
        [verdict] = await self._take((wish,))
        if not verdict.allowed:
            return
        try:
            await run_in_threadpool(self._record, sender, policies)
        except LynexError as error:  # the refusal stands, whether or not it can be written down
            _log.error("limits.not_audited", project_id=sender.project_id, reason=str(error))

    def _record(self, sender: Sender, policies: tuple[str, ...]) -> None:
        with self._database.begin() as connection:
            self._audit.record(
                connection,
                sender.actor(),
                "limit.reached",
                organisation_id=sender.organisation_id,
                project_id=sender.project_id,
                target=sender.api_key_id or sender.user_id,
                after={"limits": list(policies)},
            )

    # Gates

    def _known_gate(self, sender: Sender) -> Gate | None:
        known = self._gates.get((sender.project_id, sender.api_key_id or sender.user_id))
        if known is None or self._clock.now_us() >= known[1]:
            return None
        return known[0]

    def _look_up(self, sender: Sender) -> Gate:
        looked_up_at_us = self._clock.now_us()
        gate = self._gate(sender)
        if len(self._gates) >= MAX_GATES:
            self._gates.clear()
        whose = sender.api_key_id or sender.user_id
        self._gates[sender.project_id, whose] = (gate, looked_up_at_us + KNOWN_S * MICROS_PER_SECOND)
        return gate

    def _gate(self, sender: Sender) -> Gate:
        if not sender.project_id:
            return gate_of([("person", sender.user_id, self._plans[DEFAULT_PLAN])])
        limits = self.of_project(sender.project_id)
        scopes = [("project", sender.project_id, limits.in_effect)]
        if sender.api_key_id:
            lowered = self.of_key(sender.project_id, sender.api_key_id)
            if lowered.is_anything:
                scopes.append(("key", sender.api_key_id, limits.in_effect.lowered_by(lowered)))
        return gate_of(scopes)

    # What people do with limits

    def of_project(self, project_id: str) -> ProjectLimits:
        """A project's limits. One whose plan is gone from the settings is in `default`."""
        with self._database.read() as connection:
            plan = storage.plan_of(connection, project_id)
            lowered = storage.lowered(connection, project_id)
        name = plan if plan in self._plans and plan is not None else DEFAULT_PLAN
        return ProjectLimits(name, self._plans[name], lowered)

    def of_key(self, project_id: str, api_key_id: str) -> Lowered:
        """What is lowered for one key of a project."""
        with self._database.read() as connection:
            return storage.lowered(connection, project_id, api_key_id)

    def refusals(self, project_id: str) -> list[Refusals]:
        """How often each limit refused each sender of a project, here and since the start; most first."""
        with self._counting:
            found = [
                Refusals(sender, policy, count)
                for (project, sender, policy), count in self._refused.items()
                if project == project_id
            ]
        return sorted(found, key=lambda each: -each.count)

    def give_plan(self, actor: Actor, organisation_id: str, project_id: str, plan: str) -> None:
        """Put a project into a plan: for those who run the installation. Raises `InvalidInput`."""
        if plan not in self._plans:
            raise InvalidInput(
                f"There is no plan {plan!r}: LYNEX_PLANS has {', '.join(self._plans)}.", "plan"
            )
        with self._database.begin() as connection:
            before = storage.plan_of(connection, project_id) or DEFAULT_PLAN
            storage.give_plan(self._database, connection, project_id, plan)
            self._audit.record(
                connection,
                actor,
                "project.plan_changed",
                organisation_id=organisation_id,
                project_id=project_id,
                target=project_id,
                before={"plan": before},
                after={"plan": plan},
            )
        self._gates.clear()

    def lower(
        self, actor: Actor, organisation_id: str, project_id: str, lowered: Lowered, api_key_id: str = ""
    ) -> None:
        """Lower a project's limits, or those of one of its keys; what is None is as the plan has it.

        Raises `InvalidInput` for what is above the project's plan. That the key is the project's is the
        caller's to check.
        """
        limits = self.of_project(project_id)
        limits.of_plan.check_only_lowered(lowered)
        with self._database.begin() as connection:
            before = storage.lowered(connection, project_id, api_key_id)
            storage.lower(self._database, connection, project_id, api_key_id, lowered)
            self._audit.record(
                connection,
                actor,
                "limits.changed",
                organisation_id=organisation_id,
                project_id=project_id,
                target=api_key_id or project_id,
                before=_told(before),
                after=_told(lowered),
            )
        self._gates.clear()


def _told(lowered: Lowered) -> dict[str, object]:
    return {name: getattr(lowered, name) for name in Lowered.__dataclass_fields__}
