"""What each instrumentation of the `openai` client is shown: the same calls, in the same order."""

import contextlib
import os

from openai import NotFoundError, OpenAI
from opentelemetry import trace

WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def make_calls() -> None:
    """One span of the app's own around: text, stream, tool call, embedding, responses, an error."""
    client = OpenAI(base_url=os.environ["PROVIDER_URL"] + "/v1", api_key="none", max_retries=0)
    with trace.get_tracer("golden").start_as_current_span("answer_question"):
        client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[
                {"role": "system", "content": "Answer in one sentence."},
                {"role": "user", "content": "What is the capital of France?"},
            ],
            temperature=0.2,
            user="user-7",
        )
        stream = client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": "What is the capital of France, streamed?"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        for _ in stream:
            pass
        client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": "What is the weather in Paris?"}],
            tools=[WEATHER_TOOL],
        )
        client.embeddings.create(model="text-embedding-3-small", input="Paris in spring")
        client.responses.create(model="gpt-5-mini", input="What is the capital of France, by responses?")
        # A stream whose usage nobody asked for: the provider never says it, so nobody may know it.
        stream = client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": "What is the capital of France, unmeasured?"}],
            stream=True,
        )
        for _ in stream:
            pass
        with contextlib.suppress(NotFoundError):
            client.chat.completions.create(
                model="no-such-model", messages=[{"role": "user", "content": "Is anybody there?"}]
            )
