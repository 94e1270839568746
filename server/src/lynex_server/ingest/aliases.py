"""Which attribute means what: the one table of every dialect's spellings, as data.

`ALIASES` lists, per canonical field, the attribute names that carry it, best first: when a span has
several, the first in the list wins and the others stay in the span's `attributes` (unless they say the
same). A new dialect is new lines here and nothing else.

Sources: OpenTelemetry GenAI semantic conventions (all released spellings), OpenInference semantic
conventions, OpenLLMetry (traceloop), Vercel AI SDK telemetry, Langfuse OTel attributes, MLflow tracing,
Pydantic AI / Logfire, Genkit, Google ADK, LiveKit.
"""

from typing import Final

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    # --- what it is
    "kind": (
        "langfuse.observation.type",
        "openinference.span.kind",
        "gen_ai.operation.name",
        "ai.operationId",
        "operation.name",
        "traceloop.span.kind",
        "llm.request.type",
        "mlflow.spanType",
        "genkit:metadata:subtype",
        "langsmith.span.kind",
    ),
    "route": (
        "lynex.route",
        "gen_ai.workflow.name",
        "traceloop.workflow.name",
        "ai.telemetry.functionId",
        "langfuse.trace.name",
        "http.route",
    ),
    "environment": ("langfuse.environment", "deployment.environment.name", "deployment.environment"),
    "release": ("langfuse.release", "service.version"),
    "service": ("service.name",),
    # --- who answered
    "provider": (
        "gen_ai.provider.name",
        "gen_ai.system",
        "llm.provider",
        "ai.model.provider",
        "llm.system",
        "mlflow.llm.provider",
    ),
    "model": (
        "gen_ai.response.model",
        "llm.response.model_name",
        "ai.response.model",
        "langfuse.observation.model.name",
        "llm.model_name",
        "embedding.model_name",
        "reranker.model_name",
        "mlflow.llm.model",
    ),
    "model_requested": ("gen_ai.request.model", "llm.request.model_name", "ai.model.id"),
    "service_tier": (
        "openai.response.service_tier",
        "gen_ai.openai.response.service_tier",
        "gen_ai.response.service_tier",
        "anthropic.response.service_tier",
    ),
    "service_tier_requested": (
        "openai.request.service_tier",
        "gen_ai.openai.request.service_tier",
        "gen_ai.request.service_tier",
    ),
    "region": ("cloud.region", "aws.region"),
    "finish_reason": (
        "gen_ai.response.finish_reasons",
        "gen_ai.response.finish_reason",
        "llm.finish_reason",
        "llm.response.finish_reason",
        "llm.response.stop_reason",
        "anthropic.message.stop_reason",
        "ai.response.finishReason",
    ),
    # --- what it used
    "usage.input_tokens": (
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "llm.token_count.prompt",
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
        "llm.usage.prompt_tokens",
    ),
    "usage.output_tokens": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
        "ai.usage.outputTokens",
        "ai.usage.completionTokens",
        "llm.usage.completion_tokens",
    ),
    "usage.cache_read_tokens": (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.details.cache_read_input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.cache_read_tokens",
        "gen_ai.usage.input_tokens.cached",
        "llm.token_count.prompt_details.cache_read",
        "llm.token_count.prompt_details.cache_input",
        "ai.usage.inputTokenDetails.cacheReadTokens",
        "ai.usage.cachedInputTokens",
        "llm.usage.cache_read_input_tokens",
    ),
    "usage.cache_write_5m_tokens": ("anthropic.usage.cache_creation.ephemeral_5m_input_tokens",),
    "usage.cache_write_1h_tokens": ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",),
    "usage.cache_write_tokens": (  # the sum of both, or of those whose time to live nobody told
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.details.cache_write_tokens",
        "gen_ai.usage.details.cache_creation_input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.cache_write_tokens",
        "llm.token_count.prompt_details.cache_write",
        "ai.usage.inputTokenDetails.cacheWriteTokens",
        "llm.usage.cache_creation_input_tokens",
    ),
    "usage.reasoning_tokens": (
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.details.reasoning_tokens",
        "llm.token_count.completion_details.reasoning",
        "ai.usage.outputTokenDetails.reasoningTokens",
        "ai.usage.reasoningTokens",
        "llm.usage.reasoning_tokens",
    ),
    "usage.input_audio_tokens": (
        "gen_ai.usage.audio.input_tokens",
        "gen_ai.usage.details.input_audio_tokens",
        "llm.token_count.prompt_details.audio",
    ),
    "usage.output_audio_tokens": (
        "gen_ai.usage.audio.output_tokens",
        "gen_ai.usage.details.output_audio_tokens",
        "llm.token_count.completion_details.audio",
    ),
    "usage.input_image_tokens": ("gen_ai.usage.image.input_tokens",),
    "usage.output_image_tokens": ("gen_ai.usage.image.output_tokens",),
    "usage.input_video_tokens": ("gen_ai.usage.video.input_tokens",),
    "usage.input_tool_tokens": (
        "gen_ai.usage.details.tool_use_prompt_tokens",
        "gen_ai.usage.tool_use_prompt_tokens",
    ),
    "usage.cache_audio_read_tokens": ("gen_ai.usage.details.cache_audio_read_tokens",),
    "usage.cache_image_read_tokens": ("gen_ai.usage.details.cache_image_read_tokens",),
    "usage.web_searches": (
        "gen_ai.usage.web_searches",
        "gen_ai.usage.details.web_search_requests",
        "gen_ai.usage.server_tool_use.web_search_requests",
        "anthropic.usage.server_tool_use.web_search_requests",
    ),
    "usage.audio_seconds": ("gen_ai.usage.audio_seconds",),
    "usage.input_characters": ("gen_ai.usage.input_characters",),
    "usage.input_document_pages": ("gen_ai.usage.input_document_pages",),
    "usage.rerank_searches": ("gen_ai.usage.rerank_searches",),
    "usage.total_tokens": (  # compared with the sum, never added to it
        "gen_ai.usage.total_tokens",
        "gen_ai.usage.details.total_tokens",
        "llm.token_count.total",
        "llm.usage.total_tokens",
        "ai.usage.totalTokens",
    ),
    "usage_json": ("langfuse.observation.usage_details", "mlflow.chat.tokenUsage"),
    "cost_usd": ("lynex.cost_usd", "gen_ai.usage.cost", "llm.cost.total", "gen_ai.cost.total_cost"),
    "cost_json": ("langfuse.observation.cost_details", "mlflow.llm.cost"),
    "time_to_first_token_s": (
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.server.time_to_first_token",
        "gen_ai.client.time_to_first_token",
        "gen_ai.client.operation.time_to_first_chunk",
    ),
    "time_to_first_token_ms": ("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"),
    "first_token_at": ("langfuse.observation.completion_start_time",),
    # --- what was said
    "system": ("gen_ai.system_instructions",),
    "input": (
        "langfuse.observation.input",
        "gen_ai.input.messages",
        "gen_ai.content.prompt",
        "gen_ai.prompt",
        "ai.prompt.messages",
        "ai.prompt",
        "traceloop.entity.input",
        "pydantic_ai.all_messages",
        "all_messages_events",
        "gcp.vertex.agent.llm_request",
        "gcp.vertex.agent.tool_call_args",
        "gen_ai.retrieval.query.text",
        "gen_ai.tool.call.arguments",
        "ai.toolCall.args",
        "ai.values",
        "ai.value",
        "genkit:input",
        "lk.input_text",
        "lk.function_tool.arguments",
        "mcp.request.argument",
        "mlflow.spanInputs",
        "langfuse.trace.input",
        "input.value",
        "tool_arguments",
        "tool.parameters",
    ),
    "output": (
        "langfuse.observation.output",
        "gen_ai.output.messages",
        "gen_ai.content.completion",
        "gen_ai.completion",
        "ai.response.text",
        "ai.response.object",
        "ai.response.toolCalls",
        "ai.result.text",
        "ai.result.object",
        "ai.result.toolCalls",
        "traceloop.entity.output",
        "final_result",
        "gcp.vertex.agent.llm_response",
        "gcp.vertex.agent.tool_response",
        "gen_ai.retrieval.documents",
        "gen_ai.tool.call.result",
        "ai.toolCall.result",
        "genkit:output",
        "lk.response.text",
        "lk.function_tool.output",
        "mcp.response.value",
        "mlflow.spanOutputs",
        "langfuse.trace.output",
        "output.value",
        "tool_response",
    ),
    "prompt_name": (
        "langfuse.observation.prompt.name",
        "gen_ai.prompt.name",
        "traceloop.prompt.key",
        "prompt.id",
    ),
    "prompt_version": (
        "langfuse.observation.prompt.version",
        "gen_ai.prompt.version",
        "traceloop.prompt.version",
        "llm.prompt_template.version",
    ),
    # --- for whom
    "session_id": (
        "langfuse.session.id",
        "session.id",
        "gen_ai.conversation.id",
        "traceloop.association.properties.session_id",
        "ai.telemetry.metadata.sessionId",
        "mlflow.trace.session",
    ),
    "end_user_id": (
        "langfuse.user.id",
        "user.id",
        "enduser.id",
        "traceloop.association.properties.user_id",
        "ai.telemetry.metadata.userId",
        "gen_ai.user",
        "llm.user",
        "mlflow.trace.user",
    ),
    "tags": ("lynex.tags", "langfuse.trace.tags", "tag.tags", "ai.telemetry.metadata.tags"),
    "metadata": ("metadata", "langfuse.trace.metadata", "langfuse.observation.metadata"),
    # --- how it ended
    "error_type": ("error.type", "exception.type"),
    "error_message": ("error.message", "exception.message"),
    "level": ("langfuse.observation.level",),
    "status_message": ("langfuse.observation.status_message",),
}

