/** The gateway's settings while they are typed. Pure. */
import type { GatewaySettings, GatewaySettingsWish, RateRule } from "@/api/gateway-types";

import { linesOf, numberOf } from "../typed";

export interface RateDraft {
  per: RateRule["per"];
  match: string;
  requests: string;
  tokens: string;
}

interface AllowedDraft {
  keyId: string;
  /** A pattern a line. */
  models: string;
}

export interface SettingsDraft {
  capture: GatewaySettingsWish["capture"];
  whenClientLeaves: GatewaySettingsWish["when_client_leaves"];
  drainS: string;
  rates: readonly RateDraft[];
  allowed: readonly AllowedDraft[];
}

export const FIRST_RATE: RateDraft = { per: "user", match: "*", requests: "60", tokens: "0" };

export const draftOf = (settings: GatewaySettings): SettingsDraft => ({
  capture: settings.capture,
  whenClientLeaves: settings.when_client_leaves,
  drainS: String(settings.drain_s),
  rates: settings.rates.map((rate) => ({ per: rate.per, match: rate.match, requests: String(rate.requests_per_minute), tokens: String(rate.tokens_per_minute) })),
  allowed: Object.entries(settings.allowed_models).map(([keyId, models]) => ({ keyId, models: models.join("\n") })),
});

const wholeOf = (text: string): number | null => (/^\d+$/.test(text.trim()) ? Number(text) : null);

function rateOf({ per, match, requests, tokens }: RateDraft): RateRule | null {
  const [requests_per_minute, tokens_per_minute] = [wholeOf(requests), wholeOf(tokens)];
  if (requests_per_minute === null || tokens_per_minute === null || requests_per_minute + tokens_per_minute === 0) return null;
  return { per, match: per === "project" || match.trim() === "" ? "*" : match.trim(), requests_per_minute, tokens_per_minute };
}

/** What is asked for; null while a rule bounds nothing, a key is missing, or something is no number. */
export function wishOf(draft: SettingsDraft): GatewaySettingsWish | null {
  const rates = draft.rates.map(rateOf);
  const drain_s = numberOf(draft.drainS);
  const isTwice = new Set(draft.allowed.map((each) => each.keyId)).size < draft.allowed.length;
  if (rates.includes(null) || drain_s === null || isTwice || draft.allowed.some((each) => each.keyId === "")) return null;
  return {
    capture: draft.capture,
    when_client_leaves: draft.whenClientLeaves,
    drain_s,
    rates: rates.filter((rate) => rate !== null),
    allowed_models: Object.fromEntries(draft.allowed.map((each) => [each.keyId, linesOf(each.models)])),
  };
}

const WHOSE: Record<RateRule["per"], string> = { project: "The project", key: "Each API key", user: "Each user", model: "Each model" };

/** "Each user may make 60 requests a minute." */
export function rateInWords(draft: RateDraft): string {
  const rate = rateOf(draft);
  if (rate === null) return "Give requests or tokens a minute.";
  const amounts = [
    ...(rate.requests_per_minute > 0 ? [`make ${rate.requests_per_minute.toLocaleString("en-US")} request${rate.requests_per_minute === 1 ? "" : "s"}`] : []),
    ...(rate.tokens_per_minute > 0 ? [`use ${rate.tokens_per_minute.toLocaleString("en-US")} tokens`] : []),
  ];
  const whose = rate.match === "*" ? WHOSE[rate.per] : `${WHOSE[rate.per]} like ${rate.match}`;
  return `${whose} may ${amounts.join(" and ")} a minute.`;
}
