"""Whatever is sent to a real Lynex, by whomever: no answer of 500 or above, nothing of another tenant in any
answer, no secret in any, and no lost neighbour.

Requests are made from `contract/openapi.json`, and as calls of the gateway, some that fit and some that do
not, aimed at another tenant's things, at one's own or at nothing, with valid, expired, foreign and no
credentials. The seed is fixed: a failure comes again. `LYNEX_TEST_HOSTILE_REQUESTS` says how many; a few
hundred when it does not. At the end it is told how many there were.
"""

import contextlib
import json
import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from app.households import Asker, Household, Village
from app.real_lynex import Installation, Tenant, an_event, eventually
from app.route_questions import QUESTIONS
from app.strange_calls import OBJECTS
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

CONTRACT = Path(__file__).parents[3] / "contract" / "openapi.json"
SEED = 20261120
TAKE_NOTHING = {"/healthz", "/metrics", "/readyz", "/v1/auth/cli", "/v1/auth/sign-out"}
"""Nothing can be wrong with a request to these."""

ASKS_ELSEWHERE = {"/v1/auth/sso/{provider_id}/start"}
"""What asks a provider of sign-on, and says 502 when that one does not answer."""

CALLED = {
    (method, path.replace(":path}", "}")): question.called for (method, path), question in QUESTIONS.items()
}
"""Names in paths that are called otherwise among those of a household."""

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
CALLS = (
    "POST /v1/chat/completions",
    "POST /v1/responses",
    "POST /v1/completions",
    "POST /v1/embeddings",
    "POST /v1/messages",
    "POST /v1/messages/count_tokens",
    "POST /v1beta/models/{model}:generateContent",
    "POST /v1beta/models/{model}:streamGenerateContent",
    "POST /openai/deployments/{model}/chat/completions",
    "POST /model/{model}/converse",
    "POST /api/chat",
    "POST /gateway/{upstream}/v1/chat/completions",
    "DELETE /gateway/{upstream}/v1/files/file-1",
    "GET /v1/models",
    "GET /v1/files",
    "GET /api/tags",
)
"""Of the gateway, which is no part of the contract's paths: one of each kind."""

EXAMPLES = math.ceil(
    int(os.environ.get("LYNEX_TEST_HOSTILE_REQUESTS", "600")) / (len(OPERATIONS) + len(CALLS))
)
READ_BYTES = 1_000_000
"""Of an answer. A stream has no end, so of those only the head is looked at."""

BY = st.sampled_from(
    ["own key", "own session", "nobody", "expired key", "revoked key", "expired session", "ended session"]
)
AT = st.sampled_from(["theirs", "one's own", "nothing"])
ASKED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def village(installation: Installation) -> Iterator[Village]:
    with contextlib.closing(Village(installation)) as village:
        yield village


@pytest.fixture(scope="module")
def victim(village: Village) -> Household:
    """Somebody with something in every place."""
    return village.found()


@pytest.fixture(scope="module")
def reader(village: Village) -> Household:
    """Who changes nothing of his own."""
    return village.found(with_data=False)


@pytest.fixture
def hostile(request: pytest.FixtureRequest, village: Village) -> Household:
    """Whoever asks; anew for each route that changes something, for he may delete himself."""
    changes = "operation" in request.fixturenames and request.getfixturevalue("operation").method != "get"
    household: Household = village.found(with_data=False) if changes else request.getfixturevalue("reader")
    return household


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture(scope="module")
def asked(pytestconfig: pytest.Config) -> Iterator[Counter[str]]:
    """How many requests there were, by who asked and by what was answered."""
    counted: Counter[str] = Counter()
    yield counted
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with contextlib.nullcontext() if capture is None else capture.global_and_fixture_disabled():
        pytestconfig.get_terminal_writer().line(f"\nHostile requests: {dict(sorted(counted.items()))}")


