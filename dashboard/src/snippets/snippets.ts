/** What to paste so that the first call shows up. Pure text: the real address and key are filled in. */

export interface Snippet {
  id: string;
  title: string;
  note: string;
  /** Name of the language, for the label. */
  language: string;
  code: string;
}

export function snippetsFor(baseUrl: string, key: string): Snippet[] {
  return [
    {
      id: "python",
      title: "Python",
      note: "One line records every call of the OpenAI and Anthropic clients, streams and tools included.",
      language: "Python",
      code: `# in a clone of Lynex: pip install ./sdk/python openai
import lynex
from openai import OpenAI

lynex.configure(ingest_url="${baseUrl}", api_key="${key}")
lynex.instrument()

client = OpenAI()
client.chat.completions.create(
    model="gpt-4.1-mini",
    messages=[{"role": "user", "content": "Hello, Lynex"}],
)`,
    },
    {
      id: "decorator",
      title: "Any function",
      note: "For models without a client we know: local servers, your own gateway.",
      language: "Python",
      code: `# in a clone of Lynex: pip install ./sdk/python
import lynex

lynex.configure(ingest_url="${baseUrl}", api_key="${key}")

@lynex.trace_llm(provider="openai", model="gpt-4.1-mini")
def answer(question: str):
    return call_the_model(question)`,
    },
    {
      id: "otlp",
      title: "OpenTelemetry",
      note: "Any OTLP exporter over HTTP: OTel GenAI, OpenInference, OpenLLMetry, the Vercel AI SDK, Claude Code.",
      language: "shell",
      code: `export OTEL_EXPORTER_OTLP_ENDPOINT="${baseUrl}"
export OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf"
export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20${encodeURIComponent(key)}"`,
    },
    {
      id: "langfuse",
      title: "Langfuse SDK",
      note: "Point an app that already sends to Langfuse here. Its code stays as it is.",
      language: "shell",
      code: `export LANGFUSE_HOST="${baseUrl}"
export LANGFUSE_BASE_URL="${baseUrl}"
export LANGFUSE_PUBLIC_KEY="pk-lf-lynex"
export LANGFUSE_SECRET_KEY="${key}"`,
    },
    {
      id: "curl",
      title: "curl",
      note: "No SDK at all: one HTTP request is one call.",
      language: "shell",
      code: `curl ${baseUrl}/v1/events \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "ts": "'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'",
    "provider": "openai",
    "model": "gpt-4.1-mini",
    "route": "/hello",
    "tokens_in": 1200,
    "tokens_out": 340,
    "latency_ms": 820,
    "status": "ok"
  }'`,
    },
  ];
}

/** A key as it is shown on screen: enough to recognise it, not enough to use it. */
export function maskedKey(key: string): string {
  return key.length <= 12 ? "••••••••" : `${key.slice(0, 7)}…${key.slice(-4)}`;
}
