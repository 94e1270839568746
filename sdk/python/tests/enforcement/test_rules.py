"""The rules that a control state says, as values."""

from __future__ import annotations

from control_server import a_switch

from lynex._internal.enforcement.rules import Call, glob, read_rules


def test_a_pattern_means_only_stars_and_question_marks() -> None:
    assert glob("") is None
    fits = [("gpt-*", "gpt-4o"), ("gpt-4?", "gpt-4o"), ("a.c", "abc"), ("[ab]", "a")]
    assert [bool(glob(pattern).fullmatch(text)) for pattern, text in fits] == [True, True, False, False]


def test_a_model_is_known_with_and_without_its_provider() -> None:
    rules = read_rules({"version": "1", "kill_switches": [a_switch(model="openai/gpt-*")], "budgets": []})

    assert rules.stops[0].meets(Call(provider="openai", model="gpt-4o"))
    assert not rules.stops[0].meets(Call(provider="azure", model="gpt-4o"))
