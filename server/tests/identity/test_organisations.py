"""Organisations: founded, renamed, deleted."""

import pytest
from identity.people import Tenancy

from lynex_server.identity import organisations
from lynex_server.identity.place import Place
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound


def test_whoever_founds_an_organisation_owns_it(tenancy: Tenancy) -> None:
    founder = tenancy.person("ada@example.org")

    made = tenancy.identity.organisations.create(founder, " Acme ")

    [member] = tenancy.identity.members.of_place(Place(made.id))
    assert (member.email, member.membership.role) == ("ada@example.org", "owner")
    assert tenancy.identity.organisations.of_person(founder.user_id) == [made]
    assert made.name == "Acme"
    [entry] = tenancy.audited(made.id)
    assert (entry.action, entry.actor.id) == ("organisation.created", founder.user_id)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_refuses_a_name_that_would_break_a_line(tenancy: Tenancy, name: str) -> None:
    with pytest.raises(InvalidInput):
        tenancy.identity.organisations.create(tenancy.person(), name)


def test_a_person_founds_no_endless_number(tenancy: Tenancy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organisations, "MAX_ORGANISATIONS_OF_A_PERSON", 2)
    founder = tenancy.person()
    for name in ("one", "two"):
        tenancy.identity.organisations.create(founder, name)

    with pytest.raises(Conflict, match="at most 2"):
        tenancy.identity.organisations.create(founder, "three")


def test_renaming_is_told_with_both_names(tenancy: Tenancy) -> None:
    owner = tenancy.person()
    organisation = tenancy.organisation(owner=owner)

    renamed = tenancy.identity.organisations.rename(owner.actor(), organisation, "Acme Inc.")

    assert tenancy.identity.organisations.get(organisation) == renamed
    [entry] = tenancy.audited(organisation)
    assert (entry.before, entry.after) == ({"name": "Acme"}, {"name": "Acme Inc."})


def test_an_organisation_with_projects_is_not_deleted(tenancy: Tenancy) -> None:
    owner = tenancy.person()
    organisation = tenancy.organisation(owner=owner)
    project = tenancy.project(organisation)
    tenancy.identity.projects.delete(owner.actor(), project)

    with pytest.raises(Conflict, match="projects"):
        tenancy.identity.organisations.delete(owner.actor(), organisation)


def test_a_deleted_organisation_takes_members_and_invitations_with_it_and_leaves_its_log(
    tenancy: Tenancy,
) -> None:
    owner = tenancy.person()
    organisation, other = tenancy.organisation(owner=owner), tenancy.organisation(owner=owner)
    tenancy.identity.invitations.create(owner.actor(), Place(organisation), "grace@example.org", "member")

    tenancy.identity.organisations.delete(owner.actor(), organisation)

    assert [each.id for each in tenancy.identity.organisations.of_person(owner.user_id)] == [other]
    with pytest.raises(NotFound):
        tenancy.identity.organisations.get(organisation)
    assert tenancy.actions(organisation) == ["invitation.created", "organisation.deleted"]
