/** The demo's spans: a month of traffic of a small company, made from a seed. */
import type { SpanDetail, TraceSummary } from "@/api/types";

import { EMBEDDING, ENVIRONMENTS, ERRORS, MODELS, QUESTIONS, ROUTES, SERVICES, TAGS, USERS, type Model } from "./catalogue.ts";
import { Random } from "./random.ts";

export type Span = SpanDetail;
export interface World {
  traces: Map<string, Span[]>;
}

export const HUGE_TRACE_ID = "33000".padEnd(32, "0");
export const HUGE_TRACE_SPANS = 33_000;
const ERROR_TRACE_ID = "e".repeat(32);

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const PRICE_VERSION = "genai-prices 0.2.3 · 2026-11-14";

/** Ids and text are the same for a seed; times count back from `now`. */
export function createWorld(now: number): World {
  const random = new Random(7);
  const world: World = { traces: new Map() };
  for (let age = 0; age < 30 * DAY_MS; ) {
    // Denser near now, so that short ranges have something to show.
    const gapMs = age < 30 * MINUTE_MS ? 40_000 : age < 2 * DAY_MS ? 90_000 : 600_000;
    age += random.skewed(gapMs, 0.7) / workload(now - age);
    add(world, makeTrace(random, now - age - 2_000));
  }
  add(world, errorTrace(now - 4 * MINUTE_MS));
  return world;
}

export function add(world: World, spans: Span[]): void {
  const first = spans[0];
  if (first) world.traces.set(first.trace_id, spans);
}

/** The trace, put so that its last span has just ended: what is news now cannot end later. */
export function endedAt(nowMs: number, spans: Span[]): Span[] {
  const endMs = Math.max(...spans.map((one) => Date.parse(one.start_time) + (one.duration_ms ?? 0)));
  for (const one of spans) one.start_time = new Date(Date.parse(one.start_time) + nowMs - endMs).toISOString();
  return spans;
}

/** Office hours are busier. */
function workload(at: number): number {
  const hour = new Date(at).getUTCHours() + new Date(at).getUTCMinutes() / 60;
  return 0.55 + 0.85 * Math.max(0, Math.sin(((hour - 5) / 24) * 2 * Math.PI));
}

export function makeTrace(random: Random, startMs: number): Span[] {
  const traceId = random.hex(32);
  const route = random.pickEarly(ROUTES);
  const base: Partial<Span> = {
    trace_id: traceId,
    route,
    environment: random.pick(ENVIRONMENTS),
    service: random.pick(SERVICES),
    end_user_id: random.pickEarly(USERS),
    session_id: random.chance(0.7) ? `ses_${random.integer(1000, 1400)}` : "",
    tags: random.chance(0.35) ? [random.pick(TAGS)] : [],
    metadata: { team: random.pick(["support", "search", "platform"]), region: random.pick(["eu-west-1", "us-east-1"]) },
  };
  if (random.chance(0.45)) return [throughGateway(modelCall(random, base, startMs, ""))];
  return route === "/agents/triage" || route === "/support/answer"
    ? agentTrace(random, base, startMs)
    : retrievalTrace(random, base, startMs);
}

const NAMES: Record<string, string> = { "gpt-4.1-mini": "fast", "claude-haiku-4-5": "fast", "claude-sonnet-4-5": "support" };
const REFUSALS = [
  ["budget_exceeded", "The budget “GPT in production” is used up."],
  ["rate_limited", "Over 60 requests a minute for the user acme-corp: come back in 12 s."],
  ["budget_exceeded", "The budget “GPT in production” is used up."],
  ["guardrail", "The call holds what the route “support” blocks."],
] as const;

/** Half of the calls that stand alone came by the gateway, and some of those were refused. Told by their id, so that chance goes on as before. */
function throughGateway(made: Span): Span {
  const [half = 0, fate = 0] = [0, 2].map((at) => parseInt(made.trace_id.slice(at, at + 2), 16));
  if (half >= 128) return made;
  made.source = "gateway";
  made.service = "gateway";
  made.model_requested = NAMES[made.model] ?? made.model;
  made.name = `chat ${made.model_requested}`;
  const refusal = fate < 12 ? REFUSALS[fate % REFUSALS.length] : undefined;
  if (refusal === undefined) return made;
  const { usage } = span(new Random(1), {}, 0);
  return Object.assign(made, { status: "blocked", error_type: refusal[0], error_message: refusal[1], usage, cost_usd: null, cost_nanousd: null, cost_source: "none", price_version: "", output: "", finish_reason: "", provider: "", model: "", time_to_first_token_ms: null, duration_ms: 1.8 });
}

