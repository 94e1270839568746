"""MLflow tracing of the `openai` client, exported by OTLP."""

import os

import mlflow
from openai import OpenAI

mlflow.openai.autolog()
client = OpenAI(base_url=os.environ["PROVIDER_URL"] + "/v1", api_key="none", max_retries=0)


@mlflow.trace(span_type="CHAIN")
def answer_question(question: str) -> str:
    mlflow.update_current_trace(
        metadata={"mlflow.trace.session": "session-42", "mlflow.trace.user": "user-7"}
    )
    reply = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
    )
    return reply.choices[0].message.content or ""


answer_question("What is the capital of France?")
mlflow.flush_trace_async_logging()
