/** Alerts in words, and what is typed about them. Pure. */
import type { AlertRuleWish, Matcher, RulePreview, Severity } from "@/api/alert-types";
import type { Tone } from "@/ui/badge";

export const SEVERITIES: Record<Severity, Tone> = { info: "info", warning: "warn", critical: "bad" };

export const SEVERITY_CHOICES = [
  { value: "info", label: "info" },
  { value: "warning", label: "warning" },
  { value: "critical", label: "critical" },
] as const;

export const METRICS: readonly { value: AlertRuleWish["metric"]; label: string; unit: string }[] = [
  { value: "error_rate_percent", label: "Error rate", unit: "%" },
  { value: "latency_ms", label: "Latency", unit: "ms" },
  { value: "time_to_first_token_ms", label: "Time to first token", unit: "ms" },
  { value: "cost_usd", label: "Cost", unit: "US dollars" },
  { value: "cost_usd_per_hour", label: "Cost rate", unit: "US dollars an hour" },
  { value: "cost_usd_per_request", label: "Cost per request", unit: "US dollars" },
  { value: "tokens_per_minute", label: "Token rate", unit: "tokens a minute" },
  { value: "budget_percent", label: "Used part of a budget", unit: "%" },
  { value: "unpriced_calls", label: "Unpriced calls", unit: "calls" },
  { value: "estimated_calls", label: "Calls with estimated usage", unit: "calls" },
  { value: "calls", label: "Calls", unit: "calls" },
  { value: "errors", label: "Errors", unit: "calls" },
  { value: "spans", label: "Spans", unit: "spans" },
  { value: "input_tokens", label: "Input tokens", unit: "tokens" },
  { value: "output_tokens", label: "Output tokens", unit: "tokens" },
  { value: "cache_read_tokens", label: "Tokens read from cache", unit: "tokens" },
  { value: "cache_write_tokens", label: "Tokens written to cache", unit: "tokens" },
  { value: "reasoning_tokens", label: "Reasoning tokens", unit: "tokens" },
  { value: "queue_entries", label: "Batches waiting in the queue", unit: "batches" },
  { value: "queue_oldest_age_s", label: "Age of the oldest batch in the queue", unit: "seconds" },
];

/** Whether a metric is made of calls, which can be filtered and grouped. */
export const isOfCalls = (metric: AlertRuleWish["metric"]) => metric !== "budget_percent" && !metric.startsWith("queue_");

export const FILTERS = ["environment", "provider", "model", "route", "service", "tag"] as const;
/** Filters that few rules need: shown on demand. */
export const RARE_FILTERS = ["kind", "status", "release", "error_type", "prompt_name"] as const;
export type FilterName = (typeof FILTERS)[number] | (typeof RARE_FILTERS)[number];
const ALL_FILTERS: readonly FilterName[] = [...FILTERS, ...RARE_FILTERS];

const HOW = { "=": "is", "!=": "is_not", "~": "like" } as const;
const SIGN = { is: "=", is_not: "!=", like: "~" } as const;

/** "severity = critical" a line; "!=" for is not, "~" for a pattern. Null where a line says something else. */
export function matchersOf(text: string): Matcher[] | null {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const found = lines.map((line) => /^([^=!~\s]+)\s*(!=|=|~)\s*(.*)$/.exec(line));
  if (found.some((match) => match === null)) return null;
  return found.map((match) => ({ label: match?.[1] ?? "", value: match?.[3] ?? "", how: HOW[(match?.[2] ?? "=") as keyof typeof HOW] }));
}

export const matchersText = (matchers: readonly Matcher[]) => matchers.map((each) => `${each.label} ${SIGN[each.how]} ${each.value}`).join("\n");

export function matchersInWords(matchers: readonly Matcher[]): string {
  if (matchers.length === 0) return "everything";
  return matchers.map((each) => `${each.label} ${each.how.replace("_", " ")} ${each.value}`).join(" and ");
}

/** "team = search" a line. */
export function labelsOf(text: string): Record<string, string> | null {
  const matchers = matchersOf(text);
  if (matchers === null || matchers.some((each) => each.how !== "is" || each.value === "")) return null;
  return Object.fromEntries(matchers.map((each) => [each.label, each.value]));
}

