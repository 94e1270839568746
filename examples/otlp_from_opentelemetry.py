"""Plain OpenTelemetry pointed at Lynex: no Lynex package, only an endpoint and a header.

LYNEX_URL=... LYNEX_API_KEY=... python examples/otlp_from_opentelemetry.py
"""

import os

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

exporter = OTLPSpanExporter(
    endpoint=f"{os.environ['LYNEX_URL']}/v1/traces",
    headers={"Authorization": f"Bearer {os.environ['LYNEX_API_KEY']}"},
)
provider = TracerProvider(resource=Resource.create({"service.name": "otel-example"}))
provider.add_span_processor(BatchSpanProcessor(exporter))
tracer = provider.get_tracer("example")

with tracer.start_as_current_span("answer"), tracer.start_as_current_span("chat gpt-4o-mini") as span:
    span.set_attribute("gen_ai.operation.name", "chat")
    span.set_attribute("gen_ai.provider.name", "openai")
    span.set_attribute("gen_ai.request.model", "gpt-4o-mini")
    span.set_attribute("gen_ai.response.model", "gpt-4o-mini-2024-07-18")
    span.set_attribute("gen_ai.usage.input_tokens", 1200)
    span.set_attribute("gen_ai.usage.cache_read.input_tokens", 1024)
    span.set_attribute("gen_ai.usage.output_tokens", 80)

provider.shutdown()
print("sent two spans")