GATHERED: Final[dict[str, tuple[str, int]]] = {
    # prefix of indexed attributes: (field they make up, rank among that field's ALIASES)
    "llm.input_messages.": ("input", -1),
    "llm.output_messages.": ("output", -1),
    "gen_ai.prompt.": ("input", 3),
    "gen_ai.completion.": ("output", 3),
    "retrieval.documents.": ("output", 14),
    "reranker.input_documents.": ("input", 14),
    "reranker.output_documents.": ("output", 14),
}
"""`llm.input_messages.0.message.content` and its like become one list."""

KEPT_TOGETHER: Final[tuple[str, ...]] = (
    "llm.tools.",
    "llm.request.functions.",
    "embedding.embeddings.",
    "llm.prompts.",
    "llm.choices.",
)
"""Indexed attributes without a field of their own: one attribute per list, not one per leaf."""

WRAPPERS: Final[frozenset[str]] = frozenset(
    {"message", "message_content", "tool_call", "document", "tool", "embedding", "prompt", "completion"}
)
"""Steps of an indexed name that only wrap one object (OpenInference): left out of what is gathered."""

METADATA_PREFIXES: Final[tuple[str, ...]] = (
    "langfuse.trace.metadata.",
    "langfuse.observation.metadata.",
    "traceloop.association.properties.",
    "ai.telemetry.metadata.",
    "lynex.metadata.",
)
"""What follows the prefix is a key of the span's metadata."""

