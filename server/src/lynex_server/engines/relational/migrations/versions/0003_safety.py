"""The audit log and the vault of secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("actor_address", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "sequence", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_project", "audit_log", ["organisation_id", "project_id", "sequence"])
    op.create_index("ix_audit_log_at", "audit_log", ["organisation_id", "at_us"])
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("master_key_id", sa.Text, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("retired_at_us", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_data_keys"),
    )
    op.create_table(
        "secrets",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("data_key_id", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("changed_at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_secrets"),
        sa.ForeignKeyConstraint(["data_key_id"], ["data_keys.id"], name="fk_secrets_data_key_id_data_keys"),
    )
    op.create_index("ix_secrets_organisation_id", "secrets", ["organisation_id"])
    op.create_index("ix_secrets_data_key_id", "secrets", ["data_key_id"])
    op.create_table(
        "audit_heads",
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sa.Column("data_key_id", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_audit_heads"),
        sa.ForeignKeyConstraint(
            ["data_key_id"], ["data_keys.id"], name="fk_audit_heads_data_key_id_data_keys"
        ),
    )
    op.create_index("ix_audit_heads_data_key_id", "audit_heads", ["data_key_id"])
    op.create_table(
        "signing_keys",
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("secret_id", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("purpose", name="pk_signing_keys"),
        sa.ForeignKeyConstraint(["secret_id"], ["secrets.id"], name="fk_signing_keys_secret_id_secrets"),
    )
