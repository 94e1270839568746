/** How popular clients and tools go through the gateway: their base URL and their key, and nothing else. Pure text. */
import type { Snippet } from "./snippets";

export function gatewaySnippetsFor(origin: string, key: string): Snippet[] {
  const python = { language: "Python" };
  const shell = { language: "shell" };
  return [
    {
      id: "openai", title: "openai (Python)", note: "Chat, responses, embeddings, images, audio: as they are, streams and tools included.", ...python,
      code: `# pip install openai
from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key="${key}")
answer = client.chat.completions.create(
    model="gpt-4.1-mini",  # or a route, or provider/model
    messages=[{"role": "user", "content": "Hello, gateway"}],
)
print(answer.choices[0].message.content)`,
    },
    {
      id: "openai-js", title: "openai (JS)", note: "The same in TypeScript and JavaScript.", language: "TypeScript",
      code: `// npm install openai
import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${origin}/v1", apiKey: "${key}" });
const answer = await client.chat.completions.create({
  model: "gpt-4.1-mini", // or a route, or provider/model
  messages: [{ role: "user", content: "Hello, gateway" }],
});
console.log(answer.choices[0].message.content);`,
    },
    {
      id: "anthropic", title: "anthropic", note: "The base URL ends before /v1: the client adds it.", ...python,
      code: `# pip install anthropic
from anthropic import Anthropic

client = Anthropic(base_url="${origin}", api_key="${key}")
answer = client.messages.create(
    model="claude-sonnet-5-5",
    max_tokens=1024,
    messages=[{"role": "user", "content": "Hello, gateway"}],
)
print(answer.content[0].text)`,
    },
    {
      id: "google-genai", title: "google-genai", note: "Gemini’s own client, streams included.", ...python,
      code: `# pip install google-genai
from google import genai
from google.genai import types

client = genai.Client(
    api_key="${key}",
    http_options=types.HttpOptions(base_url="${origin}"),
)
answer = client.models.generate_content(model="gemini-2.5-flash", contents="Hello, gateway")
print(answer.text)`,
    },
    {
      id: "langchain", title: "LangChain", note: "Any chat model of the gateway, by way of its OpenAI surface.", ...python,
      code: `# pip install langchain-openai
from langchain_openai import ChatOpenAI

model = ChatOpenAI(base_url="${origin}/v1", api_key="${key}", model="gpt-4.1-mini")
print(model.invoke("Hello, gateway").content)`,
    },
    {
      id: "llamaindex", title: "LlamaIndex", note: "OpenAILike takes names of routes, which OpenAI’s own class does not know.", ...python,
      code: `# pip install llama-index-llms-openai-like
from llama_index.llms.openai_like import OpenAILike

model = OpenAILike(
    api_base="${origin}/v1",
    api_key="${key}",
    model="gpt-4.1-mini",
    is_chat_model=True,
)
print(model.complete("Hello, gateway"))`,
    },
    {
      id: "ai-sdk", title: "Vercel AI SDK", note: "With the provider for servers that speak as OpenAI does.", language: "TypeScript",
      code: `// npm install ai @ai-sdk/openai-compatible
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { streamText } from "ai";

const lynex = createOpenAICompatible({
  name: "lynex",
  baseURL: "${origin}/v1",
  apiKey: "${key}",
  includeUsage: true,
});
const { textStream } = streamText({ model: lynex("gpt-4.1-mini"), prompt: "Hello, gateway" });
for await (const text of textStream) process.stdout.write(text);`,
    },
    {
      id: "claude-code", title: "Claude Code", note: "Set these where you start it. Every turn is then seen and capped, and its session is the span’s.", ...shell,
      code: `export ANTHROPIC_BASE_URL="${origin}"
export ANTHROPIC_AUTH_TOKEN="${key}"
claude`,
    },
    {
      id: "codex", title: "Codex CLI", note: "The first part goes into ~/.codex/config.toml, the last lines into the shell.", language: "TOML",
      code: `# ~/.codex/config.toml
model = "gpt-5.5"
model_provider = "lynex"

[model_providers.lynex]
name = "Lynex"
base_url = "${origin}/v1"
env_key = "LYNEX_API_KEY"
wire_api = "responses"

# in the shell
# export LYNEX_API_KEY="${key}"
# codex`,
    },
    {
      id: "cursor", title: "Cursor and editors", note: "Where an editor asks for an OpenAI key and a base URL of your own (Cursor: Settings, Models). Cursor calls from its own servers: the address must be reachable from there.", language: "settings",
      code: `OpenAI API Key            ${key}
Override OpenAI Base URL  ${origin}/v1
Model                     gpt-4.1-mini`,
    },
    {
      id: "curl", title: "curl", note: "No client at all. Cost and trace are in the headers of the answer (-i shows them).", ...shell,
      code: `curl -i ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "gpt-4.1-mini",
    "messages": [{"role": "user", "content": "Hello, gateway"}]
  }'`,
    },
    {
      id: "open-webui", title: "Open WebUI", note: "It then offers every route and model that the key may call. From within a container, localhost is the container: use an address that it reaches.", ...shell,
      code: `docker run -d -p 3000:8080 \\
  -e OPENAI_API_BASE_URL="${origin}/v1" \\
  -e OPENAI_API_KEY="${key}" \\
  -v open-webui:/app/backend/data \\
  ghcr.io/open-webui/open-webui:main`,
    },
  ];
}
