"""Budgets and calls with sensible defaults."""

from decimal import Decimal
from typing import Any

from clocks import NOON_US

from lynex_server.budgets.definition import budget_from
from lynex_server.budgets.model import Budget
from lynex_server.budgets.schemas import BudgetInput, ScopeInput
from lynex_server.budgets.scope import Call
from lynex_server.identity.permissions import granted_to_role, granted_to_scopes
from lynex_server.identity.public import Principal
from lynex_server.kernel.ids import KeyId, OrganisationId, ProjectId, UserId

USD = 1_000_000_000
MINUTE_US = 60_000_000
HOUR_US = 3600_000_000
DAY_US = 24 * HOUR_US


def wanted(scope: dict[str, str] | None = None, **changes: Any) -> BudgetInput:
    """Ten dollars a day, that stop."""
    values: dict[str, Any] = {"name": "ten a day", "period": "day", "limit": Decimal(10), "action": "stop"}
    return BudgetInput(**{**values, **changes}, scope=ScopeInput(**(scope or {})))


def a_budget(scope: dict[str, str] | None = None, **changes: Any) -> Budget:
    """The budget that `wanted` becomes in the project prj_a."""
    return budget_from(
        wanted(scope, **changes),
        budget_id="bud_1",
        organisation_id="org_a",
        project_id="prj_a",
        created_at_us=NOON_US,
        now_us=NOON_US,
    )


def a_call(**changes: Any) -> Call:
    """What `span_factories.a_row` tells of."""
    values: dict[str, Any] = {
        "project_id": "prj_a",
        "environment": "production",
        "provider": "openai",
        "model": "gpt-4o-2024-08-06",
        "route": "/chat",
        "end_user": "ann",
        "api_key": "key_1",
    }
    return Call(**{**values, **changes})


def a_key(project_id: str = "prj_a", organisation_id: str = "org_a") -> Principal:
    """A project's key that may do everything."""
    return Principal(
        project_id=ProjectId(project_id),
        organisation_id=OrganisationId(organisation_id),
        api_key_id=KeyId("key_1"),
        user_id=UserId(""),
        permissions=granted_to_scopes(frozenset({"ingest", "read", "admin", "gateway"})),
        name="ci",
    )


def an_owner(project_id: str = "prj_a", organisation_id: str = "org_a") -> Principal:
    """A person who owns the organisation."""
    return Principal(
        project_id=ProjectId(project_id),
        organisation_id=OrganisationId(organisation_id),
        api_key_id=KeyId(""),
        user_id=UserId("usr_1"),
        permissions=granted_to_role("owner"),
        name="ann@example.com",
    )
