"""`openai` with OpenLLMetry's instrumentation alone (without Traceloop's SDK)."""

import openai_calls
import telemetry
from opentelemetry.instrumentation.openai import OpenAIInstrumentor

telemetry.start()
OpenAIInstrumentor().instrument()
openai_calls.make_calls()
