/** A provider while it is typed. Pure. */
import type { GatewayProvider, GatewayProviderWish, ProviderKind } from "@/api/gateway-types";

import { linesOf, numberOf } from "../typed";
import { kindOf } from "./kinds";

export interface ProviderDraft {
  kind: ProviderKind;
  name: string;
  baseUrl: string;
  apiKey: string;
  priceAs: string;
  /** A pattern a line; empty: those usual for the kind. */
  models: string;
  /** "Name: value" a line. */
  headers: string;
  timeoutS: string;
  maxConcurrency: string;
  breakerFailures: string;
  breakerOpenS: string;
  enabled: boolean;
}

export const FIRST_PROVIDER: ProviderDraft = {
  kind: "openai", name: "openai", baseUrl: "", apiKey: "", priceAs: "", models: "", headers: "", timeoutS: "600", maxConcurrency: "0", breakerFailures: "5", breakerOpenS: "10", enabled: true,
};

export const draftOf = (provider: GatewayProvider): ProviderDraft => ({
  kind: provider.kind,
  name: provider.name,
  baseUrl: provider.base_url,
  apiKey: "",
  priceAs: provider.price_as,
  models: provider.models.join("\n"),
  headers: Object.entries(provider.headers).map(([name, value]) => `${name}: ${value}`).join("\n"),
  timeoutS: String(provider.timeout_s),
  maxConcurrency: String(provider.max_concurrency),
  breakerFailures: String(provider.breaker_failures),
  breakerOpenS: String(provider.breaker_open_s),
  enabled: provider.enabled,
});

/** Another kind brings its usual name along, unless somebody gave one. */
export function withKind(draft: ProviderDraft, kind: ProviderKind): ProviderDraft {
  const isUsual = draft.name === "" || draft.name === kindOf(draft.kind).name;
  return { ...draft, kind, name: isUsual ? kindOf(kind).name : draft.name, baseUrl: "" };
}

/** Null where a line is no header. */
export function headersOf(text: string): Record<string, string> | null {
  const pairs = linesOf(text).map((line) => /^([^:\s]+):\s*(.+)$/.exec(line));
  if (pairs.includes(null)) return null;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]));
}

/** What is asked for; null while something is missing or is no number. */
export function wishOf(draft: ProviderDraft): GatewayProviderWish | null {
  const headers = headersOf(draft.headers);
  const [timeout_s, max_concurrency, breaker_failures, breaker_open_s] = [draft.timeoutS, draft.maxConcurrency, draft.breakerFailures, draft.breakerOpenS].map(numberOf);
  const baseUrl = draft.baseUrl.trim();
  if (headers === null || draft.name.trim() === "" || (baseUrl === "" && kindOf(draft.kind).baseUrl === "")) return null;
  if (timeout_s == null || max_concurrency == null || breaker_failures == null || breaker_open_s == null) return null;
  const models = linesOf(draft.models);
  return {
    name: draft.name.trim(),
    kind: draft.kind,
    base_url: baseUrl === "" ? null : baseUrl,
    price_as: draft.priceAs.trim() === "" ? null : draft.priceAs.trim(),
    models: models.length === 0 ? null : models,
    headers, timeout_s, max_concurrency, breaker_failures, breaker_open_s,
    enabled: draft.enabled,
    api_key: draft.apiKey.trim() === "" ? null : draft.apiKey.trim(),
  };
}
