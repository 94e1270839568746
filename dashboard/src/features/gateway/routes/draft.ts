/** A route while it is typed. Pure. */
import type { GatewayRoute, GatewayRouteWish, Guardrails, RouteTarget } from "@/api/gateway-types";

import { linesOf, numberOf } from "../typed";

export interface TargetDraft {
  provider: string;
  model: string;
  weight: string;
}

/** Numbers and lists as they are typed; `wish` holds the rest. */
export interface RouteDraft {
  wish: GatewayRouteWish;
  /** Those that share the calls. */
  shared: readonly TargetDraft[];
  /** Those that are tried when all of them failed, in order. */
  fallbacks: readonly TargetDraft[];
  downgrade: TargetDraft | null;
  retries: string;
  timeoutS: string;
  downgradeAt: string;
  drainS: string;
  ttlMinutes: string;
  similarity: string;
  maxInput: string;
  maxOutput: string;
  blockedInput: string;
  blockedOutput: string;
  /** A pattern a line; `allowsAnyTool` set: not looked at. */
  tools: string;
  allowsAnyTool: boolean;
  outputSchema: string;
}

const NO_GUARDRAILS: Guardrails = { redact: false, blocked_input: [], blocked_output: [], max_input_chars: 0, max_output_chars: 0, allowed_tools: null, output_schema: null, repair: false, webhook: null };

export const FIRST_ROUTE: GatewayRouteWish = {
  name: "", targets: [], retries: 1, timeout_s: 0, sticky: "none", downgrade: null, downgrade_at_percent: 90, when_client_leaves: "cancel", drain_s: 30,
  cache: { mode: "off", ttl_s: 3600, embedding_model: "", similarity: 0.97 }, guardrails: NO_GUARDRAILS, enabled: true,
};

/** What of a route can be changed. The secret of its webhook is left out, and so stays. */
export function wishOfRoute(route: GatewayRoute): GatewayRouteWish {
  const names = Object.keys(FIRST_ROUTE) as (keyof GatewayRouteWish)[];
  return Object.fromEntries(names.map((name) => [name, route[name]])) as unknown as GatewayRouteWish;
}

const typed = (target: RouteTarget): TargetDraft => ({ provider: target.provider, model: target.model, weight: String(target.weight) });

export function draftOf(wish: GatewayRouteWish, firstProvider = ""): RouteDraft {
  const { guardrails, cache } = wish;
  const shared = wish.targets.filter((target) => target.weight > 0).map(typed);
  return {
    wish,
    shared: shared.length > 0 ? shared : [{ provider: firstProvider, model: "", weight: "1" }],
    fallbacks: wish.targets.filter((target) => target.weight === 0).map(typed),
    downgrade: wish.downgrade == null ? null : typed({ ...wish.downgrade, weight: 1 }),
    retries: String(wish.retries),
    timeoutS: String(wish.timeout_s),
    downgradeAt: String(wish.downgrade_at_percent),
    drainS: String(wish.drain_s),
    ttlMinutes: String(cache.ttl_s / 60),
    similarity: String(cache.similarity),
    maxInput: String(guardrails.max_input_chars),
    maxOutput: String(guardrails.max_output_chars),
    blockedInput: guardrails.blocked_input.join("\n"),
    blockedOutput: guardrails.blocked_output.join("\n"),
    tools: (guardrails.allowed_tools ?? []).join("\n"),
    allowsAnyTool: guardrails.allowed_tools == null,
    outputSchema: guardrails.output_schema == null ? "" : JSON.stringify(guardrails.output_schema, null, 2),
  };
}

/** A JSON object; undefined for what is none, null for nothing. */
export function schemaOf(text: string): Record<string, unknown> | null | undefined {
  if (text.trim() === "") return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function targetsOf(draft: RouteDraft): RouteTarget[] | null {
  const shared = draft.shared.map((target) => ({ provider: target.provider, model: target.model.trim(), weight: numberOf(target.weight) ?? 0 }));
  if (shared.some((target) => target.weight < 1 || !Number.isInteger(target.weight))) return null;
  const all = [...shared, ...draft.fallbacks.map((target) => ({ provider: target.provider, model: target.model.trim(), weight: 0 }))];
  return all.some((target) => target.provider === "") ? null : all;
}

/** What is asked for; null while something is missing or is no number. */
export function wishOf(draft: RouteDraft): GatewayRouteWish | null {
  const { wish } = draft;
  const numbers = [draft.retries, draft.timeoutS, draft.downgradeAt, draft.drainS, draft.ttlMinutes, draft.similarity, draft.maxInput, draft.maxOutput].map(numberOf);
  const [retries, timeout_s, downgrade_at_percent, drain_s, ttlMinutes, similarity, max_input_chars, max_output_chars] = numbers as number[];
  const targets = targetsOf(draft);
  const output_schema = schemaOf(draft.outputSchema);
  if (numbers.includes(null) || targets === null || wish.name.trim() === "" || output_schema === undefined || draft.downgrade?.provider === "") return null;
  if (wish.cache.mode === "semantic" && wish.cache.embedding_model.trim() === "") return null;
  if (wish.guardrails.webhook != null && wish.guardrails.webhook.url.trim() === "") return null;
  return {
    ...wish,
    name: wish.name.trim(),
    targets,
    downgrade: draft.downgrade === null ? null : { provider: draft.downgrade.provider, model: draft.downgrade.model.trim() },
    retries: retries ?? 0, timeout_s: timeout_s ?? 0, downgrade_at_percent: downgrade_at_percent ?? 100, drain_s: drain_s ?? 0,
    cache: { ...wish.cache, ttl_s: Math.round((ttlMinutes ?? 0) * 60), similarity: similarity ?? 1 },
    guardrails: {
      ...wish.guardrails,
      blocked_input: linesOf(draft.blockedInput),
      blocked_output: linesOf(draft.blockedOutput),
      max_input_chars: max_input_chars ?? 0, max_output_chars: max_output_chars ?? 0,
      allowed_tools: draft.allowsAnyTool ? null : linesOf(draft.tools),
      output_schema,
      repair: wish.guardrails.repair && output_schema !== null,
    },
  };
}
