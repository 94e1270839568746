/** The scope: which time and which calls a page looks at. It lives in the URL and nowhere else. */
import type { Parameters } from "@/api/client";

/** Filters that hold a list of alternatives. The names are those of the API. */
export const LIST_FILTERS = [
  "environment",
  "provider",
  "model",
  "route",
  "service",
  "kind",
  "status",
  "end_user_id",
  "session_id",
  "tag",
  "release",
  "source",
  "cost_source",
  "error_type",
  "prompt_name",
  "metadata",
] as const;
export type ListFilter = (typeof LIST_FILTERS)[number];

export const MINIMUM_FILTERS = ["min_cost_usd", "min_latency_ms", "min_tokens"] as const;
export type MinimumFilter = (typeof MINIMUM_FILTERS)[number];

export type Scope = { [name in ListFilter]?: string[] } & { [name in MinimumFilter]?: string } & {
  range?: string;
  from?: string;
  to?: string;
  q?: string;
};

export const FILTER_LABELS: Record<ListFilter | MinimumFilter, string> = {
  environment: "Environment",
  provider: "Provider",
  model: "Model",
  route: "Route",
  service: "Service",
  kind: "Kind",
  status: "Status",
  end_user_id: "User",
  session_id: "Session",
  tag: "Tag",
  release: "Release",
  source: "Source",
  cost_source: "Cost source",
  error_type: "Reason",
  prompt_name: "Prompt",
  metadata: "Metadata",
  min_cost_usd: "Cost at least",
  min_latency_ms: "Latency at least",
  min_tokens: "Tokens at least",
};

export const RANGES = [
  { value: "15m", label: "Last 15 minutes", short: "15 min" },
  { value: "1h", label: "Last hour", short: "1 h" },
  { value: "6h", label: "Last 6 hours", short: "6 h" },
  { value: "24h", label: "Last 24 hours", short: "24 h" },
  { value: "7d", label: "Last 7 days", short: "7 d" },
  { value: "30d", label: "Last 30 days", short: "30 d" },
] as const;

export const DEFAULT_RANGE = "24h";
const DURATION = /^[1-9]\d{0,5}[smhdw]$/;

/** What a URL's search says, unread. */
export type RawSearch = Record<string, unknown>;

/** The scope in a URL. What is not understood is left out, so that an old or mistyped link still opens. */
export function scopeOf(search: RawSearch): Scope {
  const scope: Scope = {};
  for (const name of LIST_FILTERS) {
    const values = texts(search[name]);
    if (values.length > 0) scope[name] = values;
  }
  for (const name of MINIMUM_FILTERS) {
    const value = texts(search[name])[0];
    if (value !== undefined && Number(value) > 0) scope[name] = value;
  }
  const q = texts(search.q)[0]?.trim();
  if (q) scope.q = q;
  return { ...scope, ...timeOf(search) };
}

function timeOf(search: RawSearch): Pick<Scope, "range" | "from" | "to"> {
  const from = instant(search.from);
  const to = instant(search.to);
  if (from !== undefined && (to === undefined || from < to)) return to === undefined ? { from } : { from, to };
  const range = texts(search.range)[0];
  return range !== undefined && DURATION.test(range) && range !== DEFAULT_RANGE ? { range } : {};
}

function texts(value: unknown): string[] {
  const values = Array.isArray(value) ? value : value == null ? [] : [value];
  return [...new Set(values.map(String).filter((text) => text !== ""))];
}

function instant(value: unknown): string | undefined {
  const text = texts(value)[0];
  if (text === undefined) return undefined;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** The scope as parameters of the API. */
export function scopeParameters(scope: Scope): Parameters {
  const { range, from, to, ...filters } = scope;
  return from === undefined ? { range: range ?? DEFAULT_RANGE, ...filters } : { from, to, ...filters };
}

/** The filters alone, without time and text: what GET /v1/live understands. */
export function liveParameters(scope: Scope): Parameters {
  const { range: _range, from: _from, to: _to, q: _q, ...filters } = scope;
  return filters;
}

/** Whether the scope reaches to now, so that new calls belong to it. */
export function isRolling(scope: Scope): boolean {
  return scope.to === undefined;
}

/** The scope with `value` added to a filter, or taken away when it was there. */
export function toggled(scope: Scope, name: ListFilter, value: string): Scope {
  const had = scope[name] ?? [];
  const has = had.includes(value) ? had.filter((other) => other !== value) : [...had, value];
  return withList(scope, name, has);
}

export function withList(scope: Scope, name: ListFilter, values: string[]): Scope {
  const { [name]: _before, ...rest } = scope;
  return values.length > 0 ? { ...rest, [name]: values } : rest;
}

/** The scope without filters and text: the same time, everything in it. */
export function withoutFilters(scope: Scope): Scope {
  const { range, from, to } = scope;
  return Object.fromEntries(Object.entries({ range, from, to }).filter(([, value]) => value !== undefined));
}

export function hasFilters(scope: Scope): boolean {
  return Object.keys(scope).some((name) => name !== "range" && name !== "from" && name !== "to");
}

/** The time in words, for buttons and headings. */
export function rangeLabel(scope: Scope): string {
  const value = scope.range ?? DEFAULT_RANGE;
  return RANGES.find((range) => range.value === value)?.label ?? `Last ${value}`;
}

/** How the URL is written: repeated names for lists, nothing quoted, so that people can read and edit it. */
export function parseSearch(text: string): RawSearch {
  const search: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = search[name];
    search[name] = before === undefined ? value : [before, value].flat();
  }
  return search;
}

export function stringifySearch(search: RawSearch): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) for (const text of texts(value)) query.append(name, text);
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2F", "/");
  return text ? `?${text}` : "";
}
