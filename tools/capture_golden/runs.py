"""What is captured: each run is one client stack, one program and the cases its exports become."""

from dataclasses import dataclass, field

_OTEL = ("opentelemetry-sdk==1.45.2", "opentelemetry-exporter-otlp-proto-http==1.45.2")
# What instrumentations of 2025 were released with: many apps stay there, and spell things the old way.
_OTEL_2025 = ("opentelemetry-sdk==1.37.0", "opentelemetry-exporter-otlp-proto-http==1.37.0")
_NPM_OTEL = (
    "@opentelemetry/api@1.9.1",
    "@opentelemetry/sdk-trace-node@2.12.0",
    "@opentelemetry/exporter-trace-otlp-http@0.223.1",
    "zod@4.6.7",
)
# The instrumentation's own opt-in to the current conventions; without it it speaks those of v1.30.
_LATEST = {"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental"}
_CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


@dataclass(frozen=True, slots=True)
class Run:
    """`packages` pin the stack (npm ones when the program is JavaScript); `cases` maps the name of each
    case to the path its export arrives at; `clients` are the packages whose versions a case records."""

    environment: str
    packages: tuple[str, ...]
    program: str
    cases: dict[str, str]
    clients: tuple[str, ...]
    settings: dict[str, str] = field(default_factory=dict)


_OPENAI_V2 = (
    *_OTEL,
    "openai==3.52.0",
    "httpx",
    "opentelemetry-instrumentation-openai-v2==2.4b0",
    # Newer ones break the instrumentation's import.
    "opentelemetry-util-genai==1.1b0",
)
_OPENAI_V2_CLIENTS = ("openai", "opentelemetry-instrumentation-openai-v2", "opentelemetry-util-genai")
_TRACELOOP_ANTHROPIC = (*_OTEL, "anthropic==2.11.0", "opentelemetry-instrumentation-anthropic==0.62.4")
_OPENINFERENCE_ANTHROPIC = (
    *_OTEL,
    "anthropic==2.11.0",
    "openinference-instrumentation-anthropic==3.1.0",
)
# This client traces its own calls by default, beside whatever instruments it.
_NO_SDK_SPANS = {"ANTHROPIC_OPEN_TELEMETRY": "false"}

