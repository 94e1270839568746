"""The states of a group: one sample after another, as values."""

from dataclasses import replace

from alerts.factories import DAY_US, HOUR_US, MINUTE_US, SECOND_US, a_rule, a_sample
from clocks import NOON_US
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.alerts.evaluation import advance, period_of
from lynex_server.alerts.model import Rule, Sample, State

GAP_US = 5 * MINUTE_US


def told(rule: Rule, samples: list[Sample], state: State | None = None) -> list[tuple[str, int]]:
    """What happened, and how many seconds after noon."""
    _, transitions = advance(rule, state or State(), samples, GAP_US)
    return [(each.kind, (each.sample.at_us - NOON_US) // SECOND_US) for each in transitions]


def test_fires_at_once_when_nothing_has_to_last():
    assert told(a_rule(), [a_sample(0, False), a_sample(30, True)]) == [("opened", 30)]


def test_fires_when_it_has_lasted():
    samples = [a_sample(second, True) for second in (0, 30, 60, 90, 120)]

    assert told(a_rule(for_s=60), samples) == [("opened", 60)]


def test_does_not_fire_when_it_was_clear_in_between():
    samples = [a_sample(0, True), a_sample(30, False), a_sample(60, True)]

    assert told(a_rule(for_s=60), samples) == []


def test_resolves_when_it_is_clear():
    samples = [a_sample(0, True), a_sample(30, True), a_sample(60, False)]

    assert told(a_rule(), samples) == [("opened", 0), ("resolved", 60)]


def test_resolves_only_when_it_has_been_clear_long_enough():
    samples = [a_sample(0, True), a_sample(30, False), a_sample(60, True), a_sample(90, False)]

    assert told(a_rule(recover_s=60), [*samples, a_sample(150, False)]) == [("opened", 0), ("resolved", 150)]


def test_fires_once_per_period():
    samples = [a_sample(minute * 60, minute % 2 == 0) for minute in range(61)]
    rule = a_rule(once_per="hour")

    assert [each for each in told(rule, samples) if each[0] == "opened"] == [("opened", 0), ("opened", 3600)]


def test_a_sample_may_say_which_period_it_is():
    samples = [
        a_sample(0, True, period="january"),
        a_sample(30, False),
        a_sample(60, True, period="january"),
        a_sample(90, True, period="february"),
    ]

    assert told(a_rule(once_per="month"), samples) == [("opened", 0), ("resolved", 30), ("opened", 90)]


def test_what_nobody_measured_did_not_last():
    samples = [a_sample(0, True), a_sample(3600, True), a_sample(3630, True)]

    assert told(a_rule(for_s=1800), samples) == []


def test_a_period_has_a_name():
    assert [period_of(each, NOON_US) for each in ("none", "hour", "day", "week", "month")] == [
        "", "2026-01-05T12", "2026-01-05", "2026-W02", "2026-01",
    ]  # fmt: skip


SAMPLES = st.lists(
    st.tuples(st.integers(1, 4 * 3600), st.booleans()), max_size=60, unique_by=lambda each: each[0]
).map(lambda pairs: [a_sample(second, breach) for second, breach in sorted(pairs)])
RULES = st.builds(
    a_rule,
    for_s=st.sampled_from([0, 60, 600]),
    recover_s=st.sampled_from([0, 60, 600]),
    once_per=st.sampled_from(["none", "hour", "day"]),
)


@given(RULES, SAMPLES)
def test_openings_and_resolutions_alternate(rule: Rule, samples: list[Sample]):
    kinds = [kind for kind, _ in told(rule, samples)]

    assert kinds == [("opened", "resolved")[number % 2] for number in range(len(kinds))]


@given(RULES, SAMPLES, st.integers(0, 60))
def test_a_restart_in_the_middle_changes_nothing(rule: Rule, samples: list[Sample], where: int):
    whole, transitions = advance(rule, State(), samples, GAP_US)
    state, first = advance(rule, State(), samples[:where], GAP_US)
    state, second = advance(rule, state, samples[where:], GAP_US)

    assert (state, first + second) == (whole, transitions)


@given(RULES, SAMPLES)
def test_the_same_samples_twice_change_nothing(rule: Rule, samples: list[Sample]):
    once, _ = advance(rule, State(), samples, GAP_US)

    assert advance(rule, once, samples, GAP_US) == (once, [])


@given(RULES, SAMPLES)
def test_it_never_fires_twice_in_a_period(rule: Rule, samples: list[Sample]):
    _, transitions = advance(rule, State(), samples, GAP_US)
    periods = [period_of(rule.once_per, each.sample.at_us) for each in transitions if each.kind == "opened"]

    assert rule.once_per == "none" or len(periods) == len(set(periods))


@given(SAMPLES, st.integers(60, 3600))
def test_a_longer_wait_never_fires_more_often(samples: list[Sample], for_s: int):
    patient, hasty = a_rule(for_s=for_s), a_rule()

    assert len(told(patient, samples)) <= len(told(hasty, samples))


@given(RULES, SAMPLES)
def test_what_fires_was_over_the_limit_for_long_enough(rule: Rule, samples: list[Sample]):
    _, transitions = advance(rule, State(), samples, DAY_US)
    for transition in transitions:
        if transition.kind == "opened":
            at_us = transition.sample.at_us
            since_us = at_us - rule.for_s * SECOND_US
            within = [each for each in samples if since_us <= each.at_us <= at_us]
            assert within and all(each.breach for each in within)


@given(SAMPLES)
def test_a_quiet_group_stays_quiet(samples: list[Sample]):
    quiet = [replace(each, breach=False) for each in samples]

    assert told(a_rule(once_per="hour", for_s=HOUR_US // SECOND_US), quiet) == []
