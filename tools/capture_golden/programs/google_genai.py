"""`google-genai` with OpenTelemetry's instrumentation."""

import os

import telemetry
from google import genai
from google.genai import types
from opentelemetry import trace
from opentelemetry.instrumentation.google_genai import GoogleGenAiSdkInstrumentor

telemetry.start()
GoogleGenAiSdkInstrumentor().instrument()
client = genai.Client(api_key="none", http_options=types.HttpOptions(base_url=os.environ["PROVIDER_URL"]))
with trace.get_tracer("golden").start_as_current_span("answer_question"):
    client.models.generate_content(
        model="gemini-2.5-flash",
        contents="What is the capital of France?",
        config=types.GenerateContentConfig(system_instruction="Answer in one sentence.", temperature=0.2),
    )
    for _ in client.models.generate_content_stream(
        model="gemini-2.5-flash", contents="What is the capital of France, streamed?"
    ):
        pass
