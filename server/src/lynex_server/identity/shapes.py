"""Values of this slice as they go over the wire. Pure."""

from lynex_server.identity.key_schemas import KeyShown, KeyState
from lynex_server.identity.model import (
    ApiKey,
    Environment,
    Invitation,
    Member,
    Membership,
    Organisation,
    Person,
    Project,
)
from lynex_server.identity.permissions import Permission, Role, granted_to_role
from lynex_server.identity.roles import highest
from lynex_server.identity.schemas import (
    EnvironmentShown,
    InvitationShown,
    MemberShown,
    OrganisationShown,
    ProjectShown,
    User,
)
from lynex_server.kernel.clock import datetime_from_us


def organisation_shown(organisation: Organisation, memberships: list[Membership]) -> OrganisationShown:
    """An organisation, with the role in it as a whole that a membership gives, and what that allows."""
    whole = [each for each in memberships if each.organisation_id == organisation.id and not each.project_id]
    role = highest(whole)
    return OrganisationShown(
        id=organisation.id,
        name=organisation.name,
        created_at=datetime_from_us(organisation.created_at_us),
        role=role,
        permissions=permissions_of(role),
    )


def project_shown(project: Project, memberships: list[Membership]) -> ProjectShown:
    """A project, with the highest role in it that the memberships give."""
    return ProjectShown(
        id=project.id,
        organisation_id=project.organisation_id,
        name=project.name,
        created_at=datetime_from_us(project.created_at_us),
        erase_after=None if project.erase_after_us is None else datetime_from_us(project.erase_after_us),
        role=role_by(memberships, project),
    )


def role_by(memberships: list[Membership], project: Project) -> Role | None:
    """The highest role in a project that the memberships give."""
    return highest(
        [
            each
            for each in memberships
            if each.organisation_id == project.organisation_id and each.project_id in ("", project.id)
        ]
    )


def permissions_of(role: Role | None) -> list[Permission]:
    """What a role allows, in alphabetical order; nothing without one."""
    return [] if role is None else sorted(granted_to_role(role))


def environment_shown(environment: Environment) -> EnvironmentShown:
    """An environment."""
    return EnvironmentShown(name=environment.name, created_at=datetime_from_us(environment.created_at_us))


def user_shown(person: Person) -> User:
    """Who is signed in."""
    return User(id=person.user_id, email=person.email, name=person.name)


def member_shown(member: Member) -> MemberShown:
    """A member."""
    membership = member.membership
    return MemberShown(
        user=User(id=membership.user_id, email=member.email, name=member.name),
        role=membership.role,
        since=datetime_from_us(membership.created_at_us),
    )


def invitation_shown(invitation: Invitation) -> InvitationShown:
    """An open invitation, without its token."""
    return InvitationShown(
        id=invitation.id,
        email=invitation.email,
        role=invitation.role,
        created_at=datetime_from_us(invitation.created_at_us),
        expires_at=datetime_from_us(invitation.expires_at_us),
    )


def key_shown(key: ApiKey, now_us: int) -> KeyShown:
    """A key, without its secret."""
    return KeyShown(
        id=key.id,
        project_id=key.project_id,
        name=key.name,
        prefix=key.prefix,
        scopes=list(key.scopes),
        state=_state(key, now_us),
        created_at=datetime_from_us(key.created_at_us),
        created_by=key.created_by,
        expires_at=None if key.expires_at_us is None else datetime_from_us(key.expires_at_us),
        last_used_at=None if key.last_used_at_us is None else datetime_from_us(key.last_used_at_us),
        revoked_at=None if key.revoked_at_us is None else datetime_from_us(key.revoked_at_us),
        replaced_by=key.replaced_by,
        allowed_networks=list(key.allowed_networks),
    )


def _state(key: ApiKey, now_us: int) -> KeyState:
    if key.revoked_at_us is not None:
        return "revoked"
    if key.expires_at_us is not None and key.expires_at_us <= now_us:
        return "expired"
    return "works" if key.replaced_by is None else "rotated"
