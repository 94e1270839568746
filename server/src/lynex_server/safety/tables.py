"""The tables of this slice. `0003_safety.py` among the migrations makes them."""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("organisation_id", sa.Text, primary_key=True),  # empty: the installation itself
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 … without a gap
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("actor_kind", sa.Text, nullable=False),
    sa.Column("actor_id", sa.Text, nullable=False),
    sa.Column("actor_name", sa.Text, nullable=False),
    sa.Column("actor_address", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),  # empty: the organisation as a whole
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False),  # canonical JSON; `null` where nothing was before
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)
sa.Index(
    "ix_audit_log_project", audit_log.c.organisation_id, audit_log.c.project_id, audit_log.c.sequence
)  # fmt: skip
sa.Index("ix_audit_log_at", audit_log.c.organisation_id, audit_log.c.at_us)

data_keys = sa.Table(
    "data_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("master_key_id", sa.Text, nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),  # 32 bytes, sealed under the master key
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("retired_at_us", sa.BigInteger, nullable=True),  # set when a rotation begins to empty it
)

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organisation_id", sa.Text, nullable=False, index=True),  # empty: the installation itself
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("data_key_id", sa.Text, sa.ForeignKey("data_keys.id"), nullable=False, index=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("changed_at_us", sa.BigInteger, nullable=False),
)

audit_heads = sa.Table(
    "audit_heads",
    metadata,
    sa.Column("organisation_id", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("seal", sa.LargeBinary, nullable=False),  # HMAC over the three before; empty: never sealed
    sa.Column("data_key_id", sa.Text, sa.ForeignKey("data_keys.id"), nullable=True, index=True),
)

signing_keys = sa.Table(
    "signing_keys",
    metadata,
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("secret_id", sa.Text, sa.ForeignKey("secrets.id"), nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
)
