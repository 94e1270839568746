"""Puts the slice together over open engines."""

from collections.abc import Callable
from dataclasses import dataclass

from lynex_server.alerts.budget_watch import BudgetWatch
from lynex_server.alerts.channels import ChannelService
from lynex_server.alerts.digests import DigestService
from lynex_server.alerts.evaluator import Evaluator
from lynex_server.alerts.incidents import IncidentService
from lynex_server.alerts.jobs import AlertJobs
from lynex_server.alerts.measure import Measurer
from lynex_server.alerts.outbox import Outbox
from lynex_server.alerts.quiet import QuietService
from lynex_server.alerts.rules import RuleService
from lynex_server.alerts.sender import Sender
from lynex_server.alerts.settings import AlertSettings
from lynex_server.alerts.telling import Telling
from lynex_server.alerts.tidying import Tidying
from lynex_server.budgets.public import Budgets
from lynex_server.engines.mail.protocol import Mailer
from lynex_server.engines.queue.protocol import Queue
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.query.public import QueryService
from lynex_server.safety.public import AuditLog, OutgoingClient, Vault


@dataclass(frozen=True, slots=True)
class Alerts:
    """Everything that routes use, and the background work, which is not started yet."""

    rules: RuleService
    incidents: IncidentService
    quiet: QuietService
    channels: ChannelService
    digests: DigestService
    evaluator: Evaluator
    telling: Telling
    sender: Sender
    jobs: AlertJobs
    clock: Clock


def open_alerts(
    *,
    database: Database,
    open_query: Callable[[], QueryService],
    queue: Queue,
    budgets: Budgets,
    vault: Vault,
    audit: AuditLog,
    outgoing: OutgoingClient,
    mailer: Mailer,
    settings: AlertSettings,
    clock: Clock,
    public_url: str,
    process_name: str = "",
) -> Alerts:
    """The slice on these engines. `open_query` gives a new query service each time: it belongs to the event
    loop on which it is first asked. `mailer` waits for the mail server, for what waits is kept here.
    `process_name` is nobody else's at the same time, and the same after a crash where that can be."""
    watch = BudgetWatch(budgets, clock)
    measurer = Measurer(open_query, queue, watch)
    outbox = Outbox(database, clock, public_url)
    telling = Telling(database, outbox, clock)
    evaluator = Evaluator(database, measurer, watch, outbox, telling, settings, clock, process_name)
    sender = Sender(database, outbox, vault, outgoing, mailer, settings, clock)
    digests = DigestService(database, open_query, outbox, audit, settings, clock)
    tidying = Tidying(database, clock, settings.alerts_keep_days)
    return Alerts(
        rules=RuleService(database, measurer, watch, outbox, audit, settings, clock),
        incidents=IncidentService(database, outbox, audit, clock),
        quiet=QuietService(database, audit, settings, clock),
        channels=ChannelService(database, outbox, sender, vault, audit, settings, clock),
        digests=digests,
        evaluator=evaluator,
        telling=telling,
        sender=sender,
        jobs=AlertJobs(evaluator, telling, sender, digests, tidying),
        clock=clock,
    )
