/** The mock's answers. Which world a visitor sees is told by the key: see README.md of this folder. */
import type { BreakdownRow, SessionSummary, SpanSummary, TraceNode, TraceSummary } from "@/api/types";

import { ok, problem, type Answer } from "./answer.ts";
import { Controls } from "./control/control.ts";
import { chat } from "./gateway/chat.ts";
import { gatewaySummary } from "./gateway/summary.ts";
import { isCall, passes, seriesOf, startOf, valuesOf, windowOf } from "./metrics.ts";
import type { Request } from "./people/call.ts";
import { DEMO_PROJECT, EMPTY_PROJECT } from "./people/household.ts";
import { hasSpans, People } from "./people/people.ts";
import { add, createWorld, HUGE_TRACE_ID, HUGE_TRACE_SPANS, hugeSpan, summaryOf, type Span, type World } from "./world.ts";

export const DEMO_KEY = "lx_demo_4f9c2b7a1e8d";
export const EMPTY_KEY = "lx_empty";
export const BROKEN_KEY = "lx_broken";

const BY_COLUMN: Record<string, keyof Span> = { end_user: "end_user_id", session: "session_id" };
const FACETS = ["environment", "provider", "model", "route", "service", "kind", "status", "end_user_id", "tag"] as const;

export class Backend {
  private readonly worlds = new Map<string, World>();
  private readonly people = new People();
  private readonly controls = new Controls();
  private readonly hugeStartMs = Date.now() - 3 * 3_600_000;

  world(key: string): World {
    const known = this.worlds.get(key);
    if (known) return known;
    const made = key === DEMO_KEY || key === BROKEN_KEY ? createWorld(Date.now()) : { traces: new Map() };
    this.worlds.set(key, made);
    return made;
  }

  /** The world that a visitor's key or session shows; the refusal of whoever has neither. */
  keyOf(request: Request, key: string | null): string | Answer {
    if (key !== null) return [DEMO_KEY, EMPTY_KEY, BROKEN_KEY].includes(key) ? key : problem(401, "unauthorized", "This API key is not known here.");
    const project = this.people.projectOf(request);
    if (typeof project !== "string") return project;
    if (project === "") return problem(422, "invalid_input", "Name a project.");
    return hasSpans(project) ? DEMO_KEY : EMPTY_KEY;
  }

  answer(request: Request, given: string | null): Answer {
    const isKnown = given !== null && [DEMO_KEY, EMPTY_KEY, BROKEN_KEY].includes(given);
    if (given === null || isKnown) {
      const aboutPeople = this.people.answer(request, given === null ? null : { projectId: given === EMPTY_KEY ? EMPTY_PROJECT : DEMO_PROJECT });
      if (aboutPeople !== null) return aboutPeople;
    }
    const key = this.keyOf(request, given);
    if (typeof key !== "string") return key;
    const { method, path, query } = request;
    const control = this.controls.of(request);
    if (path.startsWith("/v1/dead-letters")) return control.letters.answer(method, path, key === EMPTY_KEY);
    if (path === "/v1/status") return ok({ version: "0.1.0", queue: { entries: 3, bytes: 18_432, oldest_age_s: 0.2 }, dead_letters: key === EMPTY_KEY ? 0 : control.letters.count, workers_alive: true, refused: [] });
    if (key === BROKEN_KEY) return problem(503, "engine_unavailable", "The columnar engine does not answer. Its log is in the server's output.");
    const aboutControl = control.answer(request, () => [...this.world(key).traces.values()].flat(), key === EMPTY_KEY);
    if (aboutControl !== null) return aboutControl;
    if (path === "/v1/chat/completions") return chat(control.gateway, request.body, request.cookies.lynex_session ?? key, (made) => add(this.world(key), [made]));
    const spans = [...this.world(key).traces.values()].flat();
    return this.read(path, query, spans, key);
  }

  private read(path: string, query: URLSearchParams, spans: Span[], key: string): Answer {
    const window = windowOf(query, Date.now() + 1000);
    const filter = passes(query);
    const inside = spans.filter((span) => startOf(span) >= window.start && startOf(span) < window.end && filter(span));
    const times = { start: new Date(window.start).toISOString(), end: new Date(window.end).toISOString() };
    switch (path) {
      case "/v1/metrics/summary": {
        const length = window.end - window.start;
        const before = spans.filter((span) => startOf(span) >= window.start - length && startOf(span) < window.start && filter(span));
        return ok({ ...times, ...valuesOf(inside), previous: query.get("compare") === "true" ? valuesOf(before) : null });
      }
      case "/v1/metrics/series":
        return ok(seriesOf(inside, window, query.get("group_by"), Number(query.get("limit") ?? 10)));
      case "/v1/metrics/breakdown":
        return ok({ ...times, by: query.get("by"), rows: breakdown(inside, query.get("by") ?? "model", Number(query.get("limit") ?? 50)) });
      case "/v1/facets":
        return ok({ ...times, facets: facets(inside) });
      case "/v1/gateway/summary":
        return ok(gatewaySummary(spans, window));
      case "/v1/traces":
        return ok(paged(this.traceList(inside, key), query));
      case "/v1/spans":
        return ok(paged(inside.sort((a, b) => startOf(b) - startOf(a)).map(withoutText), query));
      case "/v1/sessions":
        return ok(paged(sessions(inside), query));
      case "/v1/export":
        return { status: 200, text: { type: "application/x-ndjson", content: inside.map((span) => JSON.stringify(withoutText(span))).join("\n") } };
      default:
        return this.readOne(path, query, key);
    }
  }

