"""Statements about rules, their states and the looks at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from lynex_server.alerts.codec import as_text, from_text
from lynex_server.alerts.model import Rule, State
from lynex_server.alerts.tables import alert_rule_looks, alert_rules, alert_states
from lynex_server.engines.relational.database import Database

RULES_LOCK = "alerts.rules"


@dataclass(frozen=True, slots=True)
class Look:
    """How the latest looks at a rule went. `skipped_us` is the latest stretch that nobody looked at."""

    evaluated_at_us: int = 0
    failing_since_us: int | None = None
    error: str = ""
    skipped_us: tuple[int, int] | None = None
    groups_left_out: bool = False


def put_rule(database: Database, connection: sa.Connection, rule: Rule) -> None:
    """Add a rule, or write over the one with its id."""
    values = {
        "organisation_id": rule.organisation_id,
        "project_id": rule.project_id,
        "name": rule.name,
        "enabled": rule.enabled,
        "definition": as_text(rule),
    }
    statement = database.insert(alert_rules).values(id=rule.id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def remove_rule(connection: sa.Connection, rule_id: str) -> None:
    """Forget a rule, its states and looks. Its incidents stay."""
    forget_states(connection, rule_id)
    connection.execute(sa.delete(alert_rule_looks).where(alert_rule_looks.c.rule_id == rule_id))
    connection.execute(sa.delete(alert_rules).where(alert_rules.c.id == rule_id))


def find_rule(connection: sa.Connection, project_id: str, rule_id: str) -> Rule | None:
    """One rule of the project."""
    columns = alert_rules.c
    statement = sa.select(columns.definition).where(columns.id == rule_id, columns.project_id == project_id)
    text = connection.execute(statement).scalar()
    return None if text is None else from_text(text, Rule)


def rules_of(connection: sa.Connection, project_id: str) -> list[Rule]:
    """The rules of a project, by name."""
    columns = alert_rules.c
    statement = (
        sa.select(columns.definition)
        .where(columns.project_id == project_id)
        .order_by(columns.name, columns.id)
    )
    return [from_text(text, Rule) for text in connection.execute(statement).scalars()]


def enabled_rules(connection: sa.Connection) -> list[Rule]:
    """Every rule that is to be evaluated, in every project."""
    columns = alert_rules.c
    statement = sa.select(columns.definition).where(columns.enabled).order_by(columns.project_id, columns.id)
    return [from_text(text, Rule) for text in connection.execute(statement).scalars()]


def count_rules(connection: sa.Connection, project_id: str) -> int:
    """How many rules the project has."""
    statement = sa.select(sa.func.count()).where(alert_rules.c.project_id == project_id)
    return int(connection.execute(statement).scalar_one())


def states_of(connection: sa.Connection, rule_id: str) -> dict[str, State]:
    """Where each group of the rule stands."""
    columns = alert_states.c
    statement = sa.select(columns.group_value, columns.state).where(columns.rule_id == rule_id)
    return {row.group_value: from_text(row.state, State) for row in connection.execute(statement)}


def put_states(
    database: Database, connection: sa.Connection, rule: Rule, states: Mapping[str, State]
) -> None:
    """Write down where these groups stand."""
    for group, state in states.items():
        text = as_text(state)
        statement = database.insert(alert_states).values(
            rule_id=rule.id, group_value=group, project_id=rule.project_id, state=text
        )
        connection.execute(
            statement.on_conflict_do_update(index_elements=["rule_id", "group_value"], set_={"state": text})
        )


def forget_states(connection: sa.Connection, rule_id: str, groups: Sequence[str] | None = None) -> None:
    """Forget where these groups stand; all of them when None."""
    statement = sa.delete(alert_states).where(alert_states.c.rule_id == rule_id)
    if groups is not None:
        statement = statement.where(alert_states.c.group_value.in_(groups))
    connection.execute(statement)


def looks_at(connection: sa.Connection, rule_ids: Sequence[str]) -> dict[str, Look]:
    """How the looks at these rules went; a rule that nobody has looked at yet is left out."""
    statement = sa.select(alert_rule_looks).where(alert_rule_looks.c.rule_id.in_(rule_ids))
    return {
        row.rule_id: Look(
            evaluated_at_us=row.evaluated_at_us,
            failing_since_us=row.failing_since_us,
            error=row.error,
            skipped_us=None if row.skipped_from_us is None else (row.skipped_from_us, row.skipped_to_us),
            groups_left_out=row.groups_left_out,
        )
        for row in connection.execute(statement)
    }


def put_look(database: Database, connection: sa.Connection, rule: Rule, look: Look) -> None:
    """Write down how a look at the rule went."""
    values = {
        "project_id": rule.project_id,
        "evaluated_at_us": look.evaluated_at_us,
        "failing_since_us": look.failing_since_us,
        "error": look.error,
        "skipped_from_us": None if look.skipped_us is None else look.skipped_us[0],
        "skipped_to_us": None if look.skipped_us is None else look.skipped_us[1],
        "groups_left_out": look.groups_left_out,
    }
    statement = database.insert(alert_rule_looks).values(rule_id=rule.id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["rule_id"], set_=values))
