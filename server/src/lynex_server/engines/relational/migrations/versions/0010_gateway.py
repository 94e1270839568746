"""The gateway's providers with their keys, its routes, and what holds for every call of a project."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "gateway_providers",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_providers"),
        sa.UniqueConstraint("project_id", "name", name="uq_gateway_providers_project_id_name"),
    )
    op.create_table(
        "gateway_provider_keys",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_id", sa.Text, nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
        sa.Column("weight", sa.BigInteger, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_provider_keys"),
        sa.UniqueConstraint("provider_id", "name", name="uq_gateway_provider_keys_provider_id_name"),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["gateway_providers.id"], name="fk_gateway_provider_keys_provider_id"
        ),
    )
    op.create_index("ix_gateway_provider_keys_project_id", "gateway_provider_keys", ["project_id"])
    op.create_table(
        "gateway_routes",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_id", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_routes"),
        sa.UniqueConstraint("project_id", "name", name="uq_gateway_routes_project_id_name"),
    )
    op.create_table(
        "gateway_settings",
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project_id", name="pk_gateway_settings"),
    )
    op.create_table(
        "gateway_revisions",
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("project_id", name="pk_gateway_revisions"),
    )
