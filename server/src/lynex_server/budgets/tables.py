"""The relational tables of budgets. `0007_budgets.py` among the migrations makes them."""

import sqlalchemy as sa

metadata = sa.MetaData()

budgets = sa.Table(
    "budgets",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),  # empty: every project of the organisation
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),  # JSON object: the given fields without the project
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("rolling_s", sa.BigInteger, nullable=False),  # 0 for the other periods
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("limit_amount", sa.BigInteger, nullable=False),  # nano-dollars, tokens or requests
    sa.Column("thresholds", sa.Text, nullable=False),  # percents separated by spaces, ascending
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("downgrade_to", sa.Text, nullable=False),
    sa.Column("hard_stop", sa.Boolean, nullable=False),
    sa.Column("per", sa.Text, nullable=True),  # whose limit it is: each end_user's, api_key's or session's
    sa.Column("override_until_us", sa.BigInteger, nullable=True),
    sa.Column("override_reason", sa.Text, nullable=False),
    sa.Column("override_by", sa.Text, nullable=False),
    sa.Column("counting", sa.Text, nullable=False),  # names the count of its history under way; empty: done
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("updated_at_us", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_budgets"),
    sa.Index("ix_budgets_organisation_id", "organisation_id", "project_id"),
)

project_enforcement = sa.Table(
    "project_enforcement",
    metadata,
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("changed_at_us", sa.BigInteger, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("project_id", name="pk_project_enforcement"),
    sa.Index("ix_project_enforcement_organisation_id", "organisation_id"),
)
"""What SDKs do that leave it to their project. Without a row: nothing."""

budget_lines = sa.Table(
    "budget_lines",
    metadata,
    sa.Column("budget_id", sa.Text, nullable=False),
    sa.Column("line_us", sa.BigInteger, nullable=False),
    sa.Column("spent", sa.BigInteger, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("changed_at_us", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(["budget_id"], ["budgets.id"], name="fk_budget_lines_budget_id_budgets"),
    sa.PrimaryKeyConstraint("budget_id", "line_us", name="pk_budget_lines"),
    sa.Index("ix_budget_lines_changed_at_us", "changed_at_us"),
)
"""What was spent per period, or per slot of a rolling window. The truth: counters hold copies of it."""

budget_slots = sa.Table(
    "budget_slots",
    metadata,
    sa.Column("budget_id", sa.Text, nullable=False),
    sa.Column("line_us", sa.BigInteger, nullable=False),
    sa.Column("slot_us", sa.BigInteger, nullable=False),
    sa.Column("spent", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(["budget_id"], ["budgets.id"], name="fk_budget_slots_budget_id_budgets"),
    sa.PrimaryKeyConstraint("budget_id", "line_us", "slot_us", name="pk_budget_slots"),
)
"""How a line came about, for the forecast. Rolling budgets have none: their lines are slots."""

budget_subject_lines = sa.Table(
    "budget_subject_lines",
    metadata,
    sa.Column("counter", sa.Text, nullable=False),  # the budget's id and a digest of project and subject
    sa.Column("line_us", sa.BigInteger, nullable=False),
    sa.Column("budget_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("end_user_id", sa.Text, nullable=False),  # the subject where it is one, so that it is erased
    sa.Column("spent", sa.BigInteger, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("changed_at_us", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(["budget_id"], ["budgets.id"], name="fk_budget_subject_lines_budget_id_budgets"),
    sa.PrimaryKeyConstraint("counter", "line_us", name="pk_budget_subject_lines"),
    sa.Index("ix_budget_subject_lines_budget_id", "budget_id", "line_us", "spent"),
    sa.Index("ix_budget_subject_lines_changed_at_us", "changed_at_us"),
    sa.Index("ix_budget_subject_lines_end_user_id", "project_id", "end_user_id"),
)
"""What each subject of a budget with `per` spent per period, or per slot of a rolling window."""

budget_settlements = sa.Table(
    "budget_settlements",
    metadata,
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("reservation_id", sa.Text, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("end_user_id", sa.Text, nullable=False),  # whose call it was, so that it is found to be erased
    sa.Column("call", sa.Text, nullable=False),  # JSON object: what the reservation said of the call
    sa.Column("cost_nanousd", sa.BigInteger, nullable=False),
    sa.Column("tokens", sa.BigInteger, nullable=False),
    sa.Column("requests", sa.BigInteger, nullable=False),
    sa.Column("span_came", sa.Boolean, nullable=False),
    sa.PrimaryKeyConstraint("project_id", "reservation_id", name="pk_budget_settlements"),
    sa.Index("ix_budget_settlements_at_us", "at_us"),
)
"""Reservations whose money is booked: by their settlement, until the span of the call takes its place."""

budget_events = sa.Table(
    "budget_events",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("budget_id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("budget_name", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),  # whose limit it was; empty: the budget's own
    sa.Column("end_user_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # threshold, or stopped
    sa.Column("period_start_us", sa.BigInteger, nullable=False),
    sa.Column("percent", sa.Integer, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("spent", sa.BigInteger, nullable=False),
    sa.Column("limit_amount", sa.BigInteger, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_budget_events"),
    sa.UniqueConstraint(
        "budget_id",
        "period_start_us",
        "kind",
        "percent",
        "project_id",
        "subject",
        name="uq_budget_events_once",
    ),
    sa.Index("ix_budget_events_at_us", "at_us", "id"),
)

kill_switches = sa.Table(
    "kill_switches",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),  # empty: every project of the organisation
    sa.Column("scope", sa.Text, nullable=False),  # JSON object, as in budgets
    sa.Column("allow_routes", sa.Text, nullable=False),  # JSON array of patterns
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("dry_run", sa.Boolean, nullable=False),
    sa.Column("triggered_by", sa.Text, nullable=False),
    sa.Column("triggered_at_us", sa.BigInteger, nullable=False),
    sa.Column("until_us", sa.BigInteger, nullable=True),
    sa.Column("released_at_us", sa.BigInteger, nullable=True),
    sa.Column("released_by", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_kill_switches"),
    sa.Index("ix_kill_switches_organisation_id", "organisation_id", "triggered_at_us"),
)

kill_switch_hooks = sa.Table(
    "kill_switch_hooks",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("token_sha256", sa.LargeBinary, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("allow_routes", sa.Text, nullable=False),
    sa.Column("minutes", sa.Integer, nullable=True),
    sa.Column("secret_id", sa.Text, nullable=False),  # the HMAC secret in the vault; empty: not signed
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("last_used_at_us", sa.BigInteger, nullable=True),
    sa.Column("revoked_at_us", sa.BigInteger, nullable=True),
    sa.PrimaryKeyConstraint("id", name="pk_kill_switch_hooks"),
    sa.UniqueConstraint("token_sha256", name="uq_kill_switch_hooks_token_sha256"),
    sa.Index("ix_kill_switch_hooks_project_id", "project_id"),
)