function agentTrace(random: Random, base: Partial<Span>, startMs: number): Span[] {
  const root = span(random, { ...base, kind: "agent", name: "triage_agent" }, startMs);
  const spans = [root];
  let at = startMs + random.skewed(6, 0.4);
  for (let turn = 0; turn < random.integer(1, 3); turn += 1) {
    const call = modelCall(random, base, at, root.span_id, "tool_calls");
    at += (call.duration_ms ?? 0) + 2;
    const tool = span(random, { ...base, kind: "tool", name: "lookup_order", parent_span_id: root.span_id }, at);
    tool.duration_ms = random.skewed(60, 0.7);
    tool.input = JSON.stringify({ order_id: "48213" });
    tool.output = JSON.stringify({ order_id: "48213", state: "delivered", delivered_at: "2026-11-17T14:02:00Z", total: 64.9 });
    at += tool.duration_ms + 1;
    spans.push(call, tool);
  }
  const last = modelCall(random, base, at, root.span_id);
  return closed(spans, last, startMs);
}

function retrievalTrace(random: Random, base: Partial<Span>, startMs: number): Span[] {
  const root = span(random, { ...base, kind: "chain", name: "answer_with_docs" }, startMs);
  const embed = modelCall(random, base, startMs + 3, root.span_id, "stop", EMBEDDING);
  const search = span(random, { ...base, kind: "retrieval", name: "search_docs", parent_span_id: root.span_id }, startMs + 80);
  search.duration_ms = random.skewed(35, 0.5);
  search.input = "rotate signing secret";
  search.output = JSON.stringify([{ id: "docs/secrets.md", score: 0.91 }, { id: "docs/keys.md", score: 0.84 }]);
  return closed([root, embed, search], modelCall(random, base, startMs + 130, root.span_id), startMs);
}

/** Ends a trace with its last call: the root takes its length, its text and its fate. */
function closed(spans: Span[], last: Span, startMs: number): Span[] {
  const root = spans[0] as Span;
  root.duration_ms = Date.parse(last.start_time) + (last.duration_ms ?? 0) + 4 - startMs;
  root.status = last.status;
  root.error_type = last.error_type;
  root.error_message = last.error_message;
  root.input = JSON.stringify({ question: QUESTIONS[0][0] });
  root.output = last.output;
  return [...spans, last];
}

function modelCall(
  random: Random,
  base: Partial<Span>,
  startMs: number,
  parent: string,
  finish = "stop",
  fixed?: Model,
): Span {
  const chosen = fixed ?? random.pickEarly(MODELS);
  const isEmbedding = chosen === EMBEDDING;
  const made = span(
    random,
    {
      ...base,
      kind: isEmbedding ? "embedding" : "llm",
      name: isEmbedding ? "embeddings" : `chat ${chosen.model}`,
      parent_span_id: parent,
      provider: chosen.provider,
      model: chosen.model,
      model_requested: chosen.model,
      finish_reason: isEmbedding ? "" : finish,
      service_tier: chosen.provider === "openai" ? "default" : "",
    },
    startMs,
  );
  if (random.chance(0.022)) return failed(random, made);
  fillUsage(random, made, chosen, isEmbedding);
  price(made, chosen);
  converse(random, made, finish);
  return made;
}

function fillUsage(random: Random, made: Span, chosen: Model, isEmbedding: boolean): void {
  const input = Math.round(random.skewed(isEmbedding ? 180 : 1900, 0.9));
  const output = isEmbedding ? null : Math.round(random.skewed(310, 0.8));
  const reads = !isEmbedding && random.chance(0.4) ? Math.floor(input * random.next() * 0.8) : null;
  made.usage.input_tokens = input;
  made.usage.output_tokens = output;
  made.usage.cache_read_tokens = reads;
  if (chosen.provider === "anthropic" && reads !== null) made.usage.cache_write_5m_tokens = Math.floor(input * 0.1);
  if (chosen.model === "o3") made.usage.reasoning_tokens = Math.floor((output ?? 0) * 0.6);
  made.duration_ms = chosen.first_token_ms + ((output ?? 0) / chosen.tokens_per_s) * 1000 * random.skewed(1, 0.25);
  made.time_to_first_token_ms = isEmbedding ? null : Math.min(made.duration_ms, random.skewed(chosen.first_token_ms, 0.35));
  if (random.chance(0.012)) {
    made.finish_reason = "aborted";
    made.status = "cancelled";
    made.usage.flags = ["estimated"];
    made.cost_source = "estimated";
  }
}

