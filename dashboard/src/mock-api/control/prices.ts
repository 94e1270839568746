/** The demo's prices: the catalogue's models, one contract, one model that nobody can price. */
import type { Calculated, Calculation, ListedPrice, OwnPrice, OwnPriceWish, ProviderReport, Reconciliation, Repricing, Terms, UnpricedModel, UnpricedWish } from "@/api/control-types";

import { notFound, nothing, ok, problem, type Answer } from "../answer.ts";
import { MODELS } from "../catalogue.ts";
import type { Span } from "../world.ts";
import type { ControlRequest } from "./request.ts";

const DAY_MS = 86_400_000;
const RUN_MS = 2_500;
const SOURCE = "genai-prices-0.2.3";
const BY = "ada@acme.example";
const DEAREST_USD = 10_000;
/** A run of this model fails, as one does whose calls cannot be read. */
const FAILING_MODEL = "failing-*";

type Run = Repricing & { begunMs: number };

export class PriceDesk {
  private own: OwnPrice[];
  private runs: Run[] = [];
  private reports: ProviderReport[] = [];
  private comparedAt: string | null = null;
  private readonly priced = new Set<string>();
  private count = 0;

  constructor(private readonly now: number) {
    const terms: Terms = { kind: "factor", factor: "0.85", rates: [], gpus: 1, busy_share: 1, tier_factors: { batch: "0.5" }, region_factors: {}, hour_factors: [] };
    this.own = [this.ownPrice("ovr_contract", { provider: "anthropic", model: "claude-*", service_tier: "", region: "", terms, note: "contract of March", confirm: false, valid_from: new Date(now - 60 * DAY_MS).toISOString(), valid_until: null }, "organisation")];
  }

  answer(request: ControlRequest, spans: () => readonly Span[], isEmpty: boolean): Answer | null {
    const { method, path, query, body } = request;
    const overrides = /^\/v1(?:\/organisations\/[^/]+)?\/prices\/overrides(?:\/([^/]+))?$/.exec(path);
    if (overrides !== null) return this.overrides(method, overrides[1], body, path.includes("/organisations/") ? "organisation" : "project", query);
    if (!path.startsWith("/v1/prices")) return null;
    const [, , , part, id, action] = path.split("/");
    if (part === undefined) return ok({ sources: ["own", SOURCE], items: listed().filter((price) => (query.get("query") ?? "").toLowerCase().split(/\s+/).every((word) => `${price.provider} ${price.model}`.includes(word))) });
    if (part === "calculate") return ok(calculated(body as unknown as Calculation));
    if (part === "unpriced") return id === "price" ? this.priceModel(body as unknown as UnpricedWish, spans) : ok({ items: isEmpty ? [] : this.unpriced(spans()) });
    if (part === "reprice") return this.repricings(method, id, action, body, spans);
    if (part === "sources") return this.sources(method);
    if (part === "reports") return this.reportDesk(method, id, body);
    return ok(reconciliation(this.now));
  }

  private overrides(method: string, id: string | undefined, body: Record<string, unknown>, scope: OwnPrice["scope"], query: URLSearchParams): Answer {
    if (method === "GET" && id === undefined) return ok({ items: this.own.filter((price) => price.removed_at === null || query.get("removed") === "true") });
    if (method === "POST") {
      const slip = slipOf(body);
      if (slip !== null) return slip;
      this.count += 1;
      const made = this.ownPrice(`ovr_made_${this.count}`, body as unknown as OwnPriceWish, scope);
      this.own = [made, ...this.own];
      return ok(made, 201);
    }
    const found = this.own.find((price) => price.id === id);
    if (found === undefined) return notFound("own price");
    const changed = method === "DELETE" ? { ...found, removed_at: new Date().toISOString() } : this.ownPrice(found.id, body as unknown as OwnPriceWish, found.scope);
    this.own = this.own.map((price) => (price === found ? changed : price));
    return method === "DELETE" ? nothing() : ok(changed);
  }

