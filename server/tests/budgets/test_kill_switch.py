"""The kill switch: who stops what, until when, and what a dry run tells."""

import time

import pytest
from budgets.conftest import ACTOR, PRICE_NANOUSD, Stage
from budgets.factories import DAY_US, MINUTE_US, a_key, an_owner
from clocks import NOON_US

from lynex_server.budgets.control import state_for
from lynex_server.budgets.hooks import MadeHook, order_in
from lynex_server.budgets.kill_switch import Recorded
from lynex_server.budgets.model import KillSwitch
from lynex_server.budgets.scope import Scope
from lynex_server.identity.public import sign
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound, Unauthorized


def trigger(stage: Stage, scope: Scope | None = None, minutes: int | None = None, **changes) -> KillSwitch:
    values = {"allow_routes": [], "reason": "runaway", "minutes": minutes, "dry_run": False, **changes}
    return stage.budgets.switches.trigger(
        ACTOR, stage.organisation, scope or Scope(project_id=stage.project), **values
    )


def stopped(stage: Stage, **call) -> bool:
    rules = stage.budgets.board.rules(stage.organisation)
    return rules.switch_against(stage.a_call(**call), stage.clock.now_us()) is not None


def test_stops_at_once_and_lets_through_when_released(stage: Stage):
    switch = trigger(stage)
    assert stopped(stage)

    released = stage.budgets.switches.release(ACTOR, switch)

    assert not stopped(stage)
    assert released.released_by == "ann@example.com"
    assert stage.audited() == ["kill_switch.triggered", "kill_switch.released"]
    with pytest.raises(Conflict):
        stage.budgets.switches.release(ACTOR, switch)


@pytest.mark.parametrize(
    ("scope", "meant", "spared"),
    [
        ({"environment": "production"}, {}, {"environment": "staging"}),
        ({"model": "gpt-*"}, {}, {"model": "claude-x"}),
        ({"route": "/chat"}, {}, {"route": "/search"}),
        ({"api_key": "key_1"}, {}, {"api_key": "key_2"}),
    ],
)
def test_stops_what_its_scope_means(stage: Stage, scope, meant, spared):
    trigger(stage, Scope(project_id=stage.project, **scope))

    assert stopped(stage, **meant)
    assert not stopped(stage, **spared)


def test_a_switch_of_one_project_spares_the_others(stage: Stage):
    trigger(stage)
    assert not stopped(stage, project_id=stage.other_project)

    trigger(stage, Scope())
    assert stopped(stage, project_id=stage.other_project)


def test_routes_on_the_list_stay_open(stage: Stage):
    trigger(stage, allow_routes=["/health", "/sos*"])

    assert [stopped(stage, route=route) for route in ("/health", "/sos/call", "/chat")] == [
        False,
        False,
        True,
    ]


def test_releases_itself_in_time(stage: Stage):
    trigger(stage, minutes=5)

    stage.clock.advance_us(5 * MINUTE_US)

    assert not stopped(stage)


def test_another_process_knows_within_its_refresh(stage: Stage):
    other = stage.another_process()
    call = stage.a_call()
    assert other.board.rules(stage.organisation).switch_against(call, NOON_US) is None

    trigger(stage)
    stage.clock.advance_us(1_000_001)

    assert other.board.rules(stage.organisation).switch_against(call, stage.clock.now_us()) is not None


def test_a_dry_run_stops_nothing_and_tells_what_it_would(stage: Stage):
    stage.store_and_book(1, start_time_us=NOON_US - DAY_US)
    switch = trigger(
        stage, Scope(project_id=stage.project, model="gpt-*"), dry_run=True, allow_routes=["/open*"]
    )
    assert not stopped(stage)
    stage.store_and_book(2, 3)
    stage.store_and_book(4, route="/open/a")
    stage.store_and_book(5, model="claude-sonnet-4-5", provider="anthropic")
    stage.store_and_book(6, kind="tool")
    stage.clock.advance_us(1)

    found, until_us = stage.budgets.switches.would_block(switch, stage.key, sees_all=False)

    assert found == [Recorded("gpt-4o-2024-08-06", 2, 2 * PRICE_NANOUSD, 0)]
    assert until_us == stage.clock.now_us()


