"""How the tests of enforcement configure, call, and look at what came of it."""

from __future__ import annotations

from typing import Any

from control_server import ControlServer, a_budget
from sending import configure

import lynex
from lynex._internal.runtime import active

QUESTION: list[Any] = [{"role": "user", "content": "Why?"}]


def a_hard_budget(**changes: Any) -> dict[str, Any]:
    """A budget with money left, for which each call sets some aside."""
    return a_budget("hard", hard_stop=True, over=False, **changes)


def enforce(control: ControlServer | str, **settings: Any) -> None:
    url = control if isinstance(control, str) else control.url
    configure(url, **{"enforce": "enforce", **settings})


def call(model: str = "gpt-4o", provider: str = "openai", **more: Any) -> None:
    """A call that a decorated function makes."""

    @lynex.trace_llm(provider=provider, model=model, **more)
    def ask() -> str:
        lynex.current_span().set_usage(input_tokens=10, output_tokens=5)
        return "42"

    assert ask() == "42"


def knows(rules: int = 1) -> bool:
    gate = active().gate
    assert gate is not None
    return len(gate._listener.rules.stops) == rules


def events(control: ControlServer) -> list[dict[str, Any]]:
    assert lynex.flush(5.0)
    return control.events
