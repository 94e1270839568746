"""What SDKs that leave it to their project do with budgets and kill switches."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "project_enforcement",
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("changed_at_us", sa.BigInteger, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project_id", name="pk_project_enforcement"),
    )
    op.create_index("ix_project_enforcement_organisation_id", "project_enforcement", ["organisation_id"])
