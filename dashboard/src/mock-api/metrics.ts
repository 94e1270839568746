/** The arithmetic of the mock: filters, sums, percentiles, steps. */
import type { MetricValues, TimeSeries } from "@/api/types";

import type { Span } from "./world.ts";

export const isCall = (span: Span) => span.kind === "llm" || span.kind === "embedding";
export const isError = (span: Span) => span.status === "error" || span.status === "timeout";
export const startOf = (span: Span) => Date.parse(span.start_time);

const UNIT_MS: Record<string, number> = { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7, w: 6.048e8 };
const COLUMNS = ["environment", "provider", "model", "route", "service", "kind", "status", "end_user_id", "session_id", "trace_id", "release", "source", "cost_source", "error_type", "prompt_name"] as const;

export interface Window {
  start: number;
  end: number;
}

export function windowOf(query: URLSearchParams, now: number): Window {
  const end = query.has("to") ? Date.parse(query.get("to") ?? "") : now;
  if (query.has("from")) return { start: Date.parse(query.get("from") ?? ""), end };
  const [, amount = "24", unit = "h"] = /^(\d+)([smhdw])$/.exec(query.get("range") ?? "24h") ?? [];
  return { start: end - Number(amount) * (UNIT_MS[unit] ?? 3.6e6), end };
}

export function passes(query: URLSearchParams): (span: Span) => boolean {
  const equals = COLUMNS.map((name) => [name, query.getAll(name)] as const).filter(([, wanted]) => wanted.length > 0);
  const tags = query.getAll("tag");
  const metadata = query.getAll("metadata").map((pair) => pair.split(":") as [string, string]);
  const words = (query.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const least = (name: string) => Number(query.get(name) ?? 0);
  return (span) =>
    equals.every(([name, wanted]) => wanted.includes(span[name])) &&
    (tags.length === 0 || span.tags.some((tag) => tags.includes(tag))) &&
    metadata.every(([key, value]) => span.metadata[key] === value) &&
    words.every((word) => `${span.input} ${span.output}`.toLowerCase().includes(word)) &&
    (span.cost_usd ?? 0) >= least("min_cost_usd") &&
    (span.duration_ms ?? 0) >= least("min_latency_ms") &&
    (span.usage.input_tokens ?? 0) + (span.usage.output_tokens ?? 0) >= least("min_tokens");
}

export function valuesOf(spans: readonly Span[]): MetricValues {
  const calls = spans.filter(isCall);
  const sum = (value: (span: Span) => number | null | undefined) => spans.reduce((total, span) => total + (value(span) ?? 0), 0);
  const nanos = sum((span) => span.cost_nanousd);
  return {
    calls: calls.length, spans: spans.length, errors: calls.filter(isError).length,
    unpriced: spans.filter((span) => span.cost_source === "unpriced").length,
    estimated: spans.filter((span) => span.cost_source === "estimated").length,
    input_tokens: sum((span) => span.usage.input_tokens), output_tokens: sum((span) => span.usage.output_tokens),
    cache_read_tokens: sum((span) => span.usage.cache_read_tokens), cache_write_tokens: sum((span) => span.usage.cache_write_5m_tokens),
    reasoning_tokens: sum((span) => span.usage.reasoning_tokens), cost_usd: nanos / 1e9, cost_nanousd: nanos,
    latency_ms: percentiles(calls.map((span) => span.duration_ms)),
    time_to_first_token_ms: percentiles(calls.map((span) => span.time_to_first_token_ms)),
  };
}

function percentiles(values: readonly (number | null)[]): MetricValues["latency_ms"] {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function stepMs({ start, end }: Window): number {
  const hours = (end - start) / 3.6e6;
  return hours <= 2 ? 6e4 : hours <= 12 ? 3e5 : hours <= 168 ? 3.6e6 : hours <= 336 ? 2.16e7 : 8.64e7;
}

export function seriesOf(spans: readonly Span[], window: Window, groupBy: string | null, limit: number): TimeSeries {
  const step = stepMs(window);
  const first = Math.floor(window.start / step) * step;
  const groups = new Map<string, Span[]>();
  for (const span of spans) {
    const key = groupBy === null ? "" : String(span[groupBy as keyof Span]);
    const members = groups.get(key);
    if (members) members.push(span);
    else groups.set(key, [span]);
  }
  if (groupBy === null && groups.size === 0) groups.set("", []);
  const ranked = [...groups].sort(([, a], [, b]) => valuesOf(b).cost_nanousd - valuesOf(a).cost_nanousd);
  const rest = ranked.slice(limit).flatMap(([, members]) => members);
  const shown = rest.length > 0 ? [...ranked.slice(0, limit), ["(other)", rest] as const] : ranked;
  return {
    start: new Date(first).toISOString(), end: new Date(window.end).toISOString(), step_s: step / 1000, group_by: groupBy,
    series: shown.map(([key, members]) => {
      const buckets = bucketed(members, step);
      const points = [];
      for (let at = first; at < window.end; at += step) {
        points.push({ time: new Date(at).toISOString(), ...valuesOf(buckets.get(at / step) ?? []) });
      }
      return { key, points };
    }),
  };
}

function bucketed(spans: readonly Span[], step: number): Map<number, Span[]> {
  const buckets = new Map<number, Span[]>();
  for (const span of spans) {
    const key = Math.floor(startOf(span) / step);
    const members = buckets.get(key);
    if (members) members.push(span);
    else buckets.set(key, [span]);
  }
  return buckets;
}
