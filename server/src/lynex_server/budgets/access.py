"""Who may see and change what is about a whole organisation: a person with a role in it, never a project's
key."""

from fastapi import Request

from lynex_server.budgets.assembly import Budgets
from lynex_server.budgets.schemas import ScopeInput
from lynex_server.kernel.errors import Forbidden

NAME = r"^[A-Za-z0-9_-]{1,64}$"
"""What every id and token of this slice looks like."""


def budgets_of(request: Request) -> Budgets:
    """What the app put into its state."""
    budgets: Budgets = request.app.state.budgets
    return budgets


def check_reach(scope: ScopeInput, may_reach_all: bool) -> None:
    """Raises `Forbidden` for a scope of every project by someone who may only speak for one."""
    if scope.project == "all" and not may_reach_all:
        raise Forbidden("scope.project: what is about every project takes a role in the organisation.")
