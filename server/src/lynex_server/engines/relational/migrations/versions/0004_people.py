"""Organisations, people and how they sign in; what projects and keys gained with them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
    )
    _let_projects_belong()
    _let_keys_be_limited()
    op.create_table(
        "environments",
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "name", name="pk_environments"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_environments_project_id_projects"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=True),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_table(
        "members",
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "project_id", "user_id", name="pk_members"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_members_organisation_id_organisations"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_members_user_id_users"),
    )
    op.create_index("ix_members_user_id", "members", ["user_id"])
    op.create_table(
        "invitations",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("invited_by", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("expires_at_us", sa.BigInteger, nullable=False),
        sa.Column("accepted_at_us", sa.BigInteger, nullable=True),
        sa.Column("revoked_at_us", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_invitations_organisation_id_organisations"
        ),
        sa.UniqueConstraint("token_sha256", name="uq_invitations_token_sha256"),
    )
    op.create_index("ix_invitations_organisation_id", "invitations", ["organisation_id"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("last_seen_at_us", sa.BigInteger, nullable=False),
        sa.Column("expires_at_us", sa.BigInteger, nullable=False),
        sa.Column("revoked_at_us", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id_users"),
        sa.UniqueConstraint("token_sha256", name="uq_sessions_token_sha256"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "sign_in_links",
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("browser_sha256", sa.LargeBinary, nullable=True),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("expires_at_us", sa.BigInteger, nullable=False),
        sa.Column("used_at_us", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_sign_in_links"),
    )
    op.create_index("ix_sign_in_links_expires_at_us", "sign_in_links", ["expires_at_us"])
    op.create_table(
        "sso_providers",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("protocol", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("client_secret", sa.Text, nullable=False),
        sa.Column("email_domains", sa.Text, nullable=False),
        sa.Column("role_claim", sa.Text, nullable=False),
        sa.Column("role_mapping", sa.Text, nullable=False),
        sa.Column("default_role", sa.Text, nullable=True),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sso_providers"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_sso_providers_organisation_id_organisations"
        ),
    )
    op.create_index("ix_sso_providers_organisation_id", "sso_providers", ["organisation_id"])
    _remember_who_is_signing_in()


def _remember_who_is_signing_in() -> None:
    op.create_table(
        "sso_domains",
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("confirmed_at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("domain", name="pk_sso_domains"),
    )
    op.create_table(
        "sso_attempts",
        sa.Column("state_sha256", sa.LargeBinary, nullable=False),
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("browser_sha256", sa.LargeBinary, nullable=False),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("code_verifier", sa.Text, nullable=False),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("return_to", sa.Text, nullable=False),
        sa.Column("expires_at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name="pk_sso_attempts"),
    )
    op.create_index("ix_sso_attempts_expires_at_us", "sso_attempts", ["expires_at_us"])
    op.create_table(
        "cli_attempts",
        sa.Column("device_sha256", sa.LargeBinary, nullable=False),
        sa.Column("user_code", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("expires_at_us", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("device_sha256", name="pk_cli_attempts"),
        sa.UniqueConstraint("user_code", name="uq_cli_attempts_user_code"),
    )
    op.create_index("ix_cli_attempts_expires_at_us", "cli_attempts", ["expires_at_us"])


def _let_projects_belong() -> None:
    """Projects of before belong to the first organisation."""
    op.execute(
        "INSERT INTO organisations (id, name, created_at_us) "
        "SELECT 'default', 'default', MIN(created_at_us) FROM projects HAVING COUNT(*) > 0"
    )
    with op.batch_alter_table("projects") as projects:
        projects.add_column(sa.Column("organisation_id", sa.Text, nullable=True))
        projects.add_column(sa.Column("erase_after_us", sa.BigInteger, nullable=True))
    op.execute("UPDATE projects SET organisation_id = 'default'")
    with op.batch_alter_table("projects") as projects:
        projects.alter_column("organisation_id", existing_type=sa.Text(), nullable=False)
        projects.create_foreign_key(
            "fk_projects_organisation_id_organisations", "organisations", ["organisation_id"], ["id"]
        )
        projects.create_index("ix_projects_organisation_id", ["organisation_id"])


def _let_keys_be_limited() -> None:
    """A key of before never expires, comes from anywhere, and is recognised by its id alone."""
    with op.batch_alter_table("api_keys") as keys:
        for name in ("prefix", "allowed_networks", "created_by"):
            keys.add_column(sa.Column(name, sa.Text, nullable=True))
        for name in ("expires_at_us", "last_used_at_us"):
            keys.add_column(sa.Column(name, sa.BigInteger, nullable=True))
        keys.add_column(sa.Column("replaced_by", sa.Text, nullable=True))
    op.execute("UPDATE api_keys SET prefix = '', allowed_networks = '', created_by = ''")
    with op.batch_alter_table("api_keys") as keys:
        for name in ("prefix", "allowed_networks", "created_by"):
            keys.alter_column(name, existing_type=sa.Text(), nullable=False)
