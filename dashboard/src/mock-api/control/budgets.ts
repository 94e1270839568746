/** The demo's budgets: each stands for a state that people meet. */
import type { Budget, BudgetEvent, BudgetHistory, BudgetWish, Enforcement, EnforcementMode } from "@/api/control-types";

import { notFound, nothing, ok, problem, type Answer } from "../answer.ts";
import { DEMO_PROJECT } from "../people/household.ts";
import { describeBudget, shownScope } from "./describe.ts";
import type { ControlRequest } from "./request.ts";

const DAY_MS = 86_400_000;

type Stand = Pick<Budget, "spent" | "held"> & { outlook?: Partial<Budget["forecast"]>; exhaustedInMs?: number };

export class BudgetDesk {
  private budgets: Budget[];
  private count = 0;
  private enforcement: Enforcement = { mode: "warn", changed_at: new Date(Date.now() - 12 * DAY_MS).toISOString(), changed_by: "grace@acme.example" };

  constructor(private readonly now: number) {
    this.budgets = demoBudgets(now);
  }

  answer({ method, path, body }: ControlRequest, isEmpty: boolean): Answer | null {
    if (path === "/v1/budgets/describe") return checked(body) ?? ok({ describes: describeBudget(wishOf(body), shownScope(wishOf(body).scope, DEMO_PROJECT)) });
    if (path === "/v1/control/enforcement") return this.enforced(method, body);
    if (!/^\/v1\/budgets(\/|$)/.test(path)) return null;
    const [, , , id, part] = path.split("/");
    if (id === undefined && method === "GET") return ok({ items: isEmpty ? [] : this.budgets });
    if (id === undefined) return checked(body) ?? this.made(wishOf(body));
    const found = this.budgets.find((budget) => budget.id === id);
    if (found === undefined) return notFound("budget");
    if (part === "history") return ok(historyOf(found, this.now));
    if (part === "override" && method === "DELETE") return this.replaced({ ...found, state: stateOf(found.spent / found.limit, found.thresholds), override: null });
    if (part === "override") return this.replaced({ ...found, state: "overridden", override: { until: new Date(Date.now() + Number(body.minutes) * 60_000).toISOString(), reason: String(body.reason), by: "ada@acme.example" } });
    if (method === "PUT") return checked(body) ?? this.replaced(budgetOf(found.id, wishOf(body), { spent: found.spent, held: found.held, outlook: found.forecast }, this.now));
    if (method === "GET") return ok(found);
    this.budgets = this.budgets.filter((budget) => budget !== found);
    return nothing();
  }

  private enforced(method: string, body: Record<string, unknown>): Answer {
    if (method === "PUT") this.enforcement = { mode: body.mode as EnforcementMode, changed_at: new Date().toISOString(), changed_by: "ada@acme.example" };
    return ok(this.enforcement);
  }

  private made(wish: BudgetWish): Answer {
    this.count += 1;
    const budget = budgetOf(`bud_made_${this.count}`, wish, { spent: 0, held: 0 }, this.now);
    this.budgets = [...this.budgets, budget];
    return ok(budget, 201);
  }

  private replaced(budget: Budget): Answer {
    this.budgets = this.budgets.map((each) => (each.id === budget.id ? budget : each));
    return ok(budget);
  }
}

const wishOf = (body: Record<string, unknown>) => body as unknown as BudgetWish;

function checked(body: Record<string, unknown>): Answer | null {
  const wish = wishOf(body);
  if (wish.unit !== "usd" && !Number.isInteger(Number(wish.limit))) return problem(422, "invalid_input", `limit: a whole number of ${wish.unit}, not ${wish.limit}`, "limit");
  try {
    new Intl.DateTimeFormat("en", { timeZone: wish.time_zone });
  } catch {
    return problem(422, "invalid_input", `time_zone: '${wish.time_zone}' is no IANA time zone; such as Europe/Berlin`, "time_zone");
  }
  return null;
}

function stateOf(share: number, thresholds: readonly number[]): Budget["state"] {
  if (share >= 1) return "over";
  return thresholds.some((percent) => share * 100 >= percent) ? "warning" : "ok";
}

function budgetOf(id: string, wish: BudgetWish, stand: Stand, now: number): Budget {
  const limit = Number(wish.limit);
  const scope = shownScope(wish.scope, DEMO_PROJECT);
  const { start, end } = windowOf(wish, now);
  return {
    id, name: wish.name, describes: describeBudget(wish, scope), scope, period: wish.period, rolling_s: wish.rolling_s ?? null, time_zone: wish.time_zone, unit: wish.unit, limit,
    thresholds: wish.thresholds, action: wish.action, downgrade_to: wish.downgrade_to ?? null, hard_stop: wish.hard_stop, per: wish.per ?? null, subjects: subjectsOf(wish, stand), override: null,
    state: stateOf(stand.spent / limit, wish.thresholds), counting: false,
    period_start: new Date(start).toISOString(), period_end: end === null ? null : new Date(end).toISOString(),
    spent: stand.spent, spent_exact: Math.round(stand.spent * (wish.unit === "usd" ? 1e9 : 1)), held: stand.held, left: Math.max(0, limit - stand.spent - stand.held),
    forecast: { pace_per_day: stand.spent / Math.max(1 / 24, (now - start) / DAY_MS), expected: null, low: null, high: null, exhausted_at: stand.exhaustedInMs === undefined ? null : new Date(now + stand.exhaustedInMs).toISOString(), basis: "what this period spent so far", ...stand.outlook },
    created_at: new Date(now - 40 * DAY_MS).toISOString(), updated_at: new Date(now - 9 * DAY_MS).toISOString(),
  };
}

