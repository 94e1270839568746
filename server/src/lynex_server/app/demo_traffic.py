"""A believable month of an AI product's traffic, made from a seed. Pure: the same arguments, the same events.

Three applications share the project: a support chat with sessions, a research agent that calls tools and
retrieves documents, and a nightly batch that summarises tickets, through the gateway. Load follows the hours
of the day and the days of the week; models differ in speed and price; some calls fail; one local model has no
price.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US


@dataclass(frozen=True, slots=True)
class Model:
    """How a model behaves: tokens per second, milliseconds until the first one, how often it fails."""

    provider: str
    requested: str
    served: str
    tokens_per_s: float
    first_token_ms: float
    failure_rate: float
    share: float


MODELS = (
    Model("openai", "gpt-4o", "gpt-4o-2024-08-06", 70, 420, 0.012, 0.30),
    Model("openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", 95, 310, 0.008, 0.24),
    Model("anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", 62, 640, 0.010, 0.26),
    Model("anthropic", "claude-haiku-4-5", "claude-haiku-4-5-20251001", 120, 350, 0.006, 0.10),
    Model("google", "gemini-2.5-flash", "gemini-2.5-flash", 140, 380, 0.015, 0.07),
    Model("ollama", "llama-3.1-8b-acme-tuned", "llama-3.1-8b-acme-tuned", 38, 180, 0.020, 0.03),
)

_INSTRUCTIONS = "You are the support assistant of Acme. Be brief and exact."
_QUESTIONS = (
    "My invoice from last month shows two seats, but we only have one. Can you correct it?",
    "How do I rotate the API key without downtime?",
    "The export of our workspace stops at 10,000 rows. Is there a limit?",
    "Which regions can we store data in, and can we move later?",
    "Single sign-on fails with 'audience mismatch'. What should the entity id be?",
    "Please summarise the differences between the Team and the Business plan.",
    "We are being rate limited at night although we send almost nothing. Why?",
    "Can I restore a project that I deleted yesterday?",
)
_ANSWERS = (
    "I can see two active seats: yours and one that was invited on the 3rd and never signed in. I have "
    "released the second seat and the difference will be credited on the next invoice.",
    "Create a second key, deploy it next to the first one, and watch 'last used' of the old key. Once "
    "it stays quiet for a day, revoke it. Both keys work during the overlap, so there is no downtime.",
    "Yes: the table view exports what it shows, at most 10,000 rows. Use the streaming export from the API "
    "instead; it has no limit and can write Parquet. I have added the exact command below.",
    "You choose the region when a project is created. Moving later is possible within the same provider: we "
    "copy, switch and then delete the original after fourteen days. Expect about a minute of read-only time "
    "per 100 GB.",
)
_DOCUMENTS = (
    "billing/seats.md",
    "security/api-keys.md",
    "export/limits.md",
    "regions/overview.md",
    "sso/saml.md",
)
_ROUTES = {"support-chat": "/support/chat", "research-agent": "/research", "ticket-digest": "/batch/digest"}
_RELEASES = ("2.14.0", "2.14.1", "2.15.0")


def demo_events(now_us: int, days: int, traces: int, seed: int) -> Iterator[list[Event]]:
    """Traces, oldest first, each as its list of events in the shape of `POST /v1/events`."""
    rng = random.Random(seed)  # noqa: S311  # believable, not secret
    starts = sorted(_start_us(rng, now_us, days) for _ in range(traces))
    for start_us in starts:
        app = rng.choices(tuple(_ROUTES), (0.62, 0.25, 0.13))[0]
        progress = 1 - (now_us - start_us) / (days * _DAY_US)
        yield _Trace(rng, app, start_us, progress).events()


def broken_events(now_us: int, seed: int) -> list[Event]:
    """Calls of an app that sends a time where a count belongs. They are accepted, and become dead letters."""
    rng = random.Random(seed)  # noqa: S311  # believable, not secret
    return [
        {
            "trace_id": f"{rng.getrandbits(128):032x}",
            "name": "rerank gpt-4o",
            "kind": "llm",
            "service": "search-beta",
            "start_time": (now_us - minutes * 60_000_000) / 1e6,
            "provider": "openai",
            "model": "gpt-4o-2024-08-06",
            "usage": {"input_tokens": now_us, "output_tokens": 12},
            "duration_ms": 412.0,
            "source": "sdk",
        }
        for minutes in (3, 2)
    ]


def _start_us(rng: random.Random, now_us: int, days: int) -> int:
    """A moment in the last `days`, likelier by day than by night and on weekdays, growing over time."""
    while True:
        moment = now_us - int(rng.random() * days * _DAY_US)
        hour = moment % _DAY_US / _HOUR_US
        weekday = (moment // _DAY_US + 3) % 7
        daylight = 0.25 + 0.75 * max(0.0, math.sin((hour - 6) / 14 * math.pi)) if 6 <= hour <= 20 else 0.18
        growth = 0.7 + 0.3 * (1 - (now_us - moment) / (days * _DAY_US))
        if rng.random() < daylight * growth * (1.0 if weekday < 5 else 0.4):
            return moment


class _Trace:
    """One trace under construction: what its spans share, and the clock inside it."""

    def __init__(self, rng: random.Random, app: str, start_us: int, progress: float) -> None:
        self.rng = rng
        self.app = app
        self.now_us = start_us
        user = int(rng.paretovariate(1.1)) % 240
        self.shared: Event = {
            "trace_id": f"{rng.getrandbits(128):032x}",
            "environment": "production" if rng.random() < 0.9 else "staging",
            "release": _RELEASES[min(2, int(progress * 3))],
            "service": app,
            "route": _ROUTES[app],
            "end_user_id": f"user-{user:03d}" if app != "ticket-digest" else "",
            "session_id": f"{app}-{user:03d}-{start_us // (6 * _HOUR_US)}" if app == "support-chat" else "",
            "metadata": {
                "plan": ("free", "team", "business")[user % 3],
                "country": ("DE", "US", "FR", "JP")[user % 4],
            },
            "source": "sdk",
        }
        self.spans: list[Event] = []

    def events(self) -> list[Event]:
        if self.app == "support-chat":
            self._chat(parent="")
        elif self.app == "research-agent":
            self._research()
        else:
            self._digest()
        return self.spans

    def _chat(self, parent: str) -> None:
        question = self.rng.randrange(len(_QUESTIONS))
        self._call(
            parent,
            "chat",
            _QUESTIONS[question],
            _ANSWERS[question % len(_ANSWERS)],
            turns=self.rng.randint(1, 6),
        )

    def _research(self) -> None:
        root = self._open("research-agent", "agent", "")
        self._call(
            root["span_id"],
            "plan",
            "Plan the research for: " + self.rng.choice(_QUESTIONS),
            "1. search 2. read 3. answer",
        )
        for _ in range(self.rng.randint(1, 4)):
            self._step(root["span_id"], "search_docs", "retrieval", self.rng.lognormvariate(4.4, 0.5))
            if self.rng.random() < 0.5:
                self._step(root["span_id"], "fetch_page", "tool", self.rng.lognormvariate(5.5, 0.8))
        answer = self.rng.choice(_ANSWERS)
        self._call(
            root["span_id"], "answer", "Answer with sources: " + self.rng.choice(_QUESTIONS), answer, turns=4
        )
        self._close(root, {"input": self.rng.choice(_QUESTIONS), "output": answer})

    def _digest(self) -> None:
        root = self._open("ticket-digest", "chain", "")
        for _ in range(self.rng.randint(2, 5)):
            self._call(
                root["span_id"],
                "summarise",
                "Summarise this ticket: " + self.rng.choice(_QUESTIONS) * 4,
                self.rng.choice(_ANSWERS),
            )
        self._close(root, {"tags": ["nightly"]})

    def _call(self, parent: str, name: str, question: str, answer: str, turns: int = 1) -> None:
        rng = self.rng
        model = rng.choices(MODELS, [model.share for model in MODELS])[0]
        input_tokens = int(rng.lognormvariate(6.2, 0.6)) + 350 * turns
        output_tokens = max(8, int(rng.lognormvariate(5.1, 0.6)))
        cached = int(input_tokens * rng.uniform(0.3, 0.8)) if turns > 1 and model.provider != "ollama" else 0
        failed = rng.random() < model.failure_rate
        first_ms = model.first_token_ms * rng.lognormvariate(0, 0.35)
        duration_ms = first_ms + 1000 * output_tokens / model.tokens_per_s * rng.lognormvariate(0, 0.2)
        span = self._open(f"{name} {model.requested}", "llm", parent) | {
            "provider": model.provider,
            "model": model.served,
            "model_requested": model.requested,
            "input": [{"role": "system", "content": _INSTRUCTIONS}, {"role": "user", "content": question}],
            "prompt_name": f"{self.app}/{name}",
            "prompt_version": "3" if self.shared["release"] == "2.15.0" else "2",
            "tags": [self.app],
        }  # fmt: skip
        if failed:
            kind = rng.choice(("rate_limit_exceeded", "timeout", "server_error"))
            span |= {"status": "timeout" if kind == "timeout" else "error", "error_type": kind,
                     "error_message": f"The provider answered: {kind.replace('_', ' ')}"}  # fmt: skip
            duration_ms = 30_000.0 if kind == "timeout" else first_ms
        else:
            span |= {
                "output": [{"role": "assistant", "content": answer}],
                "usage": {
                    "input_tokens": input_tokens,
                    "output_tokens": output_tokens,
                    "cache_read_tokens": cached,
                },
                "usage_convention": "inclusive",
                "time_to_first_token_ms": round(first_ms, 1),
                "finish_reason": "stop" if rng.random() < 0.97 else "length",
            }
        if self.app == "ticket-digest":
            self._pass_gateway(span, model)
        self._finish(span, duration_ms)

    def _pass_gateway(self, span: Event, model: Model) -> None:
        """Make the call one that went through the gateway: some are tried twice, a few are refused."""
        rng = self.rng
        span["source"] = "gateway"
        if rng.random() < 0.02:
            refused = {"status": "blocked", "error_type": "budget_exceeded"}
            span |= refused | {"error_message": "The budget of the nightly batch is used up.", "usage": {}}
            span.pop("output", None)
            return
        span["attributes"] = {
            "lynex.gateway.provider": "demo-local" if model.provider == "ollama" else model.provider,
            "lynex.gateway.route": "demo-digest",
            "lynex.gateway.added_ms": round(rng.lognormvariate(0.2, 0.4), 3),
        } | ({"lynex.gateway.attempts": 2} if rng.random() < 0.04 else {})

    def _step(self, parent: str, name: str, kind: str, duration_ms: float) -> None:
        span = self._open(name, kind, parent)
        documents = self.rng.sample(_DOCUMENTS, 2)
        failed = self.rng.random() < 0.02
        span |= {
            "input": {"query": self.rng.choice(_QUESTIONS)},
            "output": {"error": "connection reset"} if failed else {"documents": documents},
            "status": "error" if failed else "ok",
            "error_type": "ConnectionError" if failed else "",
        }
        self._finish(span, duration_ms)

    def _open(self, name: str, kind: str, parent: str) -> Event:
        self.now_us += self.rng.randint(2_000, 30_000)
        parent_or_none = {"parent_span_id": parent} if parent else {}
        return (
            self.shared
            | parent_or_none
            | {
                "span_id": f"{self.rng.getrandbits(64):016x}",
                "name": name,
                "kind": kind,
                "start_time": self.now_us / 1e6,
            }
        )

    def _finish(self, span: Event, duration_ms: float) -> None:
        span["duration_ms"] = round(duration_ms, 3)
        self.now_us += int(duration_ms * 1000)
        self.spans.append(span)

    def _close(self, root: Event, more: Event) -> None:
        root |= more
        root["duration_ms"] = round((self.now_us - root["start_time"] * 1e6) / 1000 + 5, 3)
        self.spans.insert(0, root)
