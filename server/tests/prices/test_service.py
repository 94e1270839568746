"""Own prices: set, changed, removed, seen by their owner alone, audited, and in force in every process."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
import sqlalchemy as sa
from clocks import NOON_US, FixedClock
from pricing.override_factories import an_override, rates

from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.errors import InvalidInput, NotFound
from lynex_server.prices.service import Owner, PricesService
from lynex_server.prices.sync import POLL_S, BookSync
from lynex_server.pricing.public import Override, PriceBook, Terms, Usage
from lynex_server.safety.public import Actor, AuditLog

ANN = Actor("user", "usr_ann", "ann@example.org")
HOME = Owner("org_a", "prj_a")
CALL = Usage(1000, 100)
LISTED, OWN = 1000 * 2500 + 100 * 10_000, 1_200_000


@dataclass
class Process:
    """One process's prices on the shared database."""

    service: PricesService
    sync: BookSync
    book: PriceBook

    def cost(self, project_id: str = "prj_a") -> int | None:
        return self.book.price("openai", "gpt-4o", "", "", CALL, NOON_US, project_id=project_id).nanousd


@pytest.fixture
def start(
    open_relational: Callable[[], Database], embedded_columnar: ClickHouse
) -> Iterator[Callable[[], Process]]:
    """Starts another process."""
    database = open_relational()
    with database.begin() as connection:
        for statement in (
            "INSERT INTO organisations (id, name, created_at_us) VALUES ('org_a', 'A', 0), ('org_b', 'B', 0)",
            "INSERT INTO projects (id, organisation_id, name, created_at_us) VALUES "
            "('prj_a', 'org_a', 'a', 0), ('prj_a2', 'org_a', 'a2', 0), ('prj_b', 'org_b', 'b', 0)",
        ):
            connection.execute(sa.text(statement))
    started: list[Process] = []

    def another() -> Process:
        own, book, clock = open_relational(), PriceBook(), FixedClock()
        sync = BookSync(own, book)
        sync.start()
        service = PricesService(own, embedded_columnar, book, sync, AuditLog(own, clock), clock)
        started.append(Process(service, sync, book))
        return started[-1]

    yield another
    for process in started:
        process.sync.stop()


def wanted(**changes) -> Override:
    return replace(an_override(""), organisation_id="", project_id="", **changes)


def test_a_price_counts_at_once_here_and_within_a_second_in_every_process(
    start: Callable[[], Process],
):
    here, there = start(), start()

    stored = here.service.add_override(HOME, wanted(), "", False, ANN)
    assert here.cost() == OWN
    _within_a_second(lambda: there.cost() == OWN)

    here.service.replace_override(
        HOME, stored.override.id, wanted(terms=rates(input_tokens="3")), "", False, ANN
    )
    assert here.cost() == 3_000_000
    _within_a_second(lambda: there.cost() == 3_000_000)

    here.service.remove_override(HOME, stored.override.id, ANN)
    assert here.cost() == LISTED
    _within_a_second(lambda: there.cost() == LISTED)


def _within_a_second(is_so: Callable[[], bool]) -> None:
    """The poll and what a read takes; more is granted to a machine that is busy with other things."""
    end = time.monotonic() + POLL_S * 40
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_organisations_price_counts_for_its_projects_and_no_other(start: Callable[[], Process]):
    process = start()

    process.service.add_override(Owner("org_a", ""), wanted(), "", False, ANN)

    assert [process.cost(name) for name in ("prj_a", "prj_a2", "prj_b", "prj_unheard_of")] == [
        OWN,
        OWN,
        LISTED,
        LISTED,
    ]


def test_nobody_else_sees_or_changes_a_price(start: Callable[[], Process]):
    service = start().service
    own = service.add_override(HOME, wanted(), "", False, ANN).override.id
    shared = service.add_override(Owner("org_a", ""), wanted(model="gpt-5"), "", False, ANN).override.id

    for stranger in (Owner("org_b", "prj_b"), Owner("org_a", "prj_a2")):
        with pytest.raises(NotFound):
            service.find_override(stranger, own)
        with pytest.raises(NotFound):
            service.remove_override(stranger, own, ANN)
        with pytest.raises(NotFound):
            service.replace_override(stranger, own, wanted(), "", False, ANN)
    assert service.find_override(Owner("org_a", "prj_a2"), shared).override.model == "gpt-5"
    with pytest.raises(NotFound, match="organisation"):
        service.remove_override(HOME, shared, ANN)
    assert [each.override.id for each in service.overrides(Owner("org_b", "prj_b"))] == []
    assert {each.override.id for each in service.overrides(HOME)} == {own, shared}


def test_a_removed_price_stays_readable(start: Callable[[], Process]):
    service = start().service
    stored = service.add_override(HOME, wanted(), "contract", False, ANN)

    service.remove_override(HOME, stored.override.id, ANN)

    assert service.overrides(HOME) == []
    (past,) = service.overrides(HOME, removed=True)
    assert (past.override.terms, past.note, past.removed_at_us) == (
        stored.override.terms,
        "contract",
        NOON_US,
    )


def test_every_change_is_in_the_audit_log_with_before_and_after(
    start: Callable[[], Process], open_relational: Callable[[], Database]
):
    service = start().service
    stored = service.add_override(HOME, wanted(), "", False, ANN)
    service.replace_override(HOME, stored.override.id, wanted(model="gpt-4.1"), "", False, ANN)
    service.remove_override(HOME, stored.override.id, ANN)

    page = AuditLog(open_relational(), FixedClock()).page("org_a")

    told = {entry.action: (entry.before, entry.after) for entry in page.entries}
    assert set(told) == {"price.created", "price.changed", "price.removed"}
    before, after = told["price.changed"]
    assert before is not None
    assert after is not None
    assert (before["model"], after["model"]) == ("gpt-4o", "gpt-4.1")


def test_a_slip_is_refused_until_it_is_confirmed(start: Callable[[], Process]):
    """litellm#20615"""
    process = start()
    slip = wanted(terms=rates(per=1, input_tokens="2.5"))

    with pytest.raises(InvalidInput, match="confirm"):
        process.service.add_override(HOME, slip, "", False, ANN)
    assert process.cost() == LISTED

    process.service.add_override(HOME, slip, "", True, ANN)
    assert process.cost() == 1000 * 2_500_000_000


def test_names_are_kept_as_the_book_compares_them(start: Callable[[], Process]):
    process = start()

    stored = process.service.add_override(
        HOME, wanted(provider="Azure.AI.OpenAI", model=" GPT-4o ", service_tier="default"), "", False, ANN
    )

    override = stored.override
    assert (override.provider, override.model, override.service_tier) == ("azure", "gpt-4o", "")


def test_a_search_shows_every_rate_with_its_source_and_history(start: Callable[[], Process]):
    service = start().service

    found = service.search("anthropic claude-sonnet-4-5", 20)

    assert found[0].source.startswith("genai-prices-")
    units = {rate.unit for rate in found[0].rates}
    assert {"input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"} <= units
    assert any("batch" in price.condition for price in found)
    deepseek = service.search("deepseek deepseek-chat", 20)
    assert any(not price.current for price in deepseek)


def test_a_factor_is_told_in_words(start: Callable[[], Process]):
    service = start().service
    terms = Terms(kind="factor", factor=Decimal("0.8"), tier_factors={"batch": Decimal("0.5")})

    told = service.condition_of(an_override(terms=terms, service_tier="flex"))

    assert told == "service tier flex, 0.8 times the list price, batch: times 0.5"
