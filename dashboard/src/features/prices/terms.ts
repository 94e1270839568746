/** What an own price says: as it is typed, as the API takes it, and in words. Pure. */
import type { ListedRate, OwnPrice, OwnPriceWish, Terms } from "@/api/control-types";

export type Kind = Terms["kind"];

export const KINDS: readonly { value: Kind; label: string; meaning: string }[] = [
  { value: "rates", label: "Rates by unit", meaning: "Dollars for input, output, cached input and whatever else is counted." },
  { value: "flat", label: "Flat, per token", meaning: "The same for every token, in or out." },
  { value: "gpu_hour", label: "GPU hours", meaning: "For models that you run: what the machine costs, by how much of it a call uses." },
  { value: "factor", label: "Factor on the list price", meaning: "A contract's discount: 0.85 is 15 % off." },
];

/** Units that people price, the usual ones first. Any other unit of the price book can be typed. */
export const UNITS = [
  "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "reasoning_tokens", "input_audio_tokens", "output_audio_tokens", "input_image_tokens",
  "requests", "web_searches", "code_executions", "input_images", "output_images", "audio_seconds", "output_video_seconds", "input_document_pages", "input_characters",
] as const;

export interface RateDraft {
  unit: string;
  usd: string;
  above: string;
}

export interface TermsDraft {
  kind: Kind;
  rates: RateDraft[];
  factor: string;
  flat: string;
  gpuHour: string;
  gpus: string;
  tokensPerS: string;
  busyPercent: string;
  /** "batch 0.5" a line. */
  tiers: string;
  regions: string;
  hours: string;
}

export const FIRST_TERMS: TermsDraft = {
  kind: "rates", rates: [{ unit: "input_tokens", usd: "", above: "" }, { unit: "output_tokens", usd: "", above: "" }],
  factor: "", flat: "", gpuHour: "", gpus: "1", tokensPerS: "", busyPercent: "100", tiers: "", regions: "", hours: "",
};

const isAmount = (text: string) => /^\d+(\.\d+)?$/.test(text.trim());

/** As the API takes it; null while it is not whole. Amounts stay text, so that no digit is lost. */
export function termsOf(draft: TermsDraft): Terms | null {
  const tier_factors = factorsOf(draft.tiers);
  const region_factors = factorsOf(draft.regions);
  const hour_factors = hoursOf(draft.hours);
  if (tier_factors === null || region_factors === null || hour_factors === null) return null;
  const empty: Terms = { kind: draft.kind, rates: [], gpus: 1, busy_share: 1, tier_factors, region_factors, hour_factors };
  if (draft.kind === "rates") {
    const rates = draft.rates.filter((rate) => rate.unit !== "" && rate.usd.trim() !== "");
    const isWhole = rates.length > 0 && rates.every((rate) => isAmount(rate.usd) && (rate.above === "" || /^\d+$/.test(rate.above)));
    return isWhole ? { ...empty, rates: rates.map((rate) => ({ unit: rate.unit, usd: rate.usd.trim(), above_input_tokens: Number(rate.above) })) } : null;
  }
  if (draft.kind === "factor") return isAmount(draft.factor) ? { ...empty, factor: draft.factor.trim() } : null;
  if (draft.kind === "flat") return isAmount(draft.flat) ? { ...empty, usd_per_million_tokens: draft.flat.trim() } : null;
  const busy = Number(draft.busyPercent);
  const isWhole = isAmount(draft.gpuHour) && Number(draft.gpus) >= 1 && Number.isInteger(Number(draft.gpus)) && busy > 0 && busy <= 100 && (draft.tokensPerS === "" || Number(draft.tokensPerS) > 0);
  return isWhole ? { ...empty, gpu_hour_usd: draft.gpuHour.trim(), gpus: Number(draft.gpus), busy_share: busy / 100, ...(draft.tokensPerS === "" ? {} : { tokens_per_s: draft.tokensPerS.trim() }) } : null;
}

/** "batch 0.5" a line → {batch: "0.5"}; null where a line says something else. */
export function factorsOf(text: string): Record<string, string> | null {
  const lines = linesOf(text).map((line) => /^(\S+?)\s*[:=\s×]\s*(\d+(?:\.\d+)?)$/.exec(line));
  if (lines.some((line) => line === null)) return null;
  return Object.fromEntries(lines.map((line) => [line?.[1] ?? "", line?.[2] ?? ""]));
}

/** "01:00-07:00 0.5" a line, UTC. */
export function hoursOf(text: string): Terms["hour_factors"] | null {
  const lines = linesOf(text).map((line) => /^(\d\d:\d\d)\s*[-–]\s*(\d\d:\d\d)\s+(\d+(?:\.\d+)?)$/.exec(line));
  if (lines.some((line) => line === null)) return null;
  return lines.map((line) => ({ from_time: line?.[1] ?? "", until_time: line?.[2] ?? "", factor: line?.[3] ?? "" }));
}

