"""Members: who may give whom which role, and the owner that an organisation always has."""

import threading
from collections.abc import Callable
from itertools import product

import pytest
from identity.people import Tenancy, make_member

from lynex_server.engines.relational.database import Database
from lynex_server.identity.members import Members
from lynex_server.identity.model import Membership, Person
from lynex_server.identity.permissions import ROLES, Role, rank
from lynex_server.identity.place import Place
from lynex_server.identity.public import COMMAND_LINE, Identity
from lynex_server.kernel.errors import Conflict, Forbidden, LynexError, NotFound


def roles_in(tenancy: Tenancy, place: Place) -> dict[str, Role]:
    return {
        each.membership.user_id: each.membership.role for each in tenancy.identity.members.of_place(place)
    }


def test_nobody_gives_or_takes_a_role_above_his_own(tenancy: Tenancy) -> None:
    organisation = tenancy.organisation(owner=tenancy.person())
    own_roles: tuple[Role, ...] = ("admin", "owner")
    for own, old, new in product(own_roles, ROLES, ROLES):
        actor, other = tenancy.member(organisation, own), tenancy.member(organisation, old)
        allowed = rank(own) >= max(rank(old), rank(new))

        try:
            tenancy.identity.members.change_role(actor.actor(), Place(organisation), other.user_id, new)
        except Forbidden:
            assert not allowed, (own, old, new)
        else:
            assert allowed, (own, old, new)
        assert roles_in(tenancy, Place(organisation))[other.user_id] == (new if allowed else old)


def test_an_admin_removes_no_owner(tenancy: Tenancy) -> None:
    owner = tenancy.person()
    organisation = tenancy.organisation(owner=owner)
    admin = tenancy.member(organisation, "admin")

    with pytest.raises(Forbidden):
        tenancy.identity.members.remove(admin.actor(), Place(organisation), owner.user_id)


def test_in_a_project_the_higher_role_counts_for_giving_too(tenancy: Tenancy) -> None:
    organisation = tenancy.organisation(owner=tenancy.person())
    place = Place(organisation, tenancy.project(organisation))
    by_project = tenancy.member(organisation, "admin", project_id=place.project_id)
    by_organisation = tenancy.member(organisation, "owner")
    other = tenancy.member(organisation, "viewer", project_id=place.project_id)

    with pytest.raises(Forbidden):
        tenancy.identity.members.change_role(by_project.actor(), place, other.user_id, "owner")
    tenancy.identity.members.change_role(by_organisation.actor(), place, other.user_id, "owner")

    assert roles_in(tenancy, place)[other.user_id] == "owner"
    assert other.user_id not in roles_in(tenancy, Place(organisation))


def test_a_role_elsewhere_counts_for_nothing_here(tenancy: Tenancy) -> None:
    owner = tenancy.person()
    organisation, other = tenancy.organisation(owner=tenancy.person()), tenancy.organisation(owner=owner)
    member = tenancy.member(organisation, "viewer")
    foreign_project = Place(other, tenancy.project(organisation))

    with pytest.raises(Forbidden):
        tenancy.identity.members.remove(owner.actor(), Place(organisation), member.user_id)
    with pytest.raises(NotFound):
        tenancy.identity.members.remove(owner.actor(), Place(other), member.user_id)
    with pytest.raises(NotFound):
        tenancy.identity.members.remove(owner.actor(), foreign_project, member.user_id)


def test_the_last_owner_is_neither_removed_nor_lowered_and_does_not_leave(tenancy: Tenancy) -> None:
    owner = tenancy.person()
    organisation = tenancy.organisation(owner=owner)
    place, members = Place(organisation), tenancy.identity.members

    for attempt in (
        lambda: members.remove(owner.actor(), place, owner.user_id),
        lambda: members.remove(COMMAND_LINE, place, owner.user_id),
        lambda: members.change_role(owner.actor(), place, owner.user_id, "admin"),
        lambda: members.leave(owner.actor(), place),
    ):
        with pytest.raises(Conflict, match="last owner"):
            attempt()
    with pytest.raises(Conflict), tenancy.database.begin() as connection:
        members.leave_everything(connection, owner.actor(), owner.user_id)

    tenancy.member(organisation, "owner")
    members.leave(owner.actor(), place)
    assert owner.user_id not in roles_in(tenancy, place)


