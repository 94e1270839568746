"""Own prices: which of them holds for a call, and the rates that it comes to.

An override belongs to an organisation or to one of its projects, names a provider and a model (or a pattern
of them), and holds from one instant to another. Of several that match, the most particular one wins: a
project's before its organisation's, then one that names the service tier, the region, the provider, an exact
model, the longer pattern, and last the one that began later.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from hashlib import sha256

import msgspec

from lynex_server.pricing import flags as flag
from lynex_server.pricing.catalog import DayPrices
from lynex_server.pricing.models import ModelRef, canonical_provider, canonical_tier
from lynex_server.pricing.rates import ExactPrices, Rates, compile_exact, exact_of, multiplied
from lynex_server.pricing.terms import Terms

_DAY_US = 86_400_000_000
_MINUTE_US = 60_000_000

_terms_encoder = msgspec.json.Encoder(order="deterministic")
_terms_decoder = msgspec.json.Decoder(Terms)


def encode_terms(terms: Terms) -> str:
    """Terms as JSON text; amounts as the decimals they were typed as."""
    return _terms_encoder.encode(terms).decode()


def decode_terms(text: str) -> Terms:
    """What `encode_terms` made. Raises `ValueError` for anything else."""
    try:
        return _terms_decoder.decode(text)
    except msgspec.MsgspecError as error:
        raise ValueError(f"not the terms of a price: {error}") from error


@dataclass(frozen=True)
class Override:
    """An own price. `project_id` empty: of the whole organisation. `provider`, `service_tier` and `region`
    empty: any. `model` may hold `*` (any text) and `?` (any character). `valid_until_us` None: for ever."""

    id: str
    organisation_id: str
    project_id: str
    provider: str
    model: str
    service_tier: str
    region: str
    valid_from_us: int
    valid_until_us: int | None
    terms: Terms

    def matches(self, ref: ModelRef, model: str, tier: str, region: str) -> bool:
        """Whether it is meant for such calls. `tier` is canonical, `model` as the call named it."""
        if self.provider and canonical_provider(self.provider) != ref.provider:
            return False
        if self.service_tier and canonical_tier(self.service_tier) != tier:
            return False
        if self.region and self.region.lower() != region:
            return False
        return any(self._pattern.fullmatch(name) for name in (model.strip().lower(), *ref.ids))

    def holds(self, at_us: int) -> bool:
        """Whether it is in force at that instant."""
        return self.valid_from_us <= at_us and (self.valid_until_us is None or at_us < self.valid_until_us)

    @property
    def is_exact(self) -> bool:
        """Whether it names one model rather than a pattern."""
        return "*" not in self.model and "?" not in self.model

    @property
    def precedence(self) -> tuple[bool, bool, bool, bool, bool, int, int, str]:
        """The greatest wins."""
        return (
            bool(self.project_id),
            bool(self.service_tier),
            bool(self.region),
            bool(self.provider),
            self.is_exact,
            len(self.model.replace("*", "")),
            self.valid_from_us,
            self.id,
        )

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        translated = re.escape(self.model.strip().lower()).replace(r"\*", ".*").replace(r"\?", ".")
        return re.compile(translated, re.DOTALL)


class OverrideSet:
    """Every own price of an installation, as of one version. Immutable, so it is shared between threads.

    `organisation_of` tells whose a project is: empty for one that does not exist, `None` when that cannot be
    found out now. It is asked once per project, or until it knows.
    """

    def __init__(
        self,
        version: int = 0,
        overrides: Iterable[Override] = (),
        organisation_of: Callable[[str], str | None] | None = None,
    ) -> None:
        self.version = version
        self._organisation_of = organisation_of
        self._by_owner: dict[str, list[Override]] = {}
        for override in sorted(overrides, key=lambda each: each.precedence, reverse=True):
            owner = override.project_id or f"organisation:{override.organisation_id}"
            self._by_owner.setdefault(owner, []).append(override)
        self._organisations = any(owner.startswith("organisation:") for owner in self._by_owner)
        self._owners: dict[str, str] = {}

    def scope(self, project_id: str) -> str:
        """What a project's resolved prices are kept under: empty where only list prices hold for it."""
        if not self._by_owner:
            return ""
        if project_id in self._by_owner:
            return f"{self.version}:{project_id}"
        if not self._of_organisation(project_id):
            return ""
        return f"{self.version}:{self._organisation(project_id)}"

    def of_project(self, project_id: str) -> tuple[Override, ...]:
        """The overrides that may hold for a project, in the order in which they win."""
        own = self._by_owner.get(project_id, [])
        return (*own, *self._of_organisation(project_id))

    def applied(
        self, project_id: str, ref: ModelRef, model: str, tier: str, region: str, day: int, base: DayPrices
    ) -> DayPrices:
        """The prices of a day (counted from 1970): the project's overrides over the list prices `base`."""
        midnight_us = day * _DAY_US
        tier, region = canonical_tier(tier), region.strip().lower() or ref.region
        found = [
            override
            for override in self.of_project(project_id)
            if override.valid_from_us < midnight_us + _DAY_US
            and (override.valid_until_us is None or override.valid_until_us > midnight_us)
            and override.matches(ref, model, tier, region)
        ]
        if not found:
            return base
        starts = tuple(sorted({*base.starts_us, *_changes_us(found, midnight_us)}))
        rates: list[Rates | None] = []
        for start in starts:
            listed = base.at(start)
            chosen = next((each for each in found if each.holds(midnight_us + start)), None)
            rates.append(override_rates(chosen, listed, tier, region, start) if chosen else listed)
        return DayPrices(starts, tuple(rates), base.flags)

    def _of_organisation(self, project_id: str) -> list[Override]:
        if not self._organisations:
            return []
        return self._by_owner.get(f"organisation:{self._organisation(project_id)}", [])

    def _organisation(self, project_id: str) -> str:
        owner = self._owners.get(project_id)
        if owner is None:
            owner = self._organisation_of(project_id) if self._organisation_of else ""
            if owner is None:
                return ""
            self._owners[project_id] = owner
        return owner