class Hostile:
    """Somebody with whatever credentials he has or had, who asks for others' things and for his own."""

    def __init__(
        self, session: requests.Session, asked: Counter[str], victim: Household, own: Household, secret: str
    ) -> None:
        self._session = session
        self._asked = asked
        self._victim = victim
        self._own = own
        self._secrets = [*secrets_of(victim), *secrets_of(own), secret]
        self.url = victim.tenant.url

    def names(self, at: str) -> Mapping[str, str]:
        """The names of what he aims at."""
        return {"theirs": self._victim.names, "one's own": self._own.names, "nothing": {}}[at]

    def headers(self, by: str) -> dict[str, str]:
        """Who he says he is."""
        return asker(by, self._own, self._victim).headers

    def ask(self, by: str, elsewhere: Callable[[requests.Response], bool], **request: Any) -> None:
        """Ask, and see that nothing broke and nothing was told. `elsewhere` says of an answer above 500 that
        it is nobody's fault here: of a provider that does not answer."""
        # A redirect may lead to somebody else's machine.
        with self._session.request(**request, stream=True, timeout=60, allow_redirects=False) as response:
            is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
            said = b"" if is_stream else response.raw.read(READ_BYTES, decode_content=True)
            told = f"{response.headers}\n{said.decode(errors='replace')}"
            self._asked.update(["all", f"by {by}", f"answered {response.status_code}"])
            assert response.status_code < 500 or elsewhere(response), f"{response.status_code} {told[:500]}"
            # What somebody has himself sent he may be told again.
            sent = f"{response.request.url} {response.request.body!r}"
            assert not [word for word in self._secrets if word in told and word not in sent], "a secret"
            assert not [word for word in self._victim.secrets if word in told and word not in sent]


@pytest.fixture
def stranger(
    session: requests.Session,
    asked: Counter[str],
    victim: Household,
    hostile: Household,
    installation: Installation,
) -> Hostile:
    return Hostile(session, asked, victim, hostile, installation.master_key.hex())


@pytest.mark.parametrize(("operation", "mode"), OPERATIONS)
def test_no_hostile_request_breaks_anything_or_learns_anything(
    operation: Any, mode: GenerationMode, stranger: Hostile
) -> None:
    called = CALLED.get((operation.method.upper(), operation.path), {})

    def is_unreachable(answer: requests.Response) -> bool:
        return answer.status_code == 502 and operation.path in ASKS_ELSEWHERE

    @seed(SEED)
    @ASKED
    @given(case=operation.as_strategy(generation_mode=mode), by=BY, at=AT)
    def ask(case: Any, by: str, at: str) -> None:
        names = stranger.names(at)
        names = {**names, **{name: names.get(other, "") for name, other in called.items()}} if names else {}
        # Made-up credentials would all be stopped at the door.
        case.headers = {
            name: value for name, value in case.headers.items() if name.lower() not in CREDENTIALS
        } | stranger.headers(by)
        if "project_id" in names:
            case.headers["X-Lynex-Project"] = names["project_id"]
        case.cookies = {}
        case.path_parameters = {**case.path_parameters, **common(case.path_parameters, names)}
        case.query = {**case.query, **common(case.query, names)}
        if isinstance(case.body, dict):
            case.body = {**case.body, **common(case.body, names)}
        stranger.ask(by, is_unreachable, **case.as_transport_kwargs(base_url=stranger.url))

    ask()


@pytest.mark.parametrize("call", CALLS)
def test_no_hostile_call_breaks_anything_or_learns_anything(call: str, stranger: Hostile) -> None:
    method, _, path = call.partition(" ")

    @seed(SEED)
    @ASKED
    @given(document=OBJECTS, by=BY, at=AT)
    def ask(document: dict[str, Any], by: str, at: str) -> None:
        upstream = stranger.names(at).get("upstream", "made-up")
        model = f"{upstream}/llama3.2"
        where = path.replace("{upstream}", upstream).replace("{model}", model.replace("/", "%2F"))
        said = {"json": {**document, "model": model}} if method == "POST" else {}
        stranger.ask(
            by, is_of_upstream, method=method, url=stranger.url + where, headers=stranger.headers(by), **said
        )

    ask()


def is_of_upstream(answer: requests.Response) -> bool:
    """Whether an answer tells that a provider failed: nothing runs where those of the households are."""
    return answer.status_code in (502, 503) and "x-lynex-provider" in answer.headers


def common(given: Mapping[str, Any] | None, names: Mapping[str, str]) -> dict[str, str]:
    """Of the names that a request has, those that mean something of whom it is aimed at."""
    return {name: names[name] for name in given or {} if name in names}


def asker(by: str, hostile: Household, victim: Household) -> Asker:
    """The one who asks; those whose time is over are the victim's own."""
    return {
        "own key": Asker(hostile.tenant.url, {"Authorization": f"Bearer {hostile.tenant.api_key}"}),
        "own session": hostile.owner_session,
        "nobody": Asker(hostile.tenant.url),
        "expired key": victim.dead["an expired key"],
        "expired session": victim.dead["an expired session"],
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
