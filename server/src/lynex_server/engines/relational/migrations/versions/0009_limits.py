"""What projects and keys may send, where it is not as the plan `default` has it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "request_limits",
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("api_key_id", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=True),
        sa.Column("requests_per_s", sa.Double, nullable=True),
        sa.Column("burst", sa.BigInteger, nullable=True),
        sa.Column("bytes_per_s", sa.BigInteger, nullable=True),
        sa.Column("max_body_bytes", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("project_id", "api_key_id", name="pk_request_limits"),
    )
