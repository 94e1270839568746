"""Whatever is sent to a real Lynex: no answer of 500 or above, and no lost neighbour.

Requests are made from `contract/openapi.json`, some that fit it and some that do not. The seed is fixed: a
failure comes again.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from app.real_lynex import Installation, Tenant, an_event, eventually
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

CONTRACT = Path(__file__).parents[3] / "contract" / "openapi.json"
EXAMPLES = 20
SEED = 20261120
TAKE_NOTHING = {"/healthz", "/readyz"}
"""Nothing can be wrong with a request to these."""

CREDENTIALS = {"authorization", "x-api-key", "x-lynex-key", "x-lynex-timestamp", "x-lynex-signature"}
OPERATIONS = [
    pytest.param(found.ok(), mode, id=f"{found.ok().method.upper()} {found.ok().path} {mode.value}")
    for found in schemathesis.openapi.from_path(CONTRACT).get_all_operations()
    for mode in GenerationMode
    if mode.is_positive or found.ok().path not in TAKE_NOTHING
]


@pytest.fixture(scope="module")
def fuzzed(installation: Installation) -> Tenant:
    """A project with something in it to find."""
    tenant = installation.new_tenant()
    tenant.send(*(an_event(number, session_id="s", tags=["t"], input="text") for number in range(20)))
    tenant.see(20)
    return tenant


@pytest.fixture(scope="module")
def session(fuzzed: Tenant) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.mark.parametrize(("operation", "mode"), OPERATIONS)
def test_no_request_is_answered_with_a_server_error(
    operation: Any, mode: GenerationMode, fuzzed: Tenant, session: requests.Session
) -> None:
    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        # Made-up credentials would all be stopped at the door.
        case.headers = {
            name: value for name, value in case.headers.items() if name.lower() not in CREDENTIALS
        } | {"Authorization": f"Bearer {fuzzed.api_key}"}
        request = case.as_transport_kwargs(base_url=fuzzed.url)
        # The head is enough, and of a stream there is no more.
        with session.request(**request, stream=True, timeout=60) as response:
            assert response.status_code < 500, f"{response.status_code} {response.text[:500]}"
            assert response.status_code != 401, "what is asked must reach the route"

    ask()


STRANGE = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(
        st.sampled_from(
            ["ts", "model", "tokens_in", "usage", "cost_usd", "kind", "tags", "metadata", "trace_id", "input"]
        ),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.text(max_size=10), st.lists(st.text(max_size=3))
        ),
    ),
    st.just({"ts": 10**40}),
    st.just({"ts": 1, "usage": {"input_tokens": -(2**70)}}),
)


def test_good_events_are_stored_whatever_stands_beside_them(tenant: Tenant) -> None:
    """langfuse#6024: what is not understood sinks nothing, itself and its neighbours least of all."""
    good: list[str] = []

    @seed(SEED)
    @settings(max_examples=40, deadline=None, database=None, phases=[Phase.generate])
    @given(st.lists(STRANGE, max_size=4), st.randoms(use_true_random=False))
    def send(strange: list[Any], random: Any) -> None:
        number = 1 + len(good)
        events = [*strange, an_event(number), an_event(number + 1)]
        random.shuffle(events)
        answer = tenant.ask("POST", "/v1/events", json=events)
        assert answer.status_code == 207, answer.text
        verdicts = {result["index"]: result["status"] for result in answer.json()["results"]}
        assert len(verdicts) == len(events)
        for event_number in (number, number + 1):
            place = events.index(next(e for e in events if is_of(e, event_number)))
            assert verdicts[place] == "accepted"
            good.append(f"{event_number:016x}")

    send()

    stored = eventually(tenant.span_ids, lambda ids: set(good) <= set(ids))
    assert {stored[span_id] for span_id in good} == {1}
    assert tenant.get("/v1/dead-letters")["items"] == []


def is_of(event: Any, number: int) -> bool:
    return isinstance(event, dict) and event.get("span_id") == f"{number:016x}"


@pytest.mark.parametrize("cut", range(0, 100, 7))
def test_lines_that_are_cut_or_broken_sink_no_other_line(tenant: Tenant, cut: int) -> None:
    line = json.dumps(an_event(1, output="text"))
    body = "\n".join([json.dumps(an_event(2)), line[: len(line) * cut // 100], json.dumps(an_event(3))])

    answer = tenant.ask("POST", "/v1/events", content=body, headers={"Content-Type": "application/x-ndjson"})

    assert answer.status_code == 207
    assert answer.json()["accepted"] == 2
    tenant.see(2)
    assert set(tenant.span_ids()) == {f"{2:016x}", f"{3:016x}"}
