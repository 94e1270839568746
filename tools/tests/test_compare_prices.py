"""The comparison of price sources says why they differ, and says nothing where they agree."""

from datetime import date
from pathlib import Path

from tools.compare_prices import compared

from lynex_server.pricing.public import read_community_file

FILE = Path(__file__).parents[2] / "server" / "tests" / "pricing" / "side_by_side_prices.json"


def test_every_difference_has_a_reason_and_nothing_else_has():
    found = list(compared(read_community_file(FILE), date(2026, 11, 2)))

    assert {each.provider for each in found} >= {"openai", "anthropic", "deepseek"}
    assert all(bool(each.reason) == (each.ours != each.theirs) for each in found)
    assert any(each.reason for each in found if each.provider == "deepseek")
