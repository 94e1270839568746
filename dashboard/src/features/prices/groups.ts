/** Listed prices by model: what holds now, and what does not. Pure. */
import type { ListedPrice, ListedRate } from "@/api/control-types";

interface ModelPrices {
  key: string;
  provider: string;
  model: string;
  /** The standard prices that hold now, by source in its order. */
  current: ListedPrice[];
  past: ListedPrice[];
}

const FIRST_UNITS = ["input_tokens", "output_tokens", "cache_read_tokens"];

/** Input, output and cache reads first, as people ask for them; then by name. */
export function sortedRates(rates: readonly ListedRate[]): ListedRate[] {
  const rank = (unit: string) => (FIRST_UNITS.includes(unit) ? FIRST_UNITS.indexOf(unit) : FIRST_UNITS.length);
  return [...rates].sort((a, b) => rank(a.unit) - rank(b.unit) || a.unit.localeCompare(b.unit) || a.above_input_tokens - b.above_input_tokens);
}

export function groupsOf(prices: readonly ListedPrice[]): ModelPrices[] {
  const groups = new Map<string, ModelPrices>();
  for (const price of prices) {
    const key = `${price.provider}/${price.model}`;
    const group = groups.get(key) ?? { key, provider: price.provider, model: price.model, current: [], past: [] };
    const isMain = price.current && (price.condition === "" || price.source === "own");
    (isMain ? group.current : group.past).push(price);
    groups.set(key, group);
  }
  return [...groups.values()];
}
