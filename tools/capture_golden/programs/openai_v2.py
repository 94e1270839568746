"""`openai` with OpenTelemetry's own instrumentation."""

import openai_calls
import telemetry
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

telemetry.start()
OpenAIInstrumentor().instrument()
openai_calls.make_calls()
