/** Usage as a table: every bucket that was reported, parts under their whole. Pure. */
import type { Usage } from "@/api/types";

interface UsageRow {
  label: string;
  count: number | null;
  isPart: boolean;
}

type TokenUnit = Exclude<keyof Usage, "other" | "flags">;

const UNITS: readonly { unit: TokenUnit; label: string; isPart: boolean }[] = [
  { unit: "input_tokens", label: "Input", isPart: false },
  { unit: "cache_read_tokens", label: "read from cache", isPart: true },
  { unit: "cache_write_5m_tokens", label: "written to cache, 5 min", isPart: true },
  { unit: "cache_write_1h_tokens", label: "written to cache, 1 h", isPart: true },
  { unit: "input_audio_tokens", label: "audio", isPart: true },
  { unit: "input_image_tokens", label: "images", isPart: true },
  { unit: "output_tokens", label: "Output", isPart: false },
  { unit: "reasoning_tokens", label: "reasoning", isPart: true },
  { unit: "output_audio_tokens", label: "audio", isPart: true },
  { unit: "output_image_tokens", label: "images", isPart: true },
];

/** Input and output always (null when nobody said), parts and other units when reported. */
export function usageRows(usage: Usage): UsageRow[] {
  const tokens = UNITS.map(({ unit, label, isPart }) => ({ label, isPart, count: usage[unit] ?? null })).filter((row) => !row.isPart || row.count !== null);
  const others = Object.entries(usage.other ?? {}).map(([unit, count]) => ({ label: unit.replaceAll("_", " "), isPart: false, count }));
  return [...tokens, ...others];
}

/** What the server's flags mean, in a sentence. The words are those of its pricing flags. */
const FLAGS: Record<string, string> = {
  exclusive_detected: "The sender counts cached tokens apart from input; they were added.",
  reasoning_exceeds_output: "The sender counts reasoning apart from output; it was added.",
  modality_exceeds_total: "Audio and image tokens exceed the total they are part of.",
  cache_write_ttl_assumed_5m: "Cache writes without a time to live were counted as five-minute writes.",
  cache_write_split_exceeds_total: "The cache writes by time to live exceed their stated total, which was ignored.",
  negative_ignored: "A negative count was treated as not reported.",
  total_mismatch: "The stated total is not input plus output. Totals are never used.",
  model_unknown: "The price book does not know this model.",
  price_unknown: "The price book knows the model but has no price for it.",
  usage_missing: "No token count was reported.",
  input_not_reported: "Input tokens were not reported: the cost leaves them out.",
  output_not_reported: "Output tokens were not reported: the cost leaves them out.",
  unit_unpriced: "A reported unit has no price: the cost leaves it out.",
  cache_read_at_input_rate: "Cache reads have no price of their own and were billed as input.",
  cache_write_at_input_rate: "Cache writes have no price of their own and were billed as input.",
  cache_write_1h_at_5m_rate: "One-hour cache writes have no price of their own and were billed as five-minute ones.",
  modality_at_text_rate: "Audio or image tokens have no price of their own and were billed as text.",
  buckets_exceed_total: "The parts exceed their whole: each part was billed.",
  cached_modality_assumed: "How much of the cached input was audio or image was not reported.",
  tier_price_missing: "There is no price for this service tier: the standard price was used.",
  region_fallback: "There is no price for this region: the provider’s reference region was used.",
  provider_guessed: "No provider was named: it was read from the model’s name.",
  cost_out_of_range: "The cost is too large to be true.",
  estimated: "The counts are estimates: the call ended before the provider reported them.",
};

export function flagMeaning(flag: string): string {
  return FLAGS[flag] ?? flag.replaceAll("_", " ");
}

interface CostStory {
  label: string;
  tone: "good" | "info" | "warn" | "neutral";
  text: string;
}

/** Where a cost comes from. */
export function costStory(source: string): CostStory {
  switch (source) {
    case "priced":
      return { label: "priced", tone: "good", text: "Computed from the reported usage and the price book." };
    case "reported":
      return { label: "reported", tone: "info", text: "Stated by the provider or the client, taken as it is." };
    case "estimated":
      return { label: "estimated", tone: "warn", text: "Computed from estimated usage: the call ended before the provider reported it." };
    case "unpriced":
      return { label: "unpriced", tone: "warn", text: "No price is known for this model. It is left out of every sum; it is not free." };
    default:
      return { label: "no cost", tone: "neutral", text: "This span is not something that is paid for." };
  }
}