  private traceList(inside: Span[], key: string): TraceSummary[] {
    const ids = new Set(inside.map((span) => span.trace_id));
    const { traces } = this.world(key);
    return [...ids].map((id) => summaryOf(traces.get(id) ?? [])).sort((a, b) => b.last_activity.localeCompare(a.last_activity));
  }

  private readOne(path: string, query: URLSearchParams, key: string): Answer {
    const [, , kind, traceId = "", spanId] = path.split("/");
    if (kind === "traces" && traceId === HUGE_TRACE_ID) return ok(this.hugePage(query));
    if (kind === "spans" && traceId === HUGE_TRACE_ID) return ok(hugeSpan(parseInt(spanId ?? "0", 16), this.hugeStartMs).span);
    const spans = this.world(key).traces.get(traceId);
    if (!spans) return problem(404, "not_found", `No trace ${traceId} in this project.`);
    if (kind === "traces") return ok({ summary: summaryOf(spans), nodes: tree(spans), next_cursor: null });
    const found = spans.find((span) => span.span_id === spanId);
    return found ? ok(found) : problem(404, "not_found", `No span ${spanId ?? ""} in this trace.`);
  }

  private hugePage(query: URLSearchParams): unknown {
    const limit = Number(query.get("limit") ?? 200);
    const from = Number(query.get("cursor") ?? 0);
    const to = Math.min(HUGE_TRACE_SPANS, from + limit);
    const nodes: TraceNode[] = [];
    for (let index = from; index < to; index += 1) {
      const { span, depth, childCount } = hugeSpan(index, this.hugeStartMs);
      nodes.push({ ...withoutText(span), depth, child_count: childCount, orphan: false });
    }
    const root = hugeSpan(0, this.hugeStartMs).span;
    const whole: TraceSummary = { ...summaryOf([root]), spans: HUGE_TRACE_SPANS, calls: 19_800, input_tokens: 42_000_000, output_tokens: 6_100_000, cost_usd: 26.56, cost_nanousd: 26_560_000_000, models: ["gpt-4.1-mini"], providers: ["openai"] };
    return { summary: whole, nodes, next_cursor: to < HUGE_TRACE_SPANS ? String(to) : null };
  }
}

function breakdown(spans: readonly Span[], by: string, limit: number): BreakdownRow[] {
  const column = BY_COLUMN[by] ?? (by as keyof Span);
  const groups = new Map<string, Span[]>();
  for (const span of spans.filter((one) => by !== "model" || isCall(one))) {
    const key = String(span[column]);
    const members = groups.get(key);
    if (members) members.push(span);
    else groups.set(key, [span]);
  }
  return [...groups]
    .map(([key, members]) => ({ key, provider: by === "model" ? (members[0]?.provider ?? "") : null, ...valuesOf(members) }))
    .sort((a, b) => b.cost_nanousd - a.cost_nanousd || b.calls - a.calls)
    .slice(0, limit);
}

function facets(spans: readonly Span[]): Record<string, { value: string; spans: number }[]> {
  const counted = FACETS.map((name) => {
    const counts = new Map<string, number>();
    for (const span of spans) {
      for (const value of name === "tag" ? span.tags : [span[name]]) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return [name, [...counts].map(([value, count]) => ({ value, spans: count })).sort((a, b) => b.spans - a.spans)] as const;
  });
  return Object.fromEntries(counted);
}

function sessions(spans: readonly Span[]): SessionSummary[] {
  const groups = new Map<string, Span[]>();
  for (const span of spans) if (span.session_id) groups.set(span.session_id, [...(groups.get(span.session_id) ?? []), span]);
  return [...groups]
    .map(([id, members]) => {
      const values = valuesOf(members);
      const times = members.map((span) => span.start_time).sort();
      return {
        session_id: id, end_user_id: members[0]?.end_user_id ?? "", first_activity: times[0] ?? "", last_activity: times.at(-1) ?? "",
        traces: new Set(members.map((span) => span.trace_id)).size, calls: values.calls, errors: values.errors,
        input_tokens: values.input_tokens, output_tokens: values.output_tokens, cost_usd: values.cost_usd, cost_nanousd: values.cost_nanousd,
        unpriced: values.unpriced,
      };
    })
    .sort((a, b) => b.last_activity.localeCompare(a.last_activity));
}

function tree(spans: readonly Span[]): TraceNode[] {
  const ids = new Set(spans.map((span) => span.span_id));
  const children = (parent: string) => spans.filter((span) => span.parent_span_id === parent).sort((a, b) => startOf(a) - startOf(b));
  const walk = (span: Span, depth: number): TraceNode[] => {
    const below = children(span.span_id);
    const node = { ...withoutText(span), depth, child_count: below.length, orphan: depth === 0 && span.parent_span_id !== "" };
    return [node, ...below.flatMap((child) => walk(child, depth + 1))];
  };
  return spans.filter((span) => !ids.has(span.parent_span_id)).flatMap((root) => walk(root, 0));
}

export function withoutText(span: Span): SpanSummary {
  const { input: _input, output: _output, attributes: _attributes, ...summary } = span;
  return summary;
}

function paged<T>(items: T[], query: URLSearchParams): { items: T[]; next_cursor: string | null } {
  const limit = Number(query.get("limit") ?? 50);
  const from = Number(query.get("cursor") ?? 0);
  return { items: items.slice(from, from + limit), next_cursor: from + limit < items.length ? String(from + limit) : null };
}
