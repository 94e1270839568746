"""The table of redaction settings. `0005_redaction.py` among the migrations makes it."""

import sqlalchemy as sa

metadata = sa.MetaData()

redaction_settings = sa.Table(
    "redaction_settings",
    metadata,
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),  # counts the changes, from 1
    sa.Column("settings", sa.Text, nullable=False),  # `RedactionSettings` as JSON
    sa.Column("updated_at_us", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("project_id", name="pk_redaction_settings"),
)
"""What a project wants redacted; a project without a row goes by the installation's settings."""