def race(attempts: list[Callable[[], object]]) -> list[LynexError | None]:
    """Do all at once; gives how each ended."""
    ended: list[LynexError | None] = []
    together = threading.Barrier(len(attempts))

    def run(attempt: Callable[[], object]) -> None:
        together.wait()
        try:
            attempt()
            ended.append(None)
        except LynexError as error:
            ended.append(error)

    threads = [threading.Thread(target=run, args=(attempt,)) for attempt in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


@pytest.mark.parametrize("how", ["remove each other", "both leave", "lower themselves"])
def test_of_two_owners_who_go_at_once_one_stays(
    tenancy: Tenancy, open_relational: Callable[[], Database], how: str
) -> None:
    for _ in range(5):
        first, second = tenancy.person(), tenancy.person()
        organisation = tenancy.organisation(owner=first)
        make_member(tenancy.database, second, organisation, "owner")
        place = Place(organisation)

        def attempt(person: Person, other: Person, place: Place = place) -> Callable[[], object]:
            members: Members = Identity(open_relational(), bytes(32), tenancy.clock).members
            return {
                "remove each other": lambda: members.remove(person.actor(), place, other.user_id),
                "both leave": lambda: members.leave(person.actor(), place),
                "lower themselves": lambda: members.change_role(
                    person.actor(), place, person.user_id, "viewer"
                ),
            }[how]

        ended = race([attempt(first, second), attempt(second, first)])

        assert len([error for error in ended if error is None]) == 1
        assert list(roles_in(tenancy, place).values()).count("owner") == 1


def test_whoever_leaves_an_organisation_leaves_its_projects(tenancy: Tenancy) -> None:
    organisation = tenancy.organisation(owner=tenancy.person())
    project = tenancy.project(organisation)
    person = tenancy.member(organisation, "viewer")
    make_member(tenancy.database, person, organisation, "admin", project)

    tenancy.identity.members.leave(person.actor(), Place(organisation))

    assert tenancy.identity.members.of_person(person.user_id) == []
    assert tenancy.identity.projects.of_person(person.user_id) == []


def test_whoever_leaves_a_project_keeps_his_role_in_the_organisation(tenancy: Tenancy) -> None:
    organisation = tenancy.organisation(owner=tenancy.person())
    project = tenancy.project(organisation)
    person = tenancy.member(organisation, "viewer")
    make_member(tenancy.database, person, organisation, "admin", project)

    tenancy.identity.members.leave(person.actor(), Place(organisation, project))

    assert [each.project_id for each in tenancy.identity.members.of_person(person.user_id)] == [""]
    with pytest.raises(NotFound):
        tenancy.identity.members.leave(person.actor(), Place(organisation, project))


def test_an_account_that_goes_leaves_everything(tenancy: Tenancy) -> None:
    person = tenancy.person()
    first, second = tenancy.organisation(owner=tenancy.person()), tenancy.organisation(owner=tenancy.person())
    project = tenancy.project(second)
    make_member(tenancy.database, person, first, "owner")
    make_member(tenancy.database, person, second, "viewer")
    make_member(tenancy.database, person, second, "admin", project)

    with tenancy.database.begin() as connection:
        tenancy.identity.members.leave_everything(connection, person.actor(), person.user_id)

    assert tenancy.identity.members.of_person(person.user_id) == []
    assert tenancy.actions(first)[-1] == tenancy.actions(second)[-1] == "member.left"


def test_ownership_is_handed_over_in_one_step(tenancy: Tenancy) -> None:
    owner = tenancy.person()
    organisation = tenancy.organisation(owner=owner)
    heir, outsider = tenancy.member(organisation, "viewer"), tenancy.person()
    members = tenancy.identity.members

    with pytest.raises(Forbidden):
        members.transfer_ownership(heir.actor(), organisation, owner.user_id)
    with pytest.raises(NotFound):
        members.transfer_ownership(owner.actor(), organisation, outsider.user_id)
    with pytest.raises(Conflict):
        members.transfer_ownership(owner.actor(), organisation, owner.user_id)
    members.transfer_ownership(owner.actor(), organisation, heir.user_id)

    assert roles_in(tenancy, Place(organisation)) == {owner.user_id: "admin", heir.user_id: "owner"}
    assert tenancy.actions(organisation) == ["member.ownership_transferred", "member.role_changed"]


def test_granting_keeps_a_higher_role_and_tells_what_it_did(tenancy: Tenancy) -> None:
    organisation = tenancy.organisation(owner=tenancy.person())
    person = tenancy.person()
    members = tenancy.identity.members

    granted = []
    for role in ("member", "viewer", "member", "admin"):
        with tenancy.database.begin() as connection:
            membership = Membership(organisation, "", person.user_id, role, 0)
            granted.append(members.grant(connection, COMMAND_LINE, membership))

    assert granted == [True, False, False, True]
    assert roles_in(tenancy, Place(organisation))[person.user_id] == "admin"
    assert tenancy.actions(organisation) == ["member.added", "member.role_changed"]


def test_members_come_in_pages(tenancy: Tenancy) -> None:
    organisation = tenancy.organisation()
    everyone = sorted(tenancy.member(organisation, "viewer").user_id for _ in range(5))
    place, members = Place(organisation), tenancy.identity.members

    first = members.of_place(place, limit=3)
    rest = members.of_place(place, limit=3, after=first[-1].membership.user_id)

    assert [each.membership.user_id for each in first + rest] == everyone
