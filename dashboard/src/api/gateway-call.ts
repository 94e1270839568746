/** A call through the gateway, as any app would make it: OpenAI's chat completions, streamed. */
import { send } from "./client";
import { eventParser } from "./sse";

export interface ChatWish {
  model: string;
  system: string;
  prompt: string;
  temperature: number | null;
  maxTokens: number | null;
}

/** What the gateway says of a call before its answer. */
export interface CallFacts {
  traceId: string | null;
  /** The model that answers, as its provider calls it. */
  model: string | null;
  provider: string | null;
  /** "hit" where the answer comes from the cache. */
  cache: string | null;
}

export type ChatNews =
  | { kind: "facts"; facts: CallFacts }
  | { kind: "text"; text: string }
  | { kind: "usage"; inputTokens: number | null; outputTokens: number | null }
  | { kind: "error"; message: string; code: string };

/** Calls, and tells what comes as it comes. Raises `ApiError` where the call is refused before it begins. */
export async function streamChat(wish: ChatWish, onNews: (news: ChatNews) => void, signal: AbortSignal): Promise<void> {
  const response = await send("POST", "/v1/chat/completions", { body: bodyOf(wish), headers: { "X-Lynex-Tags": "playground" }, signal });
  onNews({ kind: "facts", facts: factsOf(response.headers) });
  if (response.body === null) return;
  const parse = eventParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const event of parse(value)) newsOf(event.data).forEach(onNews);
  }
}

function bodyOf({ model, system, prompt, temperature, maxTokens }: ChatWish) {
  return {
    model,
    messages: [...(system.trim() === "" ? [] : [{ role: "system", content: system }]), { role: "user", content: prompt }],
    stream: true,
    stream_options: { include_usage: true },
    ...(temperature === null ? {} : { temperature }),
    ...(maxTokens === null ? {} : { max_completion_tokens: maxTokens }),
  };
}

function factsOf(headers: Headers): CallFacts {
  return { traceId: headers.get("x-lynex-trace-id"), model: headers.get("x-lynex-model"), provider: headers.get("x-lynex-provider"), cache: headers.get("x-lynex-cache") };
}

interface Chunk {
  choices?: { delta?: { content?: string | null } }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  error?: { message?: string; code?: string };
}

/** One event of the stream: "[DONE]" says nothing, a chunk may say several things. */
export function newsOf(data: string): ChatNews[] {
  if (data.trim() === "[DONE]") return [];
  const chunk = JSON.parse(data) as Chunk;
  if (chunk.error !== undefined) return [{ kind: "error", message: chunk.error.message ?? "The answer broke off.", code: chunk.error.code ?? "" }];
  const text = (chunk.choices ?? []).map((choice) => choice.delta?.content ?? "").join("");
  const { usage } = chunk;
  return [
    ...(text === "" ? [] : [{ kind: "text" as const, text }]),
    ...(usage == null ? [] : [{ kind: "usage" as const, inputTokens: usage.prompt_tokens ?? null, outputTokens: usage.completion_tokens ?? null }]),
  ];
}
