"""What went through the gateway, from the spans it wrote."""

import asyncio
import json
from typing import Any

from clocks import NOON_US, FixedClock
from query.conftest import Api
from query.rows import SECOND_US, a_span

from lynex_server.engines.live.memory import MemoryLive
from lynex_server.query.public import GatewayUse, QueryService, QuerySettings, TimeRange
from lynex_server.spans.public import SpanRow


def use_of(api: Api, **asked: str) -> GatewayUse:
    service = QueryService(api.columnar, MemoryLive(), QuerySettings(), FixedClock())
    return asyncio.run(service.gateway_use.of(api.project_id, TimeRange(**asked)))


def a_call(attributes: dict[str, Any] | None = None, **changes: Any) -> SpanRow:
    told = {"lynex.gateway.provider": "main", "lynex.gateway.added_ms": 2.0, **(attributes or {})}
    return a_span(**{"source": "gateway", "attributes": json.dumps(told), **changes})


def test_calls_are_told_apart_by_how_they_ended(api: Api) -> None:
    for status in ("ok", "ok", "error", "timeout", "blocked", "cancelled"):
        api.store(a_call(status=status))

    use = use_of(api)

    assert (use.calls, use.errors, use.refused, use.cancelled) == (6, 2, 1, 1)


def test_spans_of_applications_are_no_calls_through_the_gateway(api: Api) -> None:
    api.store(a_span(source="sdk"), a_call())

    assert use_of(api).calls == 1


def test_refusals_are_counted_by_reason_the_commonest_first(api: Api) -> None:
    for reason in ("rate_limited", "budget_exceeded", "budget_exceeded"):
        api.store(a_call(status="blocked", error_type=reason))
    api.store(a_call(status="error", error_type="upstream_500"))

    assert [(each.error_type, each.calls) for each in use_of(api).refusals] == [
        ("budget_exceeded", 2),
        ("rate_limited", 1),
    ]


def test_what_the_cache_saved_is_exact(api: Api) -> None:
    hit = {"lynex.gateway.cache": "hit", "lynex.gateway.saved_nanousd": 3_500_001}
    api.store(
        a_call(hit, cost_nanousd=0), a_call(hit, cost_nanousd=0), a_call({"lynex.gateway.cache": "miss"})
    )

    use = use_of(api)

    assert (use.cache_hits, use.saved_nanousd, use.saved_usd) == (2, 7_000_002, 0.007000002)


def test_calls_that_took_more_than_one_attempt_are_counted(api: Api) -> None:
    api.store(a_call({"lynex.gateway.attempts": 3}), a_call())

    assert use_of(api).tried_again == 1


def test_what_the_gateway_added_leaves_out_calls_that_asked_nobody(api: Api) -> None:
    api.store(a_call(), a_span(source="gateway", status="blocked"))

    use = use_of(api)

    assert use.added_ms.p50 == use.added_ms.p95 == 2.0


def test_figures_are_kept_apart_by_the_name_of_the_provider(api: Api) -> None:
    api.store(
        a_call(cost_nanousd=5, input_tokens=10),
        a_call(cost_nanousd=6, input_tokens=20),
        a_call({"lynex.gateway.provider": "spare"}, provider="anthropic", cost_nanousd=7, input_tokens=40),
        a_span(source="gateway", status="blocked", cost_nanousd=None, input_tokens=None),
    )

    use = use_of(api)

    assert [(each.name, each.provider, each.calls, each.cost_nanousd) for each in use.providers] == [
        ("main", "openai", 2, 11),
        ("spare", "anthropic", 1, 7),
    ]
    assert (use.calls, use.cost_nanousd, use.input_tokens) == (4, 18, 70)


def test_a_project_without_calls_is_answered_with_nothing_of_anything(api: Api) -> None:
    api.store(a_call())

    use = use_of(api.another())

    assert (use.calls, use.saved_nanousd, use.cost_nanousd, use.refusals, use.providers) == (0, 0, 0, [], [])
    assert use.added_ms.p50 is None


def test_calls_outside_the_period_are_not_counted(api: Api) -> None:
    api.store(a_call(start_time=NOON_US - 120 * SECOND_US), a_call())

    assert use_of(api, length="15m").calls == 1
    assert use_of(api).calls == 2


def test_every_statement_is_narrowed_to_the_tenant_first(api: Api) -> None:
    api.columnar.asked.clear()

    use_of(api)

    assert len(api.columnar.asked) == 3
    assert all("\nWHERE project_id = {project_id:String}\n" in sql for sql in api.columnar.asked)
