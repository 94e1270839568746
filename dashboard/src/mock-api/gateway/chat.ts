/** A chat through the mock's gateway: an answer as a stream, and the span that it leaves. */
import type { Answer } from "../answer.ts";
import { MODELS, QUESTIONS } from "../catalogue.ts";
import { Random } from "../random.ts";
import { span, type Span } from "../world.ts";
import type { GatewayDesk } from "./gateway.ts";

const CHUNK_MS = 25;

const refusal = (status: number, code: string, message: string): Answer => ({ status, body: { error: { message, type: "invalid_request_error", param: null, code, lynex: {} } } });

/** The answer to the question of the demo that shares the most words with this one. */
function answerTo(prompt: string): string {
  const words = new Set(prompt.toLowerCase().split(/\W+/));
  const shared = (text: string) => text.toLowerCase().split(/\W+/).filter((word) => word.length > 3 && words.has(word)).length;
  return [...QUESTIONS].sort((a, b) => shared(b[0]) - shared(a[0]))[0]?.[1] ?? "";
}

/** The second time that a cached route is asked the same, its answer comes at once. */
const asked = new Set<string>();

/** `keep` is given the span once the answer is out. */
export function chat(desk: GatewayDesk, body: Record<string, unknown>, visitor: string, keep: (span: Span) => void): Answer {
  const name = String(body.model);
  const lead = desk.leadOf(name);
  const messages = body.messages as { role: string; content: string }[];
  const prompt = messages.at(-1)?.content ?? "";
  if (lead === null) return refusal(404, "model_not_found", `No route and no provider is set up for the model '${name}': add a route of this name, name it provider/model, or add it to a provider’s models.`);
  const startMs = Date.now();
  const told = {
    trace_id: new Random(startMs + name.length + prompt.length).hex(32), kind: "llm", name: `chat ${name}`, provider: lead.provider, model: lead.model, model_requested: name, source: "gateway", service: "gateway", tags: ["playground"],
    input: JSON.stringify(messages),
  } as const;
  if (prompt.includes("over budget")) {
    const refused = refusal(429, "budget_exceeded", "The budget “GPT in production” is used up: $50.00 of $50.00 between midnight and midnight.");
    keep(span(new Random(startMs), { ...told, tags: [...told.tags], status: "blocked", error_type: "budget_exceeded" }, startMs));
    return { ...refused, headers: { "X-Lynex-Trace-Id": told.trace_id } };
  }
  const question = `${visitor} ${name} ${prompt}`;
  const isHit = lead.isCached && asked.has(question);
  asked.add(question);

  const random = new Random(question.length);
  const known = MODELS.find((model) => model.model === lead.model);
  const text = `${answerTo(prompt)}\n\n(${lead.model})`;
  const words = text.split(/(?<= )/);
  const [input, output] = [Math.ceil(JSON.stringify(messages).length / 4), words.length];
  const made = span(new Random(startMs), {
    ...told, tags: [...told.tags], output: JSON.stringify([{ role: "assistant", content: text }]), finish_reason: "stop",
  }, startMs);
  made.usage.input_tokens = input;
  made.usage.output_tokens = output;
  if (isHit) made.usage.flags = ["local_cache_hit"];
  const usd = isHit ? 0 : known?.input_usd == null ? null : (input * known.input_usd + output * known.output_usd) / 1e6;
  made.cost_source = usd === null ? "unpriced" : "priced";
  made.cost_nanousd = usd === null ? null : Math.round(usd * 1e9);
  made.cost_usd = usd === null ? null : (made.cost_nanousd ?? 0) / 1e9;
  made.time_to_first_token_ms = isHit ? 1.2 : random.integer(180, 420);
  made.duration_ms = made.time_to_first_token_ms + (isHit ? 1 : words.length * CHUNK_MS);

  const chunk = (part: object) => `data: ${JSON.stringify({ object: "chat.completion.chunk", model: lead.model, ...part })}\n\n`;
  return {
    status: 200,
    headers: { "X-Lynex-Trace-Id": made.trace_id, "X-Lynex-Span-Id": made.span_id, "X-Lynex-Provider": lead.provider, "X-Lynex-Model": lead.model, ...(lead.isCached ? { "X-Lynex-Cache": isHit ? "hit" : "miss" } : {}) },
    stream: {
      firstMs: made.time_to_first_token_ms,
      everyMs: isHit ? 0 : CHUNK_MS,
      chunks: [...words.map((content) => chunk({ choices: [{ index: 0, delta: { content } }] })), chunk({ choices: [], usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output } }), "data: [DONE]\n\n"],
      done: () => keep(made),
    },
  };
}
