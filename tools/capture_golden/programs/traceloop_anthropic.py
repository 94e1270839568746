"""`anthropic` with OpenLLMetry's instrumentation alone (without Traceloop's SDK)."""

import anthropic_calls
import telemetry
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor

telemetry.start()
AnthropicInstrumentor().instrument()
anthropic_calls.make_calls()
