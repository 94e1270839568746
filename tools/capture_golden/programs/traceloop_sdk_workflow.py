"""Traceloop's SDK: a workflow and a task around calls, with association properties."""

import os

from openai import OpenAI
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import task, tool, workflow
from traceloop.sdk.instruments import Instruments

Traceloop.init(
    app_name="golden",
    api_endpoint=os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"],
    api_key="none",
    instruments={Instruments.OPENAI},
    telemetry_enabled=False,
)
client = OpenAI(base_url=os.environ["PROVIDER_URL"] + "/v1", api_key="none", max_retries=0)


@tool(name="get_weather")
def get_weather(city: str) -> str:
    return f"It is sunny in {city}, 21 degrees."


@task(name="ask")
def ask(question: str) -> str:
    reply = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
    )
    return reply.choices[0].message.content or ""


@workflow(name="answer_question")
def answer_question(question: str) -> str:
    Traceloop.set_association_properties({"session_id": "session-42", "user_id": "user-7"})
    get_weather("Paris")
    return ask(question)


answer_question("What is the capital of France?")
