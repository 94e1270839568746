"""Projects: their deletion and return, and their environments."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from identity.people import Tenancy

from lynex_server.identity import projects
from lynex_server.identity.place import Place
from lynex_server.identity.public import COMMAND_LINE
from lynex_server.identity.tables import api_keys, environments, invitations, members
from lynex_server.identity.tables import projects as projects_table
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import OrganisationId

DAY_US = 24 * 3600 * 1_000_000


def test_a_person_sees_the_projects_of_his_organisation_and_those_he_is_in_alone(tenancy: Tenancy) -> None:
    mine, other = tenancy.organisation(), tenancy.organisation()
    first, second = tenancy.project(mine), tenancy.project(mine)
    alone, hidden = tenancy.project(other), tenancy.project(other)
    person = tenancy.member(mine, "viewer")
    guest = tenancy.member(other, "viewer", project_id=alone)

    assert {each.id for each in tenancy.identity.projects.of_person(person.user_id)} == {first, second}
    assert [each.id for each in tenancy.identity.projects.of_person(guest.user_id)] == [alone]
    assert hidden not in {each.id for each in tenancy.identity.projects.of_person(guest.user_id)}


def test_a_project_needs_its_organisation(tenancy: Tenancy) -> None:
    with pytest.raises(NotFound):
        tenancy.identity.projects.create(COMMAND_LINE, OrganisationId("nowhere"), "Shop")


def test_an_organisation_has_no_endless_number(tenancy: Tenancy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "MAX_PROJECTS_OF_AN_ORGANISATION", 1)
    tenancy.project()

    with pytest.raises(Conflict, match="at most 1"):
        tenancy.project()


def test_a_deleted_project_waits_and_can_be_restored_until_it_is_due(tenancy: Tenancy) -> None:
    service, owner = tenancy.identity.projects, tenancy.person()
    organisation = tenancy.organisation(owner=owner)
    project = tenancy.project(organisation)

    waiting = service.delete(owner.actor(), project)
    assert waiting.erase_after_us == tenancy.clock.now_us() + 7 * DAY_US
    assert service.get(project) == waiting
    assert service.projects_to_erase(tenancy.clock.now_us()) == []

    tenancy.clock.advance_us(7 * DAY_US - 1)
    assert service.delete(owner.actor(), project) == waiting  # the first time counts
    assert service.restore(owner.actor(), project).erase_after_us is None
    with pytest.raises(Conflict):
        service.restore(owner.actor(), project)
    assert tenancy.actions(organisation) == ["project.created", "project.deleted", "project.restored"]


def test_a_project_that_is_due_is_erased_and_comes_back_no_more(tenancy: Tenancy) -> None:
    service = tenancy.identity.projects
    due, kept = tenancy.project(), tenancy.project()
    waiting = service.delete(COMMAND_LINE, due)
    tenancy.clock.advance_us(7 * DAY_US)

    with pytest.raises(Conflict, match="too late"):
        service.restore(COMMAND_LINE, due)
    assert service.projects_to_erase(tenancy.clock.now_us()) == [waiting]

    with tenancy.database.begin() as connection:
        service.forget_project(connection, due)
        service.forget_project(connection, due)  # harmless when repeated
    assert service.projects_to_erase(tenancy.clock.now_us()) == []
    assert [each.id for each in service.newest()] == [kept]


def test_renaming_a_project_that_waits_does_not_restore_it(tenancy: Tenancy) -> None:
    project = tenancy.project()
    waiting = tenancy.identity.projects.delete(COMMAND_LINE, project)

    renamed = tenancy.identity.projects.rename(COMMAND_LINE, project, "Old shop")

    assert renamed == replace(waiting, name="Old shop") == tenancy.identity.projects.get(project)


def test_nothing_of_a_forgotten_project_is_left_and_everything_of_its_neighbour(tenancy: Tenancy) -> None:
    owner = tenancy.person()
    organisation = tenancy.organisation(owner=owner)
    for project in (tenancy.project(organisation), tenancy.project(organisation)):
        tenancy.key(project)
        tenancy.identity.projects.add_environment(owner.actor(), project, "production")
        tenancy.member(organisation, "viewer", project_id=project)
        tenancy.identity.invitations.create(
            owner.actor(), Place(organisation, project), "grace@example.org", "viewer"
        )

    with tenancy.database.begin() as connection:
        tenancy.identity.projects.forget_project(connection, project)

    with tenancy.database.read() as connection:
        counts = [
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (api_keys, environments, invitations, projects_table)
        ]
        left = connection.execute(sa.select(members.c.project_id)).scalars().all()
    assert counts == [1, 1, 1, 1]
    assert len(left) == 2
    assert project not in left


def test_environments_are_named_once_and_removed(tenancy: Tenancy) -> None:
    service, project = tenancy.identity.projects, tenancy.project()
    for name in ("production", "staging"):
        service.add_environment(COMMAND_LINE, project, name)
        tenancy.clock.advance_us(1)

    with pytest.raises(Conflict):
        service.add_environment(COMMAND_LINE, project, "staging")
    service.remove_environment(COMMAND_LINE, project, "production")
    with pytest.raises(NotFound):
        service.remove_environment(COMMAND_LINE, project, "production")

    assert [each.name for each in service.environments(project)] == ["staging"]


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "x" * 64])
def test_refuses_environments_that_would_break_a_url(tenancy: Tenancy, name: str) -> None:
    with pytest.raises(InvalidInput):
        tenancy.identity.projects.add_environment(COMMAND_LINE, tenancy.project(), name)


def test_a_project_has_no_endless_number_of_environments(
    tenancy: Tenancy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projects, "MAX_ENVIRONMENTS_OF_A_PROJECT", 1)
    project = tenancy.project()
    tenancy.identity.projects.add_environment(COMMAND_LINE, project, "production")

    with pytest.raises(Conflict, match="at most 1"):
        tenancy.identity.projects.add_environment(COMMAND_LINE, project, "staging")