/** The one who spent most is whom the budget's own figures are about. */
function subjectsOf(wish: BudgetWish, stand: Stand): Budget["subjects"] {
  if (wish.per === null || wish.per === undefined) return null;
  const shares = stand.spent === 0 ? [] : [1, 0.83, 0.41];
  return {
    count: stand.spent === 0 ? 0 : 218,
    over: stand.spent >= Number(wish.limit) ? 1 : 0,
    closest: shares.map((share, index) => ({
      project_id: DEMO_PROJECT, subject: ["acme-corp", "globex", "initech"][index] ?? "", spent: stand.spent * share,
      spent_exact: Math.round(stand.spent * share * (wish.unit === "usd" ? 1e9 : 1)), held: index === 0 ? stand.held : 0, over: stand.spent * share >= Number(wish.limit),
    })),
  };
}

function windowOf(wish: BudgetWish, now: number): { start: number; end: number | null } {
  const at = new Date(now);
  const month = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1);
  const day = Math.floor(now / DAY_MS) * DAY_MS;
  if (wish.period === "total") return { start: 0, end: null };
  if (wish.period === "rolling") return { start: now - (wish.rolling_s ?? 0) * 1000, end: now };
  if (wish.period === "month") return { start: month, end: Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1) };
  const lengthMs = wish.period === "hour" ? 3_600_000 : wish.period === "week" ? 7 * DAY_MS : DAY_MS;
  const start = wish.period === "hour" ? Math.floor(now / lengthMs) * lengthMs : wish.period === "week" ? day - ((at.getUTCDay() + 6) % 7) * DAY_MS : day;
  return { start, end: start + lengthMs };
}

function demoBudgets(now: number): Budget[] {
  const wish = (name: string, over: Partial<BudgetWish>): BudgetWish => ({
    name, scope: { project: "this", environment: "", model: "", route: "", end_user: "", api_key: "", tag: "", session: "" }, period: "month", time_zone: "UTC", unit: "usd", limit: 100,
    thresholds: [50, 80, 90, 100], action: "notify", hard_stop: false, ...over,
  });
  const scope = (over: Partial<BudgetWish["scope"]>) => ({ ...wish("", {}).scope, ...over });
  return [
    budgetOf("bud_everything", wish("Everything", { limit: 2_000, action: "stop", hard_stop: true, scope: scope({ project: "all" }) }), { spent: 1_312.4, held: 1.86, outlook: { expected: 1_890, low: 1_740, high: 2_080, basis: "what the last 5 periods spent after the same point" } }, now),
    budgetOf("bud_gpt", wish("GPT in production", { limit: 50, period: "day", action: "stop", hard_stop: true, time_zone: "Europe/Berlin", scope: scope({ environment: "production", model: "gpt-*" }) }), { spent: 46.2, held: 0.9, outlook: { expected: 58.3, low: 52.1, high: 64.5 }, exhaustedInMs: 95 * 60_000 }, now),
    budgetOf("bud_trial", wish("Trial of acme-corp", { limit: 5, period: "total", action: "downgrade_model", downgrade_to: "gpt-4.1-mini", scope: scope({ end_user: "acme-corp" }) }), { spent: 5.02, held: 0 }, now),
    budgetOf("bud_each", wish("Each end user", { limit: 5, period: "day", action: "stop", hard_stop: true, per: "end_user" }), { spent: 4.4, held: 0.12, outlook: { expected: 6.1, basis: "the pace of who spent most" } }, now),
    budgetOf("bud_triage", wish("Triage agents", { limit: 1_000_000, unit: "tokens", period: "rolling", rolling_s: 21_600, action: "slow_down", scope: scope({ route: "/agents/*" }) }), { spent: 211_800, held: 0 }, now),
    budgetOf("bud_staging", wish("Staging", { limit: 500, unit: "requests", period: "hour", scope: scope({ environment: "staging" }) }), { spent: 0, held: 0, outlook: { expected: 0 } }, now),
  ];
}

function historyOf(budget: Budget, now: number): BudgetHistory {
  const start = Date.parse(budget.period_start);
  const end = budget.period_end === null ? now : Date.parse(budget.period_end);
  const slotMs = budget.period === "rolling" ? ((budget.rolling_s ?? 60) * 1000) / 60 : end - start;
  const count = budget.id.startsWith("bud_made") || budget.spent === 0 ? 0 : budget.period === "total" ? 1 : budget.period === "rolling" ? 60 : 14;
  const base = budget.period === "rolling" ? now - slotMs : start;
  const periods = Array.from({ length: count }, (_, index) => {
    const at = base - index * slotMs;
    const spent = index === 0 && budget.period !== "rolling" ? budget.spent : (budget.period === "rolling" ? budget.spent / 60 : budget.limit) * (0.62 + 0.33 * Math.sin(index * 1.7));
    return { start: new Date(at).toISOString(), end: budget.period_end === null ? null : new Date(at + slotMs).toISOString(), spent, spent_exact: Math.round(spent), percent: Math.round((spent / budget.limit) * 10_000) / 100 };
  });
  const passed = budget.thresholds.filter((percent) => budget.spent >= (budget.limit * percent) / 100).reverse();
  const events: BudgetEvent[] = passed.map((percent, index) => ({ id: `evt_${percent}`, kind: "threshold", percent, spent: (budget.limit * percent) / 100 + 0.02, limit: budget.limit, period_start: budget.period_start, subject: budget.subjects?.closest[0]?.subject ?? "", at: new Date(now - (index + 1) * 47 * 60_000).toISOString() }));
  if (budget.state === "over") events.unshift({ id: "evt_stop", kind: "stopped", percent: 100, spent: budget.spent, limit: budget.limit, period_start: budget.period_start, subject: budget.subjects?.closest[0]?.subject ?? "", at: new Date(now - 40 * 60_000).toISOString() });
  return { periods, events };
}
