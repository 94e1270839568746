"""The relational tables of processing: the ledger, and what could not be processed."""

import sqlalchemy as sa

metadata = sa.MetaData()

ledger_batches = sa.Table(
    "ledger_batches",
    metadata,
    sa.Column("batch_id", sa.Text, nullable=False),
    sa.Column("booked_at_us", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("batch_id", name="pk_ledger_batches"),
)
"""Batches whose money is booked: a batch is booked together with this row, or not at all."""

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("hour_us", sa.BigInteger, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("scope_value", sa.Text, nullable=False),
    sa.Column("spans", sa.BigInteger, nullable=False),
    sa.Column("calls", sa.BigInteger, nullable=False),
    sa.Column("unpriced", sa.BigInteger, nullable=False),
    sa.Column("input_tokens", sa.BigInteger, nullable=False),
    sa.Column("output_tokens", sa.BigInteger, nullable=False),
    sa.Column("cost_nanousd", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("project_id", "hour_us", "scope", "scope_value", name="pk_ledger"),
)
"""What was used, by project, hour of the call's start, and scope."""

gateway_projects = sa.Table(
    "gateway_projects",
    metadata,
    sa.Column("project_id", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("project_id", name="pk_gateway_projects"),
)
"""Projects of which the gateway has told a call: of the others, no answers are remembered."""

counted_answers = sa.Table(
    "counted_answers",
    metadata,
    # As an INTEGER, SQLite keeps the rows by this number and needs no index beside.
    sa.Column("answer", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=False),
    sa.Column("span", sa.BigInteger, nullable=False),
    sa.Column("by_gateway", sa.Boolean, nullable=False),
    sa.Column("told_at_us", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("answer", name="pk_counted_answers"),
    sa.Index("ix_counted_answers_told_at_us", "told_at_us"),
)
"""Answers of providers, as digests of project and id, each with the span that counts it."""

dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("api_key_id", sa.Text, nullable=False),
    sa.Column("received_at_us", sa.BigInteger, nullable=False),
    sa.Column("failed_at_us", sa.BigInteger, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("spans", sa.Integer, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("body_key", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_dead_letters"),
    sa.Index("ix_dead_letters_project_id", "project_id", "failed_at_us", "id"),
)
"""What could not be processed, and why. The bodies are in the blob store."""
