/** The kinds of providers, and what is usual of each. Pure. */
import type { ProviderKind } from "@/api/gateway-types";

export interface Kind {
  value: ProviderKind;
  label: string;
  /** What it is called unless somebody says otherwise. */
  name: string;
  /** Empty: it has to be said. */
  baseUrl: string;
  keyHint: string;
}

export const KINDS: readonly Kind[] = [
  { value: "openai", label: "OpenAI", name: "openai", baseUrl: "https://api.openai.com/v1", keyHint: "sk-…" },
  { value: "anthropic", label: "Anthropic", name: "anthropic", baseUrl: "https://api.anthropic.com", keyHint: "sk-ant-…" },
  { value: "gemini", label: "Google Gemini", name: "gemini", baseUrl: "https://generativelanguage.googleapis.com", keyHint: "AIza…" },
  { value: "azure_openai", label: "Azure OpenAI", name: "azure", baseUrl: "", keyHint: "" },
  { value: "bedrock", label: "Amazon Bedrock", name: "bedrock", baseUrl: "https://bedrock-runtime.us-east-1.amazonaws.com", keyHint: "" },
  { value: "ollama", label: "Ollama", name: "ollama", baseUrl: "http://127.0.0.1:11434", keyHint: "mostly none" },
  { value: "openai_compatible", label: "OpenAI-compatible", name: "", baseUrl: "", keyHint: "where it asks for one" },
];

export const kindOf = (value: ProviderKind): Kind => KINDS.find((kind) => kind.value === value) ?? (KINDS[0] as Kind);

/** Addresses to pick from for a server that speaks as OpenAI does. */
export const COMPATIBLE_URLS: readonly string[] = [
  "http://127.0.0.1:8000/v1",
  "http://127.0.0.1:8080/v1",
  "http://127.0.0.1:1234/v1",
  "https://api.groq.com/openai/v1",
  "https://openrouter.ai/api/v1",
  "https://api.mistral.ai/v1",
  "https://api.deepseek.com/v1",
  "https://api.together.xyz/v1",
];
