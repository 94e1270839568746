"""Labels against matchers, instants against weekly windows."""

import pytest
from alerts.factories import HOUR_US, a_channel, an_incident, severity_is
from clocks import NOON_US

from lynex_server.alerts.matching import is_muting, is_routed, matches
from lynex_server.alerts.model import Matcher, Mute, WeeklyWindow

LABELS = {"severity": "warning", "model": "gpt-4o"}


@pytest.mark.parametrize(
    ("matcher", "holds"),
    [
        (Matcher("severity", "warning"), True),
        (Matcher("severity", "critical"), False),
        (Matcher("severity", "critical", "is_not"), True),
        (Matcher("model", "gpt-*", "like"), True),
        (Matcher("model", "gpt-?o", "like"), True),
        (Matcher("model", "[g]pt-4o", "like"), False),
        (Matcher("team", ""), True),
        (Matcher("team", "search"), False),
    ],
)
def test_a_matcher_compares_one_label(matcher: Matcher, holds: bool):
    assert matches((matcher,), LABELS) is holds


def test_every_matcher_must_hold():
    assert matches((), LABELS)
    assert not matches((Matcher("severity", "warning"), Matcher("model", "o1")), LABELS)


def test_a_rule_reaches_the_channels_it_names_and_those_that_match():
    incident = an_incident(channel_ids=("alc_1",))

    assert is_routed(a_channel(match=None), incident)
    assert not is_routed(a_channel(id="alc_2", match=None), incident)
    assert is_routed(a_channel(id="alc_2", match=()), incident)
    assert not is_routed(a_channel(id="alc_2", match=severity_is("critical")), incident)
    assert not is_routed(a_channel(id="alc_2", min_severity="critical"), incident)
    assert not is_routed(a_channel(enabled=False), incident)


def a_mute(zone: str, *windows: WeeklyWindow) -> Mute:
    return Mute("alm_1", "org_a", "prj_a", "quiet", zone, windows, (), 0)


def test_a_window_is_open_in_its_time_zone():
    """Noon UTC on a Monday is one o'clock in Berlin."""
    window = WeeklyWindow(("mon",), 13 * 60, 14 * 60)

    assert is_muting(a_mute("Europe/Berlin", window), LABELS, NOON_US)
    assert not is_muting(a_mute("UTC", window), LABELS, NOON_US)
    assert not is_muting(a_mute("Europe/Berlin", window), LABELS, NOON_US + HOUR_US)


def test_a_window_may_reach_over_midnight():
    nights = a_mute("UTC", WeeklyWindow(("mon",), 22 * 60, 6 * 60))

    assert [is_muting(nights, LABELS, NOON_US + hour * HOUR_US) for hour in (9, 10, 17, 18, 34)] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_equal_ends_are_a_whole_day():
    assert is_muting(a_mute("UTC", WeeklyWindow(("mon",), 0, 0)), LABELS, NOON_US)
