"""What each instrumentation of the `anthropic` client is shown: the same calls, in the same order."""

import contextlib
import os

from anthropic import Anthropic, NotFoundError
from opentelemetry import trace

WEATHER_TOOL = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def make_calls() -> None:
    """One span of the app's own around: a cache hit and write, a streamed cache hit, a tool, an error."""
    client = Anthropic(base_url=os.environ["PROVIDER_URL"], api_key="none", max_retries=0)
    system = [{"type": "text", "text": "Answer in one sentence.", "cache_control": {"type": "ephemeral"}}]
    with trace.get_tracer("golden").start_as_current_span("answer_question"):
        client.messages.create(
            model="claude-sonnet-4-5",
            max_tokens=256,
            system=system,
            messages=[{"role": "user", "content": "What is the capital of France?"}],
        )
        stream = client.messages.create(
            model="claude-sonnet-4-5",
            max_tokens=256,
            messages=[{"role": "user", "content": "What is the capital of France, streamed?"}],
            stream=True,
        )
        for _ in stream:
            pass
        client.messages.create(
            model="claude-sonnet-4-5",
            max_tokens=256,
            tools=[WEATHER_TOOL],
            messages=[{"role": "user", "content": "What is the weather in Paris?"}],
        )
        with contextlib.suppress(NotFoundError):
            client.messages.create(
                model="no-such-model",
                max_tokens=16,
                messages=[{"role": "user", "content": "Is anybody there?"}],
            )