  private ownPrice(id: string, wish: OwnPriceWish, scope: OwnPrice["scope"]): OwnPrice {
    const { terms, confirm: _confirm, valid_from, valid_until, ...rest } = wish;
    const told = {
      ...terms, busy_share: String(terms.busy_share), rates: terms.rates.map((rate) => ({ unit: rate.unit, usd: String(rate.usd), per: rate.per ?? 1_000_000, above_input_tokens: rate.above_input_tokens })),
      factor: text(terms.factor), usd_per_million_tokens: text(terms.usd_per_million_tokens), gpu_hour_usd: text(terms.gpu_hour_usd), tokens_per_s: text(terms.tokens_per_s),
    } as OwnPrice["terms"];
    const at = new Date().toISOString();
    return { id, scope, ...rest, terms: told, valid_from: valid_from ?? at, valid_until: valid_until ?? null, created_by: BY, created_at: at, updated_at: at, removed_at: null };
  }

  private unpriced(spans: readonly Span[]): UnpricedModel[] {
    const without = spans.filter((span) => span.cost_source === "unpriced" && !this.priced.has(span.model)).sort((a, b) => a.start_time.localeCompare(b.start_time));
    return [...new Set(without.map((span) => span.model))].flatMap((model) => {
      const calls = without.filter((span) => span.model === model);
      const [first] = calls;
      const last = calls.at(-1);
      if (first === undefined || last === undefined) return [];
      const sum = (name: "input_tokens" | "output_tokens") => calls.reduce((total, span) => total + (span.usage[name] ?? 0), 0);
      return [{ provider: first.provider, model, spans: calls.length, first_seen: first.start_time, last_seen: last.start_time, sample_trace_id: last.trace_id, sample_span_id: last.span_id, input_tokens: sum("input_tokens"), output_tokens: sum("output_tokens"), flags: ["model_unknown"] }];
    });
  }

  private priceModel(wish: UnpricedWish, spans: () => readonly Span[]): Answer {
    const slip = slipOf(wish as unknown as Record<string, unknown>);
    if (slip !== null) return slip;
    this.count += 1;
    const override = this.ownPrice(`ovr_made_${this.count}`, { service_tier: "", region: "", ...wish, valid_from: "2000-01-01T00:00:00Z", valid_until: null }, "project");
    this.own = [override, ...this.own];
    const repricing = wish.reprice ? this.run({ from: "2000-01-01T00:00:00Z", to: new Date().toISOString(), provider: "", model: wish.model, dry_run: false }, spans) : null;
    this.priced.add(wish.model);
    return ok({ override, repricing: repricing === null ? null : atNow(repricing) }, 201);
  }

  private repricings(method: string, id: string | undefined, action: string | undefined, body: Record<string, unknown>, spans: () => readonly Span[]): Answer {
    if (id === undefined && method === "GET") return ok({ items: this.runs.map(atNow).map(({ differences: _differences, ...summary }) => summary) });
    if (id === undefined) return ok(atNow(this.run({ from: String(body.from), to: String(body.to ?? new Date().toISOString()), provider: String(body.provider ?? ""), model: String(body.model ?? ""), dry_run: body.dry_run === true }, spans)), 202);
    const found = this.runs.find((run) => run.id === id);
    if (found === undefined) return notFound("repricing");
    if (action === "cancel") Object.assign(found, { state: "cancelled", finished_at: new Date().toISOString() });
    return ok(atNow(found));
  }

