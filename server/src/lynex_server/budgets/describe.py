"""What a budget or a kill switch will do, as a sentence."""

from lynex_server.budgets.model import Budget, Per, Unit
from lynex_server.budgets.scope import Scope
from lynex_server.kernel.money import NANOUSD_PER_USD

_VERBS = {
    "notify": "Tells when {limit} {spent} by {calls}",
    "slow_down": "Slows {calls} down once {limit} {spent}",
    "downgrade_model": "Moves {calls} to {to} once {limit} {spent}",
    "stop": "Stops {calls} once {limit} {spent}",
}
_PERIODS = {
    "hour": "within a full hour",
    "day": "between midnight and midnight",
    "week": "between Monday and Sunday",
    "month": "between the 1st and the end of the month",
}
SUBJECT_WORDS: dict[Per, str] = {"end_user": "end user", "api_key": "API key", "session": "session"}
_LENGTHS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def describe_budget(budget: Budget) -> str:
    """The budget in words, such as "Stops calls to gpt-* in production once $50 are spent …"."""
    sentence = _VERBS[budget.action].format(
        calls=_whose_calls(budget),
        limit=amount(budget.limit, budget.unit),
        spent="are made"
        if budget.unit == "requests"
        else "are spent"
        if budget.unit == "usd"
        else "are used",
        to=budget.downgrade_to,
    )
    parts = [f"{sentence} {_period(budget)}".rstrip()]
    if budget.hard_stop:
        parts.append("calls at the same time cannot pass it together")
    if budget.thresholds:
        parts.append(f"tells at {_listed([f'{percent} %' for percent in budget.thresholds])}")
    return "; ".join(parts)


def _whose_calls(budget: Budget) -> str:
    if not budget.per:
        return calls(budget.scope)
    plain = calls(budget.scope).removeprefix("every project's ")
    everywhere = "" if budget.scope.project_id else " in every project"
    return f"each {SUBJECT_WORDS[budget.per]}'s {plain}{everywhere}"


def describe_stop(scope: Scope, allow_routes: tuple[str, ...], dry_run: bool) -> str:
    """A kill switch in words."""
    verb = "Counts what would be stopped of" if dry_run else "Stops"
    but = f", but not those of {_listed(list(allow_routes))}" if allow_routes else ""
    meant = calls(scope)
    return f"{verb} {'every call' if meant == 'calls' else meant}{but}"


def calls(scope: Scope) -> str:
    """The calls that a scope means: "calls to gpt-* in production"."""
    words = [("every project's calls" if not scope.project_id else "calls")]
    if scope.model:
        words.append(f"to {scope.model}")
    if scope.route:
        words.append(f"of {scope.route}")
    if scope.end_user:
        words.append(f"for the user {scope.end_user}")
    if scope.session:
        words.append(f"in the session {scope.session}")
    if scope.tag:
        words.append(f"tagged {scope.tag}")
    if scope.api_key:
        words.append(f"with the key {scope.api_key}")
    if scope.environment:
        words.append(f"in {scope.environment}")
    return " ".join(words)


def amount(exact: int, unit: Unit) -> str:
    """An amount as people write it: $50, $0.0025, 1,000 tokens."""
    if unit != "usd":
        return f"{exact:,} {unit if exact != 1 else unit.removesuffix('s')}"
    dollars, nanos = divmod(abs(exact), NANOUSD_PER_USD)
    fraction = f"{nanos:09d}".rstrip("0")
    cents = f".{fraction:0<2}" if fraction else ""
    return f"{'-' if exact < 0 else ''}${dollars:,}{cents}"


def _period(budget: Budget) -> str:
    calendar = budget.calendar
    if calendar.period == "total":
        return "in all"
    if calendar.period == "rolling":
        return f"within any {_length(calendar.rolling_s)}"
    zone = "" if calendar.period == "hour" and calendar.zone == "UTC" else f", {calendar.zone}"
    return f"{_PERIODS[calendar.period]}{zone}"


def _length(seconds: int) -> str:
    for size, name in _LENGTHS:
        if seconds % size == 0:
            count = seconds // size
            return name if count == 1 else f"{count} {name}s"
    raise ValueError(seconds)


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