const labelsText = (labels: Readonly<Record<string, string>>) => Object.entries(labels).map(([label, value]) => `${label} = ${value}`).join("\n");

export interface RuleDraft {
  wish: AlertRuleWish;
  limit: string;
  forMinutes: string;
  recoverMinutes: string;
  minCalls: string;
  maxGroups: string;
  filters: Record<FilterName, string>;
  labels: string;
  inhibits: string;
}

export const FIRST_RULE: AlertRuleWish = {
  name: "", enabled: true, metric: "error_rate_percent", percentile: 95, condition: { kind: "above", limit: 5, direction: "up", compared_with: "window" },
  filters: { environment: [], provider: [], model: [], route: [], service: [], tag: [], kind: [], status: [], release: [], error_type: [], prompt_name: [] }, group_by: "", max_groups: 20, window: "5m", for_s: 0, recover_s: 0, once_per: "hour", min_calls: 1,
  severity: "warning", labels: {}, inhibits: [], channel_ids: [], budget_id: "", organisation_budgets: false, note: "",
};

export function draftOf(wish: AlertRuleWish): RuleDraft {
  const filters = Object.fromEntries(ALL_FILTERS.map((name) => [name, wish.filters[name].join(", ")])) as RuleDraft["filters"];
  return {
    wish, limit: wish.condition.limit == null ? "" : String(wish.condition.limit), forMinutes: String(wish.for_s / 60), recoverMinutes: String(wish.recover_s / 60), minCalls: String(wish.min_calls), maxGroups: String(wish.max_groups),
    filters, labels: labelsText(wish.labels), inhibits: matchersText(wish.inhibits),
  };
}

const listOf = (text: string) => text.split(",").map((each) => each.trim()).filter((each) => each !== "");
const isNumber = (text: string) => text.trim() !== "" && Number.isFinite(Number(text));

/** What was typed as the API takes it; null while it is not whole. */
export function wishOf(draft: RuleDraft): AlertRuleWish | null {
  const { wish } = draft;
  const labels = labelsOf(draft.labels);
  const inhibits = matchersOf(draft.inhibits);
  const numbers = [draft.forMinutes, draft.recoverMinutes, draft.minCalls, draft.maxGroups];
  const needsLimit = wish.condition.kind !== "no_data" && wish.condition.kind !== "anomaly";
  if (wish.name.trim() === "" || labels === null || inhibits === null || !numbers.every(isNumber) || (needsLimit && !isNumber(draft.limit)) || (draft.limit !== "" && !isNumber(draft.limit))) return null;
  const ofCalls = isOfCalls(wish.metric);
  const filters = Object.fromEntries(ALL_FILTERS.map((name) => [name, ofCalls ? listOf(draft.filters[name]) : []])) as AlertRuleWish["filters"];
  const isBudget = wish.metric === "budget_percent";
  return {
    ...wish, name: wish.name.trim(), labels, inhibits, filters, group_by: ofCalls ? wish.group_by : "",
    condition: { ...wish.condition, limit: wish.condition.kind === "no_data" || draft.limit === "" ? null : Number(draft.limit) },
    for_s: Math.round(Number(draft.forMinutes) * 60), recover_s: Math.round(Number(draft.recoverMinutes) * 60), min_calls: Number(draft.minCalls), max_groups: Number(draft.maxGroups),
    budget_id: isBudget ? wish.budget_id : "", organisation_budgets: isBudget && wish.organisation_budgets,
  };
}

const DAY_MS = 86_400_000;

/** How often it would have fired on each day, oldest first. */
export function firingsByDay(preview: Pick<RulePreview, "start" | "end" | "firings">): number[] {
  const start = Date.parse(preview.start);
  const days = Math.max(1, Math.ceil((Date.parse(preview.end) - start) / DAY_MS));
  const counts = Array.from({ length: days }, () => 0);
  for (const { at } of preview.firings) {
    const day = Math.floor((Date.parse(at) - start) / DAY_MS);
    counts[day] = (counts[day] ?? 0) + 1;
  }
  return counts;
}
