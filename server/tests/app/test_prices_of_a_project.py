"""From a model that nobody can price to money that adds up, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.real_lynex import COST_OF_AN_EVENT_NANOUSD, Tenant, an_event, eventually

PER_GPU_HOUR = {
    "kind": "gpu_hour",
    "gpu_hour_usd": "2.40",
    "gpus": 2,
    "tokens_per_s": "1500",
    "busy_share": "0.4",
}
A_MILLION_TOKENS_NANOUSD = 2_222_222_222
"""2.40 × 2 ÷ (3600 × 1500 × 0.4) dollars a token, a million times."""


def made(tenant: Tenant, path: str, **body: Any) -> Any:
    answer = tenant.ask("POST", f"/v1/{path}", json=body)
    assert answer.status_code in (200, 201, 202), answer.text
    return answer.json()


def repriced(tenant: Tenant, job: dict[str, Any]) -> dict[str, Any]:
    """The repricing once it is done."""
    path = f"/v1/prices/reprice/{job['id']}"
    return eventually(lambda: tenant.get(path), lambda now: now["state"] == "done")


def test_an_unpriced_model_is_listed_priced_and_its_calls_with_it(tenant: Tenant):
    called = {"provider": "vllm", "model": "Acme/Llama-70B_x", "tokens_in": 500_000, "tokens_out": 500_000}
    budget = made(tenant, "budgets", name="all", limit=100, period="day")["id"]
    first_at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=5)
    tenant.send(an_event(1, ts=first_at.isoformat(), **called), an_event(2, **called), an_event(3))
    tenant.see(3)

    [unpriced] = tenant.get("/v1/prices/unpriced")["items"]
    assert (unpriced["model"], unpriced["spans"]) == (called["model"], 2)
    assert unpriced["flags"] == ["model_unknown"]
    assert datetime.fromisoformat(unpriced["first_seen"]) == first_at
    assert tenant.get("/v1/metrics/summary")["unpriced"] == 2

    # One click of the dashboard: a price since ever, and the calls of before along with it.
    priced = made(tenant, "prices/unpriced/price", provider="vllm", model=called["model"], terms=PER_GPU_HOUR)
    done = repriced(tenant, priced["repricing"])

    assert (done["changed"], done["new_nanousd"]) == (2, 2 * A_MILLION_TOKENS_NANOUSD)
    assert tenant.get("/v1/prices/unpriced")["items"] == []
    total = 2 * A_MILLION_TOKENS_NANOUSD + COST_OF_AN_EVENT_NANOUSD
    assert sum(row["cost_nanousd"] for row in tenant.rows()) == total
    assert tenant.get("/v1/metrics/summary")["cost_nanousd"] == total
    eventually(lambda: tenant.get(f"/v1/budgets/{budget}")["spent_exact"], lambda spent: spent == total)


def test_what_a_span_cost_before_stays_readable(tenant: Tenant):
    tenant.send(an_event(1))
    [row] = tenant.see(1)
    since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    made(
        tenant, "prices/overrides", provider="openai", model="gpt-4o-mini*", valid_from=since,
        terms={"kind": "factor", "factor": "2"},
    )  # fmt: skip

    dry = repriced(tenant, made(tenant, "prices/reprice", **{"from": since, "dry_run": True}))
    assert (dry["changed"], dry["difference_nanousd"]) == (1, COST_OF_AN_EVENT_NANOUSD)
    assert tenant.rows()[0]["cost_nanousd"] == COST_OF_AN_EVENT_NANOUSD

    repriced(tenant, made(tenant, "prices/reprice", **{"from": since}))

    asked = {"trace_id": row["trace_id"], "span_id": row["span_id"]}
    [change] = tenant.get("/v1/prices/history", **asked)["items"]
    assert change["old_cost_nanousd"] == COST_OF_AN_EVENT_NANOUSD
    assert change["old_price_version"] == row["price_version"]
    assert change["new_cost_nanousd"] == tenant.rows()[0]["cost_nanousd"] == 2 * COST_OF_AN_EVENT_NANOUSD


def test_the_calculator_says_what_a_call_would_cost_and_by_which_rates(tenant: Tenant):
    usage = {"input_tokens": 1000, "output_tokens": 10, "cache_read_tokens": 500}

    told = made(tenant, "prices/calculate", provider="openai", model="gpt-4o", usage=usage)
    assert told["cost_nanousd"] == 500 * 2500 + 500 * 1250 + 10 * 10_000
    rates = {rate["unit"]: rate["usd"] for rate in told["rates"]}
    assert (rates["input_tokens"], rates["output_tokens"]) == ("2.5", "10")

    unknown = made(tenant, "prices/calculate", model="our-llama", usage=usage)
    assert (unknown["cost_nanousd"], unknown["cost_usd"], unknown["flags"]) == (None, None, ["model_unknown"])

    made(tenant, "prices/overrides", model="our-llama", terms={"kind": "flat", "usd_per_million_tokens": "2"})
    own = made(tenant, "prices/calculate", model="our-llama", usage=usage)
    assert own["cost_nanousd"] == 1010 * 2000
    assert own["price_version"].startswith("override-")
