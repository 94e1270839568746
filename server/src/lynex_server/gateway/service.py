"""The gateway of one process: its parts, and how it begins and ends."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor

import structlog
from starlette.types import Receive, Scope

from lynex_server.budgets.public import Budgets
from lynex_server.engines.limits.protocol import Limiter
from lynex_server.gateway.cache.answers import AnswerCache
from lynex_server.gateway.call.admission import Admission
from lynex_server.gateway.call.attempts import Attempts
from lynex_server.gateway.call.calls import Calls
from lynex_server.gateway.call.closing import Closing
from lynex_server.gateway.call.conversing import Conversing
from lynex_server.gateway.call.exchange import Exchange
from lynex_server.gateway.call.money import Money
from lynex_server.gateway.call.passing import Passing
from lynex_server.gateway.call.policies import Policies
from lynex_server.gateway.call.recorder import Recorder
from lynex_server.gateway.call.relay import Send
from lynex_server.gateway.catalog import GatewayCatalog
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.guardrails.guard import Guards
from lynex_server.gateway.metrics import GatewayMetrics
from lynex_server.gateway.settings import GatewaySettings
from lynex_server.gateway.upstream.client import Upstream
from lynex_server.gateway.upstream.health import Health
from lynex_server.gateway.upstream.model_list import ModelList
from lynex_server.ingest.public import IngestService
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.ids import ProjectId
from lynex_server.kernel.open_files import open_files
from lynex_server.pricing.public import PriceBook

RENEWAL_LOOKED_FOR_S = 5.0
THREADS = 8
"""What waits for a database (reservations, configuration) waits here."""

FILES_PER_CALL = 4
"""A call has two, its client and its provider. As many are left for everything else."""

log = structlog.get_logger(__name__)


class GatewayService:
    """One for the process. `start` and `stop` run in the event loop that serves the calls."""

    def __init__(
        self,
        *,
        catalog: GatewayCatalog,
        budgets: Budgets,
        limiter: Limiter,
        ingest: IngestService,
        prices: PriceBook,
        guards: Guards,
        cache: AnswerCache,
        settings: GatewaySettings,
        clock: Clock,
    ) -> None:
        self.settings = settings
        self.metrics = GatewayMetrics()
        self._clock = clock
        self._stopping = False
        self._most_calls = most_calls(settings.gateway_max_calls, open_files())
        self._executor = ThreadPoolExecutor(THREADS, "lynex-gateway")
        self._upstream = Upstream(settings)
        chance = random.Random()  # noqa: S311  # weights and waits, no secrets
        health = Health(clock, chance)
        self._recorder = Recorder(ingest, settings)
        self._money = Money(Admission(budgets, limiter, clock), prices, settings, self._executor)
        closing = Closing(self._money, self._recorder, self.metrics, settings)
        attempts = Attempts(self._upstream, health, self.metrics, chance, settings.gateway_max_answer_bytes)
        self._calls = Calls(
            catalog=catalog,
            money=self._money,
            conversing=Conversing(
                attempts, Policies(guards, cache), self._money, closing, health, settings, clock
            ),
            passing=Passing(self._upstream, health, settings),
            models=ModelList(self._upstream),
            closing=closing,
            settings=settings,
            executor=self._executor,
            chance=chance,
        )
        self.metrics.under_way.set_function(lambda: len(self._calls.under_way))
        self.metrics.unsaved.set_function(lambda: self._recorder.unsaved)

    def now_us(self) -> int:
        """The time."""
        return self._clock.now_us()

    @property
    def calls_under_way(self) -> int:
        """In this process."""
        return len(self._calls.under_way)

    def calls_under_way_of(self, project_id: ProjectId) -> int:
        """In this process, those of one project."""
        return sum(each.sender.project_id == project_id for each in self._calls.under_way)

    @property
    def is_stopping(self) -> bool:
        """Whether it takes no more calls."""
        return self._stopping

    def check_room(self) -> None:
        """Raises `Refused` (503) when one more call cannot be taken."""
        if self._stopping:
            raise Refused(503, "stopping", "This gateway is stopping: try again.", 1, retry=True)
        if self.calls_under_way >= self._most_calls:
            raise Refused(503, "busy", "This gateway has as many calls as it takes.", 1, retry=True)
        if self._recorder.is_full:
            raise Refused(
                503, "log_full", "Calls cannot be recorded at the moment, so none is made.", 5, retry=True
            )

    async def answer(
        self,
        exchange: Exchange,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: dict[str, str],
        passes: bool,
    ) -> None:
        """Answer a call: see `Calls.answer`."""
        await self._calls.answer(exchange, scope, receive, send, headers, passes)

    async def start(self) -> None:
        """Begin recording."""
        self._recorder.start()
        self._renewing = asyncio.create_task(self._renew())

    async def drain(self) -> None:
        """Take no more calls, and let those under way end; after `gateway_drain_s` they are cut off."""
        self._stopping = True
        await self._calls.drained(self.settings.gateway_drain_s)

    async def stop(self) -> None:
        """Drain, write the spans of all calls, close every connection."""
        await self.drain()
        self._renewing.cancel()
        await self._recorder.close()
        await self._upstream.close()
        await asyncio.get_running_loop().run_in_executor(None, self._executor.shutdown)

    async def _renew(self) -> None:
        """Calls that take long keep what is set aside for them."""
        while True:
            await asyncio.sleep(RENEWAL_LOOKED_FOR_S)
            try:
                await self._money.renew(list(self._calls.under_way))
            except Exception:  # the edge of a task that must not end
                log.exception("gateway.holds_not_renewed")


def most_calls(wished: int, files: int | None) -> int:
    """How many calls may be under way: as many as are wished for, and have files to be had (None: no end)."""
    return wished if files is None else max(1, min(wished, files // FILES_PER_CALL))
