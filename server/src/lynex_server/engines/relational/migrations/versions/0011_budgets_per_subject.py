"""Budgets that hold for each end user, API key or session."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    with op.batch_alter_table("budgets") as budgets:
        budgets.add_column(sa.Column("per", sa.Text, nullable=True))
    op.create_table(
        "budget_subject_lines",
        sa.Column("counter", sa.Text, nullable=False),
        sa.Column("line_us", sa.BigInteger, nullable=False),
        sa.Column("budget_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("end_user_id", sa.Text, nullable=False),
        sa.Column("spent", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("changed_at_us", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budgets.id"], name="fk_budget_subject_lines_budget_id_budgets"
        ),
        sa.PrimaryKeyConstraint("counter", "line_us", name="pk_budget_subject_lines"),
    )
    op.create_index(
        "ix_budget_subject_lines_budget_id", "budget_subject_lines", ["budget_id", "line_us", "spent"]
    )
    op.create_index("ix_budget_subject_lines_changed_at_us", "budget_subject_lines", ["changed_at_us"])
    op.create_index(
        "ix_budget_subject_lines_end_user_id", "budget_subject_lines", ["project_id", "end_user_id"]
    )
    _name_the_subject_of_news()


def _name_the_subject_of_news() -> None:
    """News of before are about budgets that have no subjects."""
    with op.batch_alter_table("budget_events") as events:
        events.add_column(sa.Column("subject", sa.Text, nullable=True))
        events.add_column(sa.Column("end_user_id", sa.Text, nullable=True))
    op.execute("UPDATE budget_events SET subject = '', end_user_id = ''")
    with op.batch_alter_table("budget_events") as events:
        events.alter_column("subject", existing_type=sa.Text(), nullable=False)
        events.alter_column("end_user_id", existing_type=sa.Text(), nullable=False)
        events.drop_constraint("uq_budget_events_once", type_="unique")
        events.create_unique_constraint(
            "uq_budget_events_once",
            ["budget_id", "period_start_us", "kind", "percent", "project_id", "subject"],
        )