const linesOf = (text: string) => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");

export function draftOf(terms: OwnPrice["terms"]): TermsDraft {
  const pairs = (factors: Record<string, string>) => Object.entries(factors).map(([name, factor]) => `${name} ${factor}`).join("\n");
  return {
    ...FIRST_TERMS, kind: terms.kind, factor: terms.factor ?? "", flat: terms.usd_per_million_tokens ?? "", gpuHour: terms.gpu_hour_usd ?? "", gpus: String(terms.gpus), tokensPerS: terms.tokens_per_s ?? "",
    busyPercent: String(Number(terms.busy_share) * 100),
    ...(terms.rates.length === 0 ? {} : { rates: terms.rates.map((rate) => ({ unit: rate.unit, usd: rate.usd, above: rate.above_input_tokens === 0 ? "" : String(rate.above_input_tokens) })) }),
    tiers: pairs(terms.tier_factors), regions: pairs(terms.region_factors), hours: terms.hour_factors.map((hour) => `${hour.from_time}-${hour.until_time} ${hour.factor}`).join("\n"),
  };
}

/** "$2.25 in, $9 out per million tokens". */
export function termsInWords(terms: Terms | OwnPrice["terms"]): string {
  const more = [...Object.entries(terms.tier_factors), ...Object.entries(terms.region_factors)].map(([name, factor]) => `${name} × ${factor}`);
  const suffix = [...more, ...(terms.hour_factors.length > 0 ? ["by time of day"] : [])].map((each) => `, ${each}`).join("");
  if (terms.kind === "factor") return `list price × ${terms.factor ?? "?"}${suffix}`;
  if (terms.kind === "flat") return `$${terms.usd_per_million_tokens ?? "?"} per million tokens${suffix}`;
  if (terms.kind === "gpu_hour") {
    const speed = terms.tokens_per_s == null ? "by each call's duration" : `at ${terms.tokens_per_s} tokens a second`;
    return `$${terms.gpu_hour_usd ?? "?"} per GPU hour${terms.gpus > 1 ? ` × ${terms.gpus}` : ""}, ${speed}, ${Math.round(Number(terms.busy_share) * 100)} % busy${suffix}`;
  }
  return terms.rates.map((rate) => `$${rate.usd} ${unitInWords(rate.unit)}${rate.above_input_tokens > 0 ? ` above ${rate.above_input_tokens.toLocaleString("en-US")}` : ""}`).join(", ") + suffix;
}

/** What a million tokens cost on one's own machine: price of the hours ÷ tokens of the busy part; null where speed is not told. */
export function gpuUsdPerMillion(terms: Terms): number | null {
  if (terms.kind !== "gpu_hour" || terms.tokens_per_s == null || terms.gpu_hour_usd == null) return null;
  return (Number(terms.gpu_hour_usd) * terms.gpus * 1e6) / (3600 * Number(terms.tokens_per_s) * Number(terms.busy_share));
}

export const unitInWords = (unit: string) => unit.replaceAll("_", " ");

/** "per 1M", "per 1,000", "each". */
export function perInWords(rate: Pick<ListedRate, "per" | "unit">): string {
  if (rate.per === 1) return "each";
  if (rate.per === 3600) return "per hour";
  return rate.per >= 1_000_000 ? `per ${rate.per / 1_000_000}M` : `per ${rate.per.toLocaleString("en-US")}`;
}

export const FLAGS: Record<string, string> = {
  model_unknown: "no source knows this model",
  usage_missing: "nobody said how much was used",
  unit_unpriced: "a unit that was used has no price",
  price_unknown: "the model is known, its price is not",
  input_not_reported: "input was not reported, the cost leaves it out",
  output_not_reported: "output was not reported, the cost leaves it out",
  cache_read_at_input_rate: "cache reads at the rate of input",
  cache_write_at_input_rate: "cache writes at the rate of input",
  cache_write_1h_at_5m_rate: "one-hour cache writes at the five-minute rate",
  cache_write_ttl_assumed_5m: "cache writes taken for five-minute ones",
  exclusive_detected: "cache was counted apart, and added",
  reasoning_exceeds_output: "reasoning was counted apart, and added",
  modality_at_text_rate: "audio or images at the rate of text",
};

export const flagInWords = (flag: string) => FLAGS[flag] ?? flag.replaceAll("_", " ");

/** The same price, ending now. */
export function endedWish(price: OwnPrice, now: Date): OwnPriceWish {
  const { provider, model, service_tier, region, terms, note, valid_from } = price;
  return { provider, model, service_tier, region, terms, note, valid_from, valid_until: now.toISOString(), confirm: true };
}