  private run(wish: Pick<Repricing, "from" | "to" | "provider" | "model" | "dry_run">, spans: () => readonly Span[]): Run {
    this.count += 1;
    const meant = spans().filter((span) => span.start_time >= wish.from && span.start_time < wish.to && (wish.model === "" || span.model === wish.model));
    const days = [...new Set(meant.map((span) => span.start_time.slice(0, 10)))].sort().reverse();
    const differences = days.flatMap((day) => {
      const calls = meant.filter((span) => span.start_time.startsWith(day) && (span.cost_source === "unpriced" || span.provider === "anthropic"));
      return [...new Set(calls.map((span) => span.model))].map((model) => {
        const mine = calls.filter((span) => span.model === model);
        const unpriced = mine.filter((span) => span.cost_source === "unpriced").length;
        const old = mine.reduce((sum, span) => sum + (span.cost_nanousd ?? 0), 0);
        const now = unpriced > 0 ? unpriced * 412_000 : Math.round(old * 0.85);
        return { day, provider: mine[0]?.provider ?? "", model, changed: mine.length, old_nanousd: old, new_nanousd: now, difference_nanousd: now - old, old_unpriced: unpriced, new_unpriced: 0 };
      });
    });
    const sum = (name: "changed" | "old_nanousd" | "new_nanousd" | "difference_nanousd") => differences.reduce((total, each) => total + each[name], 0);
    const run: Run = {
      id: `rpr_${this.count}`, ...wish, state: "running", spans: meant.length, spans_done: 0, created_by: BY, created_at: new Date().toISOString(), finished_at: null, error: "",
      changed: sum("changed"), old_nanousd: sum("old_nanousd"), new_nanousd: sum("new_nanousd"), difference_nanousd: sum("difference_nanousd"), differences, begunMs: Date.now(),
    };
    this.runs = [run, ...this.runs];
    return run;
  }

  private sources(method: string): Answer {
    if (method === "POST") this.comparedAt = new Date().toISOString();
    const items = [
      { provider: "openai", model: "gpt-4.1", unit: "cache_read_tokens", per: 1_000_000, first: 0.5, second: 1, ratio: 2 },
      { provider: "google", model: "gemini-2.5-flash", unit: "output_tokens", per: 1_000_000, first: 2.5, second: 3.5, ratio: 1.4 },
    ];
    return ok(this.comparedAt === null ? { made_at: null, first: "", second: "", compared: 0, items: [] } : { made_at: this.comparedAt, first: SOURCE, second: "community 2026-11-18", compared: 2_418, items });
  }

  private reportDesk(method: string, id: string | undefined, body: Record<string, unknown>): Answer {
    if (method === "GET") return ok({ items: this.reports });
    if (method === "DELETE") {
      this.reports = this.reports.filter((report) => report.id !== id);
      return nothing();
    }
    if (!String(body.content).includes("model")) return problem(422, "invalid_input", "content: neither an export of OpenAI nor one of Anthropic; its first line was not understood", "content");
    this.count += 1;
    const day = (ago: number) => new Date(this.now - ago * DAY_MS).toISOString().slice(0, 10);
    const made: ProviderReport = { id: `prr_${this.count}`, provider: "anthropic", name: String(body.name), format: "anthropic costs csv", first_day: day(3), last_day: day(1), imported_by: BY, imported_at: new Date().toISOString() };
    this.reports = [made, ...this.reports];
    return ok(made, 201);
  }
}

const text = (amount: number | string | null | undefined) => (amount == null ? null : String(amount));

/** Refuses what looks like a price for one token. */
function slipOf(body: Record<string, unknown>): Answer | null {
  const terms = body.terms as Terms;
  const dearest = Math.max(Number(terms.usd_per_million_tokens ?? 0), ...terms.rates.map((rate) => Number(rate.usd)));
  return dearest <= DEAREST_USD || body.confirm === true ? null : problem(422, "invalid_input", `terms: a token would cost $${dearest.toLocaleString("en-US")} a million. Send \`confirm: true\` if that is meant.`, "confirm");
}

function atNow({ begunMs, ...run }: Run): Repricing {
  if (run.finished_at !== null) return run;
  const share = Math.min(1, (Date.now() - begunMs) / RUN_MS);
  if (share < 1) return { ...run, spans_done: Math.floor(run.spans * share), differences: [], changed: 0, old_nanousd: 0, new_nanousd: 0, difference_nanousd: 0 };
  if (run.model === FAILING_MODEL) return { ...run, state: "failed", error: "between two steps: The query was stopped: it takes too long. Narrow the time range or add a filter.", finished_at: new Date(begunMs + RUN_MS).toISOString() };
  return { ...run, state: "done", spans_done: run.spans, finished_at: new Date(begunMs + RUN_MS).toISOString() };
}

