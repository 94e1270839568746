"""Whatever is sent to a real Lynex, by whomever: no answer of 500 or above, nothing of another tenant in any
answer, no secret in any, and no lost neighbour.

Requests are made from `contract/openapi.json`, some that fit it and some that do not, aimed at another
tenant's things where their path names one, with valid, expired, foreign and no credentials. The seed is
fixed: a failure comes again. `LYNEX_TEST_HOSTILE_REQUESTS` says how many; a few hundred when it does not.
"""

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from app.households import Asker, Household, Village
from app.real_lynex import Installation, Tenant, an_event, eventually
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

CONTRACT = Path(__file__).parents[3] / "contract" / "openapi.json"
SEED = 20261120
TAKE_NOTHING = {"/healthz", "/metrics", "/readyz", "/v1/auth/cli", "/v1/auth/sign-out"}
"""Nothing can be wrong with a request to these."""

ASKS_ELSEWHERE = {"/v1/auth/sso/{provider_id}/start"}
"""What asks a provider of sign-on, and says 502 when that one does not answer."""

CREDENTIALS = {
    "authorization",
    "x-api-key",
    "x-lynex-key",
    "x-lynex-timestamp",
    "x-lynex-signature",
    "x-lynex-project",
    "cookie",
}
OPERATIONS = [
    pytest.param(found.ok(), mode, id=f"{found.ok().method.upper()} {found.ok().path} {mode.value}")
    for found in schemathesis.openapi.from_path(CONTRACT).get_all_operations()
    for mode in GenerationMode
    if mode.is_positive or found.ok().path not in TAKE_NOTHING
]
EXAMPLES = math.ceil(int(os.environ.get("LYNEX_TEST_HOSTILE_REQUESTS", "600")) / len(OPERATIONS))
READ_BYTES = 1_000_000
"""Of an answer. A stream has no end, so of those only the head is looked at."""

BY = st.sampled_from(["own key", "own session", "nobody", "expired key", "revoked key", "ended session"])


@pytest.fixture(scope="module")
def village(installation: Installation) -> Village:
    return Village(installation)


@pytest.fixture(scope="module")
def victim(village: Village) -> Household:
    """Somebody with something in every place."""
    return village.found()


@pytest.fixture
def hostile(village: Village) -> Household:
    """Whoever asks; anew for each route, for he may delete himself."""
    return village.found(with_data=False)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.mark.parametrize(("operation", "mode"), OPERATIONS)
def test_no_hostile_request_breaks_anything_or_learns_anything(
    operation: Any,
    mode: GenerationMode,
    installation: Installation,
    victim: Household,
    hostile: Household,
    session: requests.Session,
) -> None:
    secret = [*secrets_of(victim), installation.master_key.hex()]

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), by=BY, is_aimed=st.booleans())
    def ask(case: Any, by: str, is_aimed: bool) -> None:
        # Made-up credentials would all be stopped at the door.
        case.headers = {
            name: value for name, value in case.headers.items() if name.lower() not in CREDENTIALS
        } | asker(by, hostile, victim).headers
        case.cookies = {}
        if is_aimed:
            case.path_parameters = {
                name: victim.names.get(name, value) for name, value in case.path_parameters.items()
            }
        request = case.as_transport_kwargs(base_url=victim.tenant.url)
        with session.request(**request, stream=True, timeout=60) as response:
            is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
            said = b"" if is_stream else response.raw.read(READ_BYTES, decode_content=True)
            told = f"{response.headers}\n{said.decode(errors='replace')}"
            is_elsewhere = response.status_code == 502 and operation.path in ASKS_ELSEWHERE
            assert response.status_code < 500 or is_elsewhere, f"{response.status_code} {told[:500]}"
            assert not [word for word in secret if word in told], "a secret"
            sent = f"{response.request.url} {response.request.body!r}"
            # What somebody has himself sent he may be told again.
            assert not [word for word in victim.secrets if word in told and word not in sent]

    ask()


def asker(by: str, hostile: Household, victim: Household) -> Asker:
    """The one who asks; those whose time is over are the victim's own."""
    return {
        "own key": Asker(hostile.tenant.url, {"Authorization": f"Bearer {hostile.tenant.api_key}"}),
        "own session": hostile.owner_session,
        "nobody": Asker(hostile.tenant.url),
        "expired key": victim.dead["an expired key"],
        "revoked key": victim.dead["a revoked key"],
        "ended session": victim.dead["an ended session"],
    }[by]


def secrets_of(household: Household) -> list[str]:
    """What would let somebody in as one of the household."""
    askers = [household.owner_session, *household.dead.values()]
    return [
        household.tenant.api_key,
        household.names["token"],
        "a secret of the provider",
        *(asker.headers["Authorization"].removeprefix("Bearer ") for asker in askers),
    ]


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