RUNS = (
    Run(
        environment="openai-v2",
        packages=_OPENAI_V2,
        program="openai_v2.py",
        cases={"openai-v2": "/v1/traces", "openai-v2-metrics": "/v1/metrics"},
        clients=_OPENAI_V2_CLIENTS,
        settings={**_LATEST, _CAPTURE: "SPAN_ONLY"},
    ),
    Run(
        environment="openai-v2",
        packages=_OPENAI_V2,
        program="openai_v2.py",
        cases={"openai-v2-events": "/v1/logs"},
        clients=_OPENAI_V2_CLIENTS,
        settings={**_LATEST, _CAPTURE: "EVENT_ONLY", "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true"},
    ),
    Run(
        environment="openai-v2-2.1b0",
        packages=(*_OTEL_2025, "openai==1.109.1", "opentelemetry-instrumentation-openai-v2==2.1b0"),
        program="openai_v2.py",
        cases={
            "openai-v2-2.1b0": "/v1/traces",
            "openai-v2-2.1b0-events": "/v1/logs",
            "openai-v2-2.1b0-metrics": "/v1/metrics",
        },
        clients=("openai", "opentelemetry-instrumentation-openai-v2"),
        settings={_CAPTURE: "true"},
    ),
    Run(
        environment="openinference-openai",
        packages=(*_OTEL, "openai==3.52.0", "openinference-instrumentation-openai==0.1.66"),
        program="openinference_openai.py",
        cases={"openinference-openai": "/v1/traces"},
        clients=("openai", "openinference-instrumentation-openai"),
    ),
    Run(
        environment="traceloop-openai",
        packages=(*_OTEL, "openai==3.52.0", "opentelemetry-instrumentation-openai==0.62.4"),
        program="traceloop_openai.py",
        cases={"traceloop-openai": "/v1/traces"},
        clients=("openai", "opentelemetry-instrumentation-openai"),
    ),
    Run(
        environment="traceloop-openai-0.40",
        packages=(*_OTEL_2025, "openai==1.109.1", "opentelemetry-instrumentation-openai==0.40.14"),
        program="traceloop_openai.py",
        cases={"traceloop-openai-0.40": "/v1/traces"},
        clients=("openai", "opentelemetry-instrumentation-openai"),
    ),
    Run(
        environment="anthropic",
        packages=(*_OTEL, "anthropic==2.11.0"),
        program="anthropic_sdk.py",
        cases={"anthropic-sdk": "/v1/traces"},
        clients=("anthropic",),
        settings={"ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": "content"},
    ),
    Run(
        environment="traceloop-anthropic",
        packages=_TRACELOOP_ANTHROPIC,
        program="traceloop_anthropic.py",
        cases={"traceloop-anthropic": "/v1/traces"},
        clients=("anthropic", "opentelemetry-instrumentation-anthropic"),
        settings=_NO_SDK_SPANS,
    ),
    Run(
        environment="traceloop-anthropic",
        packages=_TRACELOOP_ANTHROPIC,
        program="traceloop_anthropic.py",
        cases={"traceloop-anthropic-twice": "/v1/traces"},
        clients=("anthropic", "opentelemetry-instrumentation-anthropic"),
    ),
    Run(
        environment="traceloop-anthropic-0.40",
        packages=(*_OTEL_2025, "anthropic==0.75.0", "opentelemetry-instrumentation-anthropic==0.40.14"),
        program="traceloop_anthropic.py",
        cases={"traceloop-anthropic-0.40": "/v1/traces"},
        clients=("anthropic", "opentelemetry-instrumentation-anthropic"),
    ),
    Run(
        environment="traceloop-sdk",
        packages=("traceloop-sdk==0.62.4", "openai==3.52.0", "httpx"),
        program="traceloop_sdk_workflow.py",
        cases={"traceloop-sdk": "/v1/traces"},
        clients=("openai", "traceloop-sdk", "opentelemetry-instrumentation-openai"),
    ),
    Run(
        environment="openinference-anthropic",
        packages=_OPENINFERENCE_ANTHROPIC,
        program="openinference_anthropic.py",
        cases={"openinference-anthropic": "/v1/traces"},
        clients=("anthropic", "openinference-instrumentation-anthropic"),
        settings=_NO_SDK_SPANS,
    ),
    Run(
        environment="openinference-anthropic",
        packages=_OPENINFERENCE_ANTHROPIC,
        program="openinference_anthropic.py",
        cases={"openinference-anthropic-twice": "/v1/traces"},
        clients=("anthropic", "openinference-instrumentation-anthropic"),
    ),
    Run(
        environment="google-genai",
        packages=(*_OTEL, "google-genai==2.34.0", "opentelemetry-instrumentation-google-genai==1.3b0"),
        program="google_genai.py",
        cases={"google-genai": "/v1/traces"},
        clients=("google-genai", "opentelemetry-instrumentation-google-genai"),
        settings={**_LATEST, _CAPTURE: "SPAN_ONLY"},
    ),
    Run(
        environment="langfuse",
        packages=("langfuse==5.0.4", "openai==3.52.0"),
        program="langfuse_sdk.py",
        cases={"langfuse-sdk": "/api/public/otel/v1/traces"},
        clients=("langfuse",),
    ),
    Run(
        environment="langfuse",
        packages=("langfuse==5.0.4", "openai==3.52.0"),
        program="langfuse_openai.py",
        cases={"langfuse-openai": "/api/public/otel/v1/traces"},
        clients=("langfuse", "openai"),
    ),
    Run(
        environment="pydantic-ai",
        packages=(*_OTEL, "pydantic-ai-slim[openai]==2.62.0"),
        program="pydantic_ai_agent.py",
        cases={"pydantic-ai": "/v1/traces"},
        clients=("pydantic-ai-slim", "openai"),
    ),
    Run(
        environment="langchain",
        packages=(
            *_OTEL,
            "langchain-core==1.7.2",
            "langchain-openai==1.7.3",
            "langchain==1.4.7",
            "openinference-instrumentation-langchain==0.1.80",
        ),
        program="langchain_chain.py",
        cases={"openinference-langchain": "/v1/traces"},
        clients=("langchain-core", "langchain-openai", "openinference-instrumentation-langchain"),
    ),
    Run(
        environment="openai-agents",
        packages=(*_OTEL, "openai-agents==0.24.0", "openinference-instrumentation-openai-agents==2.6.0"),
        program="openai_agents_run.py",
        cases={"openinference-openai-agents": "/v1/traces"},
        clients=("openai-agents", "openinference-instrumentation-openai-agents"),
    ),
    Run(
        environment="mlflow",
        packages=(*_OTEL, "mlflow-tracing==3.17.2", "openai==3.52.0", "mlflow-skinny==3.17.2", "pandas"),
        program="mlflow_autolog.py",
        cases={"mlflow": "/v1/traces"},
        clients=("mlflow-tracing", "openai"),
    ),
    Run(
        environment="mlflow-anthropic",
        packages=(
            *_OTEL,
            "mlflow-tracing==3.17.2",
            "anthropic==2.11.0",
            "mlflow-skinny==3.17.2",
            "pandas",
        ),
        program="mlflow_anthropic.py",
        cases={"mlflow-anthropic": "/v1/traces"},
        clients=("mlflow-tracing", "anthropic"),
        settings=_NO_SDK_SPANS,
    ),
    Run(
        environment="vercel-ai-7",
        packages=(
            *_NPM_OTEL,
            "ai@7.0.173",
            "@ai-sdk/otel@1.0.173",
            "@ai-sdk/openai@4.0.118",
            "@ai-sdk/anthropic@4.0.105",
        ),
        program="vercel_ai.mjs",
        cases={"vercel-ai-7": "/v1/traces"},
        clients=("ai", "@ai-sdk/otel", "@ai-sdk/openai", "@ai-sdk/anthropic"),
    ),
    Run(
        environment="vercel-ai-5",
        packages=(*_NPM_OTEL, "ai@5.0.277", "@ai-sdk/openai@2.0.130", "@ai-sdk/anthropic@2.0.112"),
        program="vercel_ai.mjs",
        cases={"vercel-ai-5": "/v1/traces"},
        clients=("ai", "@ai-sdk/openai", "@ai-sdk/anthropic"),
    ),
)
