"""The configuration in memory: how old it may be, and that it stays the same while nothing changes."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from gateway.admin_stage import AdminStage, Asker

from lynex_server.engines.relational.database import Database
from lynex_server.gateway.catalog import GatewayCatalog
from lynex_server.privacy.relational_holder import RelationalHolder
from lynex_server.safety.public import Vault, fixed_master_key
from lynex_server.safety.tables import secrets

REFRESH_US = 500_000
SECRET = "sk-planted-0123456789"


def statements_of(database: Database) -> list[str]:
    """Every statement that is executed from now on."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    return seen


def test_a_change_in_one_process_is_seen_by_another_within_the_refresh(
    stage: AdminStage, owner: Asker
) -> None:
    catalog = stage.another_process().catalog
    assert catalog.of(owner.project).providers == {}

    owner.a_provider(api_key=SECRET)
    assert catalog.of(owner.project).providers == {}
    stage.clock.advance_us(REFRESH_US + 1)

    assert list(catalog.of(owner.project).providers) == ["openai"]
    assert list(catalog.of(owner.project).secrets.values()) == [SECRET]


def test_a_change_in_this_process_is_seen_at_once(stage: AdminStage, owner: Asker) -> None:
    assert stage.admin.catalog.of(owner.project).routes == {}
    owner.a_provider()
    owner.a_route()

    assert list(stage.admin.catalog.of(owner.project).routes) == ["fast"]


def test_what_is_known_is_told_without_the_database_and_forgotten_when_old(
    stage: AdminStage, owner: Asker
) -> None:
    catalog = stage.admin.catalog
    assert catalog.known(owner.project) is None
    found = catalog.of(owner.project)
    asked = statements_of(stage.database)

    assert catalog.known(owner.project) is found
    assert catalog.of(owner.project) is found
    assert asked == []
    stage.clock.advance_us(REFRESH_US + 1)
    assert catalog.known(owner.project) is None


def test_while_nothing_changes_the_same_objects_are_given_for_one_small_question(
    stage: AdminStage, owner: Asker
) -> None:
    owner.a_provider(api_key=SECRET)
    found = stage.admin.catalog.of(owner.project)
    stage.clock.advance_us(REFRESH_US + 1)
    asked = statements_of(stage.database)

    assert stage.admin.catalog.of(owner.project) is found
    assert len([each for each in asked if each.startswith("SELECT")]) == 1


def test_a_call_goes_on_with_what_it_began_with(stage: AdminStage, owner: Asker) -> None:
    made = owner.a_provider(api_key=SECRET)
    begun = stage.admin.catalog.of(owner.project)
    owner.told("DELETE", f"/providers/{made['id']}")

    assert list(begun.providers) == ["openai"]
    assert list(begun.secrets.values()) == [SECRET]
    assert stage.admin.catalog.of(owner.project).secrets == {}


def test_a_secret_is_opened_once(stage: AdminStage, owner: Asker) -> None:
    owner.a_provider(api_key=SECRET)
    stage.admin.catalog.of(owner.project)
    asked = statements_of(stage.database)
    owner.a_route()
    asked.clear()

    assert list(stage.admin.catalog.of(owner.project).secrets.values()) == [SECRET]
    assert not [each for each in asked if "FROM secrets" in each]


def test_many_who_ask_at_once_share_one_look(stage: AdminStage, owner: Asker) -> None:
    owner.a_provider()
    stage.clock.advance_us(REFRESH_US + 1)
    asked = statements_of(stage.database)
    ready = threading.Barrier(8)

    def ask() -> None:
        ready.wait()
        stage.admin.catalog.of(owner.project)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([each for each in asked if "gateway_revisions" in each]) == 1


def test_a_secret_that_does_not_open_takes_nothing_else_along_and_is_tried_again(
    stage: AdminStage, owner: Asker
) -> None:
    owner.a_provider(api_key=SECRET)
    keyless = Vault(stage.database, fixed_master_key(bytes([1] * 32)), stage.clock)
    catalog = GatewayCatalog(stage.database, keyless, stage.clock)

    found = catalog.of(owner.project)
    stage.clock.advance_us(REFRESH_US + 1)

    assert (list(found.providers), found.secrets) == (["openai"], {})
    assert catalog.of(owner.project) is not found


def test_it_keeps_only_so_many_projects(
    stage: AdminStage, owner: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lynex_server.gateway.catalog.MAX_PROJECTS", 2)
    catalog = stage.admin.catalog

    for project in ("prj_a", "prj_b", "prj_c"):
        catalog.of(project)

    assert [catalog.known(project) is None for project in ("prj_a", "prj_b", "prj_c")] == [True, False, False]


def test_nothing_of_an_erased_project_is_left(stage: AdminStage, owner: Asker) -> None:
    webhook = {"url": "https://guard.example.org", "secret": "a secret of theirs"}
    owner.a_provider(api_key=SECRET)
    owner.a_route(guardrails={"webhook": webhook})
    owner.told("PUT", "/settings", {"capture": "none"})
    neighbour = stage.an_asker()
    neighbour.a_provider(api_key=SECRET)
    catalog = stage.admin.catalog
    catalog.of(owner.project)

    RelationalHolder(stage.database).erase_project(owner.project)
    stage.clock.advance_us(REFRESH_US + 1)

    found = catalog.of(owner.project)
    assert (found.providers, found.routes, found.secrets, found.capture) == ({}, {}, {}, "full")
    assert stage.in_vault() == ["gateway provider openai"]
    assert list(catalog.of(neighbour.project).secrets.values()) == [SECRET]


def test_two_processes_that_change_at_once_both_count(
    stage: AdminStage, owner: Asker, open_relational: Callable[[], Database]
) -> None:
    def make_five(number: int, asker: Asker) -> None:
        for each in range(5):
            asker.a_provider(f"p-{number}-{each}", api_key=SECRET)

    others = [Asker(stage.on(open_relational()), owner.project, owner.key) for _ in range(2)]
    threads = [threading.Thread(target=make_five, args=each) for each in enumerate(others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stage.clock.advance_us(REFRESH_US + 1)

    assert len(stage.admin.catalog.of(owner.project).providers) == 10
    with stage.database.read() as connection:
        held = connection.execute(sa.select(sa.func.count()).select_from(secrets)).scalar_one()
    assert held >= 10


def test_what_is_asked_for_all_the_time_is_renewed_before_it_is_too_old(
    stage: AdminStage, owner: Asker
) -> None:
    catalog = stage.another_process().catalog
    catalog.of(owner.project)
    owner.a_provider()

    stage.clock.advance_us(REFRESH_US // 2)
    assert not catalog.is_due(owner.project)
    stage.clock.advance_us(1)
    assert [catalog.is_due(owner.project), catalog.is_due(owner.project)] == [True, False]
    catalog.renew(owner.project)
    stage.clock.advance_us(REFRESH_US)

    found = catalog.known(owner.project)
    assert found is not None
    assert list(found.providers) == ["openai"]
    assert catalog.is_due(owner.project)
