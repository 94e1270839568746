"""Requests against their limits, on SQLite and a real PostgreSQL."""

from dataclasses import dataclass, field

import pytest
from clocks import FixedClock
from starlette.exceptions import HTTPException

from lynex_server.engines.limits.memory import MemoryLimiter
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.errors import InvalidInput, RateLimited, TooLarge
from lynex_server.limits.metering import METER, Meter
from lynex_server.limits.model import Ceilings, Lowered
from lynex_server.limits.service import KNOWN_S, RequestLimits
from lynex_server.safety.public import Actor, AuditLog

ADA = Actor("user", "usr_ada", "ada@example.com", "203.0.113.7")
PLANS = {
    "default": Ceilings(requests_per_s=1, burst=5, bytes_per_s=1000, max_body_bytes=800),
    "small": Ceilings(requests_per_s=0.5, burst=2, bytes_per_s=100, max_body_bytes=50),
}


@dataclass(frozen=True)
class Caller:
    """Who sends a request, as far as limits care."""

    project_id: str = "acme"
    organisation_id: str = "org"
    api_key_id: str = "key_1"
    user_id: str = ""

    def actor(self) -> Actor:
        return Actor("api_key", self.api_key_id, "ingest", "203.0.113.7")


@dataclass
class Setup:
    """The service on clocks that stand still."""

    limits: RequestLimits
    audit: AuditLog
    clock: FixedClock
    seconds: list[float] = field(default_factory=lambda: [0.0])

    async def send(self, caller: Caller | None = None, body_bytes: int = 0) -> Meter:
        """One request with a body of declared length; its meter, to look at the answer's fields."""
        meter = Meter(body_bytes, 10_000)
        await self.limits.admit({METER: meter}, caller or Caller())
        return meter

    async def is_admitted(self, caller: Caller | None = None, body_bytes: int = 0) -> bool:
        try:
            await self.send(caller, body_bytes)
        except RateLimited:
            return False
        return True

    def wait(self, wait_s: float) -> None:
        self.seconds[0] += wait_s
        self.clock.advance_us(int(wait_s * 1e6))


@pytest.fixture
def setup(database: Database) -> Setup:
    clock = FixedClock()
    audit = AuditLog(database, clock)
    seconds = [0.0]
    limiter = MemoryLimiter(lambda: seconds[0])
    return Setup(RequestLimits(limiter, database, PLANS, audit, clock), audit, clock, seconds)


def told(meter: Meter) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in meter.fields}


async def test_a_project_sends_its_burst_and_then_at_its_rate(setup: Setup):
    assert [await setup.is_admitted() for _ in range(7)] == [True] * 5 + [False] * 2

    setup.wait(1)

    assert [await setup.is_admitted() for _ in range(2)] == [True, False]


async def test_keys_of_a_project_share_its_limits_and_projects_do_not(setup: Setup):
    for number in range(5):
        await setup.send(Caller(api_key_id=f"key_{number}"))

    assert not await setup.is_admitted(Caller(api_key_id="key_9"))
    assert not await setup.is_admitted(Caller(api_key_id="", user_id="usr_ada"))
    assert await setup.is_admitted(Caller(project_id="other"))


async def test_bytes_are_limited_too_and_a_refused_request_costs_nothing(setup: Setup):
    await setup.send(body_bytes=700)

    with pytest.raises(RateLimited) as refused:
        await setup.send(body_bytes=700)

    assert refused.value.policies == ("project-bytes",)
    assert refused.value.retry_after_s == 1
    assert await setup.is_admitted(body_bytes=300)
    assert [await setup.is_admitted() for _ in range(4)] == [True] * 3 + [False]


async def test_answers_tell_what_is_left(setup: Setup):
    first = told(await setup.send(body_bytes=100))
    second = told(await setup.send())

    assert first == {
        "ratelimit-policy": '"project";q=5;w=5, "project-bytes";q=1000;qu="content-bytes";w=1',
        "ratelimit": '"project";r=4;t=1, "project-bytes";r=900;t=1',
    }
    assert second["ratelimit"] == '"project";r=3;t=2'