def test_tells_before_a_stop_what_it_would_have_stopped(stage: Stage):
    stage.store_and_book(1, start_time_us=NOON_US - DAY_US)
    stage.store_and_book(2, 3)
    stage.store_and_book(4, route="/open/a")
    stage.clock.advance_us(MINUTE_US)

    found, from_us, until_us = stage.budgets.switches.preview(
        stage.key, Scope(project_id=stage.project, model="gpt-*"), ["/open*"], minutes=60, sees_all=False
    )

    assert found == [Recorded("gpt-4o-2024-08-06", 2, 2 * PRICE_NANOUSD, 0)]
    assert (from_us, until_us) == (stage.clock.now_us() - 60 * MINUTE_US, stage.clock.now_us())
    assert not stopped(stage)


def test_calls_without_a_price_are_told_apart_from_free_ones(stage: Stage):
    stage.store_and_book(1, 2, model="nobody-knows-it", model_requested="")
    stage.clock.advance_us(MINUTE_US)

    found, _, _ = stage.budgets.switches.preview(
        stage.key, Scope(project_id=stage.project), [], minutes=60, sees_all=False
    )

    assert found == [Recorded("nobody-knows-it", 2, 0, 2)]


def test_shows_a_project_its_own_switches_and_what_stops_all(stage: Stage):
    mine, everything = trigger(stage), trigger(stage, Scope())
    trigger(stage, Scope(project_id=stage.other_project))
    switches = stage.budgets.switches

    assert {each.id for each in switches.latest(stage.key, False, active_only=True)} == {
        mine.id,
        everything.id,
    }
    switches.release(ACTOR, everything)
    assert [each.id for each in switches.latest(stage.key, False, active_only=False)] == [mine.id]
    owner = an_owner(stage.project, stage.organisation)
    assert {each.id for each in switches.latest(owner, True, active_only=False)} == {mine.id, everything.id}


def test_a_switch_of_another_tenant_is_not_there(stage: Stage):
    switch = trigger(stage)

    for stranger in (a_key(stage.other_project, stage.organisation), a_key(stage.project, "org_b")):
        with pytest.raises(NotFound):
            stage.budgets.switches.find(stranger, switch.id, sees_all=False)


# What a caller must know


def test_the_state_of_a_caller_holds_what_is_his_business(stage: Stage):
    trigger(stage, Scope(project_id=stage.project, api_key="key_2"))
    hard = stage.a_budget({"model": "gpt-*"}, hard_stop=True)
    stage.a_budget(limit="0.001", name="used up")
    stage.a_budget(limit=100, name="far")
    stage.book(stage.rows(1))

    rules = stage.budgets.board.rules(stage.organisation)
    mine = state_for(rules, stage.project, "key_1", NOON_US)
    other = state_for(rules, stage.other_project, "key_9", NOON_US)

    assert mine.kill_switches == []
    assert len(state_for(rules, stage.project, "key_2", NOON_US).kill_switches) == 1
    assert [(each.name, each.over, each.hard_stop) for each in mine.budgets] == [
        ("ten a day", False, True),
        ("used up", True, False),
    ]
    assert mine.budgets[0].id == hard.id
    assert other.budgets == []


def test_the_version_changes_with_what_is_said_and_not_with_what_is_spent(stage: Stage):
    def version() -> str:
        stage.clock.advance_us(2_000_000)
        return state_for(
            stage.budgets.board.rules(stage.organisation), stage.project, "key_1", stage.clock.now_us()
        ).version

    stage.a_budget(limit="0.004")
    before = version()
    stage.book(stage.rows(1))
    assert version() == before

    stage.book(stage.rows(2))
    assert version() != before


def test_what_a_project_says_of_enforcing_is_told_to_it_alone(stage: Stage):
    before = state_for(stage.budgets.board.rules(stage.organisation), stage.project, "", NOON_US)
    assert before.enforcement == "off"

    stage.budgets.enforcement.change(stage.key, "warn")

    rules = stage.budgets.board.rules(stage.organisation)
    mine, other = (state_for(rules, project, "", NOON_US) for project in (stage.project, stage.other_project))
    assert (mine.enforcement, other.enforcement) == ("warn", "off")
    assert mine.version != before.version
    assert stage.budgets.enforcement.of_project(stage.project).mode == "warn"
    assert "enforcement.changed" in stage.audited()


def test_reaching_a_limit_is_told_at_once(stage: Stage):
    told: list[str] = []
    stage.live.publish = lambda channel, message: told.append(channel)
    stage.a_budget(limit="0.004")
    told.clear()

    stage.book(stage.rows(1))
    assert told == []
    stage.book(stage.rows(2))

    assert told == [f"control:{stage.organisation}"]


# Hooks


def a_hook(stage: Stage, **changes) -> MadeHook:
    values = {"name": "pager", "allow_routes": [], "minutes": None, "signed": False, **changes}
    return stage.budgets.hooks.create(stage.key, scope=Scope(project_id=stage.project), **values)