def override_rates(
    override: Override, listed: Rates | None, tier: str, region: str, after_midnight_us: int
) -> Rates | None:
    """The rates of an override at a time of the day; `None` where it needs a list price and there is none."""
    terms = override.terms
    exact = terms.exact(exact_of(listed) if listed else None)
    if not exact:
        return None
    exact = multiplied(exact, terms.factor_at(tier, region, after_midnight_us // _MINUTE_US))
    flags: tuple[str, ...] = ()
    if terms.kind == "factor" and listed:
        flags = listed.flags
    elif terms.kind == "rates" and tier and not override.service_tier and tier not in terms.tier_factors:
        flags = (flag.TIER_PRICE_MISSING,)
    compiled = compile_exact(exact, f"override-{override.id}@{_digest(exact)}", flags)
    if compiled and terms.kind == "factor" and listed:
        return replace(compiled, audio_seconds_min=listed.audio_seconds_min)
    return compiled


def _digest(exact: ExactPrices) -> str:
    lines = sorted(f"{unit}>{floor}={rate}" for unit, bands in exact.items() for floor, rate in bands)
    return sha256("\n".join(lines).encode()).hexdigest()[:8]


def _changes_us(overrides: Iterable[Override], midnight_us: int) -> set[int]:
    """Times of the day at which one of them begins, ends, or changes its factor."""
    instants = {0}
    for override in overrides:
        for edge in (override.valid_from_us, override.valid_until_us):
            if edge is not None and 0 < edge - midnight_us < _DAY_US:
                instants.add(edge - midnight_us)
        for window in override.terms.hour_factors:
            instants.update(
                minute * _MINUTE_US % _DAY_US for minute in (window.from_minute, window.until_minute)
            )
    return instants


def per_unit_usd(nanousd: Fraction, per: int) -> str:
    """What `per` of a unit cost in dollars: an exact decimal where there is one, else twelve digits."""
    scaled = nanousd * per / 1_000_000_000
    denominator = scaled.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator == 1:
        digits = 0
        while (scaled * 10**digits).denominator != 1:
            digits += 1
        whole = int(scaled * 10**digits)
        text = f"{whole:0{digits + 1}d}"
        return f"{text[:-digits]}.{text[-digits:]}" if digits else text
    return f"{float(scaled):.12g}"