async def test_a_refusal_names_the_limit_and_when_to_come_back(setup: Setup):
    await setup.is_admitted()
    for _ in range(4):
        await setup.send()
    meter = Meter(0, 10_000)

    with pytest.raises(RateLimited, match="project: come back in 1 s") as refused:
        await setup.limits.admit({METER: meter}, Caller())

    assert (refused.value.status, refused.value.code, refused.value.retry_after_s) == (429, "rate_limited", 1)
    assert told(meter)["ratelimit"] == '"project";r=0;t=1'


async def test_a_key_may_have_limits_below_those_of_its_project(setup: Setup):
    setup.limits.lower(ADA, "org", "acme", Lowered(burst=1, requests_per_s=0.1), "key_1")

    assert [await setup.is_admitted() for _ in range(2)] == [True, False]
    assert [await setup.is_admitted(Caller(api_key_id="key_2")) for _ in range(5)] == [True] * 4 + [False]


async def test_a_project_may_be_in_another_plan(setup: Setup):
    setup.limits.give_plan(ADA, "org", "acme", "small")

    assert [await setup.is_admitted() for _ in range(3)] == [True, True, False]
    with pytest.raises(TooLarge):
        await setup.send(Caller(), body_bytes=51)


async def test_a_body_over_the_plans_bound_is_refused_before_it_is_charged(setup: Setup):
    with pytest.raises(TooLarge, match="800 bytes"):
        await setup.send(body_bytes=801)

    assert [await setup.is_admitted() for _ in range(6)] == [True] * 5 + [False]


async def test_a_body_of_unknown_length_is_charged_at_its_end(setup: Setup):
    meter = Meter(None, 10_000)
    await setup.limits.admit({METER: meter}, Caller())

    await meter.note({"type": "http.request", "body": b"x" * 600, "more_body": True})
    await meter.note({"type": "http.request", "body": b"x" * 100, "more_body": False})

    assert not await setup.is_admitted(body_bytes=400)
    assert await setup.is_admitted(body_bytes=300)


async def test_a_body_of_unknown_length_is_refused_when_its_bytes_are_not_there(setup: Setup):
    await setup.send(body_bytes=800)
    meter = Meter(None, 10_000)
    await setup.limits.admit({METER: meter}, Caller())

    with pytest.raises(RateLimited):
        await meter.note({"type": "http.request", "body": b"x" * 300, "more_body": False})


async def test_a_body_of_unknown_length_stops_at_the_plans_bound(setup: Setup):
    meter = Meter(None, 10_000)
    await setup.limits.admit({METER: meter}, Caller())

    await meter.note({"type": "http.request", "body": b"x" * 800, "more_body": True})
    with pytest.raises(TooLarge):
        await meter.note({"type": "http.request", "body": b"x", "more_body": True})


async def test_a_body_that_was_read_before_its_sender_was_known_is_charged_then(setup: Setup):
    meter = Meter(None, 10_000)
    await meter.note({"type": "http.request", "body": b"x" * 700, "more_body": False})

    await setup.limits.admit({METER: meter}, Caller())

    assert not await setup.is_admitted(body_bytes=400)


async def test_nobody_may_send_more_than_the_largest_plan_allows():
    meter = Meter(None, 1000)

    with pytest.raises(HTTPException) as refused:
        await meter.note({"type": "http.request", "body": b"x" * 1001, "more_body": True})

    assert refused.value.status_code == 413


async def test_a_person_in_no_project_has_the_default_limits_alone(setup: Setup):
    ada = Caller(project_id="", api_key_id="", user_id="usr_ada")

    assert [await setup.is_admitted(ada) for _ in range(6)] == [True] * 5 + [False]
    assert await setup.is_admitted(Caller(project_id="", api_key_id="", user_id="usr_bob"))


