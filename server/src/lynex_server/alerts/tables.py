"""The relational tables of alerts. `0008_alerts.py` among the migrations makes them."""

import sqlalchemy as sa

metadata = sa.MetaData()

alert_rules = sa.Table(
    "alert_rules",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("definition", sa.Text, nullable=False),  # the whole rule as JSON; the columns are copies
    sa.PrimaryKeyConstraint("id", name="pk_alert_rules"),
    sa.Index("ix_alert_rules_project_id", "project_id"),
)

alert_rule_looks = sa.Table(
    "alert_rule_looks",
    metadata,
    sa.Column("rule_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("evaluated_at_us", sa.BigInteger, nullable=False),  # the latest look that succeeded; 0: none
    sa.Column("failing_since_us", sa.BigInteger, nullable=True),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("skipped_from_us", sa.BigInteger, nullable=True),  # the latest stretch nobody looked at
    sa.Column("skipped_to_us", sa.BigInteger, nullable=True),
    sa.Column("groups_left_out", sa.Boolean, nullable=False),
    sa.PrimaryKeyConstraint("rule_id", name="pk_alert_rule_looks"),
)
"""How the looks at a rule went."""

alert_states = sa.Table(
    "alert_states",
    metadata,
    sa.Column("rule_id", sa.Text, nullable=False),
    sa.Column("group_value", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # JSON
    sa.PrimaryKeyConstraint("rule_id", "group_value", name="pk_alert_states"),
)

alert_incidents = sa.Table(
    "alert_incidents",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("rule_id", sa.Text, nullable=False),  # empty: a channel that fails; its id is the group
    sa.Column("rule_name", sa.Text, nullable=False),
    sa.Column("group_value", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("labels", sa.Text, nullable=False),  # JSON
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("value", sa.Double, nullable=True),
    sa.Column("channel_ids", sa.Text, nullable=False),  # JSON
    sa.Column("inhibits", sa.Text, nullable=False),  # JSON
    sa.Column("opened_at_us", sa.BigInteger, nullable=False),
    sa.Column("noticed_at_us", sa.BigInteger, nullable=False),
    sa.Column("resolved_at_us", sa.BigInteger, nullable=True),
    sa.Column("resolved_by", sa.Text, nullable=False),
    sa.Column("acknowledged_at_us", sa.BigInteger, nullable=True),
    sa.Column("acknowledged_by", sa.Text, nullable=False),
    sa.Column("notified_at_us", sa.BigInteger, nullable=True),
    sa.Column("held_by", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_alert_incidents"),
    sa.Index("ix_alert_incidents_project_id", "project_id", "opened_at_us", "id"),
    sa.Index("ix_alert_incidents_resolved_at_us", "resolved_at_us"),
)

alert_timeline = sa.Table(
    "alert_timeline",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("incident_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("by_whom", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_alert_timeline"),
    sa.Index("ix_alert_timeline_incident_id", "incident_id", "at_us", "id"),
)

alert_silences = sa.Table(
    "alert_silences",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("matchers", sa.Text, nullable=False),  # JSON
    sa.Column("starts_at_us", sa.BigInteger, nullable=False),
    sa.Column("until_us", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_alert_silences"),
    sa.Index("ix_alert_silences_project_id", "project_id", "until_us"),
)

alert_mutes = sa.Table(
    "alert_mutes",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("definition", sa.Text, nullable=False),  # the whole schedule as JSON
    sa.PrimaryKeyConstraint("id", name="pk_alert_mutes"),
    sa.Index("ix_alert_mutes_project_id", "project_id"),
)

alert_channels = sa.Table(
    "alert_channels",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),  # JSON; nothing secret
    sa.Column("secret_id", sa.Text, nullable=False),  # what is secret, in the vault; empty: nothing is
    sa.Column("matchers", sa.Text, nullable=True),  # JSON; null: only incidents whose rule names the channel
    sa.Column("min_severity", sa.Text, nullable=False),
    sa.Column("title_template", sa.Text, nullable=False),
    sa.Column("text_template", sa.Text, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("updated_at_us", sa.BigInteger, nullable=False),
    sa.Column("failing_since_us", sa.BigInteger, nullable=True),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("last_delivered_at_us", sa.BigInteger, nullable=True),
    sa.PrimaryKeyConstraint("id", name="pk_alert_channels"),
    sa.Index("ix_alert_channels_project_id", "project_id"),
)

alert_deliveries = sa.Table(
    "alert_deliveries",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("incident_id", sa.Text, nullable=False),  # empty for tests and digests
    sa.Column("occasion", sa.Text, nullable=False),  # what is told: with channel and target it is told once
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),  # one recipient of an e-mail; empty elsewhere
    sa.Column("message", sa.Text, nullable=False),  # JSON
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_us", sa.BigInteger, nullable=False),
    sa.Column("lease_until_us", sa.BigInteger, nullable=False),
    sa.Column("created_at_us", sa.BigInteger, nullable=False),
    sa.Column("finished_at_us", sa.BigInteger, nullable=True),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("excerpt", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_alert_deliveries"),
    sa.UniqueConstraint("channel_id", "occasion", "target", name="uq_alert_deliveries_once"),
    sa.Index("ix_alert_deliveries_phase", "phase", "next_attempt_us"),
    sa.Index("ix_alert_deliveries_channel_id", "channel_id", "created_at_us", "id"),
)
"""The outbox: a row is written together with what it tells, and sent afterwards."""

alert_digests = sa.Table(
    "alert_digests",
    metadata,
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("definition", sa.Text, nullable=False),  # the whole digest as JSON
    sa.PrimaryKeyConstraint("id", name="pk_alert_digests"),
    sa.Index("ix_alert_digests_project_id", "project_id"),
)

alert_leases = sa.Table(
    "alert_leases",
    metadata,
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until_us", sa.BigInteger, nullable=False),
    sa.Column("due_us", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("name", name="pk_alert_leases"),
)
"""Who evaluates at the moment, and when the next look is due."""
