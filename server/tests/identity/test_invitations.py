"""Invitations: once, in time, by the person who was invited, and never to more than the inviter may give."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from identity.people import Tenancy
from identity.test_members import race, roles_in

from lynex_server.engines.relational.database import Database
from lynex_server.identity import invitations as invitations_module
from lynex_server.identity.model import NewInvitation
from lynex_server.identity.permissions import Role
from lynex_server.identity.place import Place
from lynex_server.identity.public import COMMAND_LINE, Identity
from lynex_server.identity.tables import invitations as invitations_table
from lynex_server.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound

WEEK_US = 7 * 24 * 3600 * 1_000_000
EMAIL = "grace@example.org"


def invite(tenancy: Tenancy, place: Place, role: Role = "member", email: str = EMAIL) -> NewInvitation:
    return tenancy.identity.invitations.create(COMMAND_LINE, place, email, role)


def test_whoever_is_invited_becomes_what_was_offered_once(tenancy: Tenancy) -> None:
    place = Place(tenancy.organisation(owner=tenancy.person()))
    made = invite(tenancy, place, email=" Grace@Example.ORG")
    grace = tenancy.person(EMAIL)

    accepted = tenancy.identity.invitations.accept(grace, made.token)

    assert accepted == made.invitation
    assert roles_in(tenancy, place)[grace.user_id] == "member"
    with pytest.raises(NotFound):
        tenancy.identity.invitations.accept(grace, made.token)
    assert tenancy.identity.invitations.open_to(place) == []
    assert tenancy.actions(place.organisation_id) == [
        "invitation.created",
        "member.added",
        "invitation.accepted",
    ]


def test_an_invitation_to_a_project_reaches_no_further(tenancy: Tenancy) -> None:
    organisation = tenancy.organisation(owner=tenancy.person())
    place = Place(organisation, tenancy.project(organisation))
    tenancy.project(organisation)
    grace = tenancy.person(EMAIL)

    tenancy.identity.invitations.accept(grace, invite(tenancy, place).token)

    assert [each.id for each in tenancy.identity.projects.of_person(grace.user_id)] == [place.project_id]
    assert grace.user_id not in roles_in(tenancy, Place(organisation))


def test_nobody_else_accepts_it(tenancy: Tenancy) -> None:
    place = Place(tenancy.organisation(owner=tenancy.person()))
    made = invite(tenancy, place)
    stranger = tenancy.person("mallory@example.org")

    with pytest.raises(Forbidden) as caught:
        tenancy.identity.invitations.accept(stranger, made.token)

    assert EMAIL not in str(caught.value)
    assert stranger.user_id not in roles_in(tenancy, place)
    tenancy.identity.invitations.accept(tenancy.person(EMAIL), made.token)


def test_it_ends_after_7_days(tenancy: Tenancy) -> None:
    place = Place(tenancy.organisation(owner=tenancy.person()))
    made = invite(tenancy, place)
    grace = tenancy.person(EMAIL)
    tenancy.clock.advance_us(WEEK_US)

    with pytest.raises(NotFound):
        tenancy.identity.invitations.accept(grace, made.token)
    assert tenancy.identity.invitations.open_to(place) == []


def test_it_can_be_taken_back_where_it_was_given(tenancy: Tenancy) -> None:
    organisation, other = tenancy.organisation(owner=tenancy.person()), tenancy.organisation()
    made = invite(tenancy, Place(organisation))
    service = tenancy.identity.invitations

    for elsewhere in (Place(other), Place(organisation, tenancy.project(organisation))):
        with pytest.raises(NotFound):
            service.revoke(COMMAND_LINE, elsewhere, made.invitation.id)
    service.revoke(COMMAND_LINE, Place(organisation), made.invitation.id)

    with pytest.raises(NotFound):
        service.accept(tenancy.person(EMAIL), made.token)
    with pytest.raises(NotFound):
        service.revoke(COMMAND_LINE, Place(organisation), made.invitation.id)


def test_of_several_to_one_address_the_newest_counts(tenancy: Tenancy) -> None:
    place = Place(tenancy.organisation(owner=tenancy.person()))
    old, new = invite(tenancy, place, "admin"), invite(tenancy, place, "viewer")
    grace = tenancy.person(EMAIL)

    assert tenancy.identity.invitations.open_to(place) == [new.invitation]
    with pytest.raises(NotFound):
        tenancy.identity.invitations.accept(grace, old.token)
    tenancy.identity.invitations.accept(grace, new.token)


def test_nobody_invites_to_a_role_above_his_own(tenancy: Tenancy) -> None:
    organisation = tenancy.organisation(owner=tenancy.person())
    admin = tenancy.member(organisation, "admin")

    with pytest.raises(Forbidden):
        tenancy.identity.invitations.create(admin.actor(), Place(organisation), EMAIL, "owner")
    tenancy.identity.invitations.create(admin.actor(), Place(organisation), EMAIL, "admin")


@pytest.mark.parametrize(
    ("becomes", "left"), [("admin", ["admin", "viewer"]), ("member", []), ("viewer", []), (None, [])]
)
def test_what_a_member_may_not_give_any_more_he_has_not_given(
    tenancy: Tenancy, becomes: Role | None, left: list[str]
) -> None:
    """Somebody who is shown the door could otherwise have left one open."""
    owner = tenancy.person()
    organisation = tenancy.organisation(owner=owner)
    inviter, place = tenancy.member(organisation, "owner"), Place(organisation)
    for role in ("owner", "admin", "viewer"):
        tenancy.identity.invitations.create(inviter.actor(), place, f"{role}@example.org", role)

    if becomes is None:
        tenancy.identity.members.remove(owner.actor(), place, inviter.user_id)
    else:
        tenancy.identity.members.change_role(owner.actor(), place, inviter.user_id, becomes)

    assert sorted(each.role for each in tenancy.identity.invitations.open_to(place)) == left


def test_whoever_is_a_member_is_not_invited(tenancy: Tenancy) -> None:
    organisation = tenancy.organisation(owner=tenancy.person(EMAIL))

    with pytest.raises(Conflict, match="member already"):
        invite(tenancy, Place(organisation))


def test_accepting_lowers_nobody(tenancy: Tenancy) -> None:
    organisation = tenancy.organisation(owner=tenancy.person())
    made = invite(tenancy, Place(organisation), "viewer")
    grace = tenancy.person(EMAIL)
    with tenancy.database.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO members VALUES (:organisation, '', :user, 'admin', 0)"),
            {"organisation": organisation, "user": grace.user_id},
        )

    tenancy.identity.invitations.accept(grace, made.token)

    assert roles_in(tenancy, Place(organisation))[grace.user_id] == "admin"


def test_of_many_who_use_one_link_at_once_one_does(
    tenancy: Tenancy, open_relational: Callable[[], Database]
) -> None:
    place = Place(tenancy.organisation(owner=tenancy.person()))
    made, grace = invite(tenancy, place), tenancy.person(EMAIL)
    services = [Identity(open_relational(), bytes(32), tenancy.clock).invitations for _ in range(4)]

    ended = race([lambda service=service: service.accept(grace, made.token) for service in services])

    assert len([error for error in ended if error is None]) == 1
    assert tenancy.actions(place.organisation_id).count("invitation.accepted") == 1


@pytest.mark.parametrize(
    "email",
    ["", "grace", "grace@", "@example.org", "a b@example.org", "a@b.c\nBcc: x@y.z", "x" * 255 + "@a.b"],
)
def test_refuses_what_is_no_address(tenancy: Tenancy, email: str) -> None:
    with pytest.raises(InvalidInput):
        invite(tenancy, Place(tenancy.organisation()), email=email)


def test_there_is_no_endless_number(tenancy: Tenancy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations_module, "MAX_OPEN_INVITATIONS", 1)
    place = Place(tenancy.organisation())
    invite(tenancy, place)

    with pytest.raises(Conflict, match="at most 1"):
        invite(tenancy, place, email="other@example.org")


def test_the_database_holds_no_token(tenancy: Tenancy) -> None:
    made = invite(tenancy, Place(tenancy.organisation()))

    with tenancy.database.read() as connection:
        row = connection.execute(sa.select(invitations_table)).one()

    assert made.token not in repr(row) + repr(made)


def test_an_invited_address_may_sign_up(tenancy: Tenancy) -> None:
    invite(tenancy, Place(tenancy.organisation()))

    with tenancy.database.read() as connection:
        assert tenancy.identity.invitations.is_invited(connection, EMAIL)
        assert not tenancy.identity.invitations.is_invited(connection, "other@example.org")


def test_an_invitation_to_a_project_that_is_gone_cannot_be_accepted(tenancy: Tenancy) -> None:
    organisation = tenancy.organisation()
    project = tenancy.project(organisation)
    made = invite(tenancy, Place(organisation, project))
    with tenancy.database.begin() as connection:
        tenancy.identity.projects.forget_project(connection, project)

    with pytest.raises(NotFound):
        tenancy.identity.invitations.accept(tenancy.person(EMAIL), made.token)
