"""Cost digests: made, changed, removed, written, and put into the outbox when their time has come."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta

import sqlalchemy as sa
import structlog

from lynex_server.alerts import digest_storage
from lynex_server.alerts.changes import record_change
from lynex_server.alerts.channel_storage import channels_of
from lynex_server.alerts.codec import as_text
from lynex_server.alerts.digest_plan import DigestPlan, Edition, chart_days, day_bounds_us, latest_edition
from lynex_server.alerts.digest_schemas import DigestInput
from lynex_server.alerts.digest_text import Facts, Share, digest_of
from lynex_server.alerts.model import Channel
from lynex_server.alerts.outbox import Outbox, targets_of
from lynex_server.alerts.outputs.kinds import TAKES_DIGESTS
from lynex_server.alerts.outputs.request import Digest
from lynex_server.alerts.settings import AlertSettings
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Principal, projects_of
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Conflict, InvalidInput, LynexError, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.query.public import Filters, MetricValues, QueryService, TimeRange
from lynex_server.safety.public import AuditLog

log = structlog.get_logger(__name__)

MAX_PROJECTS = 100
MAX_SHARES = 10


class DigestService:
    """The service. Calls block and are safe from any thread."""

    def __init__(
        self,
        database: Database,
        open_query: Callable[[], QueryService],
        outbox: Outbox,
        audit: AuditLog,
        settings: AlertSettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._open_query = open_query
        self._outbox = outbox
        self._audit = audit
        self._settings = settings
        self._clock = clock

    def put(self, principal: Principal, wanted: DigestInput, digest_id: str | None = None) -> DigestPlan:
        """Make a digest, or make the one with this id as wanted. Raises `NotFound`, `InvalidInput`,
        `Conflict` when there are too many."""
        with self._database.begin() as connection:
            self._database.lock(connection, "alerts.digests")
            before = None
            if digest_id is not None:
                before = _found(digest_storage.find_digest(connection, principal.project_id, digest_id))
            elif (
                len(digest_storage.digests_of(connection, principal.project_id))
                >= self._settings.alerts_max_channels
            ):
                raise Conflict(f"There are {self._settings.alerts_max_channels} digests already.")
            plan = DigestPlan(
                id=digest_id or new_id("adg"),
                organisation_id=principal.organisation_id,
                project_id=principal.project_id,
                name=wanted.name,
                enabled=wanted.enabled,
                period=wanted.period,
                time_zone=wanted.time_zone,
                hour=wanted.hour,
                whole_organisation=wanted.whole_organisation,
                channel_ids=tuple(dict.fromkeys(wanted.channel_ids)),
                created_at_us=self._clock.now_us() if before is None else before.created_at_us,
            )
            self._check_channels(connection, plan)
            digest_storage.put_digest(self._database, connection, plan)
            action = "alert_digest.created" if before is None else "alert_digest.changed"
            self._record(connection, principal, action, before, plan)
        return plan

    def remove(self, principal: Principal, digest_id: str) -> None:
        """Remove a digest. Raises `NotFound`."""
        with self._database.begin() as connection:
            plan = _found(digest_storage.find_digest(connection, principal.project_id, digest_id))
            digest_storage.remove_digest(connection, digest_id)
            self._record(connection, principal, "alert_digest.removed", plan, None)

    def find(self, project_id: str, digest_id: str) -> DigestPlan:
        """One digest. Raises `NotFound`."""
        with self._database.read() as connection:
            return _found(digest_storage.find_digest(connection, project_id, digest_id))

    def all(self, project_id: str) -> list[DigestPlan]:
        """The digests of the project, by name."""
        with self._database.read() as connection:
            return digest_storage.digests_of(connection, project_id)

    def write(self, plan: DigestPlan) -> Digest:
        """The newest edition. Raises `Busy` or `QueryTooExpensive` as the engines do."""
        return self._written(plan, latest_edition(plan, self._clock.now_us()))

    def send_due(self) -> int:
        """Put every edition whose time has come into the outbox, once. Gives how many were."""
        with self._database.read() as connection:
            plans = digest_storage.enabled_digests(connection)
        return sum(self._send_if_due(plan) for plan in plans)

    def _send_if_due(self, plan: DigestPlan) -> int:
        edition = latest_edition(plan, self._clock.now_us())
        occasion = f"digest:{plan.id}:{plan.period}:{edition.id}"
        if edition.due_at_us < plan.created_at_us:
            return 0
        with self._database.read() as connection:
            channels = self._channels(connection, plan)
            told = digest_storage.told_on(connection, [channel.id for channel in channels], occasion)
        waiting = [channel for channel in channels if channel.id not in told]
        if not waiting:
            return 0
        try:
            message = as_text(self._written(plan, edition))
        except LynexError as error:
            log.warning("alerts.digest_not_written", digest=plan.id, reason=str(error))
            return 0
        with self._database.begin() as connection:
            for channel in waiting:
                for target in targets_of(channel):
                    self._outbox.put(connection, channel, target, occasion, "digest", message)
        return 1

    def _channels(self, connection: sa.Connection, plan: DigestPlan) -> list[Channel]:
        return [
            channel
            for channel in channels_of(connection, plan.project_id)
            if channel.id in plan.channel_ids and channel.enabled and channel.kind in TAKES_DIGESTS
        ]

    def _check_channels(self, connection: sa.Connection, plan: DigestPlan) -> None:
        known = {channel.id: channel for channel in channels_of(connection, plan.project_id)}
        for channel_id in plan.channel_ids:
            if channel_id not in known:
                raise InvalidInput(f"channel_ids: there is no channel {channel_id}", field="channel_ids")
            if known[channel_id].kind not in TAKES_DIGESTS:
                raise InvalidInput("channel_ids: digests go to e-mail and Slack", field="channel_ids")

    def _written(self, plan: DigestPlan, edition: Edition) -> Digest:
        with self._database.read() as connection:
            everyone = (
                projects_of(connection, plan.organisation_id)
                if plan.whole_organisation
                else [plan.project_id]
            )
        return digest_of(asyncio.run(self._facts(plan, edition, [str(each) for each in everyone])))

    async def _facts(self, plan: DigestPlan, edition: Edition, projects: list[str]) -> Facts:
        query = self._open_query()
        kept = projects[:MAX_PROJECTS]
        starts = day_bounds_us(plan, edition.first)[0], day_bounds_us(plan, edition.after)[0]
        length = edition.after - edition.first
        before_start = day_bounds_us(plan, edition.first - length)[0]
        days = dict.fromkeys(chart_days(edition), 0)
        models: dict[str, tuple[int, int, int]] = {}
        shares: list[Share] = []
        total = before = calls = unpriced = 0
        for project_id in kept:
            values = await _summary(query, project_id, *starts)
            total, calls = total + values.cost_nanousd, calls + values.calls
            unpriced += values.unpriced
            shares.append(Share(project_id, values.cost_nanousd, values.calls, values.unpriced))
            before += (await _summary(query, project_id, before_start, starts[0])).cost_nanousd
            for day in days:
                days[day] += (await _summary(query, project_id, *day_bounds_us(plan, day))).cost_nanousd
            found = await query.metrics.cost_by_model(project_id, _range(*starts), Filters(), limit=50)
            for row in found.rows:
                cost, count, without = models.get(row.key, (0, 0, 0))
                models[row.key] = cost + row.cost_nanousd, count + row.calls, without + row.unpriced
        left_out = f"{len(projects) - len(kept)} projects are left out" if len(projects) > len(kept) else ""
        last = edition.after - timedelta(days=1)
        when = f"{last:%a %d %b %Y}" if plan.period == "daily" else f"week of {edition.first:%d %b %Y}"
        return Facts(
            title=f"{plan.name}, {when}",
            whose="The whole organisation" if plan.whole_organisation else f"Project {plan.project_id}",
            days=list(days.items()),
            total_nanousd=total,
            before_nanousd=before,
            calls=calls,
            unpriced=unpriced,
            models=_dearest([Share(name, *sums) for name, sums in models.items()]),
            projects=_dearest(shares) if plan.whole_organisation else (),
            left_out=left_out,
        )

    def _record(
        self,
        connection: sa.Connection,
        principal: Principal,
        action: str,
        before: DigestPlan | None,
        after: DigestPlan | None,
    ) -> None:
        record_change(self._audit, connection, principal, action, before, after, asdict)


async def _summary(query: QueryService, project_id: str, start_us: int, end_us: int) -> MetricValues:
    return await query.metrics.summary(project_id, _range(start_us, end_us), Filters(), compare=False)


def _range(start_us: int, end_us: int) -> TimeRange:
    return TimeRange(str(start_us // MICROS_PER_SECOND), str(end_us // MICROS_PER_SECOND))


def _dearest(shares: list[Share]) -> list[Share]:
    ordered = sorted(shares, key=lambda share: (-share.cost_nanousd, -share.calls, share.name))
    return [share for share in ordered if share.calls][:MAX_SHARES]


def _found(plan: DigestPlan | None) -> DigestPlan:
    if plan is None:
        raise NotFound("There is no such digest.")
    return plan
