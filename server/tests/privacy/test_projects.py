"""Erasing and exporting a project: everything but the record that it was erased."""

import json
from typing import Any

import sqlalchemy as sa
from privacy.conftest import House
from span_factories import an_event

from lynex_server.budgets.tables import kill_switch_hooks
from lynex_server.engines.cache.protocol import Put
from lynex_server.identity.public import COMMAND_LINE
from lynex_server.ingest.public import RedactionSettings, default_settings
from lynex_server.ingest.redaction.service import Redaction
from lynex_server.ingest.settings import IngestSettings
from lynex_server.kernel.ids import OrganisationId, new_id
from lynex_server.safety.public import Vault, fixed_master_key
from lynex_server.safety.tables import secrets

DAY_US = 86_400 * 1_000_000


def set_redaction(house: House, project_id: Any) -> None:
    redaction = Redaction(house.database, default_settings(IngestSettings()), house.clock, house.audit)
    settings = RedactionSettings(detectors=["cards"], fields=["x-tenant"])
    redaction.change(project_id, OrganisationId("default"), settings, None, COMMAND_LINE)


def add_signed_hook(house: House, project_id: str) -> None:
    """An address that flips the kill switch: its HMAC secret is in the vault, which knows no projects."""
    vault = Vault(house.database, fixed_master_key(bytes(32)), house.clock)
    with house.database.begin() as connection:
        secret_id = vault.put(connection, "default", f"hook of {project_id}", "a secret of 24 signs")
        texts = dict.fromkeys(("name", "scope", "allow_routes", "created_by"), "")
        connection.execute(
            sa.insert(kill_switch_hooks).values(
                id=new_id("hok"),
                organisation_id="default",
                project_id=project_id,
                token_sha256=project_id.encode(),
                secret_id=secret_id,
                created_at_us=house.clock.now_us(),
                **texts,
            )
        )


def secrets_of(house: House) -> list[str]:
    with house.database.read() as connection:
        return list(connection.scalars(sa.select(secrets.c.name).where(secrets.c.name.startswith("hook of"))))


def furnish(house: House, project_id: str) -> None:
    """Something of the project in every store."""
    house.identity.create_key(project_id, "laptop")
    set_redaction(house, project_id)
    add_signed_hook(house, project_id)
    house.store(an_event(1, input="MARKER"), project_id=project_id)
    house.cache.put(project_id, [Put("answer", b"MARKER", ttl_s=3600)])
    house.append(body=b"not a batch", project_id=project_id)
    house.process()


def held(house: House, project_id: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for holder in house.holders:
        counts |= holder.count_project(project_id)
    return {what: count for what, count in counts.items() if count}


def test_a_project_goes_when_its_grace_is_over_and_not_before(house: House) -> None:
    furnish(house, house.project)
    furnish(house, other := house.a_project())
    kept = held(house, other)
    project = house.identity.projects.delete(COMMAND_LINE, house.project)
    assert house.eraser.plan_projects() == 0
    assert project.erase_after_us is not None

    house.clock.advance_us(project.erase_after_us - house.clock.now_us() + 1)
    assert house.eraser.plan_projects() == 1
    assert house.eraser.plan_projects() == 0
    [asked] = house.privacy.erasures(house.principal(), None, 10, None)
    erasure = house.finish(asked)

    assert (erasure.kind, erasure.step, erasure.findings.left) == ("project", "finished", {})
    assert erasure.findings.erased["spans"] == 1
    assert held(house, house.project) == {}
    assert held(house, other) == kept
    assert secrets_of(house) == [f"hook of {other}"]
    assert house.identity.projects.projects_to_erase(house.clock.now_us()) == []


def test_no_table_names_the_project_afterwards_but_those_that_must(house: House) -> None:
    furnish(house, house.project)
    project = house.identity.projects.delete(COMMAND_LINE, house.project)
    house.clock.advance_us(project.erase_after_us - house.clock.now_us() + 1)
    house.eraser.plan_projects()
    [asked] = house.privacy.erasures(house.principal(), None, 10, None)
    house.finish(asked)

    naming = set()
    with house.database.read() as connection:
        for table in house.holders[1]._all.sorted_tables:
            if house.project in str(connection.execute(table.select()).all()):
                naming.add(table.name)

    assert naming <= {"audit_log", "erasures"}


def test_an_export_holds_spans_settings_and_ledger_without_secrets(house: House) -> None:
    furnish(house, house.project)
    furnish(house, other := house.a_project())

    lines = [
        json.loads(line) for line in b"".join(house.privacy.export_project(house.principal())).splitlines()
    ]

    held_things = {line["held"] for line in lines}
    assert {"span", "ledger", "redaction_settings", "projects", "api_keys"} <= held_things
    assert {line.get("project_id", house.project) for line in lines} == {house.project}
    text = json.dumps(lines)
    assert "secret_sha256" not in text
    assert "sealed_secret" not in text
    assert other not in text
