"""A budget says in words what it will do, and what is wrong with it by field."""

from decimal import Decimal

import pytest
from budgets.factories import USD, a_budget

from lynex_server.budgets.definition import exact_amount
from lynex_server.budgets.describe import amount, describe_budget, describe_stop
from lynex_server.budgets.scope import Scope
from lynex_server.kernel.errors import InvalidInput


def test_says_what_it_will_do():
    budget = a_budget(
        {"model": "gpt-*", "environment": "production"},
        period="month",
        time_zone="Europe/Berlin",
        limit=Decimal(50),
        hard_stop=True,
        thresholds=[80, 100],
    )

    assert describe_budget(budget) == (
        "Stops calls to gpt-* in production once $50 are spent between the 1st and the end of the month, "
        "Europe/Berlin; calls at the same time cannot pass it together; tells at 80 % and 100 %"
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"action": "notify", "thresholds": []},
            "Tells when $10 are spent by calls between midnight and midnight, UTC",
        ),
        (
            {
                "period": "rolling",
                "rolling_s": 7200,
                "unit": "requests",
                "limit": Decimal(1000),
                "thresholds": [],
            },
            "Stops calls once 1,000 requests are made within any 2 hours",
        ),
        (
            {"action": "downgrade_model", "downgrade_to": "gpt-4o-mini", "period": "total", "thresholds": []},
            "Moves calls to gpt-4o-mini once $10 are spent in all",
        ),
    ],
)
def test_says_so_for_every_kind(changes, sentence: str):
    assert describe_budget(a_budget(**changes)) == sentence


def test_says_what_a_kill_switch_stops():
    assert describe_stop(Scope("prj_a"), (), dry_run=False) == "Stops every call"
    assert (
        describe_stop(Scope("prj_a", model="gpt-*"), ("/health", "/sos*"), dry_run=True)
        == "Counts what would be stopped of calls to gpt-*, but not those of /health and /sos*"
    )


@pytest.mark.parametrize(
    ("exact", "text"),
    [
        (50 * USD, "$50"),
        (2_500_000, "$0.0025"),
        (1_100_000_000, "$1.10"),
        (-USD // 2, "-$0.50"),
        (12_345 * USD, "$12,345"),
    ],
)
def test_writes_money_as_people_do(exact: int, text: str):
    assert amount(exact, "usd") == text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"period": "rolling"}, "rolling_s"),
        ({"rolling_s": 60}, "rolling_s"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"hard_stop": True, "action": "notify"}, "hard_stop"),
        ({"action": "downgrade_model"}, "downgrade_to"),
        ({"downgrade_to": "gpt-4o-mini"}, "downgrade_to"),
        ({"thresholds": [0]}, "thresholds"),
        ({"thresholds": [1001]}, "thresholds"),
        ({"limit": Decimal("0.0000000001")}, "limit"),
        ({"limit": Decimal(10_000_000)}, "limit"),
        ({"limit": Decimal("1.5"), "unit": "tokens"}, "limit"),
    ],
)
def test_names_the_field_that_is_wrong(changes, field: str):
    with pytest.raises(InvalidInput) as wrong:
        a_budget(**changes)
    assert wrong.value.field == field


def test_a_limit_is_exact():
    assert exact_amount(Decimal("0.1"), "usd") == 100_000_000
    assert exact_amount(Decimal(7), "requests") == 7


def test_thresholds_are_told_in_order_and_once():
    assert a_budget(thresholds=[90, 50, 90]).thresholds == (50, 90)
