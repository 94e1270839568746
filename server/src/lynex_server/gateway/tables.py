"""The relational tables of the gateway. `0010_gateway.py` among the migrations makes them."""

import sqlalchemy as sa

metadata = sa.MetaData()

gateway_providers = sa.Table(
    "gateway_providers",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("definition", sa.Text, nullable=False),  # the provider without its keys, as JSON
    sa.PrimaryKeyConstraint("id", name="pk_gateway_providers"),
    sa.UniqueConstraint("project_id", "name", name="uq_gateway_providers_project_id_name"),
)

gateway_provider_keys = sa.Table(
    "gateway_provider_keys",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("provider_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("secret_id", sa.Text, nullable=False),  # what is kept under an id never changes
    sa.Column("hint", sa.Text, nullable=False),  # the last characters of the key
    sa.Column("weight", sa.BigInteger, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_gateway_provider_keys"),
    sa.UniqueConstraint("provider_id", "name", name="uq_gateway_provider_keys_provider_id_name"),
    sa.ForeignKeyConstraint(
        ["provider_id"], ["gateway_providers.id"], name="fk_gateway_provider_keys_provider_id"
    ),
    sa.Index("ix_gateway_provider_keys_project_id", "project_id"),
)

gateway_routes = sa.Table(
    "gateway_routes",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("secret_id", sa.Text, nullable=False),  # of the webhook guard; empty without one
    sa.Column("definition", sa.Text, nullable=False),  # the whole route as JSON; the columns are copies
    sa.PrimaryKeyConstraint("id", name="pk_gateway_routes"),
    sa.UniqueConstraint("project_id", "name", name="uq_gateway_routes_project_id_name"),
)

gateway_settings = sa.Table(
    "gateway_settings",
    metadata,
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("definition", sa.Text, nullable=False),  # JSON
    sa.PrimaryKeyConstraint("project_id", name="pk_gateway_settings"),
)

gateway_revisions = sa.Table(
    "gateway_revisions",
    metadata,
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),  # counts the changes of everything above
    sa.PrimaryKeyConstraint("project_id", name="pk_gateway_revisions"),
)
"""Lets a process see by one small look that nothing has changed."""