USAGE_PREFIXES: Final[tuple[str, ...]] = ("gen_ai.usage.", "llm.token_count.")
"""Numbers under these that no alias knows are stored as usage under their own name, and never priced."""

NOT_USAGE: Final[frozenset[str]] = frozenset(
    {"gen_ai.usage.details.input_tokens", "gen_ai.usage.details.output_tokens"}
)
"""Repetitions: kept in `attributes`, where they can be compared with."""

UNCERTAIN_USAGE: Final[frozenset[str]] = frozenset(
    {
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.cache_read_tokens",
        "gen_ai.usage.cache_write_tokens",
        "llm.usage.cache_read_input_tokens",
        "llm.usage.cache_creation_input_tokens",
        "ai.usage.cachedInputTokens",
        "ai.usage.reasoningTokens",
    }
)
"""Spellings whose senders disagree on whether input includes cache: the provider decides, later."""

INCLUSIVE_SCOPES: Final[tuple[str, ...]] = ("opentelemetry.instrumentation.", "pydantic-ai", "logfire")
"""Instrumentations known to add cache to input whatever the spelling (OpenLLMetry: langfuse#12306)."""

INCLUSIVE_USAGE: Final[frozenset[str]] = frozenset({"mlflow.chat.tokenUsage"})
"""Usage objects whose sender has added the cache to the input, whichever keys it uses."""