async def test_a_change_is_known_here_at_once_and_elsewhere_soon(setup: Setup, database: Database):
    elsewhere = RequestLimits(MemoryLimiter(), database, PLANS, setup.audit, setup.clock)
    await elsewhere.admit({}, Caller())

    setup.limits.lower(ADA, "org", "acme", Lowered(burst=1, requests_per_s=0.001))
    assert [await setup.is_admitted() for _ in range(2)] == [True, False]
    await elsewhere.admit({}, Caller())

    setup.clock.advance_us(KNOWN_S * 1_000_000)
    with pytest.raises(RateLimited):
        await elsewhere.admit({}, Caller())


async def test_refusals_are_counted_by_sender_and_limit(setup: Setup):
    for _ in range(9):
        await setup.is_admitted()
    await setup.is_admitted(Caller(api_key_id="", user_id="usr_ada"))

    found = setup.limits.refusals("acme")

    assert [(each.sender, each.policy, each.count) for each in found] == [
        ("key_1", "project", 4),
        ("usr_ada", "project", 1),
    ]
    assert setup.limits.refusals("other") == []


async def test_the_first_refusal_of_a_key_in_an_hour_is_audited(setup: Setup):
    for _ in range(9):
        await setup.is_admitted()
    setup.wait(1800)
    for _ in range(9):
        await setup.is_admitted()
    assert len(audited(setup)) == 1

    setup.wait(1801)
    for _ in range(9):
        await setup.is_admitted()

    assert len(audited(setup)) == 2
    newest = audited(setup)[0]
    assert (newest.project_id, newest.target, newest.actor.id) == ("acme", "key_1", "key_1")
    assert newest.after == {"limits": ["project"]}


def audited(setup: Setup):
    entries = setup.audit.page("org").entries
    return [entry for entry in entries if entry.action == "limit.reached"]


def test_lowering_is_audited_and_shown(setup: Setup):
    setup.limits.lower(ADA, "org", "acme", Lowered(requests_per_s=0.5))
    setup.limits.lower(ADA, "org", "acme", Lowered(burst=1), "key_1")

    found = setup.limits.of_project("acme")
    assert (found.plan, found.in_effect.requests_per_s, found.in_effect.burst) == ("default", 0.5, 2)
    assert setup.limits.of_key("acme", "key_1") == Lowered(burst=1)
    key_change, project_change = setup.audit.page("org").entries
    assert (project_change.action, project_change.target) == ("limits.changed", "acme")
    assert project_change.before["requests_per_s"] is None
    assert project_change.after["requests_per_s"] == 0.5
    assert key_change.target == "key_1"


def test_refuses_limits_above_the_plan_and_plans_that_are_none(setup: Setup):
    with pytest.raises(InvalidInput):
        setup.limits.lower(ADA, "org", "acme", Lowered(burst=6))
    with pytest.raises(InvalidInput, match="LYNEX_PLANS"):
        setup.limits.give_plan(ADA, "org", "acme", "gold")

    assert setup.limits.of_project("acme").lowered == Lowered()
    assert setup.audit.page("org").entries == ()


def test_changing_the_plan_keeps_what_was_lowered_and_is_audited(setup: Setup):
    setup.limits.lower(ADA, "org", "acme", Lowered(burst=1))
    setup.limits.give_plan(ADA, "org", "acme", "small")

    found = setup.limits.of_project("acme")

    assert (found.plan, found.lowered, found.in_effect.bytes_per_s) == ("small", Lowered(burst=1), 100)
    assert setup.audit.page("org").entries[0].after == {"plan": "small"}


def test_a_project_whose_plan_is_gone_from_the_settings_is_in_the_default_plan(
    setup: Setup, database: Database
):
    setup.limits.give_plan(ADA, "org", "acme", "small")

    later = RequestLimits(MemoryLimiter(), database, {"default": PLANS["default"]}, setup.audit, setup.clock)

    assert later.of_project("acme").plan == "default"