function price(made: Span, chosen: Model): void {
  if (chosen.input_usd === null) {
    made.cost_source = "unpriced";
    return;
  }
  const reads = made.usage.cache_read_tokens ?? 0;
  const usd =
    (((made.usage.input_tokens ?? 0) - reads) * chosen.input_usd +
      reads * chosen.cached_usd +
      (made.usage.output_tokens ?? 0) * chosen.output_usd) /
    1e6;
  made.cost_nanousd = Math.round(usd * 1e9);
  made.cost_usd = made.cost_nanousd / 1e9;
  if (made.cost_source === "none") made.cost_source = "priced";
  made.price_version = PRICE_VERSION;
}

function failed(random: Random, made: Span): Span {
  const [status, type, message] = random.pick(ERRORS);
  made.status = status;
  made.error_type = type;
  made.error_message = message;
  made.finish_reason = "";
  made.duration_ms = status === "timeout" ? 30_000 : random.skewed(180, 0.5);
  made.cost_source = "none";
  converse(random, made, "");
  made.output = "";
  return made;
}

function converse(random: Random, made: Span, finish: string): void {
  const [question, answer] = random.pick(QUESTIONS);
  if (made.kind === "embedding") {
    made.input = question;
    return;
  }
  made.input = JSON.stringify([
    { role: "system", content: "You are the support assistant of a web shop. Be brief, be kind, and use the tools before you guess." },
    { role: "user", content: question },
  ]);
  made.output =
    finish === "tool_calls"
      ? JSON.stringify([
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "call_7Qk", type: "function", function: { name: "lookup_order", arguments: '{"order_id": "48213"}' } }],
          },
        ])
      : JSON.stringify([{ role: "assistant", content: answer }]);
  made.attributes = { "gen_ai.operation.name": "chat", "gen_ai.request.temperature": 0.2, "gen_ai.request.max_tokens": 1024, "gen_ai.response.id": `resp_${random.hex(12)}` };
}

export function span(random: Random, given: Partial<Span>, startMs: number): Span {
  return {
    trace_id: "", parent_span_id: "", session_id: "", end_user_id: "", time_to_first_token_ms: null, kind: "other", name: "",
    route: "", environment: "", release: "2026.11.3", service: "", provider: "", model: "", model_requested: "", service_tier: "",
    cost_usd: null, cost_nanousd: null, cost_source: "none", price_version: "", status: "ok", error_type: "", error_message: "",
    finish_reason: "", prompt_name: "", prompt_version: "", tags: [], metadata: {}, source: "sdk", input: "", output: "", attributes: {},
    duration_ms: 1,
    ...given,
    span_id: given.span_id ?? random.hex(16),
    start_time: new Date(startMs).toISOString(),
    received_at: new Date(startMs + 900).toISOString(),
    usage: {
      input_tokens: null, output_tokens: null, cache_read_tokens: null, cache_write_5m_tokens: null, cache_write_1h_tokens: null,
      reasoning_tokens: null, input_audio_tokens: null, output_audio_tokens: null, input_image_tokens: null, output_image_tokens: null,
      other: {}, flags: [],
    },
  };
}

