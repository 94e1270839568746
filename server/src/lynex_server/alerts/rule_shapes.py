"""From the wire to rules, and back."""

from dataclasses import asdict

from lynex_server.alerts.describe import describe_rule
from lynex_server.alerts.model import Condition, Matcher, Rule, State
from lynex_server.alerts.rule_schemas import GroupState, MatcherShape, RuleDetail, RuleInput, RuleShown
from lynex_server.alerts.rule_storage import Look
from lynex_server.kernel.clock import datetime_from_us

ANOMALY_DEVIATIONS = 3.5
_PHASES = ("firing", "pending", "ok")


def rule_from(
    wanted: RuleInput, *, rule_id: str, organisation_id: str, project_id: str, created_at_us: int, now_us: int
) -> Rule:
    """The rule that is wanted."""
    limit = wanted.condition.limit
    if limit is None:
        limit = ANOMALY_DEVIATIONS if wanted.condition.kind == "anomaly" else 0.0
    filters = {name: tuple(values) for name, values in wanted.filters.model_dump().items() if values}
    return Rule(
        id=rule_id,
        organisation_id=organisation_id,
        project_id=project_id,
        name=wanted.name,
        enabled=wanted.enabled,
        metric="spans" if wanted.condition.kind == "no_data" else wanted.metric,
        percentile=wanted.percentile,
        condition=Condition(
            wanted.condition.kind, limit, wanted.condition.direction, wanted.condition.compared_with
        ),
        filters=filters,
        group_by=wanted.group_by,
        max_groups=wanted.max_groups,
        window=wanted.window,
        for_s=wanted.for_s,
        recover_s=wanted.recover_s,
        once_per=wanted.once_per,
        min_calls=wanted.min_calls,
        severity=wanted.severity,
        labels=dict(wanted.labels),
        inhibits=matchers_from(wanted.inhibits),
        channel_ids=tuple(dict.fromkeys(wanted.channel_ids)),
        budget_id=wanted.budget_id,
        organisation_budgets=wanted.organisation_budgets,
        note=wanted.note,
        created_at_us=created_at_us,
        updated_at_us=now_us,
    )


def matchers_from(shapes: list[MatcherShape]) -> tuple[Matcher, ...]:
    """Matchers as values."""
    return tuple(Matcher(shape.label, shape.value, shape.how) for shape in shapes)


def matchers_shown(matchers: tuple[Matcher, ...]) -> list[MatcherShape]:
    """Matchers for the wire."""
    return [MatcherShape(label=each.label, value=each.value, how=each.how) for each in matchers]


def rule_shown(rule: Rule, look: Look) -> RuleShown:
    """A rule, and how looking at it goes."""
    return RuleShown.model_validate(_fields(rule, look))


def rule_detail(rule: Rule, look: Look, states: dict[str, State], names: dict[str, str]) -> RuleDetail:
    """A rule with its groups, which people call by `names`."""
    ordered = sorted(states.items(), key=lambda each: (_PHASES.index(each[1].phase), each[0]))
    groups = [
        GroupState(
            group=group,
            group_name=names.get(group, group),
            phase=state.phase,
            since=datetime_from_us(state.since_us),
            value=state.value,
            incident_id=(state.incident_id or None) if state.phase == "firing" else None,
        )
        for group, state in ordered
    ]
    return RuleDetail.model_validate({**_fields(rule, look), "groups": groups})


def _fields(rule: Rule, look: Look) -> dict[str, object]:
    skipped_from, skipped_to = look.skipped_us or (None, None)
    hidden = ("organisation_id", "project_id", "created_at_us", "updated_at_us")
    return {
        **{name: value for name, value in asdict(rule).items() if name not in hidden},
        "describes": describe_rule(rule),
        "created_at": datetime_from_us(rule.created_at_us),
        "updated_at": datetime_from_us(rule.updated_at_us),
        "evaluated_at": datetime_from_us(look.evaluated_at_us) if look.evaluated_at_us else None,
        "failing_since": None if look.failing_since_us is None else datetime_from_us(look.failing_since_us),
        "error": look.error,
        "skipped_from": None if skipped_from is None else datetime_from_us(skipped_from),
        "skipped_to": None if skipped_to is None else datetime_from_us(skipped_to),
        "groups_left_out": look.groups_left_out,
    }
