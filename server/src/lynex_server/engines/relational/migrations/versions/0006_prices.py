"""Price overrides, pricing history again, imported reports of providers, checks of the price sources."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "price_book",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_price_book"),
    )
    op.create_table(
        "price_overrides",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("service_tier", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("valid_from_us", sa.BigInteger, nullable=False),
        sa.Column("valid_until_us", sa.BigInteger, nullable=True),
        sa.Column("terms", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("updated_at_us", sa.BigInteger, nullable=False),
        sa.Column("removed_at_us", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_price_overrides"),
    )
    op.create_index("ix_price_overrides_organisation_id", "price_overrides", ["organisation_id", "id"])
    op.create_table(
        "price_repricings",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("from_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("spans", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("finished_at_us", sa.BigInteger, nullable=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("lease_until_us", sa.BigInteger, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_price_repricings"),
    )
    op.create_index("ix_price_repricings_project_id", "price_repricings", ["project_id", "created_at_us"])
    op.create_index("ix_price_repricings_state", "price_repricings", ["state"])
    op.create_table(
        "price_repricing_chunks",
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
    op.create_table(
        "price_repricing_lines",
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
    op.create_table(
        "provider_reports",
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
    )
    op.create_index("ix_provider_reports_project_id", "provider_reports", ["project_id", "imported_at_us"])
    op.create_table(
        "provider_report_lines",
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
    op.create_table(
        "price_source_checks",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("made_at_us", sa.BigInteger, nullable=False),
        sa.Column("compared", sa.Integer, nullable=False),
        sa.Column("differences", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_price_source_checks"),
    )
    op.create_index("ix_price_source_checks_made_at_us", "price_source_checks", ["made_at_us"])
    op.execute("INSERT INTO price_book (id, version) VALUES (1, 0)")
