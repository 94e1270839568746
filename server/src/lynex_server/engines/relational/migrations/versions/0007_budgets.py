"""Budgets, reservations and the kill switch."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _make_budgets()
    _make_books()
    _make_events()
    _make_kill_switches()


def _make_budgets() -> None:
    op.create_table(
        "budgets",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("rolling_s", sa.BigInteger, nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("limit_amount", sa.BigInteger, nullable=False),
        sa.Column("thresholds", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("downgrade_to", sa.Text, nullable=False),
        sa.Column("hard_stop", sa.Boolean, nullable=False),
        sa.Column("override_until_us", sa.BigInteger, nullable=True),
        sa.Column("override_reason", sa.Text, nullable=False),
        sa.Column("override_by", sa.Text, nullable=False),
        sa.Column("counting", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("updated_at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_budgets"),
    )
    op.create_index("ix_budgets_organisation_id", "budgets", ["organisation_id", "project_id"])


def _make_books() -> None:
    op.create_table(
        "budget_lines",
        sa.Column("budget_id", sa.Text, nullable=False),
        sa.Column("line_us", sa.BigInteger, nullable=False),
        sa.Column("spent", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("changed_at_us", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["budget_id"], ["budgets.id"], name="fk_budget_lines_budget_id_budgets"),
        sa.PrimaryKeyConstraint("budget_id", "line_us", name="pk_budget_lines"),
    )
    op.create_index("ix_budget_lines_changed_at_us", "budget_lines", ["changed_at_us"])
    op.create_table(
        "budget_slots",
        sa.Column("budget_id", sa.Text, nullable=False),
        sa.Column("line_us", sa.BigInteger, nullable=False),
        sa.Column("slot_us", sa.BigInteger, nullable=False),
        sa.Column("spent", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["budget_id"], ["budgets.id"], name="fk_budget_slots_budget_id_budgets"),
        sa.PrimaryKeyConstraint("budget_id", "line_us", "slot_us", name="pk_budget_slots"),
    )
    op.create_table(
        "budget_settlements",
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("reservation_id", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("end_user_id", sa.Text, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("cost_nanousd", sa.BigInteger, nullable=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("span_came", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "reservation_id", name="pk_budget_settlements"),
    )
    op.create_index("ix_budget_settlements_at_us", "budget_settlements", ["at_us"])


def _make_events() -> None:
    op.create_table(
        "budget_events",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("budget_id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("budget_name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("period_start_us", sa.BigInteger, nullable=False),
        sa.Column("percent", sa.Integer, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("spent", sa.BigInteger, nullable=False),
        sa.Column("limit_amount", sa.BigInteger, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_budget_events"),
        sa.UniqueConstraint("budget_id", "period_start_us", "kind", "percent", name="uq_budget_events_once"),
    )
    op.create_index("ix_budget_events_at_us", "budget_events", ["at_us", "id"])


def _make_kill_switches() -> None:
    op.create_table(
        "kill_switches",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("allow_routes", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("triggered_by", sa.Text, nullable=False),
        sa.Column("triggered_at_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=True),
        sa.Column("released_at_us", sa.BigInteger, nullable=True),
        sa.Column("released_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kill_switches"),
    )
    op.create_index(
        "ix_kill_switches_organisation_id", "kill_switches", ["organisation_id", "triggered_at_us"]
    )
    op.create_table(
        "kill_switch_hooks",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("allow_routes", sa.Text, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=True),
        sa.Column("secret_id", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("last_used_at_us", sa.BigInteger, nullable=True),
        sa.Column("revoked_at_us", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_kill_switch_hooks"),
        sa.UniqueConstraint("token_sha256", name="uq_kill_switch_hooks_token_sha256"),
    )
    op.create_index("ix_kill_switch_hooks_project_id", "kill_switch_hooks", ["project_id"])
