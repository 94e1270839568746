"""What people do with prices: set them, look them up, work a cost out, see what has none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from lynex_server.engines.columnar.protocol import Columnar
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock, datetime_from_us
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.prices import storage
from lynex_server.prices.checks import check_override, strangeness
from lynex_server.prices.storage import StoredOverride
from lynex_server.prices.sync import BookSync
from lynex_server.prices.unpriced import UnpricedModel, unpriced_models
from lynex_server.pricing.public import (
    Cost,
    ListedPrice,
    ListedRate,
    Override,
    PriceBook,
    Rates,
    Usage,
    canonical_provider,
    canonical_tier,
    compile_exact,
    encode_terms,
    listed_prices,
    listed_rates,
    normalise_usage,
)
from lynex_server.safety.public import Actor, AuditLog
from lynex_server.spans.public import USAGE_UNITS

OVERRIDES_MAX = 2000
"""Own prices of one organisation. They are read as a whole by every process."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose prices are meant: an organisation's, and those of one of its projects (empty: of none)."""

    organisation_id: str
    project_id: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call that may never have been made, of which the cost is asked."""

    provider: str
    model: str
    service_tier: str
    region: str
    usage: dict[str, int]
    usage_convention: str
    at_us: int
    duration_ms: float | None


class PricesService:
    """Called from routes in a thread. Changes count here at once, elsewhere within a second."""

    def __init__(
        self,
        database: Database,
        columnar: Columnar,
        book: PriceBook,
        sync: BookSync,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._database = database
        self._columnar = columnar
        self._book = book
        self._sync = sync
        self._audit = audit
        self._clock = clock

    # Own prices

    def overrides(self, owner: Owner, removed: bool = False) -> list[StoredOverride]:
        """The organisation's and the project's own prices, latest first."""
        with self._database.read() as connection:
            return storage.overrides_of(
                connection, owner.organisation_id, owner.project_id, removed, OVERRIDES_MAX
            )

    def find_override(self, owner: Owner, override_id: str) -> StoredOverride:
        """One of them. Raises `NotFound`."""
        with self._database.read() as connection:
            stored = storage.find_override(connection, override_id)
        if stored is None or not _may_see(owner, stored.override):
            raise NotFound(f"no price {override_id}")
        return stored

    def add_override(
        self, owner: Owner, wanted: Override, note: str, confirmed: bool, actor: Actor
    ) -> StoredOverride:
        """Set an own price. `wanted` has no id yet.

        Raises `InvalidInput` for one without a meaning, or a strange one that is not `confirmed`, `Conflict`
        when there are `OVERRIDES_MAX` already.
        """
        override = replace(
            _tidied(wanted),
            id=new_id("ovr"),
            organisation_id=owner.organisation_id,
            project_id=owner.project_id,
        )
        self._check(override, confirmed)
        now_us = self._clock.now_us()
        stored = StoredOverride(override, note, actor.name or actor.id, now_us, now_us, None)
        with self._database.begin() as connection:
            if storage.count_overrides(connection, owner.organisation_id) >= OVERRIDES_MAX:
                raise Conflict(f"An organisation may have {OVERRIDES_MAX} own prices. Remove some first.")
            storage.add_override(connection, stored)
            storage.grow_version(connection)
            self._audit.record(
                connection,
                actor,
                "price.created",
                organisation_id=owner.organisation_id,
                project_id=owner.project_id,
                target=override.id,
                after=_told(stored),
            )
        self._sync.refresh()
        return stored

    def replace_override(
        self, owner: Owner, override_id: str, wanted: Override, note: str, confirmed: bool, actor: Actor
    ) -> StoredOverride:
        """Give one of the owner's own prices other terms, names or dates. Raises as `add_override` does, and
        `NotFound` for one that is not the owner's to change."""
        before = self._own(owner, override_id)
        override = replace(
            _tidied(wanted),
            id=override_id,
            organisation_id=owner.organisation_id,
            project_id=owner.project_id,
        )
        self._check(override, confirmed)
        stored = replace(before, override=override, note=note, updated_at_us=self._clock.now_us())
        with self._database.begin() as connection:
            storage.replace_override(connection, stored)
            storage.grow_version(connection)
            self._audit.record(
                connection,
                actor,
                "price.changed",
                organisation_id=owner.organisation_id,
                project_id=owner.project_id,
                target=override_id,
                before=_told(before),
                after=_told(stored),
            )
        self._sync.refresh()
        return stored

    def remove_override(self, owner: Owner, override_id: str, actor: Actor) -> None:
        """Let an own price count no more. It stays readable among the removed ones. Raises `NotFound`."""
        before = self._own(owner, override_id)
        with self._database.begin() as connection:
            storage.remove_override(connection, override_id, self._clock.now_us())
            storage.grow_version(connection)
            self._audit.record(
                connection,
                actor,
                "price.removed",
                organisation_id=owner.organisation_id,
                project_id=owner.project_id,
                target=override_id,
                before=_told(before),
            )
        self._sync.refresh()

    # Looking up

    def search(self, query: str, limit: int) -> list[ListedPrice]:
        """Prices of the sources, for models whose name or provider holds every word."""
        today = datetime_from_us(self._clock.now_us()).date()
        return listed_prices(self._book.catalog, self._book.community, query, today, limit)

    def sources(self) -> list[str]:
        """Where prices come from, in the order in which they are asked."""
        community = self._book.community
        return ["own", self._book.catalog.source, *([community.version] if community else [])]

    def rates_of(self, override: Override) -> tuple[ListedRate, ...]:
        """The rates of an own price; none for a factor on whatever the list price is."""
        exact = override.terms.exact(None)
        rates = compile_exact(exact, "") if exact else None
        return listed_rates(rates) if rates else ()

    def condition_of(self, override: Override) -> str:
        """When an own price holds besides its dates, in words."""
        terms = override.terms
        said = [f"service tier {override.service_tier}"] if override.service_tier else []
        said += [f"region {override.region}"] if override.region else []
        said += [f"{terms.factor} times the list price"] if terms.kind == "factor" else []
        said += [f"{tier}: times {factor}" for tier, factor in terms.tier_factors.items()]
        said += [f"{region}: times {factor}" for region, factor in terms.region_factors.items()]
        return ", ".join(said)

    def told_usage(self, usage: Usage) -> dict[str, int]:
        """Every count that is known of a usage, by its unit."""
        counts = {unit: getattr(usage, unit) for unit in USAGE_UNITS}
        return {unit: count for unit, count in counts.items() if count is not None} | dict(usage.other)

    def calculate(self, project_id: str, call: Call) -> tuple[Usage, Cost, Rates | None]:
        """How a call's usage is read, what it would cost the project, and the rates that hold for it."""
        usage = normalise_usage(call.provider, call.model, call.usage, call.usage_convention)
        cost = self._book.price(
            call.provider,
            call.model,
            call.service_tier,
            call.region,
            usage,
            call.at_us,
            project_id=project_id,
            duration_ms=call.duration_ms,
        )
        rates = self._book.rates_at(
            call.provider, call.model, call.service_tier, call.region, call.at_us, project_id
        )
        return usage, cost, rates

    def unpriced(self, project_id: str, from_us: int, until_us: int) -> Sequence[UnpricedModel]:
        """The models of calls that have no cost, the most frequent first."""
        return unpriced_models(self._columnar, project_id, from_us, until_us)

    def now_us(self) -> int:
        """The time by which prices hold."""
        return self._clock.now_us()

    def _own(self, owner: Owner, override_id: str) -> StoredOverride:
        stored = self.find_override(owner, override_id)
        if stored.override.project_id != owner.project_id:
            raise NotFound(f"no price {override_id} of this project: it is its organisation's")
        return stored

    def _check(self, override: Override, confirmed: bool) -> None:
        check_override(override)
        strange = strangeness(override, self._listed(override))
        if strange and not confirmed:
            raise InvalidInput(f"terms: {strange}. Send `confirm: true` if that is meant.", field="confirm")

    def _listed(self, override: Override) -> dict[str, Fraction]:
        """The list price of the one model that an override names."""
        if not override.is_exact or not override.provider:
            return {}
        at_us = max(override.valid_from_us, 0) or self._clock.now_us()
        rates = self._book.rates_at(override.provider, override.model, override.service_tier, "", at_us)
        if rates is None:
            return {}
        return {unit: Fraction(rate, rates.denominator) for unit, rate in rates.bands[0].rates.items()}


def _may_see(owner: Owner, override: Override) -> bool:
    return override.organisation_id == owner.organisation_id and override.project_id in ("", owner.project_id)


def _tidied(override: Override) -> Override:
    """Names as the price book compares them."""
    return replace(
        override,
        provider=canonical_provider(override.provider) or override.provider.strip().lower(),
        model=override.model.strip().lower(),
        service_tier=canonical_tier(override.service_tier),
        region=override.region.strip().lower(),
    )


def _told(stored: StoredOverride) -> dict[str, object]:
    """For the audit log."""
    override = stored.override
    return {
        "provider": override.provider,
        "model": override.model,
        "service_tier": override.service_tier,
        "region": override.region,
        "valid_from_us": override.valid_from_us,
        "valid_until_us": override.valid_until_us,
        "terms": encode_terms(override.terms),
        "note": stored.note,
    }
