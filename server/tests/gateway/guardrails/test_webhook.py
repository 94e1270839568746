"""A guard of one's own, on a real server: what it is sent, and what becomes of what it says."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from clocks import NOON_US, FixedClock
from servers import free_port

from lynex_server.gateway.guardrails.guard import Guard, GuardedCall
from lynex_server.gateway.guardrails.verdicts import Blocked, Verdict
from lynex_server.gateway.guardrails.webhook import MAX_TEXT_CHARS, Asking, WebhookGuards
from lynex_server.gateway.model import Guardrails, WebhookGuard
from lynex_server.identity.public import sign
from lynex_server.safety.public import OutgoingClient, SafetySettings

SECRET = "a secret of 24 characters"
CALL = GuardedCall("prj", "fast", "gpt-4o", "openai", "chat", SECRET)


class Hook:
    """A server that answers with what it is told to, and remembers what it was sent."""

    def __init__(self) -> None:
        self.status, self.body = 200, b'{"action": "allow"}'
        self.answers = threading.Event()
        self.answers.set()
        self.requests: list[tuple[dict[str, str], bytes]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                hook.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
                hook.answers.wait(60)
                with contextlib.suppress(OSError):  # who asked may be gone
                    self.send_response(hook.status)
                    self.send_header("content-length", str(len(hook.body)))
                    self.end_headers()
                    self.wfile.write(hook.body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/guard"

    def close(self) -> None:
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    opened = Hook()
    yield opened
    opened.close()


@pytest.fixture
def webhooks() -> WebhookGuards:
    settings = SafetySettings(outgoing_allowed_networks=("127.0.0.0/8",))
    return WebhookGuards(OutgoingClient(settings), FixedClock())


def a_guard(webhooks: WebhookGuards, url: str, **given: object) -> Guard:
    told = {"timeout_s": 30.0, "fail_open": False, **given}
    guardrails = Guardrails(redact=True, webhook=WebhookGuard(url, "sec_1", **told))
    return Guard(guardrails, webhooks)


def asked(content: str = "I am ann@example.com") -> dict:
    return {"messages": [{"role": "user", "content": content}]}


async def test_is_sent_the_redacted_texts_signed(hook: Hook, webhooks: WebhookGuards):
    checked = await a_guard(webhooks, hook.url).before(asked(), CALL)

    [(headers, body)] = hook.requests
    assert json.loads(body) == {
        "stage": "before",
        "project_id": "prj",
        "route": "fast",
        "model": "gpt-4o",
        "texts": ["I am <EMAIL_1>"],
    }
    assert headers["x-lynex-timestamp"] == str(NOON_US // 1_000_000)
    assert headers["x-lynex-signature"] == sign(SECRET, headers["x-lynex-timestamp"], body)
    assert checked.verdicts[-1] == Verdict("webhook", "before", "passed")


async def test_stops_the_call_with_its_reason(hook: Hook, webhooks: WebhookGuards):
    hook.body = b'{"action": "block", "reason": "not on Sundays"}'

    with pytest.raises(Blocked, match="not on Sundays") as raised:
        await a_guard(webhooks, hook.url).before(asked(), CALL)

    assert raised.value.verdicts[-1] == Verdict("webhook", "before", "blocked", "not on Sundays")


async def test_reads_the_answer_before_personal_data_is_put_back(hook: Hook, webhooks: WebhookGuards):
    guard = a_guard(webhooks, hook.url)
    before = await guard.before(asked(), CALL)
    answer = {"choices": [{"message": {"content": "Dear <EMAIL_1>"}}]}

    after = await guard.after(answer, CALL, before.restorer)

    assert json.loads(hook.requests[-1][1])["texts"] == ["Dear <EMAIL_1>"]
    assert json.loads(hook.requests[-1][1])["stage"] == "after"
    assert after.document["choices"][0]["message"]["content"] == "Dear ann@example.com"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"action": "allow"}'),
        (200, b"OK"),
        (200, b'{"action": "perhaps"}'),
        (200, b"{}"),
        (200, b"[" * 10_000),
        (200, b'{"action": "allow", "reason": "\xff"}'),
        (302, b""),
    ],
)
@pytest.mark.parametrize(("fail_open", "outcome"), [(True, "failed"), (False, "blocked")])
async def test_what_is_no_verdict_counts_as_the_route_says(
    hook: Hook, webhooks: WebhookGuards, status, body, fail_open, outcome
):
    hook.status, hook.body = status, body

    verdict = await ask(webhooks, hook.url, fail_open=fail_open)

    assert verdict.outcome == outcome


@pytest.mark.parametrize(("fail_open", "outcome"), [(True, "failed"), (False, "blocked")])
async def test_is_not_waited_for_longer_than_its_time(
    hook: Hook, webhooks: WebhookGuards, fail_open, outcome
):
    hook.answers.clear()

    verdict = await ask(webhooks, hook.url, fail_open=fail_open, timeout_s=0.2)

    assert verdict.outcome == outcome
    assert "in time" in verdict.detail


@pytest.mark.parametrize(("fail_open", "outcome"), [(True, "failed"), (False, "blocked")])
async def test_a_server_that_is_away_counts_as_the_route_says(webhooks: WebhookGuards, fail_open, outcome):
    verdict = await ask(webhooks, f"http://127.0.0.1:{free_port()}/", fail_open=fail_open)

    assert verdict.outcome == outcome


async def test_a_private_address_is_not_asked_unless_it_is_allowed(hook: Hook):
    strict = WebhookGuards(OutgoingClient(SafetySettings()), FixedClock())

    verdict = await ask(strict, hook.url, fail_open=False)

    assert (verdict.outcome, hook.requests) == ("blocked", [])


async def test_is_not_asked_about_a_part(hook: Hook, webhooks: WebhookGuards):
    verdict = await ask(webhooks, hook.url, fail_open=False, texts=["x" * (MAX_TEXT_CHARS + 1)])

    assert (verdict.outcome, hook.requests) == ("blocked", [])


async def ask(
    webhooks: WebhookGuards,
    url: str,
    fail_open: bool,
    timeout_s: float = 30.0,
    texts: list[str] | None = None,
) -> Verdict:
    asking = Asking("prj", "fast", "gpt-4o", texts or ["Hello"])
    return await webhooks.ask(WebhookGuard(url, "sec_1", timeout_s, fail_open), SECRET, "before", asking)
