"""The wire shapes of people, organisations and projects."""

from datetime import datetime

from pydantic import Field

from lynex_server.identity.permissions import Permission, Role, Scope
from lynex_server.kernel.wire import Wire


class User(Wire):
    """A person."""

    id: str = Field(examples=["usr_01k9zv3w8r4m2n5p7q8s9t0abc"])
    email: str = Field(examples=["ada@example.org"])
    name: str = Field(examples=["Ada"])


class OrganisationShown(Wire):
    """An organisation that the caller is in."""

    id: str = Field(examples=["org_01k9zv3w8r4m2n5p7q8s9t0abc"])
    name: str = Field(examples=["Acme"])
    created_at: datetime
    role: Role | None = Field(
        description="The caller's role in it as a whole; null for a key, and for who is in a project alone."
    )
    permissions: list[Permission] = Field(
        examples=[["members:read", "organisation:read"]],
        description="What that role allows, in the organisation as a whole and in each of its projects.",
    )


class OrganisationList(Wire):
    """The oldest first."""

    items: list[OrganisationShown]


class ProjectShown(Wire):
    """A project that the caller may see."""

    id: str = Field(examples=["shop"])
    organisation_id: str = Field(examples=["org_01k9zv3w8r4m2n5p7q8s9t0abc"])
    name: str = Field(examples=["Shop"])
    created_at: datetime
    erase_after: datetime | None = Field(
        description="Set while it waits for its deletion: until then it can be restored."
    )
    role: Role | None = Field(
        description="The caller's role in it, the higher of organisation and project; null for a key."
    )


class ProjectList(Wire):
    """The newest first."""

    items: list[ProjectShown]


class Me(Wire):
    """Who asks, and for which project."""

    kind: str = Field(examples=["api_key"], description="`api_key` or `user`.")
    user: User | None = Field(description="The person who is signed in; null for a key.")
    project_id: str | None = Field(
        examples=["shop"],
        description="The key's project, or the one that the person named or is in alone; else null.",
    )
    project_name: str | None = Field(examples=["Shop"])
    organisation_id: str | None = Field(examples=["default"], description="Who owns that project.")
    role: Role | None = Field(description="The person's role in that project; null for a key.")
    api_key_id: str | None = Field(
        examples=["key_01k9zv3w8r4m2n5p7q8s9t0abc"],
        description="The key's id; its secret is never shown again.",
    )
    api_key_name: str | None = Field(examples=["first key"])
    scopes: list[Scope] | None = Field(examples=[["ingest", "read"]], description="What the key is for.")
    permissions: list[Permission] = Field(
        examples=[["project:read", "spans:read"]], description="What the caller may do in that project."
    )
    organisations: list[OrganisationShown]
    projects: list[ProjectShown]


class NewOrganisation(Wire):
    """An organisation to found."""

    name: str = Field(max_length=200)


class NewProject(Wire):
    """A project to add."""

    name: str = Field(max_length=200)
    id: str | None = Field(
        default=None, max_length=63, description="Made up when absent: a-z, 0-9, _ and -. It never changes."
    )


class Rename(Wire):
    """Another name."""

    name: str = Field(max_length=200)


class EnvironmentShown(Wire):
    """A stage of a project."""

    name: str = Field(examples=["production"])
    created_at: datetime


class EnvironmentList(Wire):
    """The oldest first."""

    items: list[EnvironmentShown]


class NewEnvironment(Wire):
    """An environment to name."""

    name: str = Field(max_length=63)


class MemberShown(Wire):
    """A person with a role in an organisation or project."""

    user: User
    role: Role
    since: datetime


class MemberPage(Wire):
    """By the age of the accounts."""

    items: list[MemberShown]
    next_cursor: str | None


class RoleChange(Wire):
    """Another role."""

    role: Role


class OwnershipTransfer(Wire):
    """Who is to be the owner."""

    user_id: str = Field(max_length=128)


class InvitationShown(Wire):
    """An invitation that is open."""

    id: str = Field(examples=["inv_01k9zv3w8r4m2n5p7q8s9t0abc"])
    email: str = Field(examples=["grace@example.org"])
    role: Role
    created_at: datetime
    expires_at: datetime


class InvitationList(Wire):
    """The newest first."""

    items: list[InvitationShown]


class NewInvitationShown(InvitationShown):
    """An invitation that was just made."""

    link: str | None = Field(
        examples=["http://127.0.0.1:8000/invitation#token=lxi_…"],
        description="What accepts it. Shown here once where no mail is configured; else null: it was mailed.",
    )


class NewInvitationWish(Wire):
    """Whom to invite, and to which role."""

    email: str = Field(max_length=254)
    role: Role


class InvitationToken(Wire):
    """What the link of an invitation carries."""

    token: str = Field(max_length=256)


class Accepted(Wire):
    """Where the person is a member now."""

    organisation_id: str = Field(examples=["org_01k9zv3w8r4m2n5p7q8s9t0abc"])
    project_id: str | None = Field(description="Null where it is the organisation as a whole.")
    role: Role = Field(description="As invited; a higher role from before stays.")
