import pytest

from lynex_server.app.http import describe_app
from lynex_server.app.route_marks import marked_routes
from lynex_server.gateway.operations import operation_of


@pytest.mark.parametrize(
    ("path", "dialect", "name", "model"),
    [
        ("/v1/chat/completions", "openai", "chat", ""),
        ("/v1/responses", "openai", "responses", ""),
        ("/v1/completions", "openai", "completion", ""),
        ("/v1/embeddings", "openai", "embeddings", ""),
        ("/v1/messages", "anthropic", "messages", ""),
        ("/v1/messages/count_tokens", "anthropic", "count_tokens", ""),
        ("/v1beta/models/gemini-2.5-pro:generateContent", "gemini", "generate", "gemini-2.5-pro"),
        ("/v1beta/models/text-embedding-004:embedContent", "gemini", "embed_content", "text-embedding-004"),
        ("/v1/models/gemini/gemini-2.5-pro:generateContent", "gemini", "generate", "gemini/gemini-2.5-pro"),
        ("/v1/models/ollama/llama3:8b:countTokens", "gemini", "count_tokens", "ollama/llama3:8b"),
        ("/openai/deployments/my-gpt/chat/completions", "openai", "chat", "my-gpt"),
        (
            "/model/anthropic.claude-3-haiku-v1:0/converse",
            "bedrock",
            "converse",
            "anthropic.claude-3-haiku-v1:0",
        ),
        (
            "/model/arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0/converse",
            "bedrock",
            "converse",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0",
        ),
        ("/api/chat", "ollama", "ollama_chat", ""),
        ("/v1/files", "openai", "other", ""),
        ("/v1/audio/transcriptions", "openai", "other", ""),
        ("/v1/images/generations", "openai", "other", ""),
        ("/v1/moderations", "openai", "other", ""),
        ("/v1/batches", "openai", "other", ""),
    ],
)
def test_a_path_says_what_is_asked(path, dialect, name, model):
    operation = operation_of("POST", path, {})

    assert (dialect, name, model) == (operation.dialect, operation.name, operation.model)


@pytest.mark.parametrize(
    "path", ["/", "/v1/events", "/v1/spans", "/v1/gateway/providers", "/v1/budgets", "/healthz"]
)
def test_what_is_no_call_goes_to_the_application(path):
    assert operation_of("POST", path, {}) is None
    assert operation_of("GET", path, {}) is None


@pytest.mark.parametrize(
    "path", ["/v1/files/../chat/completions", "/v1/files/..", "/gateway/groq/./v1/files", "/gateway/../admin"]
)
def test_a_path_that_climbs_is_no_call(path):
    assert operation_of("POST", path, {}) is None


def test_a_dot_within_a_name_is_no_step():
    assert operation_of("GET", "/v1/files/.../a..b/.hidden", {}) is not None


def test_a_request_that_would_have_the_providers_key_sent_back_is_no_call():
    assert operation_of("TRACE", "/v1/files", {}) is None


def test_no_route_of_the_application_is_taken_by_the_gateway():
    taken = [
        f"{route.method} {route.path}"
        for route in marked_routes(describe_app())
        if operation_of(route.method, route.path.replace("{", "").replace("}", ""), {}) is not None
    ]

    assert taken == []


def test_a_streamed_gemini_call_is_known_by_its_path():
    assert operation_of("POST", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", {}).streams


def test_the_list_of_models_is_in_the_dialect_of_who_asks():
    assert operation_of("GET", "/v1/models", {}).dialect == "openai"
    assert operation_of("GET", "/v1/models", {"anthropic-version": "2023-06-01"}).dialect == "anthropic"
    assert operation_of("GET", "/v1/models", {"x-goog-api-key": "lx_1"}).dialect == "gemini"
    assert operation_of("GET", "/v1beta/models", {}).dialect == "gemini"


def test_a_providers_own_list_of_models_is_asked_of_the_provider():
    for path in ("/gateway/groq/models", "/gateway/groq/v1/models"):
        assert operation_of("GET", path, {}).name == "other"


@pytest.mark.parametrize("path", ["/v1/files", "/v1/batches", "/v1/sessions", "/v1/what/ever"])
def test_what_lies_below_the_same_path_with_several_is_known_by_the_client(path):
    anthropics = operation_of("GET", path, {"anthropic-version": "2023-06-01"})
    googles = operation_of("GET", path, {"x-goog-api-key": "lx_1"})

    assert (anthropics.dialect, anthropics.name, anthropics.known) == ("anthropic", "other", False)
    assert (googles.dialect, googles.name, googles.known) == ("gemini", "other", False)


def test_what_is_new_with_openai_is_known_by_its_client():
    for agent in ("OpenAI/Python 2.54.0", "AsyncOpenAI/Python 2.54.0", "OpenAI/JS 6.49.0"):
        new = operation_of("POST", "/v1/brand/new", {"user-agent": agent})
        assert (new.dialect, new.name, new.known) == ("openai", "other", False)
    assert operation_of("POST", "/v1/brand/new", {"user-agent": "python-httpx/0.28"}) is None


def test_the_model_in_a_path_of_geminis_is_the_one_that_runs():
    painting = operation_of("POST", "/v1beta/models/imagen-4:predict", {})

    assert (painting.name, painting.model, painting.known) == ("other", "imagen-4", True)


def test_below_a_providers_name_everything_is_passed_through():
    known = operation_of("POST", "/gateway/groq/v1/chat/completions", {})
    short = operation_of("POST", "/gateway/groq/chat/completions", {})
    unknown = operation_of("PUT", "/gateway/groq/v9/brand/new", {})

    assert (known.provider, known.name, known.path) == ("groq", "chat", "/v1/chat/completions")
    assert (short.provider, short.name, short.path) == ("groq", "chat", "/v1/chat/completions")
    assert (unknown.provider, unknown.name, unknown.path) == ("groq", "other", "/v9/brand/new")