def test_a_hook_stops_and_releases(stage: Stage):
    hook = a_hook(stage, minutes=10)

    text, switch_id = stage.budgets.hooks.flip(hook.token, {}, b"", "192.0.2.1")
    assert stopped(stage)
    assert "10 minutes" in text
    again, same_id = stage.budgets.hooks.flip(hook.token, {}, b"", "192.0.2.1")
    assert (same_id, again.startswith("Still stopped")) == (switch_id, True)

    stage.budgets.hooks.flip(hook.token, {}, b"release", "192.0.2.1")
    assert not stopped(stage)
    assert stage.budgets.hooks.of_project(stage.project)[0].last_used_at_us == NOON_US


def test_a_revoked_hook_is_none(stage: Stage):
    hook = a_hook(stage)
    stage.budgets.hooks.revoke(stage.key, hook.hook.id)

    with pytest.raises(NotFound):
        stage.budgets.hooks.flip(hook.token, {}, b"", "")
    with pytest.raises(NotFound):
        stage.budgets.hooks.revoke(stage.key, hook.hook.id)
    with pytest.raises(NotFound):
        stage.budgets.hooks.flip("lxk_" + "a" * 43, {}, b"", "")


def test_a_signed_hook_wants_its_requests_signed(stage: Stage):
    hook = a_hook(stage, signed=True)
    now_s = NOON_US // 1_000_000

    def signed(at_s: int, secret: str) -> dict[str, str]:
        return {"x-lynex-timestamp": str(at_s), "x-lynex-signature": sign(secret, str(at_s), b"stop")}

    for headers in ({}, signed(now_s - 400, hook.secret), signed(now_s, "another")):
        with pytest.raises(Unauthorized):
            stage.budgets.hooks.flip(hook.token, headers, b"stop", "")
    stage.budgets.hooks.flip(hook.token, signed(now_s, hook.secret), b"stop", "")
    assert stopped(stage)


def test_a_hook_is_stored_as_a_hash_alone(stage: Stage):
    hook = a_hook(stage)

    with stage.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM kill_switch_hooks").all()

    assert hook.token not in repr(rows)


@pytest.mark.parametrize(
    ("body", "kind", "action", "reason"),
    [
        (b"", "", "trigger", "triggered by a hook"),
        (b"costs explode", "text/plain", "trigger", "costs explode"),
        (b"stop costs explode", "", "trigger", "costs explode"),
        (b"RELEASE", "text/plain", "release", ""),
        (b"token=x&text=release+now", "application/x-www-form-urlencoded", "release", "now"),
        (b"text=too+dear", "application/x-www-form-urlencoded; charset=utf-8", "trigger", "too dear"),
        (b'{"reason": "pager", "minutes": 5}', "application/json", "trigger", "pager"),
        (b'{"action": "release"}', "application/json", "release", "triggered by a hook"),
        (b'{"event": {"id": 1}}', "application/json", "trigger", "triggered by a hook"),
    ],
)
def test_understands_what_chats_and_pagers_send(body: bytes, kind: str, action: str, reason: str):
    order = order_in(body, kind)

    assert (order.action, order.reason) == (action, reason)


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"action": "explode"}', b'{"minutes": 0}', b'{"minutes": true}']
)
def test_refuses_json_that_it_cannot_understand(body: bytes):
    with pytest.raises(InvalidInput):
        order_in(body, "application/json")


# The stream


async def test_the_stream_begins_with_the_state_and_follows_changes(stage: Stage):
    stream = stage.budgets.feed.stream(stage.organisation, stage.project, "key_1")
    first = await anext(stream)
    assert b'"kill_switches":[]' in first

    stage.clock.advance_us(1)
    begun_s = time.monotonic()
    trigger(stage)
    second = await anext(stream)

    assert b"runaway" in second
    assert time.monotonic() - begun_s < 10
    await stream.aclose()


async def test_many_listeners_share_one_ear(stage: Stage):
    streams = [stage.budgets.feed.stream(stage.organisation, stage.project, "") for _ in range(5)]
    for stream in streams:
        await anext(stream)
    assert stage.live.channels() == {f"control:{stage.organisation}"}

    stage.clock.advance_us(1)
    trigger(stage)
    for stream in streams:
        assert b"runaway" in await anext(stream)
        await stream.aclose()

    assert not stage.budgets.feed._feeds


async def test_a_stream_ends_when_the_server_stops(stage: Stage):
    stream = stage.budgets.feed.stream(stage.organisation, stage.project, "")
    await anext(stream)

    stage.live.close()

    assert [each async for each in stream] == []