KINDS: Final[dict[str, str]] = {
    "chat": "llm",
    "completion": "llm",
    "text_completion": "llm",
    "generate_content": "llm",
    "generate_text": "llm",
    "generation": "llm",
    "llm": "llm",
    "chat_model": "llm",
    "model": "llm",
    "responses": "llm",
    "ai.generatetext.dogenerate": "llm",
    "ai.streamtext.dostream": "llm",
    "ai.generateobject.dogenerate": "llm",
    "ai.streamobject.dostream": "llm",
    "embedding": "embedding",
    "embeddings": "embedding",
    "embedder": "embedding",
    "ai.embed.doembed": "embedding",
    "ai.embedmany.doembed": "embedding",
    "tool": "tool",
    "execute_tool": "tool",
    "ai.toolcall": "tool",
    "retrieval": "retrieval",
    "retriever": "retrieval",
    "rerank": "retrieval",
    "reranker": "retrieval",
    "ai.rerank.dorerank": "retrieval",
    "search_memory": "retrieval",
    "agent": "agent",
    "invoke_agent": "agent",
    "create_agent": "agent",
    "chain": "chain",
    "workflow": "chain",
    "task": "chain",
    "plan": "chain",
    "agent_step": "chain",
    "invoke_workflow": "chain",
    "flow": "chain",
    "prompt": "chain",
    "parser": "chain",
    "ai.generatetext": "chain",
    "ai.streamtext": "chain",
    "ai.generateobject": "chain",
    "ai.streamobject": "chain",
    "ai.embed": "chain",
    "ai.embedmany": "chain",
    "ai.rerank": "chain",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
    "evaluation": "evaluator",
}
"""Value of a `kind` attribute, in lower case, to our kind. For any other the other fields decide."""

SUMMING_KINDS: Final[frozenset[str]] = frozenset({"agent", "chain"})
"""These repeat the usage of the calls beneath them: it stays in `attributes`, so a sum counts it once."""

PROVIDERS: Final[dict[str, str]] = {
    "azure_openai": "azure",
    "az.ai.openai": "azure",
    "az.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "azure_ai": "azure",
    "aws.bedrock": "bedrock",
    "aws_bedrock": "bedrock",
    "amazon_bedrock": "bedrock",
    "aws": "bedrock",
    "bedrock_converse": "bedrock",
    "gcp.vertex_ai": "vertex",
    "vertex_ai": "vertex",
    "vertexai": "vertex",
    "google_vertexai": "vertex",
    "google.vertex": "vertex",
    "google_vertex": "vertex",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gemini": "google",
    "google.generative_ai": "google",
    "google_genai": "google",
    "google_gla": "google",
    "generative_ai": "google",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "x_ai": "xai",
    "moonshot_ai": "moonshot",
    "moonshotai": "moonshot",
    "together_ai": "together",
    "togetherai": "together",
    "fireworks_ai": "fireworks",
    "cohereai": "cohere",
    "deepseek_ai": "deepseek",
    "perplexity_ai": "perplexity",
    "ibm.watsonx.ai": "watsonx",
    "hugging_face": "huggingface",
}
"""Provider names, in lower case with `_` for space and `-`, to ours; others keep their own name."""

RESOURCE_FIELDS: Final[tuple[str, ...]] = ("service", "environment", "release", "region")
"""Fields that a resource may say for all of its spans; its other attributes are kept as `resource.…`."""

RESOURCE_METADATA: Final[dict[str, str]] = {
    "openinference.project.name": "project",
    "mlflow.experimentId": "experiment",
}
"""Resource attributes that become metadata, so that they can be filtered by."""