function listed(): ListedPrice[] {
  return MODELS.flatMap((model) => {
    if (model.input_usd === null) return [];
    const rates = (factor: number) =>
      ([["input_tokens", model.input_usd ?? 0], ["output_tokens", model.output_usd], ["cache_read_tokens", model.cached_usd]] as const).map(([unit, usd]) => ({ unit, usd: String(Number((usd * factor).toFixed(4))), per: 1_000_000, above_input_tokens: 0 }));
    const base = { provider: model.provider, model: model.model, source: SOURCE, condition: "", valid_from: null, valid_until: null, current: true, override_id: "", rates: rates(1) };
    const contract = { ...base, source: "own", condition: "service tier batch × 0.5", valid_from: "2026-09-22", override_id: "ovr_contract", rates: rates(0.85) };
    return [...(model.provider === "anthropic" ? [contract] : []), { ...base, valid_from: "2026-04-01" }, { ...base, condition: "service tier batch", rates: rates(0.5) }, { ...base, current: false, valid_until: "2026-04-01", rates: rates(1.25) }];
  });
}

function calculated(asked: Calculation): Calculated {
  const model = MODELS.find((each) => each.model === asked.model);
  if (model?.input_usd == null) return { cost_nanousd: null, cost_usd: null, price_version: "", flags: ["model_unknown"], usage: asked.usage, rates: [] };
  const cached = asked.usage.cache_read_tokens ?? 0;
  const nanousd = Math.round(((asked.usage.input_tokens ?? 0) - cached) * model.input_usd * 1000 + cached * model.cached_usd * 1000 + (asked.usage.output_tokens ?? 0) * model.output_usd * 1000);
  const rates = listed().find((price) => price.model === asked.model && price.source === SOURCE)?.rates ?? [];
  return { cost_nanousd: nanousd, cost_usd: nanousd / 1e9, price_version: `${SOURCE}:${model.provider}/${model.model}@1f2e3d4c`, flags: [], usage: asked.usage, rates };
}

function reconciliation(now: number): Reconciliation {
  const line = (ago: number, model: string, ours: number, theirs: number, parts: [string, number, number | null][]): Reconciliation["items"][number] => {
    const side = (cost: number, tokens: number) => ({ calls: Math.round(tokens / 2_000), input_tokens: tokens, output_tokens: Math.round(tokens / 4), cost_nanousd: cost, unpriced_calls: 0, unpriced_tokens: 0 });
    return { day: new Date(now - ago * DAY_MS).toISOString().slice(0, 10), model, ours: side(ours, 412_000), theirs: { ...side(theirs, 430_500), calls: null }, difference_nanousd: ours - theirs, parts: parts.map(([reason, nanousd, tokens]) => ({ reason, nanousd, tokens })) };
  };
  const items = [
    line(1, "claude-sonnet-4-5", 1_204_300_000, 1_260_000_000, [["missing_calls", -55_500_000, -18_500], ["rounding", -200_000, null]]),
    line(2, "claude-sonnet-4-5", 1_331_000_000, 1_331_000_000, []),
    line(3, "claude-haiku-4-5", 310_000_000, 263_500_000, [["rate", 46_500_000, null]]),
  ];
  const sum = (pick: (each: Reconciliation["items"][number]) => number) => items.reduce((total, each) => total + pick(each), 0);
  return {
    ours_nanousd: sum((each) => each.ours.cost_nanousd ?? 0), theirs_nanousd: sum((each) => each.theirs?.cost_nanousd ?? 0), difference_nanousd: sum((each) => each.difference_nanousd ?? 0),
    by_reason: { missing_calls: -55_500_000, rounding: -200_000, rate: 46_500_000 }, items,
  };
}
