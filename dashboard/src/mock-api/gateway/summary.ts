/** The gateway's figures, counted from the mock's spans. */
import type { GatewaySummary } from "@/api/gateway-types";

import { isError, startOf, valuesOf, type Window } from "../metrics.ts";
import type { Span } from "../world.ts";

/** In the demo, every fourth answer of a cheap model came from a cache. */
const isHit = (span: Span) => span.model_requested === "fast" && span.status === "ok" && parseInt(span.trace_id.slice(4, 6), 16) < 64;

export function gatewaySummary(spans: readonly Span[], window: Window): GatewaySummary {
  const through = spans.filter((span) => span.source === "gateway" && startOf(span) >= window.start && startOf(span) < window.end);
  const refused = through.filter((span) => span.status === "blocked");
  const reasons = [...new Set(refused.map((span) => span.error_type))].map((error_type) => ({ error_type, calls: refused.filter((span) => span.error_type === error_type).length }));
  const providers = [...new Set(through.map((span) => span.provider))].filter((name) => name !== "");
  return {
    start: new Date(window.start).toISOString(), end: new Date(window.end).toISOString(), calls_under_way: through.length === 0 ? 0 : 3, ...figuresOf(through),
    refusals: reasons.sort((a, b) => b.calls - a.calls),
    providers: providers.map((name) => ({ name, provider: name, ...figuresOf(through.filter((span) => span.provider === name)) })),
  };
}

function figuresOf(spans: readonly Span[]) {
  const { input_tokens, output_tokens, cost_usd, cost_nanousd, time_to_first_token_ms, latency_ms } = valuesOf(spans);
  const hits = spans.filter(isHit);
  const saved_nanousd = hits.reduce((sum, span) => sum + (span.cost_nanousd ?? 0), 0);
  const having = (status: string) => spans.filter((span) => span.status === status).length;
  return {
    calls: spans.length, errors: spans.filter(isError).length, refused: having("blocked"), cancelled: having("cancelled"), cache_hits: hits.length, saved_nanousd, saved_usd: saved_nanousd / 1e9,
    tried_again: Math.floor(spans.length / 40), added_ms: { p50: 0.84, p95: 2.1, p99: 3.9 }, input_tokens, output_tokens, cost_usd, cost_nanousd, time_to_first_token_ms, latency_ms,
  };
}
