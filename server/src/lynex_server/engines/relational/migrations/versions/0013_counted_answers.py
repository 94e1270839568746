"""Which answers of providers are counted, and by which span."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "gateway_projects",
        sa.Column("project_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project_id", name="pk_gateway_projects"),
    )
    op.create_table(
        "counted_answers",
        sa.Column("answer", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=False),
        sa.Column("span", sa.BigInteger, nullable=False),
        sa.Column("by_gateway", sa.Boolean, nullable=False),
        sa.Column("told_at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("answer", name="pk_counted_answers"),
    )
    op.create_index("ix_counted_answers_told_at_us", "counted_answers", ["told_at_us"])
