"""The tables of erasures. `0005_redaction.py` among the migrations makes them."""

import sqlalchemy as sa

metadata = sa.MetaData()

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # end_user, or project
    sa.Column("subject", sa.Text, nullable=False),  # the end user as a salted hash; empty for a project
    sa.Column("end_user_id", sa.Text, nullable=False),  # emptied when the erasure is finished
    sa.Column("requested_by", sa.Text, nullable=False),  # `user:usr_…`, `api_key:key_…` or `system:…`
    sa.Column("requested_at_us", sa.BigInteger, nullable=False),
    sa.Column("step", sa.Text, nullable=False),  # what is to be done next
    sa.Column("step_since_us", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),  # of this step
    sa.Column("lease_until_us", sa.BigInteger, nullable=False),  # a process works on it until then
    sa.Column("finished_at_us", sa.BigInteger, nullable=True),
    sa.Column("shield_until_us", sa.BigInteger, nullable=False),  # late arrivals are made nameless until then
    sa.Column("findings", sa.Text, nullable=False),  # JSON: what was found and what is left, by store
    sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    sa.Index("ix_erasures_project_id", "project_id", "requested_at_us", "id"),
    sa.Index("ix_erasures_finished_at_us", "finished_at_us"),
)
"""Who asked for whose data to go, how far it is, and what was found afterwards."""

erasure_salts = sa.Table(
    "erasure_salts",
    metadata,
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("salt", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("project_id", name="pk_erasure_salts"),
)
"""What a project's end users are hashed with, so that the hash of a guess must be made for each project."""
