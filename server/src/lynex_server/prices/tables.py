"""The relational tables of prices. `0006_prices.py` among the migrations makes them."""

import sqlalchemy as sa

metadata = sa.MetaData()

price_book = sa.Table(
    "price_book",
    metadata,
    sa.Column("id", sa.Integer, nullable=False, autoincrement=False),  # always 1
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_price_book"),
)
"""One row. Its version grows with every change of an override, and tells every process to read them again."""

price_overrides = sa.Table(
    "price_overrides",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),  # empty: every project of the organisation
    sa.Column("provider", sa.Text, nullable=False),  # empty: any
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("service_tier", sa.Text, nullable=False),  # empty: any
    sa.Column("region", sa.Text, nullable=False),  # empty: any
    sa.Column("valid_from_us", sa.BigInteger, nullable=False),
    sa.Column("valid_until_us", sa.BigInteger, nullable=True),
    sa.Column("terms", sa.Text, nullable=False),  # JSON
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("updated_at_us", sa.BigInteger, nullable=False),
    sa.Column("removed_at_us", sa.BigInteger, nullable=True),  # kept, so that an old price can be explained
    sa.PrimaryKeyConstraint("id", name="pk_price_overrides"),
    sa.Index("ix_price_overrides_organisation_id", "organisation_id", "id"),
)

price_repricings = sa.Table(
    "price_repricings",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("from_us", sa.BigInteger, nullable=False),
    sa.Column("until_us", sa.BigInteger, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),  # empty: any
    sa.Column("model", sa.Text, nullable=False),  # a pattern; empty: any
    sa.Column("dry_run", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # waiting, running, done, failed or cancelled
    sa.Column("spans", sa.BigInteger, nullable=False),  # how many there were to look at
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("finished_at_us", sa.BigInteger, nullable=True),
    sa.Column("owner", sa.Text, nullable=False),  # the process that works on it, while it runs
    sa.Column("lease_until_us", sa.BigInteger, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_price_repricings"),
    sa.Index("ix_price_repricings_project_id", "project_id", "created_at_us"),
    sa.Index("ix_price_repricings_state", "state"),
)

price_repricing_chunks = sa.Table(
    "price_repricing_chunks",
    metadata,
    sa.Column("repricing_id", sa.Text, nullable=False),
    sa.Column("chunk", sa.Integer, nullable=False),
    sa.Column("from_us", sa.BigInteger, nullable=False),
    sa.Column("until_us", sa.BigInteger, nullable=False),
    sa.Column("spans", sa.BigInteger, nullable=False),
    sa.Column("done_at_us", sa.BigInteger, nullable=True),
    sa.ForeignKeyConstraint(
        ["repricing_id"],
        ["price_repricings.id"],
        name="fk_price_repricing_chunks_repricing_id_price_repricings",
    ),
    sa.PrimaryKeyConstraint("repricing_id", "chunk", name="pk_price_repricing_chunks"),
)
"""The stretches of time that a repricing works through, written down before each is begun."""

price_repricing_lines = sa.Table(
    "price_repricing_lines",
    metadata,
    sa.Column("repricing_id", sa.Text, nullable=False),
    sa.Column("chunk", sa.Integer, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("changed", sa.BigInteger, nullable=False),
    sa.Column("old_nanousd", sa.BigInteger, nullable=False),
    sa.Column("new_nanousd", sa.BigInteger, nullable=False),
    sa.Column("old_unpriced", sa.BigInteger, nullable=False),
    sa.Column("new_unpriced", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(
        ["repricing_id"],
        ["price_repricings.id"],
        name="fk_price_repricing_lines_repricing_id_price_repricings",
    ),
    sa.PrimaryKeyConstraint(
        "repricing_id", "chunk", "day", "provider", "model", name="pk_price_repricing_lines"
    ),
)
"""What a chunk changed, or would change, per day and model: of the spans whose price is another one now."""

provider_reports = sa.Table(
    "provider_reports",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("first_day", sa.Text, nullable=False),
    sa.Column("last_day", sa.Text, nullable=False),
    sa.Column("imported_by", sa.Text, nullable=False),
    sa.Column("imported_at_us", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_provider_reports"),
    sa.Index("ix_provider_reports_project_id", "project_id", "imported_at_us"),
)
"""Usage exports and invoices of providers, as imported."""

provider_report_lines = sa.Table(
    "provider_report_lines",
    metadata,
    sa.Column("report_id", sa.Text, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("requests", sa.BigInteger, nullable=True),
    sa.Column("input_tokens", sa.BigInteger, nullable=True),
    sa.Column("output_tokens", sa.BigInteger, nullable=True),
    sa.Column("cache_read_tokens", sa.BigInteger, nullable=True),
    sa.Column("cost_nanousd", sa.BigInteger, nullable=True),
    sa.ForeignKeyConstraint(
        ["report_id"], ["provider_reports.id"], name="fk_provider_report_lines_report_id_provider_reports"
    ),
    sa.PrimaryKeyConstraint("report_id", "day", "model", name="pk_provider_report_lines"),
)
"""What a provider says was used or is to be paid, by UTC day and model. NULL: the report does not say."""

price_source_checks = sa.Table(
    "price_source_checks",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("made_at_us", sa.BigInteger, nullable=False),
    sa.Column("compared", sa.Integer, nullable=False),
    sa.Column("differences", sa.Text, nullable=False),  # JSON
    sa.PrimaryKeyConstraint("id", name="pk_price_source_checks"),
    sa.Index("ix_price_source_checks_made_at_us", "made_at_us"),
)
"""How the price sources differed, each time they were compared."""