/** A failing agent run whose ids never change, for tests and screenshots. */
function errorTrace(startMs: number): Span[] {
  const random = new Random(11);
  const base = { trace_id: ERROR_TRACE_ID, route: "/agents/triage", environment: "production", service: "support-api", end_user_id: "acme-corp", session_id: "ses_1001", tags: ["priority"] };
  const root = span(random, { ...base, kind: "agent", name: "triage_agent", span_id: "a000000000000001" }, startMs);
  const anthropic = MODELS[1] as Model;
  const call = modelCall(random, base, startMs + 20, root.span_id, "tool_calls", anthropic);
  call.span_id = "a000000000000002";
  const tool = span(random, { ...base, kind: "tool", name: "refund_order", span_id: "a000000000000003", parent_span_id: root.span_id }, startMs + 3200);
  tool.duration_ms = 240;
  tool.input = JSON.stringify({ order_id: "48213", amount: 64.9, currency: "EUR" });
  tool.status = "error";
  tool.error_type = "PaymentDeclined";
  tool.error_message = "The payment provider refused the refund: original charge is older than 180 days.\n  at refund_order (tools/refund.py:48)\n  at run_tool (agent/loop.py:112)";
  const last = modelCall(random, base, startMs + 3460, root.span_id, "stop", anthropic);
  last.span_id = "a000000000000004";
  const spans = closed([root, call, tool], last, startMs);
  root.status = "error";
  root.error_type = tool.error_type;
  root.error_message = tool.error_message;
  return spans;
}

/** 33,000 spans: a long agent run. Made page by page, never held. */
export function hugeSpan(index: number, startMs: number): { span: Span; depth: number; childCount: number } {
  const random = new Random(index + 1);
  const stepsPerTurn = 10;
  const id = (at: number) => at.toString(16).padStart(16, "0");
  const depth = index === 0 ? 0 : index % stepsPerTurn === 1 ? 1 : 2;
  const turn = index === 0 ? 0 : Math.floor((index - 1) / stepsPerTurn);
  const parent = depth === 0 ? "" : depth === 1 ? id(0) : id(turn * stepsPerTurn + 1);
  const kind = depth === 0 ? "agent" : depth === 1 ? "chain" : index % 3 === 0 ? "tool" : "llm";
  const at = startMs + index * 100;
  const name = depth === 0 ? "overnight_migration" : depth === 1 ? `turn ${turn + 1}` : kind === "tool" ? "edit_file" : "chat gpt-4.1-mini";
  const made = span(random, { trace_id: HUGE_TRACE_ID, span_id: id(index), parent_span_id: parent, kind, name, environment: "production" }, at);
  made.duration_ms = depth === 0 ? HUGE_TRACE_SPANS * 100 : depth === 1 ? 1000 : random.skewed(70, 0.4);
  if (kind === "llm") {
    const mini = MODELS[2] as Model;
    made.model = mini.model;
    made.provider = mini.provider;
    fillUsage(random, made, mini, false);
    made.duration_ms = 95;
    price(made, mini);
  }
  const lastTurn = Math.ceil((HUGE_TRACE_SPANS - 1) / stepsPerTurn);
  return { span: made, depth, childCount: depth === 0 ? lastTurn : depth === 1 ? stepsPerTurn - 1 : 0 };
}

const summaries = new WeakMap<readonly Span[], TraceSummary>();

export function summaryOf(spans: readonly Span[]): TraceSummary {
  const known = summaries.get(spans);
  if (known !== undefined) return known;
  const made = summarise(spans);
  summaries.set(spans, made);
  return made;
}

function summarise(spans: readonly Span[]): TraceSummary {
  const root = spans.find((one) => one.parent_span_id === "") ?? (spans[0] as Span);
  const calls = spans.filter((one) => one.kind === "llm" || one.kind === "embedding");
  const ends = spans.map((one) => Date.parse(one.start_time) + (one.duration_ms ?? 0));
  const start = Math.min(...spans.map((one) => Date.parse(one.start_time)));
  const sum = (value: (one: Span) => number | null | undefined) => spans.reduce((total, one) => total + (value(one) ?? 0), 0);
  const nanos = sum((one) => one.cost_nanousd);
  return {
    trace_id: root.trace_id, name: root.name, kind: root.kind, start_time: new Date(start).toISOString(),
    last_activity: new Date(Math.max(...ends)).toISOString(), duration_ms: Math.max(...ends) - start,
    spans: spans.length, calls: calls.length, errors: spans.filter((one) => one.status === "error" || one.status === "timeout").length,
    input_tokens: sum((one) => one.usage.input_tokens), output_tokens: sum((one) => one.usage.output_tokens),
    cost_usd: nanos / 1e9, cost_nanousd: nanos, unpriced: spans.filter((one) => one.cost_source === "unpriced").length,
    models: [...new Set(calls.toReversed().map((one) => one.model))], providers: [...new Set(calls.map((one) => one.provider))],
    route: root.route, environment: root.environment, session_id: root.session_id, end_user_id: root.end_user_id,
    status: root.status, tags: root.tags,
  };
}
